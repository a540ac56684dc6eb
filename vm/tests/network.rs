//! Between two nodes of a simulated machine everything goes as its environment says: late, lost, out of order.

mod support;

use std::sync::{Arc, Mutex};

use greenroom::prelude::*;
use greenroom::{Passage, Route};
use support::wire::{Wire, ten_ms, without};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Echo(Log);

#[actor]
impl Echo {
    #[cast]
    fn note(&mut self, what: u64) {
        self.0.say(format!("{what} at {:?}", greenroom::now()));
    }

    fn twice(&mut self, n: u64) -> u64 {
        self.0.say(format!("twice {n}"));
        2 * n
    }

    fn count(&mut self) -> usize {
        self.0.0.lock().unwrap().len()
    }
}

fn millis(of: std::time::Duration) -> u128 {
    of.as_millis()
}

#[test]
fn a_call_takes_the_way_there_and_the_way_back() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo(Log::default()));
    let took = vm.run_on(near, move || {
        let begin = greenroom::now();
        assert_eq!(echo.twice(4), Ok(8));
        greenroom::now() - begin
    });
    assert_eq!(millis(took.unwrap()), 20);
    let ten = "Arrives(10ms)";
    assert_eq!(*trail.borrow(), [format!("0>1 twice message {ten}"), format!("1>0 twice reply {ten}")]);
}

#[test]
fn a_call_on_the_same_node_crosses_nothing() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let near = vm.add_node("near");
    let echo = vm.spawn_on(near, Echo(Log::default()));
    assert_eq!(vm.run_on(near, move || echo.twice(4)), Ok(Ok(8)));
    assert!(trail.borrow().is_empty());
}

#[test]
fn what_a_handler_spawns_is_on_its_node() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.run_on(far, || spawn(Echo(Log::default()))).unwrap();
    assert_eq!(vm.node_of(echo.id()), Some(far));
    assert_eq!(vm.run_on(near, move || echo.twice(4)), Ok(Ok(8)));
    assert_eq!(trail.borrow().len(), 2);
}

#[test]
fn a_thread_outside_and_an_actor_on_no_node_talk_to_everybody_directly() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let far = vm.add_node("far");
    let echo = vm.spawn_on(far, Echo(Log::default()));
    assert_eq!(echo.twice(4), Ok(8));
    assert_eq!(vm.run(move || echo.twice(4)), Ok(Ok(8)));
    assert!(trail.borrow().is_empty());
}

#[test]
fn a_lost_request_leaves_its_caller_to_the_deadline_and_never_runs() {
    let (vm, _) = Wire::calm(without(|passage| matches!(passage, Passage::Message { .. }))).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let log = Log::default();
    let echo = vm.spawn_on(far, Echo(log.clone()));
    let answer = vm.run_on(near, move || echo.within(SECOND).twice(4)).unwrap();
    assert!(matches!(answer, Err(CallError::Timeout { started: true, .. })), "{answer:?}");
    assert!(log.take().is_empty());
}

#[test]
fn a_lost_reply_leaves_its_caller_to_the_deadline_though_the_callee_has_run() {
    let (vm, _) = Wire::calm(without(|passage| *passage == Passage::Reply)).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let log = Log::default();
    let echo = vm.spawn_on(far, Echo(log.clone()));
    let answer = vm.run_on(near, move || echo.within(SECOND).twice(4)).unwrap();
    assert!(matches!(answer, Err(CallError::Timeout { .. })), "{answer:?}");
    assert_eq!(log.take(), ["twice 4"]);
}

#[test]
fn a_lost_cast_is_told_nobody() {
    let (vm, _) = Wire::calm(without(|_| true)).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let log = Log::default();
    let echo = vm.spawn_on(far, Echo(log.clone()));
    assert_eq!(vm.run_on(near, move || echo.note(4)), Ok(Ok(())));
    vm.run_for(SECOND).unwrap();
    assert!(log.take().is_empty());
}

#[test]
fn a_promise_of_a_lost_request_stays_open_to_the_machine_s_end() {
    let (vm, _) = Wire::calm(without(|_| true)).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo(Log::default()));
    let promise = vm.run_on(near, move || echo.request().twice(4)).unwrap();
    vm.run_for(3600 * SECOND).unwrap();
    assert!(!promise.is_done());
    drop(vm);
    assert!(matches!(promise.wait(), Err(CallError::Stopped { .. })));
}

#[test]
fn casts_arrive_in_order_unless_the_environment_says_otherwise() {
    let sent = |route: fn(u64) -> u32| {
        let (vm, _) = Wire::calm(move |it| Route::Arrives(route(it.number) * MILLISECOND)).build();
        let (near, far) = (vm.add_node("near"), vm.add_node("far"));
        let log = Log::default();
        let echo = vm.spawn_on(far, Echo(log.clone()));
        vm.run_on(near, move || (0..4).for_each(|number| echo.note(number).unwrap())).unwrap();
        vm.run_for(SECOND).unwrap();
        let order: Vec<_> = log.take().iter().map(|line| line.chars().next().unwrap()).collect();
        order.into_iter().collect::<String>()
    };
    assert_eq!(sent(|_| 10), "0123");
    assert_eq!(sent(|number| 100 - 10 * number as u32), "3210");
}

#[test]
fn calls_between_nodes_are_never_handed_off() {
    for seed in 0..20 {
        let (vm, _) = Wire::drawn(seed, ten_ms).build();
        let (near, far) = (vm.add_node("near"), vm.add_node("far"));
        let echo = vm.spawn_on(far, Echo(Log::default()));
        vm.run_on(near, move || (0..10).for_each(|n| assert_eq!(echo.twice(n), Ok(2 * n)))).unwrap();
        let handed_off: u64 = vm.counters().iter().map(|counters| counters.handoffs).sum();
        assert_eq!(handed_off, 0);
    }
}
