//! tokio 1: an actor is a task that owns its state and an unbounded channel's receiver, as in tokio's tutorial;
//! a call sends a `oneshot` sender along. One multi-thread runtime; the work starts inside it, where spawning and
//! waking stay on the worker's own queue.

use std::array;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{RingTimes, SKYNET_BRANCHES, System, Timed, in_batches};
use greenroom_savina::tally::{Tally, Ticket};

pub(crate) struct Tokio {
    runtime: Runtime,
}

impl Tokio {
    /// Runs `work` as a task of the runtime and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.block_on(self.runtime.spawn(work)).expect("no task panics")
    }
}

impl System for Tokio {
    fn start(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(workers).build();
        Self { runtime: runtime.expect("the runtime starts") }
    }

    fn one_way(&self, messages: u64) -> Timed {
        Timed::run(|| {
            self.run(async move {
                let (to_ping, ping_inbox) = unbounded_channel();
                let (to_pong, pong_inbox) = unbounded_channel();
                to_ping.send(Ball { left: messages - 1 }).expect("the inbox is open");
                let ping = tokio::spawn(play(ping_inbox, to_pong));
                let pong = tokio::spawn(play(pong_inbox, to_ping));
                ping.await.expect("ping ends") + pong.await.expect("pong ends")
            })
        })
    }

    fn calls(&self, calls: u64) -> Timed {
        Timed::run(|| {
            self.run(async move {
                let (server, inbox) = unbounded_channel();
                tokio::spawn(serve(inbox));
                let mut sum = 0;
                for value in 0..calls {
                    sum += call(&server, value).await;
                }
                sum
            })
        })
    }

    fn ring(&self, nodes: u64, hops: u64) -> RingTimes {
        let (arrived, ended) = (Tally::expecting(1), Tally::expecting(nodes));
        let began = Instant::now();
        let first = self.run(async move {
            let (first, first_inbox) = unbounded_channel();
            let mut next = first.clone();
            for _ in 1..nodes {
                let (node, inbox) = unbounded_channel();
                tokio::spawn(pass_on(inbox, next, arrived, ended.ticket()));
                next = node;
            }
            tokio::spawn(pass_on(first_inbox, next, arrived, ended.ticket()));
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
            self.run(async move {
                for _ in 0..actors {
                    let (actor, inbox) = unbounded_channel();
                    tokio::spawn(handle_one(inbox, ended.ticket()));
                    actor.send(Touch).expect("the inbox is open");
                }
            });
            ended.wait()
        })
    }

    fn skynet(&self, leaves: u64) -> Timed {
        Timed::run(|| self.run(sum_leaves(0, leaves)))
    }

    fn fan_in(&self, senders: u64, each: u64) -> Timed {
        Timed::run(|| {
            self.run(async move {
                let (receiver, mut inbox) = unbounded_channel();
                for _ in 0..senders {
                    let receiver = receiver.clone();
                    tokio::spawn(async move {
                        for _ in 0..each {
                            receiver.send(Touch).expect("the receiver lives");
                        }
                    });
                }
                drop(receiver);
                let counting = tokio::spawn(async move {
                    let mut received = 0;
                    while let Some(Touch) = inbox.recv().await {
                        received += 1;
                    }
                    received
                });
                counting.await.expect("the receiver ends")
            })
        })
    }

    fn idle(&self, actors: u64, at_rest: impl FnOnce()) -> u64 {
        let ended = Tally::expecting(actors);
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, touched| {
            refs.extend(self.run(async move {
                let spawn_touched = |_| {
                    let (actor, inbox) = unbounded_channel();
                    tokio::spawn(idle(inbox, touched, ended.ticket()));
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
        let (open, closed) = oneshot::channel::<()>();
        let (server, inbox) = unbounded_channel();
        self.runtime.spawn(async move {
            closed.await.expect("the gate opens");
            serve(inbox).await;
        });
        let mut refs = Vec::with_capacity(actors as usize);
        in_batches(actors, |batch, calling| {
            let server = server.clone();
            refs.extend(self.run(async move {
                let spawn_calling = |_| {
                    let (actor, inbox) = unbounded_channel();
                    tokio::spawn(call_when_touched(inbox, server.clone(), calling, ended.ticket()));
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
    reply: oneshot::Sender<u64>,
}

async fn play(mut inbox: UnboundedReceiver<Ball>, other: UnboundedSender<Ball>) -> u64 {
    let mut received = 0;
    while let Some(Ball { left }) = inbox.recv().await {
        received += 1;
        if left == 0 {
            break;
        }
        other.send(Ball { left: left - 1 }).expect("the other player waits for it");
    }
    received
}

async fn serve(mut inbox: UnboundedReceiver<Increment>) {
    while let Some(Increment { value, reply }) = inbox.recv().await {
        reply.send(value + 1).expect("the caller waits");
    }
}

async fn call(server: &UnboundedSender<Increment>, value: u64) -> u64 {
    let (reply, answer) = oneshot::channel();
    server.send(Increment { value, reply }).expect("the server lives");
    answer.await.expect("the server answers")
}

async fn pass_on(
    mut inbox: UnboundedReceiver<Pass>,
    next: UnboundedSender<Pass>,
    arrived: &'static Tally,
    mut ticket: Ticket,
) {
    while let Some(pass) = inbox.recv().await {
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

async fn handle_one(mut inbox: UnboundedReceiver<Touch>, mut ticket: Ticket) {
    if let Some(Touch) = inbox.recv().await {
        ticket.count(1);
    }
}

async fn idle(mut inbox: UnboundedReceiver<Touch>, touched: &'static Tally, mut ticket: Ticket) {
    while let Some(Touch) = inbox.recv().await {
        ticket.count(1);
        touched.add(0);
    }
}

async fn call_when_touched(
    mut inbox: UnboundedReceiver<Touch>,
    server: UnboundedSender<Increment>,
    calling: &'static Tally,
    mut ticket: Ticket,
) {
    while let Some(Touch) = inbox.recv().await {
        calling.add(0);
        ticket.count(call(&server, 0).await);
    }
}

/// A node and its children, in tokio's way: a spawned task's handle gives its result.
async fn sum_leaves(first: u64, leaves: u64) -> u64 {
    if leaves == 1 {
        return first;
    }
    let share = leaves / SKYNET_BRANCHES;
    let children: [_; SKYNET_BRANCHES as usize] =
        array::from_fn(|child| spawn_leaves(first + child as u64 * share, share));
    let mut sum = 0;
    for child in children {
        sum += child.await.expect("no node panics");
    }
    sum
}

/// Breaks the recursion of the future's type, without a box for it.
fn spawn_leaves(first: u64, leaves: u64) -> JoinHandle<u64> {
    tokio::spawn(sum_leaves(first, leaves))
}
