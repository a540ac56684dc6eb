//! Conservation: whatever random actors do to one another, every message is accounted for, in ten thousand simulated
//! machines; what fails is found, named and run again, event for event. On real cores, `stress` does it.

use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use greenroom::trace::Record;
use greenroom_examples::conservation::{self, Plan, Report, Setting, Totals};

/// So many that what is rare comes about: every core tries its share.
const SEEDS: u64 = 10_000;

/// Enough to find a machine that loses messages, with a great deal to spare.
const ENOUGH: Range<u64> = 0..300;

fn run(seed: u64, setting: Setting, records: bool) -> Report {
    conservation::run(&Plan { seed, setting, records }).unwrap()
}

#[test]
fn every_message_of_ten_thousand_simulated_machines_is_accounted_for() {
    conservation::keep_planned_panics_silent();
    let next = AtomicU64::new(0);
    let share = || {
        let mut sum = Totals::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= SEEDS {
                return sum;
            }
            let report = run(seed, Setting::Simulated, false);
            let plan = Plan { seed, setting: Setting::Simulated, records: false };
            assert!(report.complaints.is_empty(), "{plan}: {}", report.complaints.join("; "));
            sum.add(&report.totals);
        }
    };
    let mut totals = Totals::default();
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shares: Vec<_> = (0..cores).map(|_| scope.spawn(share)).collect();
        shares.into_iter().for_each(|share| totals.add(&share.join().unwrap()));
    });
    assert!(totals.messages() > 20 * SEEDS, "so few messages show too little:\n{totals}");
    assert_eq!(totals.absent(), [""; 0], "this never came about:\n{totals}");
}

#[test]
fn a_seed_gives_the_same_events_and_the_same_counts_twice() {
    conservation::keep_planned_panics_silent();
    for seed in 0..50 {
        let (first, second) = (run(seed, Setting::Simulated, true), run(seed, Setting::Simulated, true));
        assert_eq!(lines(&first.events), lines(&second.events), "seed {seed}");
        assert_eq!(first.totals, second.totals, "seed {seed}");
    }
}

#[test]
fn a_machine_that_loses_messages_is_found_out_and_the_printed_command_runs_it_again() {
    conservation::keep_planned_panics_silent();
    let found = ENOUGH.map(|seed| (seed, run(seed, Setting::Faulty, true)));
    let (seed, report) = found
        .into_iter()
        .find(|(_, report)| !report.complaints.is_empty())
        .expect("a machine that loses messages was not found out");
    assert!(run(seed, Setting::Simulated, false).complaints.is_empty(), "seed {seed} fails without the bug");

    let plan = Plan { seed, setting: Setting::Faulty, records: true };
    let output = stress(&format!("{} --log", flags_of(&plan.command())));
    let printed: Vec<_> = output.lines().collect();
    let events = lines(&report.events);
    assert_eq!(printed[..events.len()], events, "seed {seed}");
    for complaint in &report.complaints {
        assert!(output.contains(&format!("MISSING: {plan}: {complaint}\n")), "{complaint}\n{output}");
    }
}

#[test]
fn a_real_machine_cannot_be_made_to_lose_messages() {
    let error = greenroom::Vm::builder().loses_messages().build().unwrap_err();
    assert!(error.to_string().contains("simulated"), "{error}");
}

/// As they are printed: the actors' names are those of one machine.
fn lines(events: &[Record]) -> Vec<String> {
    events.iter().map(Record::to_string).collect()
}

/// The flags with which a `make` command starts the stress run.
fn flags_of(command: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let dry = command.replacen("make", "make --dry-run", 1);
    let output = Command::new("sh").args(["-c", &dry]).current_dir(workspace).output().unwrap();
    let started = String::from_utf8(output.stdout).unwrap();
    let flags = started.lines().find_map(|line| line.split_once("greenroom-stress -- "));
    flags.unwrap_or_else(|| panic!("{command} starts no stress run:\n{started}")).1.to_owned()
}

/// What the stress run prints.
fn stress(flags: &str) -> String {
    let program = env!("CARGO_BIN_EXE_greenroom-stress");
    let output = Command::new(program).args(flags.split_whitespace()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
