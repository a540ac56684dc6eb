//! tokio 1: an actor is a task that owns its state and an unbounded channel's receiver, as in tokio's tutorial; a call
//! sends a `oneshot` sender along. One multi-thread runtime; the work starts inside it, where spawning and waking stay on
//! the worker's own queue.
//!
//! Who sends to an actor holds a sender of its channel. Most actors end when nobody does any more.

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

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::{Program, Rival};

pub(crate) struct Tokio {
    runtime: Runtime,
}

impl Rival for Tokio {
    fn start(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(workers).build();
        Self { runtime: runtime.expect("the runtime starts") }
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

impl Tokio {
    /// Runs `work` as a task of the runtime and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.block_on(self.runtime.spawn(work)).expect("no task panics")
    }
}

/// A message to an actor that must be there.
fn tell<M>(actor: &UnboundedSender<M>, message: M) {
    assert!(actor.send(message).is_ok(), "the receiver lives");
}

/// A message that carries where to reply, and the reply.
async fn ask<M, T>(actor: &UnboundedSender<M>, message: impl FnOnce(oneshot::Sender<T>) -> M) -> T {
    let (reply, answer) = oneshot::channel();
    tell(actor, message(reply));
    answer.await.expect("the actor answers")
}

/// The answer to what [`ask`] asked.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    assert!(reply.send(value).is_ok(), "the caller waits");
}
