//! What the programs of this crate share: how they read their flags, how they learn that they are to end, and how they try
//! themselves with many seeds.
//!
//! | program | what |
//! |---|---|
//! | `greenroom-run` | the main job: a million actors, rings, ping-pong, skynet, a million suspended calls |
//! | `greenroom-stress` | random load that accounts for every single message |
//! | `greenroom-soak` | actors who come and go for hours, and nothing that grows |
//! | `examples/` | one thing each; the head of each says what it prints |

pub mod chance;
pub mod chord;
pub mod conservation;
pub mod disk;
pub mod flags;
pub mod interrupt;
pub mod paxos;
pub mod roll;
pub mod scenarios;
pub mod scribe;
pub mod two_phase_commit;
pub mod worlds;
