//! Nodes of a simulated machine: they crash and come up again, have names and clocks of their own, and run as their
//! environment says.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::Filter;
use greenroom::{Down, NameError, Passage, Route, Supervisor, current_node, lookup, lookup_on, register};
use support::wire::{Wire, ten_ms};
use support::{Dropped, Flag, Object, Tally, ask};

fn object_of<S: Send + 'static>(state: S) -> Object<S> {
    Object(state)
}

struct Careful {
    stopped: Flag,
    _dropped: Dropped,
}

#[actor]
impl Careful {
    fn hello(&mut self) -> u32 {
        1
    }

    /// Never returns.
    fn wait(&mut self) {
        sleep(Duration::MAX).unwrap();
    }

    #[stopping]
    fn stopping(&mut self, _: &ExitReason) {
        self.stopped.raise();
    }
}

#[test]
fn a_crash_ends_all_actors_of_a_node_at_once_and_nothing_but_destructors_runs() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let (stopped, tally) = (Flag::default(), Tally::default());
    let careful = |node| {
        let careful = Careful { stopped: stopped.clone(), _dropped: Dropped(tally.clone()) };
        vm.spawn_on(node, careful)
    };
    let (resting, waiting, spared) = (careful(far), careful(far), careful(near));
    let later = vm.on(near, || waiting.request().wait());
    resting.send_every(SECOND, Hello);
    vm.run_for(SECOND / 2).unwrap();
    let before = vm.now();
    vm.crash_node(far);
    assert_eq!(vm.now(), before);
    assert!(resting.exit_reason().is_some() && waiting.exit_reason().is_some());
    assert_eq!((tally.count(), stopped.is_raised()), (2, false));
    assert_eq!((vm.actors_on(far), vm.actors_on(near)), (0, 1));
    assert_eq!(spared.hello(), Ok(1));
    vm.run_for(3600 * SECOND).unwrap();
    assert!(!later.is_done(), "whoever waits for it is told nothing");
}

#[derive(Clone)]
struct Hello;
impl Message for Hello {
    type Reply = ();
}
impl Handler<Hello> for Careful {
    fn handle(&mut self, _: Hello) {}
}

#[test]
fn what_is_on_its_way_to_a_node_that_crashes_is_lost_also_if_it_is_up_again_when_it_arrives() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let first = vm.spawn_on(far, object_of(0_u32));
    let asked = vm.on(near, || first.send_request(ask(|n: &mut u32| *n)));
    vm.run_for(5 * MILLISECOND).unwrap();
    vm.crash_node(far);
    let second = vm.spawn_on(far, object_of(7_u32));
    vm.run_for(SECOND).unwrap();
    assert!(!asked.is_done());
    // The first is gone, which its node can say now that it is up again.
    let again = vm.run_on(near, move || first.ask(ask(|n: &mut u32| *n))).unwrap();
    assert!(matches!(again, Err(CallError::Stopped { .. })), "{again:?}");
    assert_eq!(vm.run_on(near, move || second.ask(ask(|n: &mut u32| *n))).unwrap(), Ok(7));
}

#[test]
fn a_call_to_a_node_that_is_down_runs_into_its_deadline() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let gone = vm.spawn_on(far, object_of(0_u32));
    vm.crash_node(far);
    let answer = vm.run_on(near, move || gone.ask_within(SECOND, ask(|n: &mut u32| *n))).unwrap();
    assert!(matches!(answer, Err(CallError::Timeout { .. })), "{answer:?}");
}

#[test]
fn what_left_a_node_before_it_crashed_arrives() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let (counter, square) = (vm.spawn_on(near, object_of(0_u32)), vm.spawn_on(far, object_of(3_u32)));
    let sum = counter.clone();
    vm.run_on(far, move || sum.send(ask(|n: &mut u32| *n += 1)).unwrap()).unwrap();
    let reply = vm.on(near, || square.send_request(ask(|n: &mut u32| *n * *n)));
    vm.run_for(15 * MILLISECOND).unwrap();
    assert!(!reply.is_done());
    vm.crash_node(far);
    vm.run_for(10 * MILLISECOND).unwrap();
    assert_eq!((counter.ask(ask(|n: &mut u32| *n)), reply.wait()), (Ok(1), Ok(9)));
}

/// Told of ends.
struct Watcher(Arc<Mutex<Vec<(String, Duration)>>>);
impl Actor for Watcher {}
impl Handler<Down> for Watcher {
    fn handle(&mut self, down: Down) {
        self.0.lock().unwrap().push((down.reason.to_string(), greenroom::now()));
    }
}

#[test]
fn those_elsewhere_hear_of_a_crash_when_the_environment_says() {
    let (vm, trail) = Wire::calm(|it| match it.passage {
        Passage::Signal => Route::Arrives(3 * SECOND),
        _ => Route::Lost,
    })
    .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("node-3"));
    let told = Arc::default();
    let watcher = vm.spawn_on(near, Watcher(Arc::clone(&told)));
    let linked = vm.spawn_on(near, object_of(()));
    let gone = vm.spawn_on(far, object_of(()));
    let _monitor = watcher.monitor(&gone);
    linked.link(&gone);
    vm.run_for(SECOND).unwrap();
    vm.crash_node(far);
    vm.run_for(2 * SECOND).unwrap();
    assert!(told.lock().unwrap().is_empty() && linked.exit_reason().is_none());
    vm.run_for(2 * SECOND).unwrap();
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0.as_str(), told[0].1.as_secs()), ("exited: node-3 crashed", 4));
    assert_eq!(linked.exit_reason(), Some(ExitReason::Custom("node-3 crashed".into())));
    assert_eq!(trail.borrow().len(), 2, "{:?}", trail.borrow());
}

#[test]
fn each_node_has_names_of_its_own_which_a_crash_frees() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let nodes = ["a", "b"].map(|name| vm.add_node(name));
    for (number, node) in nodes.into_iter().enumerate() {
        let registered = vm.run_on(node, move || {
            register("acceptor", &spawn(object_of(number)))?;
            assert_eq!(current_node(), Some(["a", "b"][number].into()));
            lookup::<Object<usize>>("acceptor")
        });
        let found = registered.unwrap().unwrap();
        assert_eq!(vm.node_of(found.id()), Some(node));
    }
    assert_eq!(vm.names(), ["a/acceptor".into(), "b/acceptor".into()]);
    let far = vm.run_on(nodes[0], || {
        lookup_on::<Object<usize>>("b", "acceptor")?
            .ask(ask(|number: &mut usize| *number))
            .map_err(|_| NameError::Empty)
    });
    assert_eq!(far.unwrap(), Ok(1));
    vm.crash_node(nodes[1]);
    assert_eq!(vm.names(), ["a/acceptor".into()]);
    assert_eq!(vm.on(nodes[1], || vm.whereis("acceptor")), None);
    assert!(vm.on(nodes[0], || vm.whereis("acceptor")).is_some() && vm.whereis("acceptor").is_none());
}

#[test]
fn a_node_s_clock_may_be_off_and_fast_and_its_timers_go_by_it() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (true_node, fast) = (vm.add_node("true"), vm.add_node("fast"));
    vm.run_for(10 * SECOND).unwrap();
    vm.set_skew(fast, 3_000_000_000, 1_000_000);
    assert_eq!(vm.on(fast, || vm.now()), 13 * SECOND);
    let slept = |node| {
        let begin = vm.now();
        let shown = vm.run_on(node, || {
            let begin = greenroom::now();
            sleep(8 * SECOND).unwrap();
            (greenroom::now() - begin).as_secs()
        });
        (shown.unwrap(), (vm.now() - begin).as_secs())
    };
    assert_eq!((slept(true_node), slept(fast)), ((8, 8), (8, 4)));
    let ticks = vm.spawn_on(fast, Ticks(0));
    ticks.every(SECOND).tick();
    let begin = vm.now();
    vm.run_for(10 * SECOND).unwrap();
    assert_eq!((vm.now() - begin, ticks.tick()), (10 * SECOND, Ok(21)));
}

struct Ticks(u32);

#[actor]
impl Ticks {
    fn tick(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

/// What a program with much to choose leaves behind, on four nodes over a network that loses and reorders: its trail, what
/// its callers got, and its trace.
fn run(seed: u64) -> (Vec<String>, Vec<u64>, Vec<String>) {
    let mut chance = seed;
    let (vm, trail) = Wire::drawn(seed, move |it| {
        chance = chance.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(it.number | 1);
        match chance >> 60 {
            0 if it.passage != Passage::Signal => Route::Lost,
            delay => Route::Arrives(delay as u32 * MILLISECOND),
        }
    })
    .build();
    let session = vm.trace(Filter::everything().with_arguments().with_schedulers());
    let log = Arc::new(Mutex::new(Vec::new()));
    let nodes: Vec<_> = (0..4).map(|number| vm.add_node(format!("n{number}"))).collect();
    let counters: Vec<_> = nodes.iter().map(|node| vm.spawn_on(*node, object_of(0_u64))).collect();
    for (number, node) in nodes.iter().enumerate() {
        let (counters, log) = (counters.clone(), Arc::clone(&log));
        vm.process_on(*node, move |_: Inbox<()>| {
            for round in 0..20 {
                let add = ask(move |n: &mut u64| {
                    *n = 3 * *n + number as u64;
                    *n
                });
                let got = counters[(number + round) % 4].ask_within(20 * MILLISECOND, add);
                log.lock().unwrap().push(got.unwrap_or(u64::MAX));
            }
        });
    }
    vm.run_for(50 * MILLISECOND).unwrap();
    vm.crash_node(nodes[2]);
    vm.run_for(SECOND).unwrap();
    let log = log.lock().unwrap().clone();
    let trace = session.take().iter().map(ToString::to_string).collect();
    (trail.take(), log, trace)
}

#[test]
fn the_same_answers_give_the_same_run_and_others_another() {
    let mut runs: Vec<_> = (0..10).map(run).collect();
    assert!(runs.iter().all(|(trail, log, trace)| trail.len() > 50 && log.len() > 40 && trace.len() > 300));
    // Each on a thread of its own, so that nothing of the others helps.
    let again = (0..10).map(|seed| std::thread::spawn(move || run(seed)));
    let again: Vec<_> = again.collect::<Vec<_>>().into_iter().map(|run| run.join().unwrap()).collect();
    assert_eq!(runs, again);
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), 10);
}

#[test]
fn an_environment_that_wants_no_more_ends_the_drive() {
    let (vm, _) = Wire::calm(ten_ms).for_steps(100).build();
    let endless = vm.run(|| {
        loop {
            yield_now().unwrap();
        }
    });
    assert_eq!(endless, Err::<(), _>(CallError::Stalled));
    assert_eq!(vm.run_for(SECOND), Err(CallError::Stalled));
}

#[test]
fn a_machine_runs_for_as_long_as_it_is_told_or_until_nothing_is_left_to_be_done() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let node = vm.add_node("only");
    vm.process_on(node, |_: Inbox<()>| sleep(90 * SECOND).unwrap());
    vm.run_for(60 * SECOND).unwrap();
    assert_eq!((vm.now(), vm.actors_on(node)), (60 * SECOND, 1));
    vm.run_for(Duration::MAX).unwrap();
    assert_eq!((vm.now().as_secs(), vm.actors_on(node)), (90, 0));
    vm.run_for(60 * SECOND).unwrap();
    assert_eq!(vm.now().as_secs(), 150);
}

#[test]
#[should_panic(expected = "use Builder::build_simulated")]
fn a_machine_without_an_environment_has_no_nodes() {
    support::simulated(1).add_node("nowhere");
}

#[test]
#[should_panic(expected = "there is a node called \"twin\" already")]
fn two_nodes_have_two_names() {
    let (vm, _) = Wire::calm(ten_ms).build();
    vm.add_node("twin");
    vm.add_node("twin");
}

#[test]
fn kills_exits_and_ends_are_told_late_and_in_order_and_never_lost() {
    let (vm, trail) = Wire::calm(|it| match it.passage {
        Passage::Signal if it.number == 0 => Route::Arrives(3 * SECOND),
        Passage::Signal => Route::Lost,
        _ => ten_ms(it),
    })
    .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let (killed, stopped) = (vm.spawn_on(far, object_of(())), vm.spawn_on(far, object_of(())));
    let ended = vm.on(near, || {
        killed.kill();
        stopped.exit("enough");
        stopped.ended()
    });
    vm.run_for(2 * SECOND).unwrap();
    assert!(killed.exit_reason().is_none() && stopped.exit_reason().is_none());
    vm.run_for(2 * SECOND).unwrap();
    assert_eq!(killed.exit_reason(), Some(ExitReason::Killed));
    assert_eq!(stopped.exit_reason(), Some(ExitReason::Custom("enough".into())));
    assert!(!ended.is_done(), "that it has ended is on its way back");
    vm.run_for(3 * SECOND).unwrap();
    assert_eq!(ended.wait(), Ok(ExitReason::Custom("enough".into())));
    assert_eq!(
        *trail.borrow(),
        ["0>1 order signal Arrives(3s)", "0>1 exit signal Lost", "1>0 ended signal Arrives(3s)",]
    );
}

#[test]
fn who_monitors_one_that_is_dead_hears_of_it_from_that_one_s_node() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let told = Arc::default();
    let (watcher, dead) = (vm.spawn_on(near, Watcher(Arc::clone(&told))), vm.spawn_on(far, object_of(())));
    dead.stop();
    vm.run_for(SECOND).unwrap();
    let _monitor = vm.on(near, || watcher.monitor(&dead));
    vm.run_for(5 * MILLISECOND).unwrap();
    assert!(told.lock().unwrap().is_empty());
    vm.run_for(10 * MILLISECOND).unwrap();
    assert_eq!(told.lock().unwrap().len(), 1);
}

/// Does something when it is dropped.
struct Last(Option<Box<dyn FnOnce() + Send>>);
impl Actor for Last {}
impl Drop for Last {
    fn drop(&mut self) {
        self.0.take().unwrap()();
    }
}

#[test]
fn a_destructor_on_a_node_that_crashes_reaches_nobody_elsewhere_and_starts_no_new_life() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let other = vm.spawn_on(near, object_of(0_u32));
    let to = other.clone();
    let dying = vm.spawn_on(
        far,
        Last(Some(Box::new(move || {
            to.send(ask(|n: &mut u32| *n += 1)).unwrap();
            to.exit("of spite");
            to.kill();
            drop(spawn(object_of(())));
        }))),
    );
    vm.crash_node(far);
    vm.run_for(SECOND).unwrap();
    assert_eq!((other.ask(ask(|n: &mut u32| *n)), vm.actors_on(far)), (Ok(0), 0));
    assert!(trail.borrow().is_empty());
    let answer = vm.run_on(near, move || dying.ended().wait_for(SECOND)).unwrap();
    assert!(answer.is_ok(), "the ends of its actors are told: {answer:?}");
}

#[test]
fn a_supervisor_and_its_children_crash_with_their_node_and_are_not_restarted() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let far = vm.add_node("far");
    let begun = Tally::default();
    let count = begun.clone();
    let child = move || {
        count.add_one();
        object_of(())
    };
    let supervisor = vm.spawn_on(far, Supervisor::one_for_one().child("child", child));
    vm.run_for(SECOND).unwrap();
    assert_eq!(begun.count(), 1);
    assert_eq!(vm.actors_on(far), 2);
    vm.crash_node(far);
    assert_eq!(vm.actors_on(far), 0);
    vm.run_for(3600 * SECOND).unwrap();
    assert_eq!((vm.actors_on(far), begun.count()), (0, 1));
    assert_eq!(supervisor.exit_reason(), Some(ExitReason::Killed));
}
