//! Callbacks of promises: each runs once, as a message of its actor, before the reply and after, and whoever ends.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::Filter;
use greenroom::{ExitReason, World};
use support::{
    Ask, Dropped, Flag, LOST, Object, SEEDS, Tally, ask, both_worlds, real, settle, simulated, sum,
    wait_until, watched,
};

/// A message that is answered when its flag is raised.
fn gated<R: Send + 'static>(go: &Flag, reply: R) -> Ask<(), R> {
    let go = go.clone();
    ask(move |(): &mut ()| {
        go.wait();
        reply
    })
}

/// What an actor that keeps texts has so far.
fn texts(actor: &Ref<Object<Vec<String>>>) -> Vec<String> {
    actor.ask(ask(|texts: &mut Vec<String>| texts.clone())).unwrap()
}

#[test]
fn three_callbacks_before_and_after_the_reply_count_three() {
    both_worlds(|vm| {
        let go = Flag::default();
        let promise = vm.spawn(Object(())).send_request(gated(&go, 5)).shared();
        let counter = vm.spawn(Object(Vec::new()));
        let name = counter.id();
        let count = move |seen: &mut Vec<i32>, reply: Result<i32, CallError>| {
            assert_eq!(greenroom::current_actor(), Some(name));
            seen.push(reply.unwrap());
        };
        promise.then(&counter, move |Object(seen), reply| count(seen, reply));
        promise.then(&counter, move |Object(seen), reply| count(seen, reply));
        assert!(!promise.is_done());
        go.raise();
        assert_eq!(promise.wait(), Ok(5));
        promise.then(&counter, move |Object(seen), reply| count(seen, reply));
        let seen = || counter.ask(ask(|seen: &mut Vec<i32>| seen.clone())).unwrap();
        settle(vm, "all three have run", || seen().len() >= 3);
        assert_eq!(seen(), [5, 5, 5]);
    });
}

#[test]
fn a_callback_runs_once_whether_the_reply_is_there_or_not() {
    both_worlds(|vm| {
        let (go, server) = (Flag::default(), vm.spawn(Object(())));
        let sum = vm.spawn(Object(0));
        let early = server.send_request(gated(&go, 1));
        early.then(&sum, |Object(sum), reply| *sum += reply.unwrap());
        go.raise();
        let late = server.send_request(ask(|(): &mut ()| 10));
        settle(vm, "the reply is there", || late.is_done());
        late.then(&sum, |Object(sum), reply| *sum += reply.unwrap());
        settle(vm, "both have run", || sum.ask(ask(|sum: &mut i32| *sum)) == Ok(11));
    });
}

#[test]
fn a_callback_comes_in_the_order_of_its_actors_messages_as_the_reply_comes() {
    both_worlds(|vm| {
        let (go, server) = (Flag::default(), vm.spawn(Object(())));
        let texts_of = vm.spawn(Object(Vec::new()));
        let write = |text: &'static str| ask(move |texts: &mut Vec<String>| texts.push(text.into()));
        let register = {
            let (go, server) = (go.clone(), server.clone());
            ask(move |_: &mut Vec<String>| {
                let reply = server.send_request(gated(&go, "reply"));
                reply.then(&me(), |Object(texts): &mut Object<Vec<String>>, reply| {
                    texts.push(reply.unwrap().into());
                });
            })
        };
        texts_of.ask(register).unwrap();
        texts_of.send(write("before")).unwrap();
        go.raise();
        // The server has answered before it turns to this one.
        server.ask(ask(|(): &mut ()| ())).unwrap();
        texts_of.send(write("after")).unwrap();
        assert_eq!(texts(&texts_of), ["before", "reply", "after"]);
    });
}

#[test]
fn a_callback_is_told_of_a_panic_and_of_an_end_and_of_a_machines_end() {
    both_worlds(|vm| {
        let reports = vm.spawn(Object(Vec::new()));
        let report = |Object(texts): &mut Object<Vec<String>>, reply: Result<(), CallError>| {
            texts.push(reply.unwrap_err().to_string());
        };
        let broken = vm.spawn(Object(()));
        broken.send_request(ask(|(): &mut ()| panic!("on purpose"))).then(&reports, report);
        settle(vm, "the panic is told", || texts(&reports).len() == 1);
        broken.send_request(ask(|(): &mut ()| ())).then(&reports, report);
        settle(vm, "the end is told", || texts(&reports).len() == 2);
        let other = real();
        let never = other.spawn(Object(())).send_request(ask(|(): &mut ()| sleep(Duration::MAX).unwrap()));
        never.then(&reports, report);
        drop(other);
        settle(vm, "the machine's end is told", || texts(&reports).len() == 3);
        let texts = texts(&reports);
        assert!(texts[0].contains("on purpose"), "{texts:?}");
        assert!(texts[1].contains("ended before it began"), "{texts:?}");
        assert!(texts[2].contains("shut down"), "{texts:?}");
    });
}

#[test]
fn a_callback_for_an_actor_that_has_ended_is_a_dead_letter_and_is_dropped_once() {
    both_worlds(|vm| {
        let (go, dropped) = (Flag::default(), Tally::default());
        let (server, gone) = (vm.spawn(Object(())), vm.spawn(Object(())));
        let held = || Dropped(dropped.clone());
        let (first, second, third) = (held(), held(), held());
        server.send_request(gated(&go, held())).then(&gone, move |_, reply| drop((first, reply)));
        let shared = server.send_request(ask(|(): &mut ()| ())).shared();
        shared.then(&gone, move |_, _| drop(second));
        gone.stop();
        settle(vm, "it has ended", || gone.exit_reason().is_some());
        assert_eq!((dropped.count(), sum(vm, |counted| counted.dead_letters)), (0, 0));
        go.raise();
        settle(vm, "the replies came", || dropped.count() == 3);
        assert_eq!(sum(vm, |counted| counted.dead_letters), 2);
        // Registered now, by a plain thread.
        shared.then(&gone, move |_, _| drop(third));
        assert_eq!((dropped.count(), sum(vm, |counted| counted.dead_letters)), (4, 3));
    });
}

#[test]
fn an_actor_that_waits_for_a_callback_alone_stays_until_it_has_run() {
    both_worlds(|vm| {
        let (go, dropped, seen) = (Flag::default(), Tally::default(), Flag::default());
        let see = seen.clone();
        let actor = vm.spawn(Object(Dropped(dropped.clone())));
        let promise = vm.spawn(Object(())).send_request(gated(&go, ()));
        promise.then(&actor, move |_, _| see.raise());
        drop(actor);
        vm.run(|| sleep(Duration::from_millis(2))).unwrap().unwrap();
        assert_eq!((seen.is_raised(), dropped.count()), (false, 0));
        go.raise();
        settle(vm, "it has ended", || dropped.count() == 1);
        assert!(seen.is_raised());
    });
}

#[test]
fn a_callback_that_panics_ends_its_own_actor_alone() {
    both_worlds(|vm| {
        let (server, doomed) = (vm.spawn(Object(())), vm.spawn(Object(())));
        server.send_request(ask(|(): &mut ()| ())).then(&doomed, |_, _| panic!("on purpose"));
        settle(vm, "it has ended", || doomed.exit_reason().is_some());
        assert!(matches!(doomed.exit_reason(), Some(ExitReason::Panicked(_))));
        assert_eq!(server.ask(ask(|(): &mut ()| 1)), Ok(1));
    });
}

#[test]
fn destructors_that_panic_while_a_callback_is_not_delivered_disturb_nobody() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("on purpose");
            }
        }
    }
    both_worlds(|vm| {
        let (server, gone) = (vm.spawn(Object(())), vm.spawn(Object(())));
        gone.stop();
        settle(vm, "it has ended", || gone.exit_reason().is_some());
        let promise = server.send_request(ask(|(): &mut ()| sleep(Duration::from_millis(1))));
        promise.then(&gone, |_, _| drop(Panics));
        let held = Panics;
        server.send_request(ask(|(): &mut ()| yield_now())).then(&gone, move |_, _| drop(held));
        assert_eq!(server.ask(ask(|(): &mut ()| 1)), Ok(1));
    });
}

#[test]
fn a_thousand_promises_with_callbacks_suspend_nobody_and_cost_no_stack() {
    both_worlds(|vm| {
        let (go, sum) = (Flag::default(), vm.spawn(Object(0)));
        let server = vm.spawn(Object(()));
        let first = server.send_request(gated(&go, 0));
        let resumed = || support::sum(vm, |counted| counted.resumes);
        let before = resumed();
        for number in 1..=1000 {
            let promise = server.send_request(ask(move |(): &mut ()| number));
            promise.then(&sum, |Object(sum), reply| *sum += reply.unwrap());
        }
        go.raise();
        assert_eq!(first.wait(), Ok(0));
        server.ask(ask(|(): &mut ()| ())).unwrap();
        assert_eq!(sum.ask(ask(|sum: &mut i32| *sum)), Ok(500_500));
        assert!(resumed() - before < 500, "{} coroutines were resumed", resumed() - before);
    });
}

#[test]
fn callbacks_that_never_came_are_dropped_with_their_machine() {
    watched(|| {
        for vm in SEEDS.map(simulated).chain([real(), real()]) {
            let dropped = Tally::default();
            let held = || Dropped(dropped.clone());
            let (never, actor) = (vm.spawn(Object(())), vm.spawn(Object(held())));
            let request = || never.send_request(ask(|(): &mut ()| sleep(Duration::MAX).unwrap()));
            let (first, second) = (held(), held());
            request().then(&actor, move |_, _| drop(first));
            request().shared().then(&actor, move |_, _| drop(second));
            // Registered by an actor for itself, which refers to itself by that.
            let third = held();
            let own = request();
            let register = ask(move |_: &mut Dropped| {
                own.then(&me::<Object<Dropped>>(), move |_, _| drop(third));
            });
            vm.spawn(Object(held())).ask(register).unwrap();
            drop((never, actor));
            assert_eq!(dropped.count(), 0);
            drop(vm);
            assert_eq!(dropped.count(), 5);
        }
    });
}

#[test]
fn a_callback_from_another_machine_finds_its_own_alive_or_gone() {
    watched(|| {
        for round in 0..40 {
            let (home, abroad) = (real(), real());
            let (go, seen, dropped) = (Flag::default(), Tally::default(), Tally::default());
            let (see, held) = (seen.clone(), Dropped(dropped.clone()));
            let actor = home.spawn(Object(()));
            let promise = abroad.spawn(Object(())).send_request(gated(&go, ()));
            promise.then(&actor, move |_, reply| {
                let _held = held;
                reply.unwrap();
                see.add_one();
            });
            if round % 2 == 0 {
                go.raise();
                wait_until("it has run", || seen.count() == 1);
            } else {
                drop(home);
                go.raise();
                wait_until("it is dropped", || dropped.count() == 1);
                assert_eq!(seen.count(), 0);
            }
        }
    });
}

#[test]
fn a_promise_that_was_polled_or_waited_for_can_still_call_back() {
    watched(|| {
        let vm = real();
        for _ in 0..200 {
            let sum = vm.spawn(Object(0));
            let mut promise =
                vm.spawn(Object(())).send_request(ask(|(): &mut ()| yield_now().map(|()| 7).unwrap()));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            if Future::poll(Pin::new(&mut promise), &mut context).is_pending() {
                promise.then(&sum, |Object(sum), reply| *sum = reply.unwrap());
                wait_until("it has run", || sum.ask(ask(|sum: &mut i32| *sum)) == Ok(7));
            }
        }
    });
}

#[test]
fn a_reply_that_was_taken_does_not_call_back() {
    let vm = real();
    let actor = vm.spawn(Object(()));
    let mut promise = actor.send_request(ask(|(): &mut ()| ()));
    promise.wait_for(LOST).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| promise.then(&actor, |_, _| {}))).is_err());
}

#[test]
fn the_event_log_names_callbacks_by_what_the_user_wrote() {
    let vm = Vm::builder().workers(1).world(World::Simulated { seed: 1 }).build().unwrap();
    let session = vm.trace(Filter::everything());
    let (server, actor) = (vm.spawn(Object(())), vm.spawn(Object(())));
    let ran = Flag::default();
    let see = ran.clone();
    server.send_request(ask(|(): &mut ()| ())).then(&actor, move |_, _| see.raise());
    settle(&vm, "it has run", || ran.is_raised());
    let named =
        |event: &greenroom::trace::Record| format!("{event:?}").contains("the_event_log_names_callbacks");
    assert!(session.take().iter().any(named));
}
