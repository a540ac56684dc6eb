//! Actors with a thread of their own where the system has no more to give. Its calls end all the same.

mod support;

use greenroom::prelude::*;
use support::{
    Dropped, Object, Tally, ask, is_child, real_builder, run_as_child_within, wait_until, watched,
};

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer takes more address space than there may be here")]
fn where_the_system_gives_no_thread_the_actor_comes_back_and_without_a_stack_it_says_why() {
    const NAME: &str =
        "where_the_system_gives_no_thread_the_actor_comes_back_and_without_a_stack_it_says_why";
    if !is_child() {
        let output = run_as_child_within(1_000_000, NAME);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    watched(|| {
        let vm = real_builder().workers(1).relief(0).name("tight").build().unwrap();
        vm.run(|| ()).unwrap();
        let mut ballast: Vec<Vec<u8>> = Vec::with_capacity(1000);
        // Leaves so many MiB. Others may give some back afterwards, so what it is done for is tried again.
        let mut leave = |mib: usize| {
            let mut part = Vec::new();
            while part.try_reserve_exact(1 << 20).is_ok() {
                ballast.push(std::mem::take(&mut part));
            }
            drop(ballast.drain(..mib));
        };

        // A thread wants two of these, and what it wants besides must be had.
        let mut error = None;
        wait_until("there is no thread", || {
            leave(1);
            error = vm.spawn_dedicated(Object(1_u32)).err();
            error.is_some()
        });
        let text = error.as_ref().map(ToString::to_string).unwrap();
        assert!(
            text.contains("cannot start thread tight-own-") && text.contains("limit of threads"),
            "{text}"
        );
        assert_eq!(error.unwrap().into_actor().0, 1);

        // The large stack of a thread wants eight.
        let dropped = Tally::default();
        wait_until("there is a thread, but no stack", || {
            leave(5);
            let Ok(actor) = vm.spawn_dedicated(Object(Dropped(dropped.clone()))) else { return false };
            let Err(refused) = actor.ask(ask(|_: &mut Dropped| ())) else { return false };
            assert!(matches!(refused, CallError::Stopped { started: false, .. }), "{refused:?}");
            let reason = actor.exit_reason().unwrap().to_string();
            assert!(reason.contains("no stack"), "{reason}");
            true
        });
        wait_until("its state is dropped", || dropped.count() >= 1);
        wait_until("it is counted", || vm.counters().last().unwrap().ended >= 1);
        wait_until("all have ended", || vm.actors() == 0);

        drop(ballast);
        let last = vm.spawn_dedicated(Object(5)).unwrap();
        assert_eq!(last.ask(ask(|n: &mut i32| *n)), Ok(5));
    });
}
