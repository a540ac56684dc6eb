//! actix 0.13: an arbiter (a thread) a worker, and the actors dealt out among them in turn, for an actor stays where it was
//! started. A front that waits for its back handles nothing else: `wait` is actix's way to say so. The generator is a task
//! of the first arbiter.

use std::sync::{Arc, mpsc};

use actix::prelude::*;

use super::System as Comparable;
use crate::load::{BACKS, FRONTS, Generator, Ledger, Load, Request, serve};

struct Work;
impl Message for Work {
    type Result = ();
}
impl Message for Request {
    type Result = ();
}

struct Back;
impl Actor for Back {
    type Context = Context<Self>;
}
impl Handler<Work> for Back {
    type Result = ();
    fn handle(&mut self, Work: Work, _: &mut Self::Context) {
        serve();
    }
}

struct Front {
    backs: Arc<[Addr<Back>]>,
}
impl Actor for Front {
    type Context = Context<Self>;
}
impl Handler<Request> for Front {
    type Result = ();
    fn handle(&mut self, request: Request, context: &mut Self::Context) {
        let reply = self.backs[request.back].send(Work).into_actor(self);
        context.wait(reply.map(|reply, _, _| {
            reply.expect("the back answers");
            request.served();
        }));
    }
}

pub(crate) struct Actix {
    arbiters: Vec<Arbiter>,
    fronts: Arc<[Addr<Front>]>,
    /// Arbiters belong to a system, which has to stay on the thread that made it.
    _system: SystemRunner,
}

impl Comparable for Actix {
    fn start(workers: usize) -> Self {
        let system = System::new();
        let arbiters: Vec<_> = (0..workers).map(|_| Arbiter::new()).collect();
        let backs: Arc<[_]> = dealt(&arbiters, BACKS, || Back);
        let fronts = dealt(&arbiters, FRONTS, || Front { backs: backs.clone() });
        Self { arbiters, fronts, _system: system }
    }

    fn generate(&self, load: Load, ledger: &'static Ledger) {
        let fronts = self.fronts.clone();
        self.arbiters[0].spawn(async move {
            let mut generator = Generator::begin(load, ledger);
            while !generator.is_done() {
                while let Some(request) = generator.next_due() {
                    fronts[request.front].do_send(request);
                }
                tokio::task::yield_now().await;
            }
        });
    }
}

/// So many actors, as many on each arbiter as on the others.
fn dealt<A: Actor<Context = Context<A>> + Send>(
    arbiters: &[Arbiter],
    actors: usize,
    make: impl Fn() -> A,
) -> Arc<[Addr<A>]> {
    let start = |(place, actor): (usize, A)| {
        let (address, started) = mpsc::channel();
        arbiters[place % arbiters.len()].spawn_fn(move || {
            address.send(actor.start()).expect("the main thread waits");
        });
        started.recv().expect("the arbiter runs")
    };
    (0..actors).map(|_| make()).enumerate().map(start).collect()
}
