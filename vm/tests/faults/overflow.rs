//! Stacks that are used up: through the yellow zone a handler ends with a word, through the red guard its process does.

use std::hint::black_box;

use greenroom::prelude::*;
use greenroom::{ExitReason, GuardKind, PoolOptions, StackSize, on_big_stack};

use crate::support::child::{in_child, own_name};
use crate::support::{LOST, real, real_builder};

/// Recurses until so many bytes of stack are used, and runs `bottom` there.
fn dive(bytes: usize, bottom: &dyn Fn()) {
    fn deeper(top: usize, bytes: usize, bottom: &dyn Fn()) {
        let here = black_box([0_u8; 64]);
        if top - (&raw const here).addr() >= bytes {
            bottom();
        } else {
            deeper(top, bytes, bottom);
        }
        black_box(&here);
    }
    let top = 0_u8;
    deeper((&raw const top).addr(), bytes, bottom);
}

/// A little more than a handler has, and less than would end the process.
const TOO_DEEP: usize = (64 << 10) + 512;
/// Through every guard of a small stack.
const MUCH_TOO_DEEP: usize = 1 << 20;

#[derive(Default)]
struct Mole;

#[actor]
impl Mole {
    fn dig(&mut self, bytes: usize) {
        dive(bytes, &|| drop(yield_now()));
    }

    #[parallel]
    fn dig_beside(_me: &Me<Self>, bytes: usize) {
        sleep(MILLISECOND).unwrap();
        dive(bytes, &|| ());
    }

    #[cast]
    fn dig_a_mine(&mut self) {
        on_big_stack(|| dive(9 << 20, &|| ()));
    }
}

struct Dig;
impl Message for Dig {
    type Reply = ();
}
impl Handler<Dig> for Mole {
    fn handle(&mut self, _: Dig) {
        dive(MUCH_TOO_DEEP, &|| ());
    }
}

/// Says what a mole is called, and waits until the process ends.
fn doomed(mole: &Ref<Mole>) -> String {
    println!("it is {mole:?}");
    format!("{mole:?}")
}

fn name_in(printed: &str) -> &str {
    printed.lines().find_map(|line| line.split("it is ").nth(1)).unwrap()
}

#[test]
fn a_stack_used_up_in_its_yellow_zone_is_told_on_standard_error_and_ends_one_actor() {
    let ended = in_child(own_name!(), &[], || {
        let vm = real();
        let (mole, other) = (vm.spawn(Mole), vm.spawn(Mole));
        doomed(&mole);
        let overflown = CallError::Stopped { reason: ExitReason::StackOverflow, started: true };
        assert_eq!(mole.within(LOST).dig(TOO_DEEP), Err(overflown));
        assert_eq!(other.within(LOST).dig(1000), Ok(()));
        let process = vm.process(|_: Inbox<()>| dive(TOO_DEEP, &|| drop(yield_now())));
        crate::support::wait_until("it has ended", || process.exit_reason().is_some());
        assert_eq!(process.exit_reason(), Some(ExitReason::StackOverflow));
    });
    let said = &ended.finished().complained;
    let mole =
        format!("{} in dig used up its stack of 64 KiB and ends; Actor::STACK can", name_in(&ended.printed));
    assert!(said.contains(&mole), "{mole} is not in {said}");
    assert!(said.contains("used up its stack of 64 KiB and ends; on_big_stack runs"), "{said}");
    assert_eq!(said.matches("used up").count(), 2, "{said}");
}

#[test]
fn with_guards_by_mprotect_a_used_up_stack_ends_its_actor_only_and_is_as_good_as_new() {
    let ended = in_child(own_name!(), &[], || {
        let guard = GuardKind::ForceMprotect { margin: 4096 };
        let vm = real_builder().stacks(PoolOptions { guard, ..PoolOptions::default() }).build().unwrap();
        for _ in 0..200 {
            let error = vm.spawn(Mole).within(LOST).dig(TOO_DEEP).unwrap_err();
            assert_eq!(error, CallError::Stopped { reason: ExitReason::StackOverflow, started: true });
            assert_eq!(vm.spawn(Mole).within(LOST).dig(50 << 10), Ok(()));
        }
    });
    ended.finished();
}

#[test]
fn the_red_guard_ends_the_process_with_the_actor_the_method_and_the_remedy() {
    let ended = in_child(own_name!(), &[], || {
        let vm = real();
        let mole = vm.spawn(Mole);
        doomed(&mole);
        let _ = mole.within(LOST).dig(MUCH_TOO_DEEP);
    });
    let who = format!("{} in dig, on a stack of 64 KiB; Actor::STACK can", name_in(&ended.printed));
    ended.aborted_with(&["fatal: a coroutine overflowed its stack of 64 KiB", &who]);
}

#[test]
fn the_red_guard_names_a_message_by_its_type_and_a_parallel_method_that_has_waited_by_its_name() {
    let message = in_child(own_name!(), &[], || {
        let vm = real();
        let mole = vm.spawn(Mole);
        if std::env::var_os("BESIDE").is_some() {
            let _ = mole.within(LOST).dig_beside(MUCH_TOO_DEEP);
        } else {
            let _ = mole.ask_within(LOST, Dig);
        }
    });
    message.aborted_with(&["Mole#", "overflow::Dig, on a stack of 64 KiB"]);
    let beside = in_child(own_name!(), &[("BESIDE", "1")], || unreachable!("the child was in the first"));
    beside.aborted_with(&["Mole#", " in dig_beside, on a stack of 64 KiB"]);
}

#[test]
fn the_red_guard_of_a_process_and_of_the_big_stack_advise_what_helps_there() {
    let process = in_child(own_name!(), &[], || {
        let vm = real();
        if std::env::var_os("BIG").is_some() {
            let _ = vm.spawn(Mole).dig_a_mine();
        } else {
            drop(vm.process(|_: Inbox<()>| dive(MUCH_TOO_DEEP, &|| ())));
        }
        std::thread::sleep(LOST);
    });
    process.aborted_with(&["Process<()>#", ", on a stack of 64 KiB; on_big_stack runs"]);
    let big = in_child(own_name!(), &[("BIG", "1")], || unreachable!("the child was in the first"));
    big.aborted_with(&["fatal: a big stack", "Mole#", "in dig_a_mine, inside on_big_stack; a thread"]);
}

#[test]
fn a_larger_stack_as_the_last_words_advise_is_one() {
    struct Deep;
    impl Actor for Deep {
        const STACK: StackSize = StackSize::MIB_1;
    }
    impl Handler<Dig> for Deep {
        fn handle(&mut self, _: Dig) {
            dive(MUCH_TOO_DEEP - (64 << 10), &|| ());
        }
    }
    assert_eq!(real().spawn(Deep).ask_within(LOST, Dig), Ok(()));
}
