//! Links made and taken off from both ends at once, between machines, and to actors with threads of their own.

mod support;

use greenroom::ExitReason;
use greenroom::prelude::*;
use support::diary::{Diary, custom, trapper};
use support::{Object, Tally, ask, named, real, settle, simulated, wait_until, watched};

/// Both ends link and unlink at random; then both sides agree, and both live. Returns whether they are linked.
fn link_and_unlink_at_random(vm: &Vm, seed: u64, ends: &[Ref<Object<()>>; 2]) -> bool {
    let done = Tally::default();
    for at in 0..2 {
        let (own, other) = (ends[at].clone(), ends[1 - at].clone());
        let finished = done.clone();
        let flip = move |(): &mut ()| {
            let mut chance = seed ^ (at as u64) << 32 | 1;
            for _ in 0..30 {
                chance ^= chance << 13;
                chance ^= chance >> 7;
                chance ^= chance << 17;
                if chance & 1 == 0 {
                    own.link(&other);
                } else {
                    own.unlink(&other);
                }
                if chance & 6 == 0 {
                    let _ = yield_now();
                }
            }
            finished.add_one();
        };
        ends[at].send(ask(flip)).unwrap();
    }
    settle(vm, "both have done", || done.count() == 2);
    for end in ends {
        end.ask(ask(|(): &mut ()| ())).unwrap();
    }
    match vm.bonds() {
        0 => false,
        2 => true,
        sides => panic!("{sides} sides of one link"),
    }
}

#[test]
fn after_links_and_unlinks_from_both_ends_at_once_both_sides_agree_and_both_live() {
    let rounds = |vm: &Vm, seeds: std::ops::Range<u64>| {
        let mut linked = 0;
        for seed in seeds {
            let ends = [(); 2].map(|()| vm.spawn(Object(())));
            let is_linked = link_and_unlink_at_random(vm, seed * 0x9e37_79b9 + 77, &ends);
            linked += usize::from(is_linked);
            ends[0].exit("over");
            ends[0].ended().wait().unwrap();
            if is_linked {
                assert_eq!(ends[1].ended().wait(), Ok(custom("over")));
            } else {
                ends[1].ask(ask(|(): &mut ()| ())).unwrap();
                assert_eq!(ends[1].exit_reason(), None);
            }
            settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
        }
        linked
    };
    let linked = watched(|| rounds(&real(), 0..100));
    assert!((1..100).contains(&linked), "both outcomes are seen, not {linked} of 100");
    for seed in 0..4 {
        named(&format!("the simulated world with seed {seed}"), || rounds(&simulated(seed), 0..25));
    }
}

#[test]
fn in_a_crowd_that_links_unlinks_and_dies_every_death_reaches_exactly_who_is_linked() {
    watched(|| {
        let vm = real();
        for round in 0..15_u64 {
            let crowd: Vec<_> = (0..24).map(|_| vm.spawn(Object(()))).collect();
            let (trapper, diary) = trapper(&vm);
            crowd.iter().for_each(|one| trapper.link(one));
            let workers: Vec<_> = (0..4_u64)
                .map(|worker| {
                    let crowd = crowd.clone();
                    vm.process(move |_: Inbox<()>| {
                        let mut chance = round << 8 | worker << 2 | 1;
                        for step in 0..200_u64 {
                            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step | 1);
                            let pick = |shift: u32| &crowd[(chance >> shift) as usize % crowd.len()];
                            match (chance >> 60) & 7 {
                                0 => pick(20).unlink(pick(40)),
                                1 if step > 150 => pick(20).stop(),
                                2 if step == 199 => pick(20).exit("a push"),
                                _ => pick(20).link(pick(40)),
                            }
                        }
                    })
                })
                .collect();
            workers.iter().for_each(|worker| drop(worker.ended().wait()));
            crowd[0].exit("the last");
            crowd.iter().for_each(Ref::stop);
            crowd.iter().for_each(|one| drop(one.ended().wait()));
            diary.settle(&vm, crowd.len());
            settle(&vm, "only the trap is left", || vm.bonds() == 1);
            trapper.ask(ask(|_: &mut Diary| ())).unwrap();
            assert_eq!(diary.len(), crowd.len(), "in round {round}: each end is told once");
            trapper.stop();
            trapper.ended().wait().unwrap();
        }
    });
}

#[test]
fn a_link_between_machines_tells_of_the_end_of_either() {
    watched(|| {
        let (vm, other) = (real(), real());
        let (trapper, diary) = trapper(&vm);
        let near = vm.spawn(Object(()));
        let far: Vec<_> = (0..3).map(|_| other.spawn(Object(()))).collect();
        near.link(&far[0]);
        trapper.link(&far[1]);
        trapper.link(&far[2]);
        far[1].exit("far away");
        wait_until("that is told", || diary.len() == 1);
        assert_eq!((vm.bonds(), other.bonds()), (3, 2));
        drop(other);
        assert_eq!(near.ended().wait(), Ok(ExitReason::Shutdown));
        wait_until("the end of the machine is told", || diary.len() == 2);
        assert_eq!(diary.reasons(), [custom("far away"), ExitReason::Shutdown]);
        let third = real();
        let again = third.spawn(Object(()));
        again.link(&near);
        assert_eq!(again.ended().wait(), Ok(ExitReason::Shutdown));
        assert_eq!((vm.bonds(), third.bonds()), (1, 0));
    });
}

#[test]
fn one_with_a_thread_of_its_own_ends_by_its_links_and_others_by_it() {
    watched(|| {
        let vm = real();
        for reason in ["one way", "and the other"] {
            let [solo, second] = [(); 2].map(|()| vm.spawn_dedicated(Object(())).unwrap());
            let plain = vm.spawn(Object(()));
            solo.link(&plain);
            solo.link(&second);
            if reason == "one way" {
                solo.exit(reason);
            } else {
                plain.exit(reason);
            }
            for end in [solo.ended(), plain.ended(), second.ended()] {
                assert_eq!(end.wait(), Ok(custom(reason)));
            }
        }
        assert_eq!(vm.bonds(), 0);
    });
}
