//! Monitors between machines and threads, and those that meet a death: what is told is told once.

mod support;

use std::sync::mpsc;
use std::thread;

use greenroom::prelude::*;
use greenroom::{Down, ExitReason, Monitor, spawn_dedicated};
use support::diary::{Diary, Keeper, keeper};
use support::{
    LOST, Object, ask, in_simulations, is_child, named, real, real_builder, run_as_child, settle, simulated,
    wait_until, watched,
};

#[test]
fn the_end_of_a_machine_is_told_to_those_who_watch_from_another_one() {
    watched(|| {
        let (vm, other) = (real(), real());
        let (keeper, diary) = keeper(&vm);
        let far = other.spawn(Object(()));
        let dedicated = other.spawn_dedicated(Object(())).unwrap();
        let process = other.process(|inbox: Inbox<()>| drop(inbox.recv()));
        let busy = other.process(|_: Inbox<()>| drop(sleep(LOST)));
        keeper.monitor(&far);
        keeper.monitor(&dedicated);
        keeper.monitor(&process);
        keeper.monitor(&busy);
        // One that watches from there goes with its machine.
        let there = other.spawn(Object(Diary::default()));
        there.monitor(&keeper);
        keeper.monitor(&there);
        let ended = far.ended();
        let (near, _) = support::diary::keeper(&vm);
        there.monitor(&near);
        near.stop();
        drop(other);
        diary.settle(&vm, 5);
        assert_eq!(diary.reasons(), vec![ExitReason::Shutdown; 5]);
        assert_eq!(ended.wait(), Ok(ExitReason::Shutdown));
        assert_eq!((vm.bonds(), far.ended().wait()), (0, Ok(ExitReason::Shutdown)));
        keeper.monitor(&far);
        diary.settle(&vm, 6);
    });
}

#[test]
fn what_is_left_of_a_machine_that_has_ended_touches_nothing_of_its_successor() {
    if !is_child() {
        let output =
            run_as_child("what_is_left_of_a_machine_that_has_ended_touches_nothing_of_its_successor");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let mut left = None;
    for _ in 0..2 {
        // With the same number, and so with the same names in it.
        let vm = simulated(1);
        let ((keeper, diary), target) = (keeper(&vm), vm.spawn(Object(())));
        let (unused, used) = (keeper.monitor(&target), keeper.monitor(&target));
        keeper.link(&target);
        assert_eq!(vm.bonds(), 6);
        if let Some((old_keeper, old_target, old_monitor)) = left.take() {
            let (old_keeper, old_target): (Ref<Keeper>, Ref<Object<()>>) = (old_keeper, old_target);
            let old_monitor: Monitor = old_monitor;
            assert_eq!((old_target.id(), old_monitor.id()), (target.id(), unused.id()));
            assert!(!old_monitor.demonitor());
            old_keeper.unlink(&target);
            keeper.unlink(&old_target);
            old_keeper.link(&old_target);
            old_keeper.trap_exit(true);
            assert_eq!(old_keeper.ended().wait(), Ok(ExitReason::Shutdown));
            assert_eq!(vm.bonds(), 6);
        }
        target.stop();
        diary.settle(&vm, 2);
        assert!(!used.demonitor());
        left = Some((keeper, target, unused));
    }
}

/// Of every monitor, either its `Down` is handled or its demonitor says that it made a difference. Never both or none.
fn race_monitors_against_deaths(vm: &Vm, rounds: usize) {
    let (keeper, diary) = keeper(vm);
    let mut prevented = 0;
    for _ in 0..rounds {
        let target = vm.spawn(Object(()));
        let (watcher, watched) = (keeper.clone(), target.clone());
        let killer = vm.process(move |_: Inbox<()>| watched.exit("now"));
        let racer = move || {
            let monitors: Vec<_> = (0..4).map(|_| watcher.monitor(&target)).collect();
            let _ = yield_now();
            monitors
                .into_iter()
                .map(Monitor::demonitor)
                .filter(|&made_a_difference| made_a_difference)
                .count()
        };
        prevented += vm.run(racer).unwrap();
        killer.ended().wait().unwrap();
    }
    settle(vm, "all is told", || diary.len() + prevented == 4 * rounds && vm.bonds() == 0);
    keeper.ask(ask(|_: &mut Diary| ())).unwrap();
    assert_eq!(diary.len() + prevented, 4 * rounds);
}

#[test]
fn a_death_and_a_demonitor_that_meet_agree_on_what_is_told() {
    watched(|| race_monitors_against_deaths(&real(), 300));
    in_simulations(|vm| race_monitors_against_deaths(vm, 30));
}

#[test]
fn watchers_on_threads_of_their_own_and_their_targets_die_in_any_order() {
    watched(|| {
        named("two machines", || {
            let machines = [real_builder().workers(1).build().unwrap(), real()];
            let keepers: Vec<_> = machines.iter().map(keeper).collect();
            for round in 0..100 {
                let pick = |at: usize| &machines[at % 2];
                let target = match round % 3 {
                    0 => pick(round).spawn_dedicated(Object(())).unwrap(),
                    _ => pick(round).spawn(Object(())),
                };
                let extra = pick(round / 2).spawn_dedicated(Object(Diary::default())).unwrap();
                extra.monitor(&target);
                keepers.iter().for_each(|(keeper, _)| drop(keeper.monitor(&target)));
                thread::scope(|scope| {
                    scope.spawn(|| extra.stop());
                    scope.spawn(|| target.stop());
                });
            }
            for (vm, (_, diary)) in machines.iter().zip(&keepers) {
                wait_until("all is told", || diary.len() == 100);
                settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
            }
        });
    });
}

#[test]
fn an_actor_that_traps_nothing_and_watches_from_its_own_thread_is_told_there() {
    watched(|| {
        let vm = real();
        let (tell, told) = mpsc::channel();
        struct Solo(mpsc::Sender<thread::ThreadId>);
        impl Actor for Solo {}
        impl Handler<Down> for Solo {
            fn handle(&mut self, _: Down) {
                self.0.send(thread::current().id()).unwrap();
            }
        }
        let target = vm.spawn(Object(()));
        let watched = target.clone();
        let solo = vm.run(move || {
            let solo = spawn_dedicated(Solo(tell)).map_err(|error| error.to_string()).unwrap();
            solo.monitor(&watched);
            solo
        });
        target.stop();
        assert_ne!(told.recv_timeout(LOST).unwrap(), thread::current().id());
        solo.unwrap().stop();
    });
}
