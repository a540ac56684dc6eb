//! What the benches share. Each is a program of its own:
//!
//! | program | question |
//! |---|---|
//! | `side-by-side` | what a message, a call, an actor costs, beside other actor systems |
//! | `savina` | what the thirty benchmarks of the Savina suite cost, beside other actor systems |
//! | `latency` | how long requests take at a share of what the machine can do, and past that |
//! | `scale` | what each more of something costs: actors, workers, timers, messages that wait |
//!
//! | file | part |
//! |---|---|
//! | [`arguments`] | command lines: numbers, names, and clear errors |
//! | [`child`] | measuring processes: started, waited for, judged by their exit |
//! | [`effort`] | how many runs, interleaved how |
//! | [`chart`] | results as an SVG |
//! | [`stats`] | medians and spread |
//! | [`machine`] | when and on what results were taken |
//! | [`memory`] | what `/proc` tells |

pub mod arguments;
pub mod chart;
pub mod child;
pub mod effort;
pub mod machine;
pub mod memory;
pub mod stats;
