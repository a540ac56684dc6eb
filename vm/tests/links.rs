//! Links: who ends together, who is told instead, and how exits that are sent stand to messages.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{Exit, ExitReason, current_actor, exit};
use support::diary::{Diary, Entry, Keeper, clerk, custom, keep_busy, keeper, trapper};
use support::gate::Gate;
use support::{Object, ask, both_worlds, in_simulations, real, resume_quietly, settle, watched};

fn word(word: u32) -> impl FnOnce(&mut Diary) + Send {
    move |diary| diary.write(Entry::Word(word))
}

fn told(from: &Ref<impl Sized + 'static>, reason: ExitReason) -> Entry {
    Entry::Exit(Exit { from: Some(from.id()), reason })
}

/// One sender: three messages, an exit, three messages.
fn three_an_exit_and_three(vm: &Vm, rounds: usize) {
    for round in 0..rounds {
        let (keeper, diary) = keeper(vm);
        let to = keeper.clone();
        let send = move || {
            let refused: Vec<_> = (0..6)
                .map(|number| {
                    if number == 3 {
                        to.exit("enough");
                    }
                    to.send(ask(word(number))).is_err()
                })
                .collect();
            assert_eq!(refused[..3], [false; 3], "in round {round}");
        };
        vm.run(send).unwrap();
        assert_eq!(keeper.ended().wait(), Ok(custom("enough")), "in round {round}");
        assert_eq!(diary.words(), [0, 1, 2], "in round {round}");
    }
}

#[test]
fn of_three_messages_an_exit_and_three_messages_the_last_are_never_seen() {
    watched(|| three_an_exit_and_three(&real(), 1000));
    in_simulations(|vm| three_an_exit_and_three(vm, 200));
}

#[test]
fn a_process_sees_the_last_three_no_more_than_that() {
    both_worlds(|vm| {
        for _ in 0..100 {
            let (process, diary) = clerk(vm, |_| ());
            let to = process.clone();
            let send = move || {
                for number in 0..6 {
                    if number == 3 {
                        to.exit("enough");
                    }
                    let _ = to.send(Entry::Word(number));
                }
            };
            vm.run(send).unwrap();
            assert_eq!(process.ended().wait(), Ok(custom("enough")));
            assert_eq!(diary.words(), [0, 1, 2]);
        }
    });
}

#[test]
fn of_two_exits_the_first_reason_wins() {
    both_worlds(|vm| {
        for _ in 0..50 {
            let (keeper, _) = keeper(vm);
            let (process, _) = clerk(vm, |_| ());
            let (actor, other) = (keeper.clone(), process.clone());
            vm.run(move || {
                for reason in ["first", "second"] {
                    actor.exit(reason);
                    other.exit(reason);
                }
                actor.stop();
                other.stop();
            })
            .unwrap();
            assert_eq!(
                (keeper.ended().wait(), process.ended().wait()),
                (Ok(custom("first")), Ok(custom("first")))
            );
        }
    });
}

#[test]
fn down_a_chain_of_links_all_end_for_the_same_reason_but_for_one_that_traps() {
    const LENGTH: usize = 20;
    both_worlds(|vm| {
        let (trapper, diary) = trapper(vm);
        let chain: Vec<_> = (0..LENGTH).map(|_| vm.spawn(Object(()))).collect();
        let (last, _) = clerk(vm, |_| ());
        let behind = vm.spawn(Object(()));
        for pair in chain.windows(2) {
            pair[0].link(&pair[1]);
        }
        chain[LENGTH - 1].link(&last);
        trapper.link(&chain[LENGTH / 2]);
        trapper.link(&behind);
        assert_eq!(vm.bonds(), 2 * (LENGTH + 2) + 1);
        chain[0].exit("torn");
        for actor in &chain {
            assert_eq!(actor.ended().wait(), Ok(custom("torn")));
        }
        assert_eq!(last.ended().wait(), Ok(custom("torn")));
        diary.settle(vm, 1);
        assert_eq!(diary.read(), [told(&chain[LENGTH / 2], custom("torn"))]);
        assert_eq!((trapper.exit_reason(), behind.exit_reason()), (None, None));
        assert_eq!(vm.bonds(), 3, "the trap, and the link behind");
    });
}

#[test]
fn one_that_is_killed_takes_those_along_that_do_not_trap_and_no_trap_saves_it() {
    both_worlds(|vm| {
        let ((trapper, diary), (head, _)) = (trapper(vm), trapper(vm));
        let (busy, gate) = (vm.spawn(Object(())), vm.spawn(Gate::default()));
        let wait = gate.clone();
        let waits = busy.send_request(ask(move |(): &mut ()| wait.pass()));
        settle(vm, "it waits", || gate.waiting() == Ok(1));
        head.link(&busy);
        head.link(&trapper);
        head.kill();
        assert_eq!(head.ended().wait(), Ok(ExitReason::Killed));
        diary.settle(vm, 1);
        assert_eq!(diary.read(), [told(&head, ExitReason::Killed)]);
        assert!(!busy.ended().is_done(), "it comes to the signal when it has handled its message");
        gate.open().unwrap();
        assert_eq!(waits.wait(), Ok(Ok(())));
        assert_eq!(busy.ended().wait(), Ok(ExitReason::Killed));
        assert_eq!(trapper.exit_reason(), None);
        // Who asks for an end in its very last step is answered before that is over.
        settle(vm, "the trap is left", || vm.bonds() == 1);
    });
}

#[test]
fn a_panic_goes_down_a_link_with_its_report() {
    both_worlds(|vm| {
        let [slips, other] = [(); 2].map(|()| vm.spawn(Object(())));
        other.link(&slips);
        slips.send(ask(|(): &mut ()| resume_quietly())).unwrap();
        let reason = other.ended().wait().unwrap();
        assert!(matches!(&reason, ExitReason::Panicked(report) if report.message() == "on purpose"));
        assert_eq!(slips.exit_reason(), Some(reason));
    });
}

#[test]
fn a_normal_end_ends_nobody_else_but_one_that_traps_is_told() {
    both_worlds(|vm| {
        let ((trapper, diary), other) = (trapper(vm), vm.spawn(Object(())));
        let (process, written) = clerk(vm, |_| ());
        let ends: Vec<_> = (0..3).map(|_| vm.spawn(Object(()))).collect();
        for end in &ends {
            other.link(end);
            end.link(&process);
            trapper.link(end);
        }
        ends[0].stop();
        ends[1].send(ask(|(): &mut ()| stop())).unwrap();
        let third = ends[2].downgrade();
        drop(ends);
        diary.settle(vm, 3);
        assert_eq!(diary.reasons(), vec![ExitReason::Normal; 3]);
        assert_eq!(third.upgrade(), None);
        other.ask(ask(|(): &mut ()| ())).unwrap();
        process.send(Entry::Word(1)).unwrap();
        written.settle(vm, 1);
        assert_eq!((other.exit_reason(), process.exit_reason()), (None, None));
        settle(vm, "only the trap is left", || vm.bonds() == 1);
    });
}

#[test]
fn an_exit_comes_behind_what_the_one_that_ended_had_sent() {
    both_worlds(|vm| {
        for _ in 0..30 {
            let ((trapper, diary), target) = (trapper(vm), vm.spawn(Object(())));
            let to = trapper.clone();
            let speak = move |(): &mut ()| {
                to.link(&me::<Object<()>>());
                (1..=3).for_each(|number| to.send(ask(word(number))).unwrap());
                exit("done");
            };
            target.send(ask(speak)).unwrap();
            diary.settle(vm, 4);
            let words = [1, 2, 3].map(Entry::Word);
            assert_eq!(diary.read()[..3], words);
            assert_eq!(diary.read()[3..], [told(&target, custom("done"))]);
        }
    });
}

#[test]
fn a_link_to_one_that_has_ended_is_told_at_once() {
    both_worlds(|vm| {
        let dead = |end: fn()| {
            let actor = vm.spawn(Object(()));
            actor.send(ask(move |(): &mut ()| end())).unwrap();
            actor.ended().wait().unwrap();
            actor
        };
        let (stopped, broken) = (dead(stop), dead(|| exit("broken")));
        let ((trapper, diary), [one, other]) = (trapper(vm), [(); 2].map(|()| vm.spawn(Object(()))));
        trapper.link(&stopped);
        broken.link(&trapper);
        diary.settle(vm, 2);
        assert_eq!(diary.read(), [told(&stopped, ExitReason::Normal), told(&broken, custom("broken"))]);
        one.link(&stopped);
        one.ask(ask(|(): &mut ()| ())).unwrap();
        other.link(&broken);
        assert_eq!(other.ended().wait(), Ok(custom("broken")));
        stopped.link(&broken);
        assert_eq!((one.exit_reason(), vm.bonds()), (None, 1));
    });
}

#[test]
fn a_link_to_oneself_and_a_second_one_to_another_change_nothing() {
    both_worlds(|vm| {
        let ((trapper, diary), other) = (trapper(vm), vm.spawn(Object(())));
        trapper.link(&trapper.clone());
        assert_eq!(vm.bonds(), 1);
        for _ in 0..3 {
            trapper.link(&other);
            other.link(&trapper);
        }
        assert_eq!(vm.bonds(), 3);
        other.exit("once");
        diary.settle(vm, 1);
        trapper.ask(ask(|_: &mut Diary| ())).unwrap();
        assert_eq!(diary.len(), 1);
        trapper.unlink(&other);
        assert_eq!(vm.bonds(), 1);
    });
}

#[test]
fn after_an_unlink_nothing_of_it_has_an_effect_also_if_it_was_queued() {
    both_worlds(|vm| {
        for (keeper, diary) in [keeper(vm), trapper(vm)] {
            let [early, late, linked_again] = [(); 3].map(|()| vm.spawn(Object(())));
            for actor in [&early, &late, &linked_again] {
                keeper.link(actor);
            }
            early.unlink(&keeper);
            early.exit("early");
            assert_eq!(early.ended().wait(), Ok(custom("early")));
            let gate = keep_busy(vm, &keeper);
            late.exit("late");
            assert_eq!(late.ended().wait(), Ok(custom("late")));
            keeper.unlink(&late);
            linked_again.unlink(&keeper);
            keeper.link(&linked_again);
            gate.open().unwrap();
            keeper.ask(ask(|_: &mut Diary| ())).unwrap();
            assert_eq!((diary.len(), keeper.exit_reason()), (0, None));
            // One that was unlinked while it was under way, and linked again: that is a link to the dead.
            keeper.trap_exit(true);
            keeper.link(&late);
            diary.settle(vm, 1);
            assert_eq!(diary.read(), [told(&late, custom("late"))]);
        }
    });
}

#[test]
fn whether_an_exit_is_trapped_is_decided_when_it_is_reached() {
    both_worlds(|vm| {
        let (keeper, diary) = keeper(vm);
        let gate = keep_busy(vm, &keeper);
        keeper.send(ask(|_: &mut Diary| me::<Keeper>().trap_exit(true))).unwrap();
        keeper.exit("trapped");
        keeper.send(ask(|_: &mut Diary| me::<Keeper>().trap_exit(false))).unwrap();
        keeper.exit("not trapped");
        gate.open().unwrap();
        assert_eq!(keeper.ended().wait(), Ok(custom("not trapped")));
        assert_eq!(diary.reasons(), [custom("trapped")]);
        assert_eq!(vm.bonds(), 0);
    });
}

#[test]
fn an_exit_that_is_trapped_says_who_sent_it_and_a_stop_is_never_trapped() {
    both_worlds(|vm| {
        let ((trapper, diary), sender) = (trapper(vm), vm.spawn(Object(())));
        trapper.exit("from a thread");
        let to = trapper.clone();
        sender.ask(ask(move |(): &mut ()| to.exit("from an actor"))).unwrap();
        trapper.send(ask(|_: &mut Diary| me::<Keeper>().exit("from itself"))).unwrap();
        diary.settle(vm, 3);
        let from = |from, reason| Entry::Exit(Exit { from, reason: custom(reason) });
        let expected = [
            from(None, "from a thread"),
            from(Some(sender.id()), "from an actor"),
            from(Some(trapper.id()), "from itself"),
        ];
        assert_eq!(diary.read(), expected);
        trapper.stop();
        assert_eq!(trapper.ended().wait(), Ok(ExitReason::Normal));
        assert_eq!(current_actor(), None);
    });
}

#[test]
fn one_that_traps_may_end_by_itself_and_a_panic_in_what_it_does_then_ends_it_alone() {
    struct Brittle;
    impl Actor for Brittle {
        const STARTED: Option<fn(&mut Self)> = Some(|_| me::<Brittle>().trap_exit(true));
    }
    impl Handler<Exit> for Brittle {
        fn handle(&mut self, Exit { reason, .. }: Exit) {
            if reason == ExitReason::Normal { exit("by itself") } else { resume_quietly() }
        }
    }
    both_worlds(|vm| {
        let [one, other] = [(); 2].map(|()| vm.spawn(Brittle));
        let peer = vm.spawn(Object(()));
        one.link(&peer);
        peer.stop();
        other.exit("a push");
        assert_eq!(one.ended().wait(), Ok(custom("by itself")));
        assert!(matches!(other.ended().wait(), Ok(ExitReason::Panicked(_))));
        // The peer may still find out that nobody is there to be told of its end.
        settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
    });
}

#[test]
fn a_linked_actor_in_the_midst_of_a_call_ends_when_that_is_over() {
    both_worlds(|vm| {
        let ((keeper, diary), peer) = (keeper(vm), vm.spawn(Object(())));
        keeper.link(&peer);
        let gate = keep_busy(vm, &keeper);
        keeper.send(ask(word(1))).unwrap();
        peer.exit("torn");
        peer.ended().wait().unwrap();
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();
        assert_eq!(keeper.exit_reason(), None);
        let behind = keeper.send_request(ask(word(2)));
        gate.open().unwrap();
        assert_eq!(keeper.ended().wait(), Ok(custom("torn")));
        assert!(matches!(behind.wait(), Err(CallError::Stopped { started: false, .. })));
        assert_eq!(diary.words(), [1]);
    });
}
