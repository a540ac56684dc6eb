//! What is under way between nodes when something ends: its machine, the node that it is for, its caller's deadline, or
//! the wait of a handler that acts on another node.

mod support;

use std::sync::Arc;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::{Filter, Session, What};
use greenroom::{Incident, Passage, Route, current_node, sleep};
use support::sum;
use support::wire::{Wire, ten_ms};

#[derive(Default)]
struct Echo {
    ticks: u32,
}

#[actor]
impl Echo {
    fn twice(&mut self, n: u64) -> u64 {
        2 * n
    }
    #[cast]
    fn note(&mut self) {}
    fn tick(&mut self) -> u32 {
        self.ticks += 1;
        self.ticks
    }
    fn ticks(&self) -> u32 {
        self.ticks
    }
    #[cast]
    fn doze(&mut self) {
        let _ = sleep(SECOND);
    }
    fn end(&mut self) {
        stop();
    }
}

/// How the messages ended that were sent: as the first words of what is told of each, by its number.
fn ends(session: &Session) -> Vec<String> {
    let end = |what: &What| match what {
        What::Reply { outcome: Ok(_), message } => Some(format!("reply {message}")),
        What::Reply { outcome: Err(_), message } => Some(format!("error {message}")),
        What::Lost { message, why } => Some(format!("lost {message}: {why}")),
        _ => None,
    };
    session.take().iter().filter_map(|record| end(&record.what)).collect()
}

#[test]
fn what_is_on_its_way_when_its_machine_ends_is_recorded_and_counted_as_what_lies_in_a_mailbox() {
    let (vm, _) =
        Wire::calm(|it| Route::Arrives(if it.passage == Passage::Reply { 5 * SECOND } else { SECOND }))
            .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo::default());
    let (session, incidents) = (vm.trace(Filter::everything()), vm.incidents(10));
    let answered = vm.on(near, || echo.request().twice(1));
    vm.run_for(2 * SECOND).unwrap();
    let sent = vm.on(near, || {
        echo.note().unwrap();
        echo.request().twice(2)
    });
    drop(vm);
    assert!(matches!(sent.wait(), Err(CallError::Stopped { started: false, .. })));
    assert!(matches!(answered.wait(), Err(CallError::Stopped { started: true, .. })));
    let mut ends = ends(&session);
    ends.sort();
    assert_eq!(ends[..2], ["error 0", "error 2"]);
    assert!(ends.len() == 3 && ends[2].starts_with("lost 1: "), "{ends:?}");
    let letters: Vec<_> = incidents
        .iter()
        .filter_map(|incident| match incident {
            Incident::DeadLetters { actor, message, count, .. } => Some((actor, message, count)),
            _ => None,
        })
        .collect();
    assert_eq!(letters, [(echo.id(), "note", 1)]);
}

#[test]
fn a_reply_to_a_crashed_node_tells_nothing_to_who_holds_its_promise_elsewhere() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo::default());
    let session = vm.trace(Filter::everything());
    let promise = vm.on(near, || echo.request().twice(1));
    vm.run_for(15 * MILLISECOND).unwrap();
    vm.crash_node(near);
    vm.run_for(SECOND).unwrap();
    assert!(!promise.is_done());
    assert_eq!(ends(&session), ["lost 0: its reply: the node that it was for has crashed"]);
    assert_eq!(vm.lost_on_the_way(), 1);
    drop(vm);
    assert!(matches!(promise.wait(), Err(CallError::Stopped { .. })), "it does not wait for ever");
}

#[test]
fn an_end_that_is_told_to_a_crashed_node_tells_nothing_to_who_holds_its_promise_elsewhere() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo::default());
    let ended = vm.on(near, || echo.ended());
    echo.end().unwrap();
    vm.run_for(5 * MILLISECOND).unwrap();
    assert!(echo.exit_reason().is_some());
    vm.crash_node(near);
    vm.run_for(SECOND).unwrap();
    assert!(!ended.is_done());
    drop(vm);
    assert!(ended.is_done());
}

#[test]
fn a_request_that_is_reached_after_its_caller_s_deadline_is_dropped_unrun() {
    let (vm, _) = Wire::calm(|it| {
        let is_first = it.number == 0 && it.passage != Passage::Reply;
        Route::Arrives(if is_first { 100 * MILLISECOND } else { MILLISECOND })
    })
    .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo::default());
    let session = vm.trace(Filter::everything());
    let call = |limit: Duration| {
        let to = echo.clone();
        vm.run_on(near, move || to.within(limit).tick()).unwrap()
    };
    let is_late = |answer| matches!(answer, Err(CallError::Timeout { .. }));
    // It arrives too late.
    assert!(is_late(call(50 * MILLISECOND)));
    vm.run_for(SECOND).unwrap();
    assert_eq!(echo.ticks(), Ok(0));
    // It arrives in time, and waits too long.
    echo.doze().unwrap();
    assert!(is_late(call(50 * MILLISECOND)));
    vm.run_for(2 * SECOND).unwrap();
    assert_eq!((echo.ticks(), sum(&vm, |counted| counted.expired)), (Ok(0), 2));
    // And in time.
    assert_eq!(call(50 * MILLISECOND), Ok(1));
    let lost = ends(&session).iter().filter(|end| end.ends_with("after its caller's deadline")).count();
    assert_eq!((lost, vm.lost_on_the_way()), (2, 2));
}

#[test]
fn a_handler_that_acts_on_a_node_still_does_after_a_wait_and_what_it_calls_does_not() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let vm = Arc::new(vm);
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(near, Echo::default());
    let shared = Arc::clone(&vm);
    let places = vm.run_on(near, move || {
        let place = || current_node().map(|name| name.to_string());
        let inside = shared.on(far, || {
            let before = place();
            sleep(MILLISECOND).unwrap();
            echo.tick().unwrap();
            (before, place(), shared.node_of(spawn(Echo::default()).id()))
        });
        (inside, place())
    });
    let here = |name: &str| Some(name.to_owned());
    assert_eq!(places.unwrap(), ((here("far"), here("far"), Some(far)), here("near")));
    let trail = trail.borrow();
    assert_eq!(trail.len(), 2, "{trail:?}");
    assert!(trail[0].starts_with("1>0 tick message") && trail[1].starts_with("0>1 tick reply"), "{trail:?}");
}

#[test]
fn no_time_is_no_step() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let node = vm.add_node("only");
    let echo = vm.spawn_on(node, Echo::default());
    let promise = echo.request().twice(1);
    vm.run_for(Duration::ZERO).unwrap();
    assert!(!promise.is_done());
    vm.run_for(MILLISECOND).unwrap();
    assert!(promise.is_done());
}

/// Asks, by way of another one, for what it can do beside.
struct Hub;

#[actor]
impl Hub {
    fn begin(&mut self, other: Ref<Hub>) -> Result<u64, CallError> {
        other.within(SECOND).relay(me::<Self>())
    }
    fn relay(&mut self, first: Ref<Hub>) -> Result<u64, CallError> {
        first.within(100 * MILLISECOND).beside()
    }
    #[parallel]
    fn beside(_: &Me<Self>) -> u64 {
        sleep(MILLISECOND).unwrap();
        7
    }
}

#[test]
fn a_parallel_method_of_who_waits_for_the_caller_is_asked_for_over_the_network() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let (hub, other) = (vm.spawn_on(near, Hub), vm.spawn_on(far, Hub));
    let session = vm.trace(Filter::everything());
    assert_eq!(hub.begin(&other), Ok(7));
    assert_eq!(vm.now().as_millis(), 41);
    let trail: Vec<_> = trail.borrow().iter().map(|line| line.replace(" Arrives(10ms)", "")).collect();
    assert_eq!(trail, ["0>1 relay message", "1>0 beside message", "0>1 beside reply", "1>0 relay reply"]);
    let records = session.take();
    let started = records.iter().find_map(|record| match record.what {
        What::Start { message: Some(2), actor, method: "beside" } => Some((record.at.as_millis(), actor)),
        _ => None,
    });
    assert_eq!(started, Some((20, hub.id())));
    let answered = records.iter().find(|record| matches!(record.what, What::Reply { message: 2, .. }));
    assert_eq!(answered.map(|record| record.at.as_millis()), Some(31));
}

#[test]
fn a_parallel_method_that_is_asked_for_over_the_network_is_lost_or_late_as_others_are() {
    for (delay, why) in
        [(None, "lost on its way from far to near"), (Some(SECOND / 2), "after its caller's deadline")]
    {
        let (vm, _) = Wire::calm(move |it| match (it.method, delay) {
            ("beside", None) => Route::Lost,
            ("beside", Some(delay)) => Route::Arrives(delay),
            _ => ten_ms(it),
        })
        .build();
        let (near, far) = (vm.add_node("near"), vm.add_node("far"));
        let (hub, other) = (vm.spawn_on(near, Hub), vm.spawn_on(far, Hub));
        let session = vm.trace(Filter::everything());
        assert!(matches!(hub.begin(&other), Err(CallError::Timeout { .. })), "{why}");
        vm.run_for(SECOND).unwrap();
        let ends = ends(&session);
        assert!(ends.iter().any(|end| end.starts_with("lost 2: ") && end.ends_with(why)), "{ends:?}");
        assert_eq!(vm.lost_on_the_way(), 1);
    }
}
