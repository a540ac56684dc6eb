//! The distributed programs, in a simulated network: what must hold does, and a planted bug is found, shrunk to what it
//! needs, drawn, and replayed.

use std::path::PathBuf;

use greenroom_examples::scenarios::{chord, paxos, scribe, two_phase_commit};
use greenroom_examples::{chord as ring, paxos as agreement, scribe as trees, two_phase_commit as booking};
use greenroom_simulation::{Search, Simulation};
use greenroom_trace::Trace;

#[test]
fn paxos_agrees_on_one_value_whatever_the_network_does() {
    Search::new("paxos", |sim| paxos::agree(sim, None)).seeds(0..100).run().assert_clean();
}

#[test]
fn nobody_commits_what_another_aborts_whatever_the_network_does() {
    Search::new("two-phase-commit", |sim| two_phase_commit::book(sim, None))
        .seeds(0..100)
        .run()
        .assert_clean();
}

#[test]
fn a_ring_is_ideal_again_after_a_storm() {
    Search::new("chord", |sim| chord::hold_together(sim, None)).seeds(0..30).run().assert_clean();
}

#[test]
fn all_subscribers_hear_what_is_published_after_a_storm() {
    Search::new("scribe", |sim| scribe::publish(sim, None)).seeds(0..30).run().assert_clean();
}

#[test]
fn an_acceptor_that_accepts_lower_ballots_is_found_shrunk_drawn_and_replayed() {
    check("paxos-lower", 500, |sim| paxos::agree(sim, Some(agreement::Flaw::AcceptsLowerBallots)));
}

#[test]
fn an_acceptor_that_forgets_its_promise_over_a_restart_is_found_shrunk_drawn_and_replayed() {
    check("paxos-forgets", 2000, |sim| paxos::agree(sim, Some(agreement::Flaw::ForgetsItsPromise)));
}

#[test]
fn a_coordinator_that_does_not_wait_for_all_votes_is_found_shrunk_drawn_and_replayed() {
    check("commit-late", 500, |sim| two_phase_commit::book(sim, Some(booking::Flaw::CommitsWithoutTheLate)));
}

#[test]
fn a_participant_that_forgets_its_promise_is_found_shrunk_drawn_and_replayed() {
    check("commit-forgets", 500, |sim| two_phase_commit::book(sim, Some(booking::Flaw::ForgetsItsPromise)));
}

#[test]
fn a_node_that_never_looks_beyond_its_ring_is_found_shrunk_drawn_and_replayed() {
    check("chord-lost", 500, |sim| chord::hold_together(sim, Some(ring::Flaw::NeverLooksBeyond)));
}

#[test]
fn a_scribe_that_never_renews_is_found_shrunk_drawn_and_replayed() {
    check("scribe-once", 500, |sim| scribe::publish(sim, Some(trees::Flaw::NeverRenews)));
}

/// # Panics
/// Unless the flaw that is planted in a scenario is found within so many seeds, what it needs is less than what went wrong,
/// and the least run is saved and can be replayed.
fn check(name: &str, seeds: u64, scenario: fn(&mut Simulation) -> greenroom::Result) {
    let folder = std::env::temp_dir().join(format!("greenroom-{name}-{}", std::process::id()));
    let report = Search::new(name, scenario).seeds(0..seeds).folder(&folder).run();
    let found = report.found().unwrap_or_else(|| panic!("{report}"));
    assert!(found.is_steady, "{report}");
    assert!(found.least_run.happened.len() < found.run.happened.len(), "{report}");

    let saved = found.saved.as_ref().unwrap_or_else(|error| panic!("{error}"));
    let read = |end: &str| {
        let path: &PathBuf = saved.iter().find(|path| path.to_string_lossy().ends_with(end)).expect(end);
        std::fs::read_to_string(path).unwrap()
    };
    assert!(read(".html").contains("<svg"), "{report}");
    assert!(read(".log").contains(&found.replay()), "{report}");
    let (again, trace) = Search::new(name, scenario).trace(&found.least);
    assert_eq!(again, found.least_run, "{report}");
    assert_eq!(text(&trace), read(".trace.jsonl"), "the same plan gives the same trace, byte for byte");
    std::fs::remove_dir_all(&folder).unwrap();
}

fn text(trace: &Trace) -> String {
    let mut text = Vec::new();
    trace.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}
