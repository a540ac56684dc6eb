//! What the programs of this crate share: how they read their flags, and how they learn that they are to end.
//!
//! | program | what |
//! |---|---|
//! | `greenroom-run` | the main job: a million actors, rings, ping-pong, skynet, a million suspended calls |
//! | `greenroom-stress` | random load that accounts for every single message |
//! | `examples/` | one thing each; the head of each says what it prints |

pub mod chord;
pub mod flags;
pub mod interrupt;
