//! Schedules: what each of them finds, and how much there is to try.

mod support;

use std::sync::{Arc, Mutex};

use greenroom::prelude::*;
use greenroom::yield_now;
use greenroom_simulation::{Link, Schedule, Search, Simulation};
use support::{Bell, Heard, ms, numbers};

/// So many processes, each of which takes so many steps, and how many orders these can come in.
fn count_orders(processes: usize, steps: usize) -> (u64, bool, usize) {
    let seen = Mutex::new(std::collections::BTreeSet::new());
    let report = Search::new("orders", |sim: &mut Simulation| {
        let node = sim.node("node");
        let order = Arc::new(Mutex::new(Vec::new()));
        for process in 0..processes {
            let order = Arc::clone(&order);
            sim.start_on(&node, move || {
                for step in 0..steps {
                    order.lock().unwrap().push(process);
                    if step + 1 < steps {
                        yield_now().unwrap();
                    }
                }
            });
        }
        sim.run_for(ms(1))?;
        seen.lock().unwrap().insert(order.lock().unwrap().clone());
        Ok(())
    })
    .seeds(0..1)
    .exhaustive(10_000)
    .run();
    let distinct = seen.lock().unwrap().len();
    (report.runs(), report.is_complete(), distinct)
}

#[test]
fn an_exhaustive_search_tries_every_order_once() {
    // (processes * steps)! / steps!^processes
    for (processes, steps, orders) in [(2, 1, 2), (3, 1, 6), (4, 1, 24), (2, 2, 6), (2, 3, 20), (3, 2, 90)] {
        let (runs, is_complete, distinct) = count_orders(processes, steps);
        assert_eq!((runs, distinct), (orders, orders as usize), "{processes} processes of {steps} steps");
        assert!(is_complete);
    }
}

#[test]
fn a_search_that_is_cut_short_says_so() {
    let report = Search::new("orders", |sim: &mut Simulation| {
        let node = sim.node("node");
        (0..4).for_each(|_| sim.start_on(&node, || ()));
        Ok(sim.run_for(ms(1))?)
    })
    .seeds(0..1)
    .exhaustive(10)
    .run();
    assert!(!report.is_complete());
    assert_eq!(report.to_string(), "orders: no failure in 10 runs; 1 of 1 seeds have more orders than that");
}

#[test]
fn an_exhaustive_search_tries_each_loss_too() {
    let came = Mutex::new(std::collections::BTreeSet::new());
    let report = Search::new("losses", |sim: &mut Simulation| {
        sim.network(Link::new().loss(0.5));
        let (near, far) = (sim.node("near"), sim.node("far"));
        let heard = Heard::default();
        let bell = sim.spawn_on(&far, Bell { heard: Heard::clone(&heard) });
        sim.start_on(&near, move || (0..3).for_each(|number| bell.ring(number).unwrap()));
        sim.run_for(ms(10))?;
        came.lock().unwrap().insert(numbers(&heard));
        Ok(())
    })
    .seeds(0..1)
    .exhaustive(100)
    .run();
    assert!(report.is_complete());
    assert_eq!(came.lock().unwrap().len(), 8, "each of the three is lost or not");
}

/// A number that actors read, and write a little later.
struct Cell(u64);

#[actor]
impl Cell {
    fn get(&self) -> u64 {
        self.0
    }
    fn set(&mut self, to: u64) {
        self.0 = to;
    }
    fn add(&mut self, by: u64) {
        self.0 += by;
    }
}

/// Processes add one each: by reading and then writing, or in one message.
fn add_up(sim: &mut Simulation, processes: u64, in_one: bool) -> greenroom::Result {
    let node = sim.node("node");
    let cell = sim.spawn_on(&node, Cell(0));
    for _ in 0..processes {
        let cell = cell.clone();
        sim.start_on(&node, move || {
            if in_one {
                cell.add(1).unwrap();
            } else {
                let value = cell.get().unwrap();
                cell.set(value + 1).unwrap();
            }
        });
    }
    sim.run_for(ms(1))?;
    match sim.run_on(&node, move || cell.get())?? {
        all if all == processes => Ok(()),
        less => Err(format!("{less} of {processes} are left").into()),
    }
}

#[test]
fn an_exhaustive_search_finds_a_lost_update_and_shrinks_it() {
    let search = || Search::new("lost-update", |sim: &mut Simulation| add_up(sim, 3, false)).seeds(0..1);
    let report = search().without_files().exhaustive(10_000).run();
    let found = report.found().expect("there is one");
    let Schedule::Choices(places) = &found.least.schedule else { panic!("{report}") };
    assert!(places.iter().filter(|place| **place != 0).count() <= 2, "{report}");
    assert_eq!(search().once(&found.least), found.least_run);
}

#[test]
fn what_has_no_lost_update_is_searched_completely_and_found_right() {
    let report = Search::new("no-lost-update", |sim: &mut Simulation| add_up(sim, 2, true))
        .seeds(0..1)
        .exhaustive(100_000)
        .run();
    report.assert_clean();
    assert!(report.is_complete() && report.runs() > 20, "{report}");
}

const STEPS: usize = 12;

/// Two processes of twelve steps; what must not happen is that all of the second come between the first two of the first.
fn between(sim: &mut Simulation) -> greenroom::Result {
    let node = sim.node("node");
    let order = Arc::new(Mutex::new(Vec::new()));
    for process in 0..2 {
        let order = Arc::clone(&order);
        sim.start_on(&node, move || {
            for _ in 0..STEPS {
                order.lock().unwrap().push(process);
                yield_now().unwrap();
            }
        });
    }
    sim.always("not all between two steps", move || {
        let order = order.lock().unwrap();
        let is_between =
            order.len() > STEPS && order[0] == 0 && order[1..=STEPS].iter().all(|process| *process == 1);
        if is_between { Err("all came between".to_owned()) } else { Ok(()) }
    });
    Ok(sim.run_for(ms(1))?)
}

#[test]
fn pct_finds_by_its_depth_what_random_order_finds_once_in_thousands_of_runs() {
    let search = || Search::new("between", between).without_files().seeds(0..200).shrink_runs(0);
    let by_depth = search().schedule(Schedule::Pct { depth: 2, steps: 2 * STEPS as u64 }).run();
    assert!(by_depth.found().is_some(), "{by_depth}");
    search().run().assert_clean();
    // A depth too few cannot: nobody who has begun falls behind.
    search().schedule(Schedule::Pct { depth: 1, steps: 2 * STEPS as u64 }).run().assert_clean();
}

#[test]
fn every_schedule_gives_the_same_run_again() {
    for schedule in ["random", "pct:3:40", "choices:1.0.2.1"] {
        let schedule: Schedule = schedule.parse().unwrap();
        let plan = greenroom_simulation::Plan { schedule, ..greenroom_simulation::Plan::new(5) };
        let search = Search::new("again", between);
        assert_eq!(search.once(&plan), search.once(&plan));
    }
}
