//! Between two nodes of a simulated machine everything goes as its environment says: late, lost, out of order.

mod support;

use std::sync::{Arc, Mutex};

use greenroom::prelude::*;
use greenroom::trace::{Filter, What};
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

/// Everything that can be is delivered three times.
fn thrice(crossing: &greenroom::Crossing<'_>) -> Route {
    match crossing.passage {
        Passage::Message { can_repeat: true } => {
            Route::ArrivesEach([10, 30, 20].map(|delay| delay * MILLISECOND).to_vec())
        }
        _ => ten_ms(crossing),
    }
}

#[test]
fn what_can_be_copied_may_arrive_several_times_and_only_the_first_reply_counts() {
    let (vm, trail) = Wire::calm(thrice).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let log = Log::default();
    let echo = vm.spawn_on(far, Echo(log.clone()));
    let asked = echo.clone();
    assert_eq!(vm.run_on(near, move || asked.twice(4)), Ok(Ok(8)));
    vm.run_for(SECOND).unwrap();
    assert_eq!(log.take(), ["twice 4"; 3]);
    assert_eq!(trail.borrow().len(), 4, "there and three times back: {:?}", trail.borrow());
    vm.run_on(near, move || echo.note(5)).unwrap().unwrap();
    vm.run_for(SECOND).unwrap();
    assert_eq!(log.take().len(), 3);
}

#[test]
fn the_reply_to_a_second_copy_serves_where_the_first_is_lost() {
    let mut replies = 0;
    let (vm, _) = Wire::calm(move |it| {
        replies += usize::from(it.passage == Passage::Reply);
        if it.passage == Passage::Reply && replies < 3 { Route::Lost } else { thrice(it) }
    })
    .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let echo = vm.spawn_on(far, Echo(Log::default()));
    let session = vm.trace(Filter::everything());
    let took = vm.run_on(near, move || {
        let begin = greenroom::now();
        assert_eq!(echo.twice(4), Ok(8));
        millis(greenroom::now() - begin)
    });
    assert_eq!(took, Ok(40));
    assert!(!session.take().iter().any(|record| matches!(record.what, What::Lost { .. })));
    assert_eq!(vm.lost_on_the_way(), 0, "the call was answered");
}

/// Cannot be copied.
struct Sealed;
impl Message for Sealed {
    type Reply = ();
}
impl Handler<Sealed> for Echo {
    fn handle(&mut self, _: Sealed) {
        self.0.say("sealed");
    }
}

#[test]
fn what_cannot_be_copied_arrives_once_though_the_environment_wants_more() {
    let (vm, _) = Wire::calm(|_| Route::ArrivesEach(vec![10 * MILLISECOND; 3])).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let log = Log::default();
    let echo = vm.spawn_on(far, Echo(log.clone()));
    vm.run_on(near, move || echo.send(Sealed).unwrap()).unwrap();
    vm.run_for(SECOND).unwrap();
    assert_eq!(log.take(), ["sealed"]);
}

/// What happened to messages, but for the first and the last process of a run.
fn told(session: &greenroom::trace::Session) -> Vec<String> {
    let told = |what: &What| match what {
        What::Send { message, method, .. } => Some(format!("send {message} {method}")),
        What::Start { message, .. } => Some(format!("start {message:?}")),
        What::Reply { message, outcome } => Some(format!("reply {message} {outcome:?}")),
        What::Lost { message, why } => Some(format!("lost {message}: {why}")),
        What::Spawn { node, kind, .. } => Some(format!("spawn {kind} on {node:?}")),
        What::Fault { text } => Some(text.to_string()),
        _ => None,
    };
    let records = session.take();
    let of_echo = records.iter().filter_map(|record| told(&record.what).map(|text| (record.at, text)));
    of_echo.map(|(at, text)| format!("{} {text}", at.as_millis())).collect()
}

#[test]
fn a_trace_tells_where_a_message_begins_and_when_its_reply_arrives_or_that_it_is_lost() {
    let mut number = 0;
    let (vm, _) = Wire::calm(move |it| {
        number += 1;
        // The first call, its reply, the second call, the third, its reply.
        if [3, 5].contains(&number) { Route::Lost } else { ten_ms(it) }
    })
    .build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let session = vm.trace(Filter::only().kind("Echo").with_arguments());
    let echo = vm.spawn_on(far, Echo(Log::default()));
    vm.note_fault("the cable is loose");
    vm.run_on(near, move || (0..3).for_each(|n| drop(echo.within(SECOND).twice(n)))).unwrap();
    assert_eq!(
        told(&session),
        [
            "0 spawn Echo on Some(\"far\")",
            "0 the cable is loose",
            "0 send 0 twice",
            "10 start Some(0)",
            "20 reply 0 Ok(Some(\"0\"))",
            "20 send 1 twice",
            "20 lost 1: lost on its way from near to far",
            "1020 send 2 twice",
            "1030 start Some(2)",
            "1030 lost 2: its reply: lost on its way from far to near",
        ]
    );
    assert_eq!(vm.lost_on_the_way(), 2);
}

#[derive(Default)]
struct Narrow(Log);

#[actor(capacity = Capacity::of(1).when_full(WhenFull::Wait))]
impl Narrow {
    #[cast]
    fn note(&mut self, what: u64) {
        sleep(100 * MILLISECOND).unwrap();
        self.0.say(what.to_string());
    }
}

#[derive(Default)]
struct Strict(Log);

#[actor(capacity = Capacity::of(1).when_full(WhenFull::Fail))]
impl Strict {
    fn note(&mut self, what: u64) {
        sleep(100 * MILLISECOND).unwrap();
        self.0.say(what.to_string());
    }
}

#[test]
fn what_arrives_at_a_full_mailbox_stands_in_line_and_keeps_nobody_waiting() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let narrow = Narrow::default();
    let log = narrow.0.clone();
    let narrow = vm.spawn_on(far, narrow);
    let sender = narrow.clone();
    let took = vm.run_on(near, move || {
        let begin = greenroom::now();
        (0..6).for_each(|number| sender.note(number).unwrap());
        millis(greenroom::now() - begin)
    });
    assert_eq!(took, Ok(0));
    vm.run_for(SECOND).unwrap();
    assert_eq!(log.take(), ["0", "1", "2", "3", "4", "5"]);
    // Those in line when it ends are dead letters, and the machine's end finds nothing of them.
    vm.run_on(near, move || (0..6).for_each(|number| narrow.note(number).unwrap())).unwrap();
    vm.run_for(50 * MILLISECOND).unwrap();
    vm.crash_node(far);
    vm.run_for(SECOND).unwrap();
    assert!(log.take().is_empty());
}

#[test]
fn a_call_that_finds_no_room_far_away_is_told_so_by_a_reply() {
    let (vm, _) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let strict = vm.spawn_on(far, Strict::default());
    let promises = vm.on(near, || [0, 1].map(|number| strict.request().note(number)));
    vm.run_for(15 * MILLISECOND).unwrap();
    assert!(promises.iter().all(|promise| !promise.is_done()), "the refusal is on its way");
    vm.run_for(SECOND).unwrap();
    let [first, second] = promises.map(|promise| promise.wait());
    assert_eq!(first, Ok(()));
    assert!(matches!(second, Err(CallError::Overloaded { .. })), "{second:?}");
}

#[test]
fn a_timer_that_is_started_for_an_actor_on_another_node_sends_over_the_network() {
    let (vm, trail) = Wire::calm(ten_ms).build();
    let (near, far) = (vm.add_node("near"), vm.add_node("far"));
    let log = Log::default();
    let echo = vm.spawn_on(far, Echo(log.clone()));
    vm.on(near, || drop(echo.after(SECOND).note(1)));
    vm.run_for(2 * SECOND).unwrap();
    assert_eq!(trail.borrow().len(), 1);
    assert!(log.take()[0].starts_with("1 at 1.01"));
}

#[test]
fn two_that_wait_for_each_other_across_nodes_find_no_cycle_but_run_into_their_deadlines() {
    struct Asker(Option<Ref<Asker>>);
    #[actor]
    impl Asker {
        fn meet(&mut self, other: Ref<Asker>) {
            self.0 = Some(other);
        }
        fn challenge(&mut self) -> bool {
            let other = self.0.clone().unwrap();
            matches!(other.within(2 * SECOND).answer(), Err(CallError::Timeout { .. }))
        }
        fn answer(&mut self) {}
    }
    let (vm, _) = Wire::calm(ten_ms).build();
    let [one, other] = ["one", "other"].map(|name| vm.spawn_on(vm.add_node(name), Asker(None)));
    one.meet(other.clone()).unwrap();
    other.meet(one.clone()).unwrap();
    let both = [one.request().challenge(), other.request().challenge()];
    assert_eq!(both.map(|asked| asked.wait()), [Ok(true), Ok(true)]);
}
