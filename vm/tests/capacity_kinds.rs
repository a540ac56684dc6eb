//! Mailboxes without room, and what is neither a plain send nor a call: timers, callbacks, leases, groups, beginnings.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use greenroom::prelude::*;
use support::narrow::{DropNewest, DropOldest, Fail, Held, Narrow, Note, Policy, Wait};
use support::{Flag, LOST, both_worlds, settle, sum};

fn hold<P: Policy, const N: usize>(vm: &Vm, actor: &Ref<Narrow<P, N>>) -> Held {
    Held::hold(actor, |holds| settle(vm, "it is busy", holds))
}

#[test]
fn what_a_timer_sends_is_dropped_and_counted_where_there_is_no_room() {
    fn check<P: Policy>(vm: &Vm, dropped_oldest: u64) {
        let narrow = Narrow::<P, 1>::default();
        let log = narrow.log();
        let actor = vm.spawn(narrow);
        let held = hold(vm, &actor);
        let before = sum(vm, |counted| counted.dropped_newest + counted.dropped_oldest);
        let oldest_before = sum(vm, |counted| counted.dropped_oldest);
        actor.send(Note(1)).unwrap();
        let timers = [2, 2].map(|number| actor.send_after(Duration::from_millis(1), Note(number)));
        settle(vm, "both have come", || {
            sum(vm, |counted| counted.dropped_newest + counted.dropped_oldest) == before + 2
        });
        assert_eq!(sum(vm, |counted| counted.dropped_oldest), oldest_before + dropped_oldest);
        let active = timers.iter().filter(|timer| timer.is_active()).count() as u64;
        assert_eq!(active, dropped_oldest / 2, "one whose only message is dropped is over");
        held.let_go();
        settle(vm, "one message was left", || !log.lock().unwrap().is_empty());
        assert_eq!(*log.lock().unwrap(), if dropped_oldest == 0 { [1] } else { [2] });
    }
    both_worlds(|vm| {
        check::<Wait>(vm, 0);
        check::<Fail>(vm, 0);
        check::<DropNewest>(vm, 0);
        check::<DropOldest>(vm, 2);
        assert_eq!(sum(vm, |counted| counted.waits_for_room), 0);
    });
}

#[test]
fn the_callback_of_a_promise_finds_room() {
    both_worlds(|vm| {
        let actor = vm.spawn(Narrow::<Fail, 1>::default());
        let other = vm.spawn(Narrow::<Fail, 1>::default());
        let held = hold(vm, &actor);
        actor.send(Note(1)).unwrap();
        let called = Flag::default();
        let tell = called.clone();
        other.send_request(Note(5)).then(&actor, move |_: &mut Narrow<Fail, 1>, reply| {
            assert_eq!(reply, Ok(1));
            tell.raise();
        });
        held.let_go();
        settle(vm, "it was called back", || called.is_raised());
    });
}

/// Has room for one message.
#[derive(Default)]
struct Shy {
    begun: bool,
    value: u32,
    told: Arc<AtomicU32>,
}

#[actor(capacity = Capacity::of(1).when_full(WhenFull::Fail))]
impl Shy {
    #[started]
    fn begin(&mut self) {
        self.begun = true;
    }

    #[cast]
    fn add(&mut self, by: u32) {
        assert!(self.begun);
        self.value += by;
        self.told.store(self.value, Ordering::SeqCst);
    }

    #[parallel]
    fn add_later(me: &Me<Self>, begun: Flag, go_on: Flag) {
        begun.raise();
        go_on.wait();
        me.with(|shy| shy.value += 100);
    }

    fn wait(&mut self, begun: Flag, go_on: Flag) {
        begun.raise();
        go_on.wait();
    }
}

#[test]
fn an_actor_with_room_for_one_message_begins_and_takes_its_first() {
    both_worlds(|vm| {
        let (actor, told) = vm
            .run(|| {
                let told = Arc::new(AtomicU32::new(0));
                let actor = spawn(Shy { told: told.clone(), ..Shy::default() });
                // Behind the beginning, which takes no room.
                actor.add(7).unwrap();
                (actor, told)
            })
            .unwrap();
        settle(vm, "it has begun", || told.load(Ordering::SeqCst) == 7);
        drop(actor);
    });
}

#[test]
fn a_parallel_method_gets_its_state_back_where_there_is_no_room() {
    both_worlds(|vm| {
        let told = Arc::new(AtomicU32::new(0));
        let actor = vm.spawn(Shy { told: told.clone(), ..Shy::default() });
        let (begun, go_on) = (Flag::default(), Flag::default());
        let later = actor.request().add_later(begun.clone(), go_on.clone());
        settle(vm, "it is under way", || begun.is_raised());
        let (busy, rest) = (Flag::default(), Flag::default());
        let waiting = actor.request().wait(busy.clone(), rest.clone());
        settle(vm, "it is busy", || busy.is_raised());
        actor.add(1).unwrap();
        assert!(matches!(actor.add(10), Err(CallError::Overloaded { .. })));
        go_on.raise();
        rest.raise();
        later.wait().unwrap();
        waiting.wait().unwrap();
        settle(vm, "the message was handled", || told.load(Ordering::SeqCst) % 100 == 1);
    });
}

#[test]
fn a_group_is_told_how_many_had_room_and_who_had_none() {
    both_worlds(|vm| {
        let told: Vec<_> = (0..3).map(|_| Arc::new(AtomicU32::new(0))).collect();
        let new = |told: &Arc<AtomicU32>| vm.spawn(Shy { told: told.clone(), ..Shy::default() });
        let members: Vec<_> = told.iter().map(new).collect();
        let (begun, go_on) = (Flag::default(), Flag::default());
        let busy = members[1].request().wait(begun.clone(), go_on.clone());
        settle(vm, "one is busy", || begun.is_raised());
        members[1].add(1).unwrap();
        let group: Group<Shy> = members.iter().collect();
        assert_eq!(group.cast().add(1), 2);
        settle(vm, "the others are at rest", || {
            [0, 2].iter().all(|&index: &usize| told[index].load(Ordering::SeqCst) == 1)
        });
        let replies = group.each_within(LOST).add(10).replies();
        assert!(replies.missing.is_empty());
        let overloaded: Vec<_> = replies
            .answers
            .iter()
            .filter(|(_, answer)| matches!(answer, Err(CallError::Overloaded { .. })))
            .map(|(member, _)| member.clone())
            .collect();
        assert_eq!(overloaded, [members[1].clone()]);
        go_on.raise();
        busy.wait().unwrap();
    });
}

#[test]
fn a_group_that_is_sent_to_waits_for_the_room_of_each_member_that_lets_its_senders_wait() {
    #[derive(Default)]
    struct Patient(u32);
    #[greenroom::actor(capacity = Capacity::of(1))]
    impl Patient {
        #[cast]
        fn add(&mut self, by: u32) {
            self.0 += by;
        }
        fn value(&self) -> u32 {
            self.0
        }
    }
    both_worlds(|vm| {
        let members: Vec<_> = (0..3).map(|_| vm.spawn(Patient::default())).collect();
        let group: Group<Patient> = members.iter().collect();
        let sent = vm.run(move || (0..100).map(|_| group.cast().add(1)).sum::<usize>());
        assert_eq!(sent, Ok(300));
        for member in members {
            assert_eq!(member.within(LOST).value(), Ok(100));
        }
    });
}

#[test]
fn a_dedicated_actor_has_its_capacity_too() {
    support::watched(|| {
        let vm = support::real();
        let actor = vm.spawn_dedicated(Narrow::<Fail, 2>::default()).unwrap();
        let held = hold(&vm, &actor);
        assert_eq!((1..=5).filter(|&number| actor.send(Note(number)).is_ok()).count(), 2);
        held.let_go();
    });
}
