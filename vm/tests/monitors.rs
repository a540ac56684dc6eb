//! Monitors: who watches is told of an end, once, behind what the one that ended had sent, and when all is over.

mod support;

use std::sync::mpsc;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{Down, ExitReason, Monitor, exit, register, whereis};
use support::diary::{Diary, Entry, Keeper, clerk, custom, keeper};
use support::gate::Gate;
use support::{Dropped, Flag, LOST, Object, Tally, ask, both_worlds, resume_quietly, settle};

/// An actor that tells a keeper something, twice, and then ends as it is told to.
fn speak_and(end: impl FnOnce() + Send + 'static, to: &Ref<Keeper>) -> impl FnOnce(&mut ()) + Send + 'static {
    let to = to.clone();
    move |()| {
        for word in 1..=2 {
            to.send(ask(move |diary: &mut Diary| diary.write(Entry::Word(word)))).unwrap();
        }
        end();
    }
}

fn down(actor: &Ref<Object<()>>, monitor: &Monitor, reason: ExitReason) -> Entry {
    Entry::Down(Down { actor: actor.id(), monitor: monitor.id(), reason })
}

#[test]
fn two_messages_and_then_a_death_are_told_in_that_order() {
    let ends: [fn(); 3] = [stop, || exit("done"), resume_quietly];
    both_worlds(|vm| {
        for end in ends.into_iter().cycle().take(30) {
            let ((keeper, diary), target) = (keeper(vm), vm.spawn(Object(())));
            let monitor = keeper.monitor(&target);
            target.send(ask(speak_and(end, &keeper))).unwrap();
            diary.settle(vm, 3);
            let reason = target.exit_reason().unwrap();
            assert_eq!(diary.read(), [Entry::Word(1), Entry::Word(2), down(&target, &monitor, reason)]);
        }
    });
}

#[test]
fn a_process_is_told_in_that_order_too() {
    both_worlds(|vm| {
        for _ in 0..30 {
            let target = vm.spawn(Object(()));
            let watched = target.clone();
            let (process, diary) = clerk(vm, move |inbox| {
                inbox.monitor(&watched);
                let to = inbox.me();
                let speak = move |(): &mut ()| {
                    to.send(Entry::Word(1)).unwrap();
                    to.send(Entry::Word(2)).unwrap();
                    exit("done");
                };
                watched.send(ask(speak)).unwrap();
            });
            diary.settle(vm, 3);
            let entries = diary.read();
            assert_eq!(entries[..2], [Entry::Word(1), Entry::Word(2)]);
            let Entry::Down(told) = &entries[2] else { panic!("{entries:?}") };
            assert_eq!((told.actor, &told.reason), (target.id(), &custom("done")));
            drop(process);
        }
    });
}

#[test]
fn every_kind_of_end_is_told_with_its_reason() {
    fn deep(n: u64) -> u64 {
        let page = std::hint::black_box([n; 512]);
        let _ = yield_now();
        if n == u64::MAX { n } else { page[0] + deep(n + 1) }
    }
    both_worlds(|vm| {
        let (keeper, diary) = keeper(vm);
        let spawn = || vm.spawn(Object(()));
        let tell = |end: fn()| {
            let actor = spawn();
            keeper.monitor(&actor);
            actor.send(ask(move |(): &mut ()| end())).unwrap();
        };
        let told = |count: usize| {
            diary.settle(vm, count);
            diary.reasons().pop().unwrap()
        };
        tell(stop);
        assert_eq!(told(1), ExitReason::Normal);
        tell(|| exit("by itself"));
        assert_eq!(told(2), custom("by itself"));
        tell(resume_quietly);
        assert!(matches!(told(3), ExitReason::Panicked(report) if report.message() == "on purpose"));
        tell(|| assert!(deep(0) > 0));
        assert_eq!(told(4), ExitReason::StackOverflow);
        let others = spawn();
        keeper.monitor(&others);
        others.exit("by another");
        assert_eq!(told(5), custom("by another"));
        let released = spawn();
        keeper.monitor(&released);
        drop(released);
        assert_eq!(told(6), ExitReason::Normal);
        let returns = vm.process(|inbox: Inbox<()>| drop(inbox.recv()));
        keeper.monitor(&returns);
        returns.exit("time to go");
        assert_eq!(told(7), custom("time to go"));
        let slips = vm.process(|inbox: Inbox<()>| inbox.recv().map(|()| resume_quietly()).unwrap());
        keeper.monitor(&slips);
        slips.send(()).unwrap();
        assert!(matches!(told(8), ExitReason::Panicked(_)));
        let dedicated = vm.spawn_dedicated(Object(())).unwrap();
        keeper.monitor(&dedicated);
        dedicated.exit("alone");
        assert_eq!(told(9), custom("alone"));
        assert_eq!(diary.len(), 9, "each of them once");
        drop(keeper);
        settle(vm, "nobody is left", || vm.actors() == 0);
        assert_eq!(vm.bonds(), 0);
    });
}

#[test]
fn a_dead_actor_is_reported_at_once_with_its_reason() {
    both_worlds(|vm| {
        let ((keeper, diary), target) = (keeper(vm), vm.spawn(Object(())));
        target.exit("long ago");
        settle(vm, "it has ended", || target.ended().is_done());
        let monitor = keeper.monitor(&target);
        diary.settle(vm, 1);
        assert_eq!(diary.read(), [down(&target, &monitor, custom("long ago"))]);
        let (_process, told) = clerk(vm, move |inbox| drop(inbox.monitor(&target)));
        told.settle(vm, 1);
        assert_eq!(told.reasons(), [custom("long ago")]);
        assert_eq!(vm.bonds(), 0);
    });
}

#[test]
fn each_monitor_of_the_same_actor_is_told_in_the_order_in_which_they_were_made() {
    both_worlds(|vm| {
        let ((keeper, diary), target) = (keeper(vm), vm.spawn(Object(())));
        let monitors: Vec<_> = (0..200).map(|_| keeper.monitor(&target)).collect();
        target.stop();
        diary.settle(vm, 200);
        let expected: Vec<_> =
            monitors.iter().map(|monitor| down(&target, monitor, ExitReason::Normal)).collect();
        assert_eq!(diary.read(), expected);
    });
}

#[test]
fn an_interface_and_a_process_can_be_watched_too() {
    #[actor]
    trait Lamp {
        fn light(&self) {}
    }
    struct Oil;
    #[actor]
    impl Lamp for Oil {}
    both_worlds(|vm| {
        let ((keeper, diary), lamp) = (keeper(vm), vm.spawn(Oil));
        let seen: Ref<dyn Lamp> = lamp.upcast();
        keeper.monitor(&seen);
        let ended = seen.ended();
        lamp.exit("out");
        diary.settle(vm, 1);
        assert_eq!((diary.reasons(), ended.wait()), (vec![custom("out")], Ok(custom("out"))));
    });
}

/// Its name is `lease`; it ends slowly, when the gate opens.
struct Tenant {
    gate: Ref<Gate>,
    moved_out: Flag,
}

impl Actor for Tenant {
    const STOPPING: Option<fn(&mut Self, &ExitReason)> = Some(|tenant, _| tenant.gate.pass().unwrap());
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.moved_out.raise();
    }
}

#[test]
fn when_an_end_is_told_the_names_are_free_and_the_state_is_gone() {
    struct Landlord(mpsc::Sender<(bool, bool)>, Flag);
    impl Actor for Landlord {}
    impl Handler<Down> for Landlord {
        fn handle(&mut self, _: Down) {
            let was_free = whereis("lease").is_none() && register("lease", &me::<Landlord>()).is_ok();
            self.0.send((was_free, self.1.is_raised())).unwrap();
        }
    }
    both_worlds(|vm| {
        let (tell, told) = mpsc::channel();
        let (gate, moved_out) = (vm.spawn(Gate::default()), Flag::default());
        gate.open().unwrap();
        let tenant = vm.spawn_named("lease", Tenant { gate, moved_out: moved_out.clone() }).unwrap();
        vm.spawn_named("landlord", Landlord(tell, moved_out)).unwrap().monitor(&tenant);
        tenant.stop();
        settle(vm, "the landlord has the lease", || {
            vm.whereis("lease").is_some() && vm.whereis("lease") == vm.whereis("landlord")
        });
        assert_eq!(told.recv_timeout(LOST), Ok((true, true)));
    });
}

#[test]
fn who_begins_to_watch_while_an_actor_ends_is_told_when_it_has_ended() {
    both_worlds(|vm| {
        let ((keeper, diary), gate) = (keeper(vm), vm.spawn(Gate::default()));
        let moved_out = Flag::default();
        let tenant = vm.spawn(Tenant { gate: gate.clone(), moved_out: moved_out.clone() });
        tenant.stop();
        settle(vm, "it stops", || gate.waiting() == Ok(1));
        assert!(tenant.exit_reason().is_some(), "its mailbox is closed");
        keeper.monitor(&tenant);
        let unwanted = keeper.monitor(&tenant);
        keeper.link(&tenant);
        let ended = tenant.ended();
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();
        assert!(diary.read().is_empty() && !ended.is_done() && !moved_out.is_raised());
        assert!(unwanted.demonitor());
        gate.open().unwrap();
        diary.settle(vm, 1);
        assert!(moved_out.is_raised());
        assert_eq!((diary.reasons(), ended.wait()), (vec![ExitReason::Normal], Ok(ExitReason::Normal)));
        settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
        assert_eq!((diary.len(), keeper.exit_reason()), (1, None));
    });
}

#[test]
fn after_a_demonitor_nothing_is_told_also_if_it_was_queued() {
    both_worlds(|vm| {
        let ((keeper, diary), gate) = (keeper(vm), vm.spawn(Gate::default()));
        let [lives, dies] = [(); 2].map(|()| vm.spawn(Object(())));
        let (early, late) = (keeper.monitor(&lives), keeper.monitor(&dies));
        assert_eq!(vm.bonds(), 4);
        assert!(early.demonitor());
        assert_eq!(vm.bonds(), 2);
        let wait = gate.clone();
        keeper.send(ask(move |_: &mut Diary| wait.pass().unwrap())).unwrap();
        settle(vm, "the keeper is busy", || gate.waiting() == Ok(1));
        [&lives, &dies].into_iter().for_each(Ref::stop);
        settle(vm, "they have ended", || lives.ended().is_done() && dies.ended().is_done());
        assert!(late.demonitor(), "it is queued, and void");
        gate.open().unwrap();
        keeper.ask(ask(|_: &mut Diary| ())).unwrap();
        assert!(diary.read().is_empty());
        let over = keeper.monitor(&dies);
        diary.settle(vm, 1);
        assert!(!over.demonitor(), "it was told");
        assert_eq!((diary.len(), vm.bonds()), (1, 0));
    });
}

#[test]
fn a_demonitor_takes_what_a_process_has_not_received_out_of_its_inbox() {
    both_worlds(|vm| {
        let [early, late] = [(); 2].map(|()| vm.spawn(Object(())));
        let (tell, told) = mpsc::channel();
        let process = vm.process(move |inbox: Inbox<Entry>| {
            let monitors = [&early, &late].map(|actor| inbox.monitor(actor));
            inbox.me().send(Entry::Word(1)).unwrap();
            for actor in [&early, &late] {
                actor.stop();
                actor.ended().wait().unwrap();
            }
            let before = inbox.len();
            let [first, second] = monitors.map(|monitor| (monitor.id(), monitor));
            let made_a_difference = first.1.demonitor();
            let after = inbox.len();
            let rest = [inbox.recv(), inbox.recv(), inbox.recv_timeout(Duration::ZERO)];
            tell.send((before, after, made_a_difference, second.1.demonitor(), inbox.len())).unwrap();
            let [Ok(Entry::Word(1)), Ok(Entry::Down(down)), Err(_)] = rest else { panic!("{rest:?}") };
            assert_eq!(down.monitor, second.0);
        });
        settle(vm, "it has ended", || process.exit_reason().is_some());
        assert_eq!(process.exit_reason(), Some(ExitReason::Normal));
        assert_eq!(told.recv_timeout(LOST), Ok((3, 2, true, false, 0)));
        settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
    });
}

#[test]
fn the_tables_are_empty_when_the_watcher_or_the_target_has_died_or_neither_watches_any_more() {
    both_worlds(|vm| {
        let keepers: Vec<_> = (0..20).map(|_| keeper(vm)).collect();
        let (watchers, diaries): (Vec<_>, Vec<_>) = keepers.into_iter().unzip();
        let targets: Vec<_> = (0..20).map(|_| vm.spawn(Object(()))).collect();
        let mut monitors: Vec<_> = watchers
            .iter()
            .flat_map(|watcher| targets.iter().map(|target| watcher.monitor(target)))
            .collect();
        let _waiting: Vec<_> = targets.iter().map(Ref::ended).collect();
        watchers.iter().for_each(|watcher| watcher.trap_exit(true));
        assert_eq!(vm.bonds(), 2 * 400 + 20 + 20);
        monitors.drain(..).step_by(2).for_each(|monitor| assert!(monitor.demonitor()));
        assert_eq!(vm.bonds(), 400 + 20 + 20);
        watchers[..10].iter().for_each(Ref::stop);
        settle(vm, "half of the watchers have ended", || vm.bonds() == 200 + 20 + 10);
        targets.iter().for_each(Ref::stop);
        settle(vm, "the others have been told", || vm.bonds() == 10);
        let told: usize = diaries.iter().map(Diary::len).sum();
        assert_eq!(told, 100, "ten watchers of ten each");
        watchers[10..].iter().for_each(Ref::stop);
        settle(vm, "nothing is left", || vm.bonds() == 0);
    });
}

#[test]
fn an_end_is_promised_to_whoever_waits_wherever() {
    both_worlds(|vm| {
        let (keeper, diary) = keeper(vm);
        let target = vm.spawn(Object(()));
        let [waits, awaits, given_up] = [(); 3].map(|()| target.ended());
        let watched = target.clone();
        let inside = vm.process(move |_: Inbox<()>| {
            assert_eq!(watched.ended().wait(), Ok(custom("at last")));
        });
        target.ended().then(&keeper, |keeper: &mut Keeper, reason| {
            keeper.0.write(Entry::Word(u32::from(reason == Ok(custom("at last")))));
        });
        vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
        drop(given_up);
        assert!(!waits.is_done());
        target.exit("at last");
        assert_eq!(vm.run(move || greenroom::block_on(awaits)), Ok(Ok(Ok(custom("at last")))));
        assert_eq!(waits.wait(), Ok(custom("at last")));
        assert_eq!(inside.ended().wait(), Ok(ExitReason::Normal));
        assert_eq!(target.ended().wait(), Ok(custom("at last")));
        diary.settle(vm, 1);
        assert_eq!((diary.words(), vm.bonds()), (vec![1], 0));
    });
}

#[test]
fn a_process_that_watches_somebody_waits_though_nobody_refers_to_it() {
    both_worlds(|vm| {
        let (target, gate) = (vm.spawn(Object(())), vm.spawn(Gate::default()));
        let (watched, ready) = (target.clone(), gate.clone());
        let (process, diary) = clerk(vm, move |inbox| {
            inbox.monitor(&watched);
            drop(watched);
            ready.pass().unwrap();
        });
        let ended = process.ended();
        drop(process);
        gate.open().unwrap();
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();
        assert!(!ended.is_done());
        target.exit("at last");
        // Then it is told that nobody can send to it.
        assert_eq!(ended.wait(), Ok(ExitReason::Normal));
        assert_eq!(diary.reasons(), [custom("at last")]);
    });
}

#[test]
fn a_monitor_keeps_neither_the_watcher_nor_the_target() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let watcher = vm.spawn(Object(Diary::default()));
        let target = vm.spawn(Object(Dropped(dropped.clone())));
        watcher.monitor(&target);
        let ended = watcher.ended();
        drop(target);
        settle(vm, "the target has ended", || dropped.count() == 1);
        watcher.monitor(&watcher.clone());
        drop(watcher);
        assert_eq!(ended.wait(), Ok(ExitReason::Normal));
        assert_eq!(vm.bonds(), 0);
    });
}
