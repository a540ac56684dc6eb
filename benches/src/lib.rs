//! What the benches share. Each is a program of its own:
//!
//! | program | question |
//! |---|---|
//! | `side-by-side` | what a message, a call, an actor costs, beside other actor systems |
//!
//! | file | part |
//! |---|---|
//! | [`stats`] | medians and spread |
//! | [`machine`] | when and on what results were taken |
//! | [`memory`] | what `/proc` tells |

pub mod machine;
pub mod memory;
pub mod stats;
