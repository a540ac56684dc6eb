//! Greenroom: typed messages with a handler each; a call suspends the caller's coroutine, an actor at rest has no
//! stack, and an actor ends when the last reference to it is dropped.

mod actors;

use std::sync::mpsc;
use std::time::Instant;

use greenroom::prelude::*;

use super::{RingTimes, SKYNET_BRANCHES, System, Timed, in_batches};
use actors::{
    Ball, Begin, Branch, Caller, End, Hold, Idle, Increment, Meet, Node, OneShot, Parent, Player, Server,
    Source, Token, Touch, send,
};
use greenroom_savina::tally::Tally;

pub(crate) struct Greenroom {
    vm: Vm,
}

impl Greenroom {
    /// Runs `work` inside the VM and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        self.vm.run(work).expect("no process panics")
    }
}

impl System for Greenroom {
    fn start(workers: usize) -> Self {
        Self { vm: Vm::builder().workers(workers).build().expect("the VM starts") }
    }

    fn one_way(&self, messages: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(2);
            self.run(move || {
                let ping = spawn(Player { other: None, ticket: ended.ticket() });
                let pong = spawn(Player { other: Some(ping.clone()), ticket: ended.ticket() });
                send(&ping, Meet(pong));
                send(&ping, Ball { left: messages - 1 });
            });
            ended.wait()
        })
    }

    fn calls(&self, calls: u64) -> Timed {
        Timed::run(|| {
            self.run(move || {
                let server = spawn(Server);
                (0..calls).map(|value| server.ask(Increment(value)).expect("the server answers")).sum()
            })
        })
    }

    fn ring(&self, nodes: u64, hops: u64) -> RingTimes {
        let (arrived, ended) = (Tally::expecting(1), Tally::expecting(nodes));
        let began = Instant::now();
        let first = self.run(move || {
            let first = spawn(Node { next: None, arrived, ticket: ended.ticket() });
            let mut next = first.clone();
            for _ in 1..nodes {
                next = spawn(Node { next: Some(next), arrived, ticket: ended.ticket() });
            }
            send(&first, Meet(next));
            first
        });
        let token_began = Instant::now();
        send(&first, Token { left: hops - 1 });
        arrived.wait();
        let token = token_began.elapsed();
        send(&first, End);
        let result = ended.wait();
        RingTimes { whole: began.elapsed(), token, result }
    }

    fn spawn_and_end(&self, actors: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(actors);
            self.run(move || {
                for _ in 0..actors {
                    send(&spawn(OneShot { ticket: ended.ticket() }), Touch);
                }
            });
            ended.wait()
        })
    }

    fn skynet(&self, leaves: u64) -> Timed {
        Timed::run(|| {
            let (result, results) = mpsc::channel();
            self.run(move || {
                let parent = Parent::Outside(result);
                let root = Branch { parent, first: 0, leaves, waiting: SKYNET_BRANCHES, sum: 0 };
                send(&spawn(root), Begin);
            });
            results.recv().expect("the root reports")
        })
    }

    fn fan_in(&self, senders: u64, each: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(1);
            self.run(move || {
                let receiver = spawn(Idle { touched: None, ticket: ended.ticket() });
                for _ in 0..senders {
                    send(&spawn(Source { receiver: receiver.clone(), each }), Begin);
                }
            });
            ended.wait()
        })
    }

    fn idle(&self, actors: u64, at_rest: impl FnOnce()) -> u64 {
        let ended = Tally::expecting(actors);
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, touched| {
            refs.extend(self.run(move || {
                let spawn_touched = |_| {
                    let actor = spawn(Idle { touched: Some(touched), ticket: ended.ticket() });
                    send(&actor, Touch);
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
        let (open, closed) = mpsc::channel();
        let server = self.vm.spawn(Server);
        send(&server, Hold(closed));
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, calling| {
            let server = server.clone();
            refs.extend(self.run(move || {
                let spawn_calling = |_| {
                    let actor = spawn(Caller { server: server.clone(), calling, ticket: ended.ticket() });
                    send(&actor, Touch);
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
