//! Links and monitors of an actor that has a supervisor: what goes with one of its lives, and what only with itself.

mod support;

use greenroom::prelude::*;
use greenroom::{Exit, ExitReason, Supervisor};
use support::diary::{Diary, Entry, Keeper, custom, keep_busy, keeper, trapper};
use support::{LOST, Object, ask, both_worlds, real, resume_quietly, settle};

/// A keeper that is restarted when it fails, and its diary.
fn supervised(vm: &Vm) -> (Ref<Supervisor>, Ref<Keeper>, Diary) {
    let diary = Diary::default();
    let kept = diary.clone();
    let supervisor = Supervisor::one_for_one().intensity(100, SECOND);
    let supervisor = vm.spawn(supervisor.child("keeper", move || Object(kept.clone())));
    let keeper = supervisor.find::<Keeper>("keeper").unwrap();
    (supervisor, keeper, diary)
}

fn fail(keeper: &Ref<Keeper>) {
    assert!(keeper.ask(ask(|_: &mut Diary| resume_quietly())).is_err());
    // It has its next life.
    keeper.ask(ask(|_: &mut Diary| ())).unwrap();
}

#[test]
fn the_end_of_a_life_is_told_down_its_links_and_those_are_gone_in_the_next() {
    both_worlds(|vm| {
        let ((supervisor, keeper, _), (trapper, told)) = (supervised(vm), trapper(vm));
        let plain = vm.spawn(Object(()));
        keeper.link(&trapper);
        plain.link(&keeper);
        fail(&keeper);
        assert!(matches!(plain.ended().wait(), Ok(ExitReason::Panicked(_))));
        told.settle(vm, 1);
        let entries = told.read();
        let [Entry::Exit(Exit { from, reason: ExitReason::Panicked(_) })] = &entries[..] else {
            panic!("{entries:?}")
        };
        assert_eq!(*from, Some(keeper.id()));
        assert_eq!(vm.bonds(), 1, "the trap");
        fail(&keeper);
        keeper.link(&trapper);
        supervisor.terminate_child("keeper").unwrap();
        told.settle(vm, 2);
        assert_eq!(told.reasons()[1], ExitReason::Shutdown);
    });
}

#[test]
fn an_unlink_makes_void_what_the_end_of_a_life_has_sent_and_a_link_of_the_next_life_is_another() {
    both_worlds(|vm| {
        let ((supervisor, keeper, _), (trapper, told)) = (supervised(vm), trapper(vm));
        keeper.link(&trapper);
        let gate = keep_busy(vm, &trapper);
        fail(&keeper);
        trapper.unlink(&keeper);
        gate.open().unwrap();
        trapper.ask(ask(|_: &mut Diary| ())).unwrap();
        assert!(told.read().is_empty(), "the signal of the first life was under way");

        keeper.link(&trapper);
        let gate = keep_busy(vm, &trapper);
        fail(&keeper);
        trapper.link(&keeper);
        gate.open().unwrap();
        told.settle(vm, 1);
        assert!(matches!(told.reasons()[0], ExitReason::Panicked(_)), "the second life's");
        supervisor.terminate_child("keeper").unwrap();
        told.settle(vm, 2);
        assert_eq!(told.reasons()[1], ExitReason::Shutdown, "the third life's link is still there");
        assert_eq!(vm.bonds(), 1, "the trap");
    });
}

#[test]
fn who_watches_is_told_when_the_actor_has_ended_for_good() {
    both_worlds(|vm| {
        let ((supervisor, target, _), (keeper, diary)) = (supervised(vm), keeper(vm));
        let monitor = keeper.monitor(&target);
        let ended = target.ended();
        fail(&target);
        fail(&target);
        keeper.ask(ask(|_: &mut Diary| ())).unwrap();
        assert!(diary.read().is_empty() && !ended.is_done());
        supervisor.stop();
        assert_eq!(ended.wait(), Ok(ExitReason::Shutdown));
        diary.settle(vm, 1);
        assert!(!monitor.demonitor());
        assert_eq!((diary.reasons(), vm.bonds()), (vec![ExitReason::Shutdown], 0));
    });
}

#[test]
fn what_a_life_watched_and_trapped_goes_with_it() {
    both_worlds(|vm| {
        let (_supervisor, keeper, diary) = supervised(vm);
        let target = vm.spawn(Object(()));
        let monitor = keeper.monitor(&target);
        keeper.trap_exit(true);
        keeper.exit("trapped");
        diary.settle(vm, 1);
        fail(&keeper);
        assert_eq!((vm.bonds(), monitor.demonitor()), (0, false));
        target.exit("unseen");
        target.ended().wait().unwrap();
        let lives = keeper.ask(ask(|diary: &mut Diary| diary.len()));
        assert_eq!((lives, diary.reasons()), (Ok(1), vec![custom("trapped")]));
        // This ends the life, and the next one does not trap either.
        keeper.exit("not trapped");
        let after = keeper.send_request(ask(|diary: &mut Diary| diary.len()));
        assert_eq!(after.wait(), Ok(1));
        settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
    });
}

#[test]
fn a_signal_that_is_under_way_to_one_life_finds_the_next_unbound() {
    both_worlds(|vm| {
        let (_supervisor, keeper, diary) = supervised(vm);
        let peers = [(); 2].map(|()| vm.spawn(Object(())));
        keeper.link(&peers[0]);
        keeper.monitor(&peers[1]);
        // Both signals lie behind this message, which ends the life that they are for.
        let fails = keeper.ask(ask(move |_: &mut Diary| {
            for peer in &peers {
                peer.exit("meanwhile");
                peer.ended().wait().unwrap();
            }
            resume_quietly();
        }));
        assert!(matches!(fails, Err(CallError::Panicked(_))));
        keeper.ask(ask(|_: &mut Diary| ())).unwrap();
        assert!(diary.read().is_empty() && keeper.exit_reason().is_none());
        assert_eq!(vm.bonds(), 0);
    });
}

/// Says when it stops, and why.
struct Tidy(std::sync::mpsc::Sender<ExitReason>);

impl Actor for Tidy {
    const STOPPING: Option<fn(&mut Self, &ExitReason)> = Some(|tidy, reason| {
        let _ = tidy.0.send(reason.clone());
    });
}

#[test]
fn one_that_ends_with_a_link_tidies_up_whatever_the_other_died_of_for_its_own_state_is_whole() {
    let vm = real();
    for dies in [Ref::kill as fn(&Ref<Object<()>>), |other| {
        let _ = other.ask(ask(|(): &mut ()| std::panic::resume_unwind(Box::new("on purpose"))));
    }] {
        let (say, said) = std::sync::mpsc::channel();
        let (tidy, other) = (vm.spawn(Tidy(say)), vm.spawn(Object(())));
        tidy.link(&other);
        dies(&other);
        let reason = said.recv_timeout(LOST).expect("it tidies up");
        assert_eq!(Some(reason), other.exit_reason());
    }
}
