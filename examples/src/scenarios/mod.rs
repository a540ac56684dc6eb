//! The distributed programs of this crate in a simulated network: each actor on a node of its own, under faults.
//!
//! The actors are those that run on real cores. Each scenario says what must hold, and takes a flaw that a test may plant.
//!
//! | scenario | must hold |
//! |---|---|
//! | `paxos` | at most one value is chosen, one that was proposed; everybody learns it when the network is whole again |
//! | `two_phase_commit` | nobody commits what another aborts; everybody knows in the end |
//! | `chord` | the ring is ideal again when nodes have come back, and finds what it should |
//! | `scribe` | who has subscribed hears what is published when the network is whole again |

pub mod chord;
pub mod paxos;
pub mod scribe;
pub mod two_phase_commit;

use std::time::Duration;

use greenroom_simulation::{Faults, Link, Search, Simulation};

use crate::flags::number;

/// The N of `--simulate N`, if that is what the command line says.
///
/// # Errors
/// If it is no number of seeds.
pub fn asked_seeds() -> greenroom::Result<Option<u64>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--simulate", seeds] => Ok(Some(number("--simulate", seeds, 1..=1_000_000_000)?)),
        _ => Ok(None),
    }
}

/// Runs a scenario by so many seeds, and prints what came of it.
///
/// # Errors
/// If one fails.
pub fn search(
    name: &str,
    seeds: u64,
    scenario: fn(&mut Simulation) -> greenroom::Result,
) -> greenroom::Result {
    let report = Search::new(name, scenario).seeds(0..seeds).run();
    println!("{report}");
    if report.found().is_some() { Err(format!("{name}: a seed fails").into()) } else { Ok(()) }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A bad network: slow, and what is sent may be lost, come twice, or overtake.
fn bad_link() -> Link {
    good_link().loss(0.02).duplication(0.02).reordering(true)
}

/// One that only takes its time.
fn good_link() -> Link {
    Link::new().latency(ms(1)..=ms(20))
}

/// So many crashes and partitions, and clocks that are off.
fn faults(crashes: u32, partitions: u32) -> Faults {
    let faults = Faults::new().skew(ms(20), 200);
    faults.crashes(crashes, ms(20)..=ms(200)).partitions(partitions, ms(50)..=ms(200))
}
