//! `may` 0.3: an actor is a coroutine with an `mpsc` channel; a call waits on an `spsc` channel of its own. The
//! scheduler is global to the process and is configured once, with the default stack of 32 KiB.
//!
//! Each stack is two memory mappings (the stack and its guard), so a process holds about half of
//! `vm.max_map_count` coroutines: some 32,000 where that is at its default. Past it the process dies. So the two
//! workloads that could have more at once are written as one has to write them for `may`: a spawner waits for each
//! thousand before the next, and the upper levels of skynet wait for each child before the next.

use std::time::Instant;

use may::coroutine::JoinHandle;
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};
use may::sync::spsc;

use super::{RingTimes, SKYNET_BRANCHES, System, Timed, in_batches};
use greenroom_savina::tally::{Tally, Ticket};

pub(crate) struct May;

/// Ended coroutines whose stacks `may` keeps for reuse: as many as live at once in the two workloads below.
const POOLED: usize = 1_200;

const SPAWNED_AT_ONCE: usize = 1_000;

/// The largest part of skynet's tree that may exist at once: 1,111 coroutines.
const LEAVES_AT_ONCE: u64 = 1_000;

fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    join(go!(work))
}

fn join<T>(coroutine: JoinHandle<T>) -> T {
    coroutine.join().expect("no coroutine panics")
}

impl System for May {
    fn start(workers: usize) -> Self {
        may::config().set_workers(workers).set_pool_capacity(POOLED);
        Self
    }

    fn one_way(&self, messages: u64) -> Timed {
        Timed::run(|| {
            run(move || {
                let (to_ping, ping_inbox) = channel();
                let (to_pong, pong_inbox) = channel();
                to_ping.send(Ball { left: messages - 1 }).expect("the inbox is open");
                let ping = go!(move || play(&ping_inbox, &to_pong));
                let pong = go!(move || play(&pong_inbox, &to_ping));
                join(ping) + join(pong)
            })
        })
    }

    fn calls(&self, calls: u64) -> Timed {
        Timed::run(|| {
            run(move || {
                let (server, inbox) = channel();
                go!(move || serve(&inbox));
                (0..calls).map(|value| call(&server, value)).sum()
            })
        })
    }

    fn ring(&self, nodes: u64, hops: u64) -> RingTimes {
        let (arrived, ended) = (Tally::expecting(1), Tally::expecting(nodes));
        let began = Instant::now();
        let first = run(move || {
            let (first, first_inbox) = channel();
            let mut next = first.clone();
            for _ in 1..nodes {
                let (node, inbox) = channel();
                go!(move || pass_on(&inbox, &next, arrived, ended.ticket()));
                next = node;
            }
            go!(move || pass_on(&first_inbox, &next, arrived, ended.ticket()));
            first
        });
        let token_began = Instant::now();
        first.send(Pass::Token { left: hops - 1 }).expect("the ring is open");
        arrived.wait();
        let token = token_began.elapsed();
        first.send(Pass::End).expect("the ring is open");
        let result = ended.wait();
        RingTimes { whole: began.elapsed(), token, result }
    }

    fn spawn_and_end(&self, actors: u64) -> Timed {
        Timed::run(|| {
            let ended = Tally::expecting(actors);
            run(move || {
                let spawn_touched = |_| {
                    let (actor, inbox) = channel();
                    let coroutine = go!(move || handle_one(&inbox, ended.ticket()));
                    actor.send(Touch).expect("the inbox is open");
                    coroutine
                };
                for first in (0..actors).step_by(SPAWNED_AT_ONCE) {
                    let last = actors.min(first + SPAWNED_AT_ONCE as u64);
                    let coroutines: Vec<_> = (first..last).map(spawn_touched).collect();
                    coroutines.into_iter().for_each(join);
                }
            });
            ended.wait()
        })
    }

    fn skynet(&self, leaves: u64) -> Timed {
        Timed::run(|| run(move || sum_leaves(0, leaves)))
    }

    fn fan_in(&self, senders: u64, each: u64) -> Timed {
        Timed::run(|| {
            run(move || {
                let (receiver, inbox) = channel();
                for _ in 0..senders {
                    let receiver = receiver.clone();
                    go!(move || {
                        for _ in 0..each {
                            receiver.send(Touch).expect("the receiver lives");
                        }
                    });
                }
                drop(receiver);
                join(go!(move || inbox.iter().map(|Touch| 1).sum()))
            })
        })
    }

    fn idle(&self, actors: u64, at_rest: impl FnOnce()) -> u64 {
        let ended = Tally::expecting(actors);
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, touched| {
            refs.extend(run(move || {
                let spawn_touched = |_| {
                    let (actor, inbox) = channel();
                    go!(move || idle(&inbox, touched, ended.ticket()));
                    actor.send(Touch).expect("the inbox is open");
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
        let (open, closed) = spsc::channel::<()>();
        let (server, inbox) = channel();
        go!(move || {
            closed.recv().expect("the gate opens");
            serve(&inbox);
        });
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, calling| {
            let server = server.clone();
            refs.extend(run(move || {
                let spawn_calling = |_| {
                    let (actor, inbox) = channel();
                    let server = server.clone();
                    go!(move || call_when_touched(&inbox, &server, calling, ended.ticket()));
                    actor.send(Touch).expect("the inbox is open");
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

struct Touch;

struct Ball {
    left: u64,
}

enum Pass {
    Token { left: u64 },
    End,
}

struct Increment {
    value: u64,
    reply: spsc::Sender<u64>,
}

fn play(inbox: &Receiver<Ball>, other: &Sender<Ball>) -> u64 {
    let mut received = 0;
    while let Ok(Ball { left }) = inbox.recv() {
        received += 1;
        if left == 0 {
            break;
        }
        other.send(Ball { left: left - 1 }).expect("the other player waits for it");
    }
    received
}

fn serve(inbox: &Receiver<Increment>) {
    while let Ok(Increment { value, reply }) = inbox.recv() {
        reply.send(value + 1).expect("the caller waits");
    }
}

fn call(server: &Sender<Increment>, value: u64) -> u64 {
    let (reply, answer) = spsc::channel();
    server.send(Increment { value, reply }).expect("the server lives");
    answer.recv().expect("the server answers")
}

fn pass_on(inbox: &Receiver<Pass>, next: &Sender<Pass>, arrived: &'static Tally, mut ticket: Ticket) {
    while let Ok(pass) = inbox.recv() {
        match pass {
            Pass::Token { left } => {
                ticket.count(1);
                if left == 0 {
                    arrived.add(0);
                } else {
                    next.send(Pass::Token { left: left - 1 }).expect("the ring is whole");
                }
            }
            Pass::End => {
                // The last node's next is the first, which is gone by then.
                let _ = next.send(Pass::End);
                break;
            }
        }
    }
}

fn handle_one(inbox: &Receiver<Touch>, mut ticket: Ticket) {
    if let Ok(Touch) = inbox.recv() {
        ticket.count(1);
    }
}

fn idle(inbox: &Receiver<Touch>, touched: &'static Tally, mut ticket: Ticket) {
    while let Ok(Touch) = inbox.recv() {
        ticket.count(1);
        touched.add(0);
    }
}

fn call_when_touched(
    inbox: &Receiver<Touch>,
    server: &Sender<Increment>,
    calling: &'static Tally,
    mut ticket: Ticket,
) {
    while let Ok(Touch) = inbox.recv() {
        calling.add(0);
        ticket.count(call(server, 0));
    }
}

fn sum_leaves(first: u64, leaves: u64) -> u64 {
    if leaves == 1 {
        return first;
    }
    let share = leaves / SKYNET_BRANCHES;
    let spawn = |child| go!(move || sum_leaves(first + child * share, share));
    if leaves > LEAVES_AT_ONCE {
        return (0..SKYNET_BRANCHES).map(|child| join(spawn(child))).sum();
    }
    let children: Vec<_> = (0..SKYNET_BRANCHES).map(spawn).collect();
    children.into_iter().map(join).sum()
}
