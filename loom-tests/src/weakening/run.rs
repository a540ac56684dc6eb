//! The weakening run: every ordering in the mounted files must be needed by some model.
//!
//! It goes through the models once and collects, for each, the orderings stronger than Relaxed that it
//! passes. Then it makes one of them weaker at a time and runs the models that pass it until one fails.
//! An ordering that no model misses is either not needed, and goes, or no model covers it, and it gains
//! one; or it is listed, with the reason, in [`EXCUSED`].
//!
//! | written   | is tried as                                                         |
//! |-----------|---------------------------------------------------------------------|
//! | `Acquire` | `Relaxed`                                                           |
//! | `Release` | `Relaxed`                                                           |
//! | `AcqRel`  | `Acquire`, then `Release`                                           |
//! | `SeqCst`  | `AcqRel`, which to loom is what a `SeqCst` access is: so use fences |
//!
//! A weakened model may do what is undefined (follow a link that is not there yet), so each weakening is
//! a process of its own: this same test, told by [`CHOICE`] what to weaken and which models to run.

use std::collections::{BTreeMap, BTreeSet};
use std::panic;
use std::process::Command;
use std::sync::atomic::Ordering;

use super::source::{self, Token};
use super::{Site, collect, weaken};
use crate::explore::{Model, explore};
use crate::models;

/// An ordering that no model can miss, and that stays all the same.
struct Excuse {
    file: &'static str,
    /// The line that it is written in, trimmed.
    line: &'static str,
    weaker: Ordering,
    /// Why. For who reads this list.
    #[allow(dead_code)]
    reason: &'static str,
}

const EXCUSED: &[Excuse] = &[];

/// What the child process is to do: site, weaker ordering and models, separated by blanks.
const CHOICE: &str = "GREENROOM_WEAKENING";
/// The child's exit status if a model failed. A crash has another, and counts as a failure too.
const FAILED: i32 = 70;
/// What stands before the name of each model that the child begins, and before the message of one that failed.
const MODEL: &str = "weakened model: ";
const MESSAGE: &str = "weakened message: ";

/// Failures by which loom says that it can not go on, not that the model is wrong.
const UNCONVINCING: [&str; 3] =
    ["Model exceeded maximum number of branches", "[loom internal bug]", "assertion `left != right` failed"];

fn weaker(written: Ordering) -> &'static [Ordering] {
    match written {
        Ordering::SeqCst => &[Ordering::AcqRel],
        Ordering::AcqRel => &[Ordering::Acquire, Ordering::Release],
        _ => &[Ordering::Relaxed],
    }
}

/// A model and the orderings that it passes.
struct Passed {
    model: Model,
    sites: BTreeMap<Site, Ordering>,
}

/// The child process: runs the chosen models, until one fails.
fn run_weakened(choice: &str) -> ! {
    let mut words = choice.split(' ');
    let (site, order) = words.next().zip(words.next()).expect("site and ordering");
    let orders = [Ordering::Relaxed, Ordering::Acquire, Ordering::Release, Ordering::AcqRel];
    weaken(site, orders.into_iter().find(|known| format!("{known:?}") == order).expect("an ordering"));
    panic::set_hook(Box::new(|_| {}));
    for name in words {
        let model = models::all().find(|model| model.name == name).expect("a model");
        println!("{MODEL}{name}");
        let Err(payload) = panic::catch_unwind(|| explore(model.body)) else { continue };
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
        if !UNCONVINCING.iter().any(|start| message.starts_with(start)) {
            println!("{MESSAGE}{}", message.lines().next().unwrap_or_default());
            std::process::exit(FAILED);
        }
    }
    std::process::exit(0)
}

/// The first model that fails if the ordering at `site` is `weaker`, and how.
fn first_failure(models: &[Passed], site: Site, weaker: Ordering) -> Option<String> {
    let passing = models.iter().filter(|passed| passed.sites.contains_key(&site));
    let names: Vec<&str> = passing.map(|passed| passed.model.name).collect();
    let module = module_path!().split_once("::").expect("a module of the crate").1;
    let test = format!("{module}::every_ordering_is_needed_by_some_model");
    let child = Command::new(std::env::current_exe().expect("the test's own program"))
        .args(["--exact", &test, "--nocapture"])
        .env(CHOICE, format!("{site} {weaker:?} {}", names.join(" ")))
        .output()
        .expect("a child process starts");
    if child.status.success() {
        return None;
    }
    let output = String::from_utf8_lossy(&child.stdout);
    let last = |prefix| output.lines().rev().find_map(|line| Some(line.split_once(prefix)?.1));
    let message = match child.status.code() {
        Some(FAILED) => last(MESSAGE).expect("a model that fails says how").to_owned(),
        _ => format!("crashed, {}", child.status),
    };
    let model = last(MODEL).unwrap_or_else(|| panic!("the child ran no model: {child:?}"));
    Some(format!("{model}: {message}"))
}

/// What one ordering deserves to be said about, if anything.
fn judge(token: &Token, written: Ordering, weaker: Ordering, failure: Option<String>) -> Result<(), String> {
    let name = format!("{}:{}: {written:?} as {weaker:?}", token.file, token.line);
    let excuse = EXCUSED
        .iter()
        .find(|excuse| excuse.file == token.file && excuse.line == token.text && excuse.weaker == weaker);
    match (failure, excuse) {
        (Some(failure), None) => {
            println!("{name}: fails {failure}");
            Ok(())
        }
        (None, Some(_)) => Ok(()),
        (None, None) => Err(format!("{name}: no model fails; written in `{}`", token.text)),
        (Some(failure), Some(_)) => Err(format!("{name}: excused, but fails {failure}")),
    }
}

/// Excuses for lines that are not there any more.
fn stale_excuses(tokens: &BTreeMap<String, Vec<Token>>) -> impl Iterator<Item = String> {
    let stands = |excuse: &&Excuse| {
        tokens.get(excuse.file).is_some_and(|tokens| tokens.iter().any(|token| token.text == excuse.line))
    };
    EXCUSED
        .iter()
        .filter(move |excuse| !stands(excuse))
        .map(|excuse| format!("{}: an excuse for `{}`, which is not there", excuse.file, excuse.line))
}

#[test]
fn every_ordering_is_needed_by_some_model() {
    if let Ok(choice) = std::env::var(CHOICE) {
        run_weakened(&choice);
    }
    let tokens: BTreeMap<String, Vec<Token>> =
        source::mounted().iter().map(|path| (source::name_of(path), source::tokens(path))).collect();
    let models: Vec<Passed> = models::all().map(|model| Passed { model, sites: collect(model) }).collect();
    let sites: BTreeMap<Site, Ordering> = models.iter().flat_map(|passed| passed.sites.clone()).collect();

    let mut complaints = Vec::new();
    let mut passed_tokens = BTreeSet::new();
    for (&site, &written) in &sites {
        let token = source::token_of(&tokens[&site.file_name()], site.line, site.column, site.argument);
        let token = token.filter(|token| token.is(written)).expect("an ordering is written where it is used");
        passed_tokens.insert(token);
        for &weaker in weaker(written) {
            let failure = first_failure(&models, site, weaker);
            complaints.extend(judge(token, written, weaker, failure).err());
        }
    }
    let strong = tokens.values().flatten().filter(|token| !token.is_relaxed());
    let unpassed = strong.filter(|token| !passed_tokens.contains(token));
    complaints.extend(unpassed.map(|it| format!("{}:{}: no model passes `{}`", it.file, it.line, it.text)));
    complaints.extend(stale_excuses(&tokens));
    assert!(complaints.is_empty(), "{} orderings to look at:\n{}", complaints.len(), complaints.join("\n"));
    assert!(passed_tokens.len() > 20, "the run sees only {} orderings", passed_tokens.len());
}

#[test]
fn an_ordering_that_no_model_needs_is_named() {
    let model = models::all().next().expect("there are models");
    let passed = Passed { model, sites: collect(model) };
    let (&site, &written) = passed.sites.first_key_value().expect("it passes an ordering");
    let tokens: Vec<Token> = source::mounted().iter().flat_map(|path| source::tokens(path)).collect();
    let in_file: Vec<Token> = tokens.into_iter().filter(|token| token.file == site.file_name()).collect();
    let token =
        source::token_of(&in_file, site.line, site.column, site.argument).expect("it is written there");

    // As it is written, so nothing fails, as if nobody needed it to be that strong.
    let failure = first_failure(&[passed], site, written);

    let complaint = judge(token, written, written, failure).expect_err("nobody misses it");
    assert!(complaint.contains(&format!("{}:{}", token.file, token.line)), "{complaint}");
}
