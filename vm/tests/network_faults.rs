//! What a network and crashes do to whoever is in the midst of something: nobody is told, nothing is told twice, and
//! nothing is left over.

mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::{Filter, Record, Session, What};
use greenroom::{Passage, Route, Supervisor};
use support::wire::{Wire, ten_ms};
use support::{Dropped, Object, Tally, ask};

#[derive(Default)]
struct Echo {
    ticks: u32,
    kept: Vec<Reply<u64>>,
}

#[actor]
impl Echo {
    fn twice(&mut self, n: u64) -> u64 {
        2 * n
    }
    fn tick(&mut self) -> u32 {
        self.ticks += 1;
        self.ticks
    }
    /// Answers when somebody it gives the token to does.
    fn later(&mut self, #[reply] reply: Reply<u64>) {
        self.kept.push(reply);
    }
    fn give(&mut self, to: Ref<Echo>) {
        for token in self.kept.drain(..) {
            let _ = to.answer(token);
        }
    }
    #[cast]
    fn answer(&mut self, token: Reply<u64>) {
        token.send(7);
    }
}

/// What came of the first message of a method.
fn outcomes(session: &Session, method: &str) -> Vec<String> {
    let records = session.take();
    let number = records
        .iter()
        .find_map(|r| match &r.what {
            What::Send { message, method: m, .. } if m.contains(method) => Some(*message),
            _ => None,
        })
        .expect("sent");
    records
        .iter()
        .filter(|r| matches!(&r.what, What::Reply { message, .. } | What::Lost { message, .. } if *message == number))
        .map(|r| r.what.to_string())
        .collect()
}

#[test]
fn a_request_that_finds_its_node_crashed_is_recorded_as_lost_once() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo::default());
    let session = vm.trace(Filter::everything());
    let promise = vm.on(near, || echo.request().twice(1));
    vm.run_for(5 * MILLISECOND).unwrap();
    vm.crash_node(far);
    vm.run_for(SECOND).unwrap();
    assert!(!promise.is_done());
    let found = outcomes(&session, "twice");
    assert_eq!((found.len(), vm.lost_on_the_way()), (1, 1), "{found:#?}");
}

#[test]
fn a_repeated_request_is_recorded_as_lost_with_its_last_reply() {
    let (vm, _) = Wire::calm(|it| match it.passage {
        Passage::Message { can_repeat: true } => Route::ArrivesEach(vec![10 * MILLISECOND, 20 * MILLISECOND]),
        Passage::Reply => Route::Lost,
        _ => ten_ms(it),
    })
    .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo::default());
    let session = vm.trace(Filter::everything());
    let _promise = vm.on(near, || echo.request().twice(1));
    vm.run_for(SECOND).unwrap();
    let found = outcomes(&session, "twice");
    assert_eq!((found.len(), vm.lost_on_the_way()), (1, 1), "{found:#?}");
}

#[test]
fn what_a_crashed_node_had_put_off_is_sent_no_more_though_it_is_up_again() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo::default());
    let it = echo.clone();
    vm.run_on(near, move || {
        it.every(SECOND).tick();
    })
    .unwrap();
    vm.run_for(2500 * MILLISECOND).unwrap();
    vm.crash_node(near);
    let _again = vm.spawn_on(near, Echo::default());
    vm.run_for(100 * SECOND).unwrap();
    assert!(echo.tick().unwrap() < 6);
}

#[test]
fn a_supervisor_gives_nobody_another_life_while_its_node_crashes() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let node = vm.add_node("only");
    let (lives, ended) = (Tally::default(), Tally::default());
    let (births, ends) = (lives.clone(), ended.clone());
    let begin = move || {
        births.add_one();
        Object(Dropped(ends.clone()))
    };
    let supervisor = Supervisor::one_for_one().intensity(1000, SECOND).child("child", begin);
    let supervisor = vm.spawn_on(node, supervisor);
    vm.run_for(SECOND).unwrap();
    assert_eq!(lives.count(), 1);
    vm.crash_node(node);
    assert_eq!((lives.count(), ended.count(), vm.actors_on(node)), (1, 1, 0));
    assert!(supervisor.exit_reason().is_some());
}

#[test]
fn what_is_under_way_when_the_machine_ends_is_dropped() {
    let tally = Tally::default();
    let (vm, _) =
        Wire::calm(|it| Route::Arrives(if it.method == "twice" { Duration::ZERO } else { 10 * SECOND }))
            .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let object = vm.spawn_on(far, Object(Dropped(tally.clone())));
    let other = vm.spawn_on(far, Object(Dropped(tally.clone())));
    let (a, b) = (Dropped(tally.clone()), Dropped(tally.clone()));
    let (o, p) = (object.clone(), other.clone());
    let promise = vm
        .run_on(near, move || {
            o.send(ask(move |_: &mut Dropped| drop(a))).unwrap();
            p.send_request(ask(move |_: &mut Dropped| b))
        })
        .unwrap();
    vm.run_for(SECOND).unwrap();
    drop(vm);
    assert!(promise.is_done());
    drop(promise);
    drop((object, other));
    assert_eq!(tally.count(), 4);
}

#[test]
fn a_callback_for_an_actor_on_a_third_node_crosses_from_the_second() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let nodes = ["a", "b", "c"].map(|n| vm.add_node(n));
    let echo = vm.spawn_on(nodes[1], Echo::default());
    let third = vm.spawn_on(nodes[2], Object(0_u64));
    let t = third.clone();
    vm.run_on(nodes[0], move || echo.request().twice(4).then(&t, |o: &mut Object<u64>, r| o.0 = r.unwrap()))
        .unwrap();
    vm.run_for(SECOND).unwrap();
    assert_eq!(third.ask(ask(|n: &mut u64| *n)), Ok(8));
    assert_eq!(trail.borrow().len(), 3, "{:?}", trail.borrow());
}

#[test]
fn a_token_that_is_lost_on_its_way_tells_nobody() {
    let (vm, _) = Wire::calm(|it| if it.method == "answer" { Route::Lost } else { ten_ms(it) }).build();
    let nodes = ["a", "b", "c"].map(|n| vm.add_node(n));
    let echo = vm.spawn_on(nodes[1], Echo::default());
    let third = vm.spawn_on(nodes[2], Echo::default());
    let promise = vm.on(nodes[0], || echo.request().later());
    vm.run_for(SECOND).unwrap();
    vm.run_on(nodes[1], move || echo.give(third)).unwrap().unwrap();
    vm.run_for(SECOND).unwrap();
    assert!(!promise.is_done(), "{:?}", promise.wait());
}

#[test]
fn a_token_that_has_gone_on_is_answered_from_where_it_is() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let nodes = ["a", "b", "c"].map(|n| vm.add_node(n));
    let echo = vm.spawn_on(nodes[1], Echo::default());
    let third = vm.spawn_on(nodes[2], Echo::default());
    let promise = vm.on(nodes[0], || echo.request().later());
    vm.run_for(SECOND).unwrap();
    vm.run_on(nodes[1], move || echo.give(third)).unwrap().unwrap();
    vm.run_for(SECOND).unwrap();
    assert_eq!(promise.wait(), Ok(7), "{:?}", trail.borrow());
    assert!(trail.borrow().iter().any(|l| l.starts_with("2>0")), "{:?}", trail.borrow());
}

/// Does everything that an actor can be in the midst of.
struct Busy(Dropped, Arc<Mutex<Vec<Reply<u64>>>>);

#[actor]
impl Busy {
    fn hello(&mut self, peer: Option<Ref<Busy>>, n: u64) -> u64 {
        if n > 3 {
            return n;
        }
        if let Some(peer) = peer {
            let me = me::<Self>();
            let _ = peer.within(30 * MILLISECOND).hello(Some(me), n + 1);
        }
        n
    }
    #[parallel]
    fn beside(me: &Me<Self>, peer: Ref<Busy>, n: u64) -> u64 {
        let _ = peer.within(20 * MILLISECOND).hello(None, n);
        me.with(|it| {
            let _ = &it.0;
        });
        let _ = sleep(MILLISECOND);
        n
    }
    #[cast]
    fn note(&mut self, what: Option<Ref<Busy>>) {
        drop(what);
    }
    fn later(&mut self, #[reply] reply: Reply<u64>) {
        self.1.lock().unwrap().push(reply);
    }
    fn fail(&mut self) {
        support::resume_quietly();
    }
}

/// A program of sixty random acts on three nodes that crash: its records, how many actors it made, and how many were dropped.
fn muddle(seed: u64) -> (Vec<Record>, usize, usize) {
    let tally = Tally::default();
    let mut made = 0;
    let mut chance = seed;
    let (vm, _) = Wire::drawn(seed, move |it| {
        chance = chance.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(it.number | 1);
        let d = |n: u64| (n % 16) as u32 * MILLISECOND;
        match chance >> 60 {
            0 if it.passage != Passage::Signal => Route::Lost,
            1 => Route::ArrivesEach(vec![d(chance >> 20), d(chance >> 30)]),
            delay => Route::Arrives(d(delay)),
        }
    })
    .build();
    let session = vm.trace(Filter::everything().with_arguments());
    let nodes: Vec<_> = (0..3).map(|n| vm.add_node(format!("n{n}"))).collect();
    let kept = Arc::new(Mutex::new(vec![]));
    let mut actors: Vec<Ref<Busy>> = vec![];
    let mut dice = seed.wrapping_mul(77) | 1;
    let mut roll = move |below: usize| {
        dice = dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(12345);
        (dice >> 33) as usize % below
    };
    let mut promises = vec![];
    for _ in 0..60 {
        let node = nodes[roll(3)];
        if actors.len() < 6 || roll(4) == 0 {
            made += 1;
            actors.push(vm.spawn_on(node, Busy(Dropped(tally.clone()), Arc::clone(&kept))));
        }
        let (a, b) = (actors[roll(actors.len())].clone(), actors[roll(actors.len())].clone());
        match roll(12) {
            0 => vm.crash_node(node),
            1 => {
                let _ = vm.on(node, || a.note(Some(b)));
            }
            2 => promises.push(vm.on(node, || a.request().hello(Some(b), 0))),
            3 => promises.push(vm.on(node, || a.request().beside(b, 1))),
            4 => promises.push(vm.on(node, || a.request().later())),
            5 => {
                a.link(&b);
            }
            6 => {
                vm.on(node, || a.every(7 * MILLISECOND).note(Some(b)));
            }
            7 => {
                vm.process_on(node, move |_: Inbox<()>| {
                    let p = a.request().beside(b.clone(), 3);
                    let _ = b.within(10 * MILLISECOND).hello(Some(a), 1);
                    drop(p);
                });
            }
            8 => {
                vm.on(node, || a.kill());
            }
            9 => {
                let p = vm.on(node, || a.request().hello(Some(b.clone()), 2));
                p.then(&b, |_, _| {});
            }
            10 => {
                let token = kept.lock().unwrap().pop();
                if let Some(token) = token {
                    vm.on(node, || token.send(1));
                }
            }
            _ => {
                vm.run_on(node, move || {
                    let team: Group<Busy> = [a, b].into_iter().collect();
                    let _ = team.each().hello(None, 1).all();
                })
                .ok();
            }
        }
        vm.run_for(roll(20) as u32 * MILLISECOND).unwrap();
        if roll(10) == 0 {
            actors.remove(0);
        }
    }
    drop(vm);
    drop((actors, promises));
    kept.lock().unwrap().clear();
    (session.take(), made, tally.count())
}

#[test]
fn whatever_happens_no_state_is_left_and_no_request_ends_twice_and_it_happens_again() {
    for seed in 0..12 {
        let (records, made, dropped) = muddle(seed);
        assert_eq!(made, dropped, "seed {seed}");
        let mut ends = HashMap::new();
        for record in &records {
            let (message, is_lost) = match record.what {
                What::Reply { message, .. } => (message, false),
                What::Lost { message, .. } => (message, true),
                _ => continue,
            };
            // Each copy of a cast may be lost.
            if let Some(was_lost) = ends.insert(message, is_lost) {
                assert!(was_lost && is_lost, "seed {seed}: {record}");
            }
        }
        // As lines, which do not name the machine.
        let lines = |records: &[Record]| records.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(lines(&records) == lines(&muddle(seed).0), "seed {seed}");
    }
}
