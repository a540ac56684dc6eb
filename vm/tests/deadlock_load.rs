//! Deadlock under random load, by seed: no false alarm where there is no cycle, and every cycle found where there is one.
//!
//! `GREENROOM_LOAD_SEED=20260 GREENROOM_LOAD_SECONDS=60 cargo test -p greenroom --test deadlock_load` goes on from that
//! seed for as long.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use greenroom::ExitReason;
use greenroom::prelude::*;
use support::gate::Gate;
use support::{LOST, named, real, settle, simulated};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Numbers by xorshift64 (Marsaglia 2003).
#[derive(Clone)]
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            chance.below(2);
        }
        chance
    }

    fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % below
    }
}

/// Runs `round` with each seed from the given one on, for as long as was asked for, or else with the first few.
fn with_seeds(few: u64, round: impl Fn(u64)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("GREENROOM_LOAD_SEED").unwrap_or(20_260);
    let limit = number("GREENROOM_LOAD_SECONDS").map(Duration::from_secs);
    let begin = Instant::now();
    for seed in first.. {
        if limit.map_or(seed - first >= few, |limit| begin.elapsed() > limit) {
            break;
        }
        named(&format!("the round with GREENROOM_LOAD_SEED={seed}"), || round(seed));
    }
}

/// Answers whoever's token it is given, a moment later.
struct Answerer;

#[actor]
impl Answerer {
    #[cast]
    fn take(&mut self, reply: Reply<()>) {
        sleep(3 * MILLISECOND).unwrap();
        reply.send(());
    }
}

/// Has its caller's token answered by somebody else, and calls its caller meanwhile.
struct Helper;

#[actor]
impl Helper {
    fn help(&mut self, answerer: Ref<Answerer>, back: Ref<Level>, #[reply] reply: Reply<()>) {
        answerer.take(reply).unwrap();
        check(back.idle(MILLISECOND));
    }
}

/// Calls only those below it, so that nobody can wait for himself.
struct Level {
    below: Vec<Ref<Level>>,
    answerer: Ref<Answerer>,
}

/// How many errors there were that could not be explained.
static FAULTS: AtomicUsize = AtomicUsize::new(0);

/// Any error but those that can be explained is a fault.
fn check<R: std::fmt::Debug>(outcome: Result<R, CallError>) {
    match outcome {
        Ok(_) | Err(CallError::Timeout { .. } | CallError::Stopped { reason: ExitReason::Normal, .. }) => {}
        Err(
            CallError::Panicked(report) | CallError::Stopped { reason: ExitReason::Panicked(report), .. },
        ) if report.message() == "on purpose" => {}
        Err(error) => {
            FAULTS.fetch_add(1, Ordering::SeqCst);
            panic!("no error that could be explained: {error}");
        }
    }
}

#[actor]
impl Level {
    fn idle(&self, time: Duration) {
        sleep(time).unwrap();
    }

    /// Does a few things by chance.
    fn work(&mut self, seed: u64, depth: u32) {
        let me = me::<Level>();
        work(&me, &self.below, &self.answerer, seed, depth);
    }

    #[parallel]
    fn work_beside(me: &Me<Self>, seed: u64, depth: u32) {
        let (below, answerer) = me.with(|level| (level.below.clone(), level.answerer.clone()));
        work(&me.to_ref(), &below, &answerer, seed, depth);
        me.with(|level| level.below.reverse());
    }

    fn leave(&mut self) {
        stop();
    }

    fn fail(&mut self) {
        support::resume_quietly();
    }
}

fn work(me: &Ref<Level>, below: &[Ref<Level>], answerer: &Ref<Answerer>, seed: u64, depth: u32) {
    let mut chance = Chance::new(seed);
    for _ in 0..=chance.below(3) {
        let seed = chance.below(u64::MAX);
        let Some(next) = below.get(chance.below(below.len().max(1) as u64) as usize) else {
            sleep(chance.below(3) as u32 * 40 * MILLISECOND).unwrap();
            continue;
        };
        if depth == 0 {
            check(next.idle(chance.below(80) as u32 * MILLISECOND));
            continue;
        }
        let limit = LOST * (1 + chance.below(2) as u32);
        match chance.below(11) {
            0 | 1 => check(next.within(limit).work(seed, depth - 1)),
            2 => check(next.within(limit).work_beside(seed, depth - 1)),
            3 => check(next.request().work(seed, depth - 1).wait()),
            4 => {
                let short = chance.below(90) as u32 * MILLISECOND + MILLISECOND;
                check(next.within(short).work(seed, depth - 1));
            }
            5 => {
                let short = chance.below(90) as u32 * MILLISECOND + MILLISECOND;
                check(next.within(short).work_beside(seed, depth - 1));
            }
            6 => drop(next.request().work(seed, depth - 1)),
            7 => check(spawn(Helper).within(LOST).help(answerer, me)),
            8 => check(me.within(limit).work_beside_only(seed)),
            9 => sleep(chance.below(120) as u32 * MILLISECOND).unwrap(),
            _ => {
                let doomed = spawn(Level { below: below.to_vec(), answerer: answerer.clone() });
                let work = doomed.request().work_beside(seed, depth - 1);
                if chance.below(2) == 0 {
                    check(doomed.fail());
                } else {
                    check(doomed.leave());
                }
                check(work.wait());
            }
        }
    }
}

#[actor(more)]
impl Level {
    /// Waits, but for nobody.
    #[parallel]
    fn work_beside_only(_: &Me<Self>, seed: u64) {
        sleep(Chance::new(seed).below(100) as u32 * MILLISECOND).unwrap();
    }
}

/// Calls without end and without a cycle.
fn climb(vm: &Vm, seed: u64, calls: usize, depth: u32) {
    let mut chance = Chance::new(seed);
    let answerer = vm.spawn(Answerer);
    let mut levels: Vec<Ref<Level>> = vec![];
    for _ in 0..12 {
        let below = levels.iter().filter(|_| chance.below(2) == 0).cloned().collect();
        levels.push(vm.spawn(Level { below, answerer: answerer.clone() }));
    }
    let promises: Vec<_> = (0..calls)
        .map(|_| {
            let level = &levels[chance.below(levels.len() as u64) as usize];
            let seed = chance.below(u64::MAX);
            if chance.below(3) == 0 {
                level.request().work_beside(seed, depth)
            } else {
                level.request().work(seed, depth)
            }
        })
        .collect();
    for promise in promises {
        check(promise.wait());
    }
}

#[test]
fn no_deadlock_is_told_where_nobody_waits_for_himself() {
    with_seeds(10, |seed| climb(&simulated(seed), seed, 40, 3));
    climb(&real(), 20_260, 4, 1);
    assert_eq!(FAULTS.load(Ordering::SeqCst), 0);
}

/// Calls one other when all are ready.
#[derive(Default)]
struct Node;

#[actor]
impl Node {
    fn meet(&mut self, gate: Ref<Gate>, next: Ref<Node>, way: u64) -> Result<(), CallError> {
        gate.within(LOST).pass()?;
        let limit = 100 * LOST;
        match way {
            0 => next.within(limit).touch(),
            1 => next.request().touch().wait(),
            _ => next.within(limit).touch_beside(),
        }
    }

    fn touch(&mut self) {}

    #[parallel]
    fn touch_beside(me: &Me<Self>) {
        sleep(MILLISECOND).unwrap();
        me.with(|_| ());
    }
}

/// How many cycles there are when each goes on to the next.
fn cycles(next: &[usize]) -> usize {
    let mut seen = vec![usize::MAX; next.len()];
    let mut count = 0;
    for start in 0..next.len() {
        let mut at = start;
        while seen[at] == usize::MAX {
            seen[at] = start;
            at = next[at];
        }
        count += usize::from(seen[at] == start);
    }
    count
}

fn collide(vm: &Vm, seed: u64, length: usize, within: Duration) {
    let mut chance = Chance::new(seed);
    let next: Vec<usize> = (0..length).map(|_| chance.below(length as u64) as usize).collect();
    let nodes: Vec<_> = (0..length).map(|_| vm.spawn(Node)).collect();
    let gate = vm.spawn(Gate::default());
    let meet =
        |(node, &next): (&Ref<Node>, &usize)| node.request().meet(&gate, &nodes[next], chance.below(3));
    let calls: Vec<_> = nodes.iter().zip(&next).map(meet).collect();
    settle(vm, "all are at the gate", || gate.waiting() == Ok(length));
    gate.open().unwrap();
    let mut told = 0;
    for mut call in calls {
        match call.wait_for(within) {
            Ok(()) => {}
            Err(CallError::Deadlock { path, .. }) => {
                let actor = |at: Option<&String>| at.map(|at| at[..at.rfind('.').unwrap()].to_owned());
                assert_eq!(actor(path.first()), actor(path.last()));
                told += 1;
            }
            Err(error) => panic!("{error}, calls {next:?}"),
        }
    }
    assert_eq!(told, cycles(&next), "calls {next:?}");
}

#[test]
fn every_cycle_is_found_once_and_all_others_go_on() {
    with_seeds(60, |seed| collide(&simulated(seed), seed, 2 + seed as usize % 11, 100 * MILLISECOND));
    let vm = real();
    for seed in 0..5 {
        collide(&vm, seed, 10, LOST);
    }
}
