//! The thirty as Greenroom actors.

mod apsp;
mod astar;
mod banking;
mod barber;
mod big;
mod bitonicsort;
mod bndbuffer;
mod chameneos;
mod cigsmok;
mod concdict;
mod concsll;
mod count;
mod facloc;
mod fib;
mod filterbank;
mod fjcreate;
mod fjthrput;
mod logmap;
mod nqueenk;
mod philosopher;
mod pingpong;
mod piprecision;
mod quicksort;
mod radixsort;
mod recmatmul;
mod sieve;
mod sor;
mod threadring;
mod trapezoid;
mod uct;

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
        "count" => count::run,
        "fjthrput" => fjthrput::run,
        "fjcreate" => fjcreate::run,
        "threadring" => threadring::run,
        "chameneos" => chameneos::run,
        "big" => big::run,
        "concdict" => concdict::run,
        "concsll" => concsll::run,
        "bndbuffer" => bndbuffer::run,
        "philosopher" => philosopher::run,
        "barber" => barber::run,
        "cigsmok" => cigsmok::run,
        "logmap" => logmap::run,
        "banking" => banking::run,
        "radixsort" => radixsort::run,
        "filterbank" => filterbank::run,
        "sieve" => sieve::run,
        "uct" => uct::run,
        "facloc" => facloc::run,
        "trapezoid" => trapezoid::run,
        "piprecision" => piprecision::run,
        "recmatmul" => recmatmul::run,
        "quicksort" => quicksort::run,
        "apsp" => apsp::run,
        "sor" => sor::run,
        "astar" => astar::run,
        "nqueenk" => nqueenk::run,
        "fib" => fib::run,
        "bitonicsort" => bitonicsort::run,
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
