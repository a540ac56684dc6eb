//! kameo 0.22 on tokio's multi-thread runtime: a message type per handler, `tell` for one-way messages, `ask` for
//! replies, unbounded mailboxes. `tell` is used through `try_send`, which on an unbounded mailbox cannot fail for
//! want of room and spares a future.

mod actors;

use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::{RingTimes, SKYNET_BRANCHES, System, Timed, in_batches};
use actors::{
    Ball, Branch, Caller, End, Hold, Idle, Increment, Meet, Node, OneShot, Parent, Player, Server, Source,
    Token, Touch, spawn, tell,
};
use greenroom_savina::tally::Tally;

pub(crate) struct Kameo {
    runtime: Runtime,
}

impl Kameo {
    /// Runs `work` as a task of the runtime and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.block_on(self.runtime.spawn(work)).expect("no task panics")
    }
}

impl System for Kameo {
    fn start(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_time().build();
        Self { runtime: runtime.expect("the runtime starts") }
    }

    fn one_way(&self, messages: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(2);
            self.run(async move {
                let ping = spawn(Player { other: None, ticket: ended.ticket() });
                let pong = spawn(Player { other: Some(ping.clone()), ticket: ended.ticket() });
                tell(&ping, Meet(pong));
                tell(&ping, Ball { left: messages - 1 });
            });
            ended.wait()
        })
    }

    fn calls(&self, calls: u64) -> Timed {
        Timed::run(|| {
            self.run(async move {
                let server = spawn(Server);
                let mut sum = 0;
                for value in 0..calls {
                    sum += server.ask(Increment(value)).await.expect("the server answers");
                }
                sum
            })
        })
    }

    fn ring(&self, nodes: u64, hops: u64) -> RingTimes {
        let (arrived, ended) = (Tally::expecting(1), Tally::expecting(nodes));
        let began = Instant::now();
        let first = self.run(async move {
            let first = spawn(Node { next: None, arrived, ticket: ended.ticket() });
            let mut next = first.clone();
            for _ in 1..nodes {
                next = spawn(Node { next: Some(next), arrived, ticket: ended.ticket() });
            }
            tell(&first, Meet(next));
            first
        });
        let token_began = Instant::now();
        tell(&first, Token { left: hops - 1 });
        arrived.wait();
        let token = token_began.elapsed();
        tell(&first, End);
        let result = ended.wait();
        RingTimes { whole: began.elapsed(), token, result }
    }

    fn spawn_and_end(&self, actors: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(actors);
            self.run(async move {
                for _ in 0..actors {
                    tell(&spawn(OneShot { ticket: ended.ticket() }), Touch);
                }
            });
            ended.wait()
        })
    }

    fn skynet(&self, leaves: u64) -> Timed {
        Timed::run(|| {
            self.run(async move {
                let (result, results) = oneshot::channel();
                let parent = Parent::Outside(Some(result));
                let _root = spawn(Branch { parent, first: 0, leaves, waiting: SKYNET_BRANCHES, sum: 0 });
                results.await.expect("the root reports")
            })
        })
    }

    fn fan_in(&self, senders: u64, each: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(1);
            self.run(async move {
                let receiver = spawn(Idle { touched: None, ticket: ended.ticket() });
                for _ in 0..senders {
                    tell(&spawn(Source { receiver: receiver.clone(), each }), Touch);
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
                    let actor = spawn(Idle { touched: Some(touched), ticket: ended.ticket() });
                    tell(&actor, Touch);
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
        let server = self.run(async { spawn(Server) });
        tell(&server, Hold(closed));
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, calling| {
            let server = server.clone();
            refs.extend(self.run(async move {
                let spawn_calling = |_| {
                    let actor = spawn(Caller { server: server.clone(), calling, ticket: ended.ticket() });
                    tell(&actor, Touch);
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
