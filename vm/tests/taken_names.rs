//! A method of an actor cannot have the name of a method that every reference has, for nobody could call it. The macros
//! have a list of those names; here it is held against what `Ref` has.

use std::fs;
use std::path::Path;

/// The traits that `Ref` implements, and the methods that a caller finds by them. Those of `Nameable` and `Bearer` take
/// no reference as a receiver in a user's scope: the traits are not exported.
const TRAITS: &[(&str, &[&str])] = &[
    ("Bearer", &[]),
    ("Clone", &["clone", "clone_from"]),
    ("Debug", &["fmt"]),
    ("Deref", &["deref"]),
    ("Eq", &[]),
    ("Hash", &["hash"]),
    ("IntoRef", &["into_ref"]),
    ("Nameable", &[]),
    ("Ord", &["cmp", "max", "min", "clamp"]),
    ("PartialEq", &["eq", "ne"]),
    ("PartialOrd", &["partial_cmp", "lt", "le", "gt", "ge"]),
];

#[test]
fn every_method_of_a_reference_is_on_the_list_of_taken_names() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(folder.join("macros/src/names.rs")).unwrap();
    let sources = fs::read_dir(folder.join("src")).unwrap().map(|entry| entry.unwrap().path());
    let sources: String = sources
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    assert!(names_of(&sources).len() > 20, "the reader has gone blind");
    let missing = missing(&sources, &taken(&list));
    assert!(missing.is_empty(), "add these to TAKEN in macros/src/names.rs: {missing:?}");
}

#[test]
fn a_name_that_is_not_on_the_list_is_found() {
    let source = "impl<T> Ref<T> {\n    pub fn one(&self) {}\n    fn two() {}\n    pub const fn three(&self) {\n    }\n}\n\
                  impl<T> Weak<T> {\n    pub fn four() {}\n}\nimpl Ref<Five> {\n    pub fn five(&self) {}\n}\n\
                  impl<A> Clone for Ref<A> {\n}\n";
    assert_eq!(names_of(source), ["one", "three", "clone", "clone_from"]);
    let list = "pub(crate) const TAKEN: &[&str] = &[\n    \"one\",\n    // \"three\" is not:\n    \"clone\",\n    \"clone_from\",\n];\n";
    assert_eq!(missing(source, &taken(list)), ["three"]);
}

#[test]
#[should_panic(expected = "add the trait Sing")]
fn a_trait_that_is_not_known_is_found() {
    names_of("impl<T> crate::Sing for Ref<T> {}\n");
}

fn missing(sources: &str, taken: &[String]) -> Vec<String> {
    names_of(sources).into_iter().filter(|name| !taken.contains(name)).collect()
}

/// What stands in quotes in the list.
fn taken(list: &str) -> Vec<String> {
    let body =
        list.split("TAKEN: &[&str] = &[").nth(1).and_then(|rest| rest.split("];").next()).expect("the list");
    let entries = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    entries.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

/// The methods of all `impl<…> … Ref<…>`. Those of references to one type, as `impl Ref<Supervisor>`, are in nobody's way.
fn names_of(sources: &str) -> Vec<String> {
    let mut names = Vec::new();
    for block in format!("\n{sources}").split("\nimpl").skip(1) {
        let (head, body) = block.split_once('{').expect("an impl has a body");
        let head = head.split("where").next().unwrap().trim();
        let subject = match head.split_once(" for ") {
            Some((_, subject)) => subject,
            None => head.rsplit(' ').next().unwrap(),
        };
        let is_of_all =
            head.starts_with('<') && (subject.starts_with("Ref<") || subject.starts_with("&Ref<"));
        if !is_of_all {
            continue;
        }
        match head.split_once(" for ") {
            None => names.extend(public_functions(body.split("\n}").next().unwrap())),
            Some((implemented, _)) => names.extend(functions_of(implemented)),
        }
    }
    names
}

fn public_functions(body: &str) -> impl Iterator<Item = String> {
    let lines = body.lines().map(str::trim).filter(|line| line.starts_with("pub ") && line.contains("fn "));
    lines.map(|line| {
        let name = line.split("fn ").nth(1).unwrap();
        name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap().to_owned()
    })
}

fn functions_of(implemented: &str) -> Vec<String> {
    let path = implemented.rsplit(' ').next().unwrap().split('<').next().unwrap();
    let name = path.rsplit("::").next().unwrap();
    let known = TRAITS.iter().find(|(known, _)| *known == name);
    let (_, methods) =
        known.unwrap_or_else(|| panic!("add the trait {name} to TRAITS, with the methods it gives a Ref"));
    methods.iter().map(|&method| method.to_owned()).collect()
}
