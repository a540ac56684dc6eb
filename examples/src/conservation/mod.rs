//! Random actors that do to one another whatever actors can do, by seed; and every message is accounted for, to the last
//! one. One scenario for both worlds: on real cores it runs for a while, in the simulated world it is small, runs to its
//! end, and the same seed gives the same run.
//!
//! | file | what |
//! |---|---|
//! | `ledger` | what is counted, and what must add up |
//! | `receipt` | what lies in every message, with every asker and in every actor, and counts what becomes of it |
//! | `town` | the actors, and where they find one another |
//! | `deeds` | what they do at random, one row each: sends, calls, requests, ends |
//! | `further` | more of that: timers, groups, processes, names, parallel methods, callbacks |
//! | `families` | supervisors, and what is done to them |
//! | `bonds` | links and monitors, and the exits that go down them |
//! | `shops` | actors with little room for messages |
//! | `round` | one machine under load, how it ends, and what must be true then |
//!
//! **To add something that actors can do**: a row in the table of `deeds`. If it makes messages of a kind of its own, they
//! get their counts in `ledger`, and a line there that says what these must come to.

mod bonds;
mod deeds;
mod families;
mod further;
mod ledger;
mod receipt;
mod round;
mod shops;
mod town;

pub use ledger::Totals;
pub use round::{Plan, Report, Setting, run};
pub use town::keep_planned_panics_silent;
