//! The thirty as Greenroom actors.

mod banking;
mod pingpong;

use greenroom::{CallError, Vm};

use crate::problem::{Answer, Parameters};

/// Runs the program of the parameters' problem on `vm`, from the calling thread, and returns when every actor of the run has
/// ended. The answer is not compared with the right one.
///
/// # Panics
///
/// If an actor finds something wrong underway, or the problem has no program here.
pub fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let program = match parameters.problem().name {
        "pingpong" => pingpong::run,
        "banking" => banking::run,
        other => panic!("there is no program for {other}"),
    };
    program(vm, parameters)
}

/// Of a message to an actor that must be there.
///
/// # Panics
///
/// If it is gone.
fn sent(result: Result<(), CallError>) {
    result.expect("the receiver lives");
}
