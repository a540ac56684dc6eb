//! The hot paths: each does its operation so many times, on the one worker that there is, and checks what came of it.
//!
//! An operation is the smallest one that can be repeated, so a message's count goes from its sender to its receiver's
//! return. Who waits does so inside the machine: nothing polls, and nothing goes through another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use greenroom::prelude::*;
use greenroom::{ExitReason, ProcessRef};

/// Something that is done so many times.
pub(crate) struct Path {
    /// As in the table.
    pub(crate) name: &'static str,
    pub(crate) run: fn(times: u64),
}

pub(crate) const ALL: &[Path] = &[
    Path { name: "cast to an actor at rest", run: cast },
    Path { name: "cast, drained from a full mailbox", run: fan_in },
    Path { name: "call by hand-off", run: call },
    Path { name: "request and wait", run: request },
    Path { name: "ring, a hop", run: ring },
    Path { name: "spawn, one message, end", run: spawn_and_end },
    Path { name: "process: a message that wakes it", run: wake },
    Path { name: "yield", run: give_way },
    Path { name: "timer: start and cancel", run: timer },
];

/// Adds up what it is sent, and tells.
#[derive(Default)]
struct Counter {
    sum: u64,
}

#[actor]
impl Counter {
    #[cast]
    fn add(&mut self, by: u64) {
        self.sum += by;
    }

    fn plus(&mut self, by: u64) -> u64 {
        self.sum += by;
        self.sum
    }
}

/// Each message finds its receiver at rest, and goes through the run queue.
fn cast(times: u64) {
    const TEAM: u64 = 32;
    let team: Vec<Ref<Counter>> = (0..TEAM).map(|_| spawn(Counter::default())).collect();
    for _ in 0..times / TEAM {
        team.iter().for_each(|counter| counter.add(1).expect("it lives"));
        yield_now().expect("it may wait here");
    }
    let sum: u64 = team.iter().map(|counter| counter.plus(0).expect("it lives")).sum();
    assert_eq!(sum, times);
}

/// Nearly every message finds its receiver queued, with others before it.
fn fan_in(times: u64) {
    const BATCH: u64 = 1_000;
    let counter = spawn(Counter::default());
    for _ in 0..times / BATCH {
        (0..BATCH).for_each(|_| counter.add(1).expect("it lives"));
        counter.plus(0).expect("it lives");
    }
    assert_eq!(counter.plus(0), Ok(times));
}

fn call(times: u64) {
    let counter = spawn(Counter::default());
    (1..=times).for_each(|sum| assert_eq!(counter.plus(1), Ok(sum)));
}

/// The caller suspends, and another stack goes on with the worker's loop.
fn request(times: u64) {
    let counter = spawn(Counter::default());
    (1..=times).for_each(|sum| assert_eq!(counter.request().plus(1).wait(), Ok(sum)));
}

/// A member of a ring.
#[derive(Default)]
struct Member {
    next: Option<Ref<Member>>,
    home: Option<Reply<()>>,
}

#[actor]
impl Member {
    fn meet(&mut self, next: Option<Ref<Member>>) {
        self.next = next;
    }

    /// Answers when the ball has been passed on so many times.
    fn start(&mut self, hops: u64, #[reply] home: Reply<()>) {
        self.home = Some(home);
        self.pass(hops);
    }

    #[cast]
    fn pass(&mut self, left: u64) {
        match (left, &self.next) {
            (0, _) => self.home.take().expect("the ball ends where it began").send(()),
            (left, Some(next)) => next.pass(left - 1).expect("it lives"),
            (_, None) => panic!("the ring is open"),
        }
    }
}

/// What is passed on goes into the worker's next slot.
fn ring(times: u64) {
    let members: Vec<Ref<Member>> = (0..100).map(|_| spawn(Member::default())).collect();
    let link = |(at, member): (usize, &Ref<Member>)| {
        member.meet(Some(members[(at + 1) % members.len()].clone())).expect("it lives");
    };
    members.iter().enumerate().for_each(link);
    members[0].start(times).expect("it comes home");
    members.iter().for_each(|member| member.meet(None).expect("it lives"));
}

/// Says when it is gone.
struct Mortal(Arc<AtomicU64>);

#[actor]
impl Mortal {
    #[cast]
    fn greet(&mut self) {}
}

impl Drop for Mortal {
    fn drop(&mut self) {
        // ORDERING: Relaxed: there is one worker.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn spawn_and_end(times: u64) {
    const TEAM: u64 = 32;
    let ended = Arc::new(AtomicU64::new(0));
    for _ in 0..times / TEAM {
        (0..TEAM).for_each(|_| spawn(Mortal(ended.clone())).greet().expect("it lives"));
        yield_now().expect("it may wait here");
    }
    yield_now().expect("it may wait here");
    // ORDERING: Relaxed: as above.
    assert_eq!(ended.load(Ordering::Relaxed), times);
}

/// Two processes: each message finds its receiver waiting for it, and suspended.
fn wake(times: u64) {
    enum Mail {
        Opponent(ProcessRef<Mail>),
        Ball(u64),
    }
    fn play(inbox: &Inbox<Mail>) {
        let Ok(Mail::Opponent(opponent)) = inbox.recv() else { panic!("the opponent comes first") };
        while let Ok(Mail::Ball(left)) = inbox.recv() {
            if left > 0 {
                opponent.send(Mail::Ball(left - 1)).expect("it is there until it has had its last ball");
            }
            if left < 2 {
                return;
            }
        }
        panic!("the last ball has not come");
    }
    let [one, other] = [(); 2].map(|()| process(|inbox| play(&inbox)));
    one.send(Mail::Opponent(other.clone())).expect("it waits");
    other.send(Mail::Opponent(one.clone())).expect("it waits");
    one.send(Mail::Ball(times)).expect("it waits");
    for player in [one, other] {
        assert_eq!(player.ended().wait(), Ok(ExitReason::Normal));
    }
}

/// Suspends until the worker has looked at its timers.
fn give_way(times: u64) {
    (0..times).for_each(|_| yield_now().expect("it may wait here"));
}

fn timer(times: u64) {
    let counter = spawn(Counter::default());
    (0..times).for_each(|_| assert!(counter.after(3_600 * SECOND).add(1).cancel()));
    assert_eq!(counter.plus(0), Ok(0));
}
