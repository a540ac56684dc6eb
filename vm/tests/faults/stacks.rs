//! No stack to be had: whoever wanted one hears of it, and everything else goes on.

use std::fs;

use greenroom::prelude::*;
use greenroom::{GuardKind, PoolOptions, StackSize};

use crate::support::child::{in_child, own_name};
use crate::support::{Dropped, Flag, LOST, Object, Tally, ask, real, real_builder, settle, wait_until};
use crate::tight::Tight;

/// Has handlers wait, each on a stack of its own, until some are told that there is none. Returns those that wait, and
/// what the others were told.
fn wait_for_want(vm: &Vm, go: &Flag) -> (Vec<Promise<Result<(), CallError>>>, CallError) {
    let mut waiting = Vec::new();
    loop {
        let more = (0..100).map(|_| {
            let go = go.clone();
            vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                while !go.is_raised() {
                    sleep(5 * MILLISECOND)?;
                }
                Ok(())
            }))
        });
        waiting.extend(more);
        // Behind it, all of those have begun, if there was a stack for them.
        vm.run(|| ()).unwrap();
        let at = waiting.iter().position(|promise: &Promise<_>| promise.is_done());
        if let Some(at) = at {
            let told = waiting.remove(at).wait().unwrap().unwrap_err();
            return (waiting, told);
        }
        assert!(waiting.len() < 100_000, "there is no end of stacks");
    }
}

/// A machine that has no stack left goes on as far as it can, and as before when it has some again.
fn goes_on_without(vm: Vm, why: &str) {
    let go = Flag::default();
    let (waiting, told) = wait_for_want(&vm, &go);
    assert!(matches!(told, CallError::NoStack { .. }), "{told:?}");
    assert!(told.to_string().contains(why), "{told}");
    assert!(waiting.len() > 200, "only {} found a stack", waiting.len());

    // What needs no stack of its own goes on: sends, and calls from outside.
    let counter = vm.spawn(Object(0));
    for _ in 0..1000 {
        counter.send(ask(|n: &mut i32| *n += 1)).unwrap();
    }
    assert_eq!(counter.ask(ask(|n: &mut i32| *n)), Ok(1000));
    // A call in a handler says that there is none, and its callee has not begun. On which worker is not ours to choose,
    // and one of them may have some left.
    let callee = counter.clone();
    let calls = ask(move |(): &mut ()| (0..200).map(|_| callee.ask(ask(|n: &mut i32| *n += 1))).collect());
    let answers: Vec<Result<(), CallError>> = vm.spawn(Object(())).ask(calls).unwrap();
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(matches!(refused, CallError::NoStack { .. }), "{refused:?}");
    }
    assert_eq!(counter.ask(ask(|n: &mut i32| *n)), Ok(1000 + i32::try_from(done).unwrap()));

    // Those that wait end, and their stacks are there for others.
    go.raise();
    for promise in waiting {
        let ended = promise.wait().unwrap();
        assert!(matches!(ended, Ok(()) | Err(CallError::NoStack { .. })), "{ended:?}");
    }
    for _ in 0..1000 {
        let callee = counter.clone();
        let calls = ask(move |(): &mut ()| callee.ask(ask(|n: &mut i32| *n += 1)));
        assert_eq!(vm.spawn(Object(())).ask(calls), Ok(Ok(())));
    }
    drop(counter);
    settle(&vm, "all are gone", || vm.actors() == 0);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn without_address_space_callers_are_told_that_there_is_no_stack_and_the_machine_goes_on() {
    // With heaps of 64 MiB for each thread there would be nothing to divide.
    let ended = in_child(own_name!(), &[("MALLOC_ARENA_MAX", "1")], || {
        let vm = real_builder().relief(0).build().unwrap();
        vm.run(|| ()).unwrap();
        let _tight = Tight::leave(100 << 20);
        goes_on_without(vm, "address space for stacks");
    });
    ended.finished();
}

#[test]
fn where_the_kernel_allows_no_more_mappings_callers_are_told_and_the_machine_goes_on() {
    let ended = in_child(own_name!(), &[], || {
        let limit: usize = fs::read_to_string("/proc/sys/vm/max_map_count").unwrap().trim().parse().unwrap();
        // As if the limit were 3000 mappings higher than what there is.
        let margin = limit - mappings() - 3000;
        let stacks = PoolOptions { guard: GuardKind::ForceMprotect { margin }, ..PoolOptions::default() };
        let vm = real_builder().relief(0).stacks(stacks).build().unwrap();
        goes_on_without(vm, "vm.max_map_count");
        assert!(mappings() < limit - margin);
    });
    ended.finished();
}

/// Wants a stack of its own size, which is not the loop's.
struct Large;
impl Actor for Large {
    const STACK: StackSize = StackSize::MIB_1;
}
struct Nothing;
impl Message for Nothing {
    type Reply = ();
}
impl Handler<Nothing> for Large {
    fn handle(&mut self, _: Nothing) {}
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn an_actor_for_whose_size_there_is_no_stack_says_so_to_callers_and_ends_with_that_when_it_is_queued() {
    let ended = in_child(own_name!(), &[("MALLOC_ARENA_MAX", "1")], || {
        let vm = real_builder().relief(0).build().unwrap();
        let (large, other) = (vm.spawn(Large), vm.spawn(Large));
        vm.run(|| sleep(MILLISECOND)).unwrap().unwrap();
        let tight = Tight::leave(8 << 20);
        let called = large.clone();
        let told = vm.run(move || called.ask(Nothing)).unwrap();
        assert!(matches!(told, Err(CallError::NoStack { .. })), "{told:?}");
        assert_eq!(large.exit_reason(), None);
        let told = other.ask(Nothing).unwrap_err();
        assert!(matches!(told, CallError::Stopped { started: false, .. }), "{told:?}");
        assert!(told.to_string().contains("address space for stacks"), "{told}");
        drop(tight);
        assert_eq!(large.ask(Nothing), Ok(()));
        assert_eq!(vm.spawn(Large).ask(Nothing), Ok(()));
    });
    ended.finished();
}

#[test]
fn ten_thousand_handlers_that_wait_are_unwound_with_their_machine_and_their_memory_comes_back() {
    const MANY: usize = 10_000;
    let ended = in_child(own_name!(), &[], || {
        let live = |many: usize| {
            let vm = real();
            let (dropped, waiting) = (Tally::default(), Tally::default());
            for _ in 0..many {
                let (on_stack, state) = (Dropped(dropped.clone()), Dropped(dropped.clone()));
                let waits = waiting.clone();
                let wait = ask(move |_: &mut Dropped| {
                    let _on_stack = on_stack;
                    waits.add_one();
                    sleep(LOST).unwrap();
                });
                vm.spawn(Object(state)).send(wait).unwrap();
            }
            wait_until("all wait", || waiting.count() == many);
            drop(vm);
            assert_eq!(dropped.count(), 2 * many);
        };
        live(100);
        let before = mappings();
        live(MANY);
        live(MANY);
        assert!(mappings() < before + 20, "{} mappings, {before} before", mappings());
    });
    ended.finished();
}

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}
