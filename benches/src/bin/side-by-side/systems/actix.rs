//! actix 0.13: actors with synchronous handlers, messages by `do_send` (which never waits for room).
//!
//! An actix actor lives on the arbiter thread where it was started, and nothing is stolen. Everything here runs on
//! one arbiter: a message that stays in its thread is what actix does best, and none of these workloads gives a core
//! enough to do between messages to be worth a thread's wakeup. So `--workers` changes nothing for actix, and its
//! rows are those of one core.

mod actors;

use std::sync::mpsc;
use std::time::Instant;

use actix::prelude::*;
use tokio::sync::oneshot;

use super::{RingTimes, SKYNET_BRANCHES, System as Comparable, Timed, in_batches};
use actors::{
    Ball, Branch, Caller, End, Hold, Idle, Increment, Meet, Node, OneShot, Parent, Player, Server, Source,
    Token, Touch,
};
use greenroom_savina::tally::Tally;

pub(crate) struct Actix {
    arbiter: Arbiter,
    /// Arbiters belong to a system, which has to stay on the thread that made it.
    _system: SystemRunner,
}

impl Actix {
    /// Runs `work` on the arbiter and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (result, results) = mpsc::channel();
        self.arbiter.spawn(async move { result.send(work.await).expect("the main thread waits") });
        results.recv().expect("the work does not panic")
    }
}

impl Comparable for Actix {
    fn start(_workers: usize) -> Self {
        let system = System::new();
        Self { arbiter: Arbiter::new(), _system: system }
    }

    fn one_way(&self, messages: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(2);
            self.run(async move {
                let ping = Player { other: None, ticket: ended.ticket() }.start();
                let pong = Player { other: Some(ping.clone()), ticket: ended.ticket() }.start();
                ping.do_send(Meet(pong));
                ping.do_send(Ball { left: messages - 1 });
            });
            ended.wait()
        })
    }

    fn calls(&self, calls: u64) -> Timed {
        Timed::run(|| {
            self.run(async move {
                let server = Server.start();
                let mut sum = 0;
                for value in 0..calls {
                    sum += server.send(Increment(value)).await.expect("the server answers");
                }
                sum
            })
        })
    }

    fn ring(&self, nodes: u64, hops: u64) -> RingTimes {
        let (arrived, ended) = (Tally::expecting(1), Tally::expecting(nodes));
        let began = Instant::now();
        let first = self.run(async move {
            let first = Node { next: None, arrived, ticket: ended.ticket() }.start();
            let mut next = first.clone();
            for _ in 1..nodes {
                next = Node { next: Some(next), arrived, ticket: ended.ticket() }.start();
            }
            first.do_send(Meet(next));
            first
        });
        let token_began = Instant::now();
        first.do_send(Token { left: hops - 1 });
        arrived.wait();
        let token = token_began.elapsed();
        first.do_send(End);
        let result = ended.wait();
        RingTimes { whole: began.elapsed(), token, result }
    }

    fn spawn_and_end(&self, actors: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(actors);
            self.run(async move {
                for _ in 0..actors {
                    OneShot { ticket: ended.ticket() }.start().do_send(Touch);
                }
            });
            ended.wait()
        })
    }

    fn skynet(&self, leaves: u64) -> Timed {
        Timed::run(|| {
            let (result, results) = oneshot::channel();
            self.run(async move {
                let parent = Parent::Outside(Some(result));
                Branch { parent, first: 0, leaves, waiting: SKYNET_BRANCHES, sum: 0 }.start();
            });
            results.blocking_recv().expect("the root reports")
        })
    }

    fn fan_in(&self, senders: u64, each: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(1);
            self.run(async move {
                let receiver = Idle { touched: None, ticket: ended.ticket() }.start();
                for _ in 0..senders {
                    Source { receiver: receiver.clone(), each }.start();
                }
            });
            ended.wait()
        })
    }

    fn idle(&self, actors: u64, at_rest: impl FnOnce()) -> u64 {
        let ended = Tally::expecting(actors);
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, touched| {
            refs.extend(self.run(async move {
                let spawn_touched = |_| {
                    let actor = Idle { touched: Some(touched), ticket: ended.ticket() }.start();
                    actor.do_send(Touch);
                    actor
                };
                (0..batch).map(spawn_touched).collect::<Vec<_>>()
            }));
        });
        at_rest();
        drop(refs);
        ended.wait()
    }

    fn suspended(&self, actors: u64, at_rest: impl FnOnce()) -> u64 {
        let ended = Tally::expecting(actors);
        let (open, closed) = oneshot::channel::<()>();
        let server = self.run(async { Server.start() });
        server.do_send(Hold(closed));
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, calling| {
            let server = server.clone();
            refs.extend(self.run(async move {
                let spawn_calling = |_| {
                    let actor = Caller { server: server.clone(), calling, ticket: ended.ticket() }.start();
                    actor.do_send(Touch);
                    actor
                };
                (0..batch).map(spawn_calling).collect::<Vec<_>>()
            }));
        });
        at_rest();
        open.send(()).expect("the server waits");
        drop((refs, server));
        ended.wait()
    }
}
