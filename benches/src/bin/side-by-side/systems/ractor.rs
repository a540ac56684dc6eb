//! ractor 0.16 on tokio's multi-thread runtime: one message enum per actor type, `cast` for one-way messages, `call`
//! with a reply port for replies, `spawn_instant` because nobody needs to wait until an actor has started.

mod actors;

use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::{RingTimes, SKYNET_BRANCHES, System, Timed, in_batches};
use actors::{
    Branch, BranchState, Caller, CallerState, Idle, Node, NodeState, OneShot, Parent, Pass, Play, Player,
    PlayerState, Request, Server, Source, Touch, call, cast, spawn,
};
use greenroom_savina::tally::Tally;

pub(crate) struct Ractor {
    runtime: Runtime,
}

impl Ractor {
    /// Runs `work` as a task of the runtime and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.block_on(self.runtime.spawn(work)).expect("no task panics")
    }
}

impl System for Ractor {
    fn start(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_time().build();
        Self { runtime: runtime.expect("the runtime starts") }
    }

    fn one_way(&self, messages: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(2);
            self.run(async move {
                let ping = spawn(Player, PlayerState { other: None, ticket: ended.ticket() });
                let pong = spawn(Player, PlayerState { other: Some(ping.clone()), ticket: ended.ticket() });
                cast(&ping, Play::Meet(pong));
                cast(&ping, Play::Ball { left: messages - 1 });
            });
            ended.wait()
        })
    }

    fn calls(&self, calls: u64) -> Timed {
        Timed::run(|| {
            self.run(async move {
                let server = spawn(Server, ());
                let mut sum = 0;
                for value in 0..calls {
                    sum += call(&server, value).await;
                }
                server.stop(None);
                sum
            })
        })
    }

    fn ring(&self, nodes: u64, hops: u64) -> RingTimes {
        let (arrived, ended) = (Tally::expecting(1), Tally::expecting(nodes));
        let began = Instant::now();
        let first = self.run(async move {
            let first = spawn(Node, NodeState { next: None, arrived, ticket: ended.ticket() });
            let mut next = first.clone();
            for _ in 1..nodes {
                next = spawn(Node, NodeState { next: Some(next), arrived, ticket: ended.ticket() });
            }
            cast(&first, Pass::Meet(next));
            first
        });
        let token_began = Instant::now();
        cast(&first, Pass::Token { left: hops - 1 });
        arrived.wait();
        let token = token_began.elapsed();
        cast(&first, Pass::End);
        let result = ended.wait();
        RingTimes { whole: began.elapsed(), token, result }
    }

    fn spawn_and_end(&self, actors: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(actors);
            self.run(async move {
                for _ in 0..actors {
                    cast(&spawn(OneShot, ended.ticket()), Touch);
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
                spawn(Branch, BranchState { parent, first: 0, leaves, waiting: SKYNET_BRANCHES, sum: 0 });
                results.await.expect("the root reports")
            })
        })
    }

    fn fan_in(&self, senders: u64, each: u64) -> Timed {
        Timed::run(|| {
            let (received, ended) = (Tally::expecting(senders * each), Tally::expecting(1));
            let receiver = self.run(async move {
                let receiver = spawn(Idle, (received, ended.ticket()));
                for _ in 0..senders {
                    spawn(Source, (receiver.clone(), each));
                }
                receiver
            });
            received.wait();
            receiver.stop(None);
            ended.wait()
        })
    }

    fn idle(&self, actors: u64, at_rest: impl FnOnce()) -> u64 {
        let ended = Tally::expecting(actors);
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, touched| {
            refs.extend(self.run(async move {
                let spawn_touched = |_| {
                    let actor = spawn(Idle, (touched, ended.ticket()));
                    cast(&actor, Touch);
                    actor
                };
                (0..batch).map(spawn_touched).collect::<Vec<_>>()
            }));
        });
        at_rest();
        for actor in refs {
            actor.stop(None);
        }
        ended.wait()
    }

    fn suspended(&self, actors: u64, at_rest: impl FnOnce()) -> u64 {
        let ended = Tally::expecting(actors);
        let (open, closed) = oneshot::channel::<()>();
        let server = self.run(async { spawn(Server, ()) });
        cast(&server, Request::Hold(closed));
        in_batches(actors, |batch, calling| {
            let server = server.clone();
            self.run(async move {
                for _ in 0..batch {
                    let state = CallerState { server: server.clone(), calling, ticket: ended.ticket() };
                    cast(&spawn(Caller, state), Touch);
                }
            });
        });
        at_rest();
        open.send(()).expect("the server waits");
        ended.wait()
    }
}
