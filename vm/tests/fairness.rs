//! Fairness: equal actors get equal shares, and high priority goes first without starving the others.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{Priority, World};
use support::{Flag, Object, Tally, ask, in_simulations, real_builder, watched};

/// A message that its receiver sends itself again until the flag is raised.
fn busy(turns: Tally, done: Flag) -> support::Ask<(), ()> {
    ask(move |(): &mut ()| {
        turns.add_one();
        if !done.is_raised() {
            me::<Object<()>>().send(busy(turns, done)).unwrap();
        }
    })
}

/// The shares that equal busy actors got by the time that the first had `turns`.
fn shares(vm: &Vm, actors: usize, turns: usize) -> Vec<usize> {
    vm.run(move || {
        let (seen, end) = (Vec::from_iter((0..actors).map(|_| Tally::default())), Flag::default());
        for tally in &seen {
            spawn(Object(())).send(busy(tally.clone(), end.clone())).unwrap();
        }
        while seen.iter().all(|tally| tally.count() < turns) {
            yield_now().unwrap();
        }
        let shares = seen.iter().map(Tally::count).collect();
        end.raise();
        shares
    })
    .unwrap()
}

fn is_fair(shares: &[usize]) -> bool {
    let mean = shares.iter().sum::<usize>() / shares.len();
    *shares.iter().min().unwrap() >= mean / 2
}

#[test]
fn equal_busy_actors_get_equal_shares() {
    for seed in support::SEEDS {
        let vm = Vm::builder().workers(1).world(World::Simulated { seed }).build().unwrap();
        let shares = shares(&vm, 12, 2000);
        assert!(is_fair(&shares), "seed {seed}: {shares:?}");
    }
    watched(|| {
        for workers in 1..3 {
            // The system gives its cores to others too: one fair round of several shows that we are.
            let vm = real_builder().workers(workers).build().unwrap();
            let mut unfair = Vec::new();
            while unfair.len() < 6 {
                let shares = shares(&vm, 12, 10_000);
                if is_fair(&shares) {
                    break;
                }
                unfair.push(shares);
            }
            assert!(unfair.len() < 6, "{workers} workers: {unfair:?}");
        }
    });
}

struct Urgent;
impl Actor for Urgent {
    const PRIORITY: Priority = Priority::High;
}
struct Turn(Tally, Flag);
impl Message for Turn {
    type Reply = ();
}
impl Handler<Turn> for Urgent {
    fn handle(&mut self, Turn(tally, done): Turn) {
        tally.add_one();
        if !done.is_raised() {
            me::<Urgent>().send(Turn(tally, done)).unwrap();
        }
    }
}

#[test]
fn high_priority_goes_first_and_starves_nobody() {
    let program = |vm: &Vm| {
        let (high, low, done) = (Tally::default(), Tally::default(), Flag::default());
        let (urgent, normal, end) = (high.clone(), low.clone(), done);
        vm.run(move || {
            let (first, second) = (spawn(Urgent), spawn(Object(())));
            second.send(busy(normal.clone(), end.clone())).unwrap();
            first.send(Turn(urgent.clone(), end.clone())).unwrap();
            while normal.count() < 200 {
                yield_now().unwrap();
            }
            end.raise();
        })
        .unwrap();
        (high.count(), low.count())
    };
    for seed in support::SEEDS {
        let vm = Vm::builder().workers(1).world(World::Simulated { seed }).build().unwrap();
        let (high, low) = program(&vm);
        // Up to eight of it, then one of the others; the one that watches takes turns as well.
        assert!(high >= 2 * low && high <= 20 * low, "seed {seed}: {high} to {low}");
    }
    watched(|| {
        let (high, low) = program(&real_builder().workers(1).build().unwrap());
        assert!(low >= 200 && high > 0, "{high} to {low}");
    });
}

/// Asks how many had their turn before.
struct HowMany(Tally);
impl Message for HowMany {
    type Reply = usize;
}
impl Handler<HowMany> for Urgent {
    fn handle(&mut self, HowMany(before): HowMany) -> usize {
        before.count()
    }
}

#[test]
fn what_is_urgent_overtakes_what_was_queued_before() {
    for seed in support::SEEDS {
        let vm = Vm::builder().workers(1).world(World::Simulated { seed }).build().unwrap();
        let before = vm.run(|| {
            let normal = Tally::default();
            for _ in 0..5 {
                let normal = normal.clone();
                spawn(Object(())).send(ask(move |(): &mut ()| normal.add_one())).unwrap();
            }
            spawn(Urgent).send_request(HowMany(normal)).wait()
        });
        let Ok(Ok(before)) = before else { panic!("{before:?}") };
        assert!(before <= 1, "seed {seed}: {before} of 5 went first");
    }
}

#[test]
fn one_who_calls_without_end_lets_others_go_in_between() {
    in_simulations(calls_without_end);
    watched(|| calls_without_end(&real_builder().workers(1).relief(0).build().unwrap()));
}

fn calls_without_end(vm: &Vm) {
    let (done, turns) = (Flag::default(), Tally::default());
    let caller = {
        let done = done.clone();
        vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
            let callee = spawn(Object(0_u64));
            while !done.is_raised() {
                callee.ask(ask(|n: &mut u64| *n += 1)).unwrap();
            }
        }))
    };
    // They are behind it in the queue, and one of them ends it.
    for number in 0..20 {
        let (done, turns) = (done.clone(), turns.clone());
        let body = ask(move |(): &mut ()| {
            turns.add_one();
            if number == 19 {
                sleep(Duration::ZERO).unwrap();
                done.raise();
            }
        });
        vm.spawn(Object(())).send(body).unwrap();
    }
    caller.wait().unwrap();
    support::settle(vm, "all had their turn", || turns.count() == 20);
}
