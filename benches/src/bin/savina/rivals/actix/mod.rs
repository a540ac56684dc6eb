//! actix 0.13: actors with synchronous handlers, messages by `do_send` (which never waits for room). Who has to wait in the middle
//! of a handler lets its context `wait` for the reply, and handles nothing else until then.
//!
//! An actix actor lives on the arbiter thread where it was started, and nothing is stolen. Everything here runs on
//! one arbiter: a message that stays in its thread is what actix does best. So `--workers` changes nothing for actix, and its
//! rows are those of one core.
//!
//! An actor takes the messages of one enum. Most actors end when nobody holds their address any more.

mod astar;
mod banking;
mod barber;
mod big;
mod bndbuffer;
mod chameneos;
mod concdict;
mod count;
mod fib;
mod fjcreate;
mod fjthrput;
mod logmap;
mod nqueenk;
mod philosopher;
mod pingpong;
mod threadring;
mod uct;

use std::sync::mpsc;

use actix::prelude::*;

use super::{Program, Rival};

pub(crate) struct Actix {
    arbiter: Arbiter,
    /// Arbiters belong to a system, which has to stay on the thread that made it.
    _system: SystemRunner,
}

impl Rival for Actix {
    fn start(_workers: usize) -> Self {
        let system = System::new();
        Self { arbiter: Arbiter::new(), _system: system }
    }

    fn program(name: &str) -> Option<Program<Self>> {
        Some(match name {
            "pingpong" => pingpong::run,
            "count" => count::run,
            "fjthrput" => fjthrput::run,
            "fjcreate" => fjcreate::run,
            "threadring" => threadring::run,
            "chameneos" => chameneos::run,
            "big" => big::run,
            "concdict" => concdict::run,
            "bndbuffer" => bndbuffer::run,
            "philosopher" => philosopher::run,
            "barber" => barber::run,
            "logmap" => logmap::run,
            "banking" => banking::run,
            "uct" => uct::run,
            "astar" => astar::run,
            "nqueenk" => nqueenk::run,
            "fib" => fib::run,
            _ => return None,
        })
    }
}

impl Actix {
    /// Runs `work` on the arbiter and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (result, results) = mpsc::channel();
        self.arbiter.spawn(async move { result.send(work.await).expect("the main thread waits") });
        results.recv().expect("the work does not panic")
    }
}
