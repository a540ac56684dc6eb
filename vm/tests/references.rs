//! References: what keeps an actor, what does not, and how they compare.

mod support;

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{RecvError, current_actor};
use support::{
    Dropped, Object, SEEDS, Tally, ask, both_worlds, real, settle, simulated, wait_until, watched,
};

#[test]
fn handles_to_one_actor_are_equal_hash_alike_and_print_id_and_type() {
    both_worlds(|vm| {
        let (a, b) = (vm.spawn(Object(1)), vm.spawn(Object(1)));
        let same = a.clone();
        assert_eq!(a, same);
        assert_ne!(a, b);
        assert_eq!(HashSet::from([a.clone(), same.clone(), b.clone()]).len(), 2);
        assert_eq!(BTreeSet::from([a.clone(), same.clone(), b.clone()]).len(), 2);
        assert_eq!(format!("{a:?}"), format!("{same:?}"));
        assert_ne!(format!("{a:?}"), format!("{b:?}"));
        let text = format!("{a:?}");
        assert!(text.contains("Object") && text.ends_with(&a.id().to_string()), "{text}");
        assert_eq!(a.ask(ask(|_: &mut i32| current_actor())), Ok(Some(a.id())));
        assert_eq!(a.ask(ask(|_: &mut i32| me::<Object<i32>>())).as_ref(), Ok(&a));
        assert_eq!(a.downgrade().upgrade(), Some(a));
    });
}

#[test]
fn an_actor_ends_when_its_last_reference_goes_and_has_handled_everything_then() {
    both_worlds(|vm| {
        let (handled, dropped) = (Tally::default(), Tally::default());
        for _ in 0..100 {
            let actor = vm.spawn(Object(Dropped(dropped.clone())));
            let same = actor.clone();
            for _ in 0..3 {
                let handled = handled.clone();
                actor.send(ask(move |_: &mut Dropped| handled.add_one())).unwrap();
            }
            drop((actor, same));
        }
        settle(vm, "all have ended", || dropped.count() == 100);
        assert_eq!(handled.count(), 300);
        settle(vm, "nobody is left", || vm.actors() == 0);
    });
}

#[test]
fn references_dropped_on_plain_threads_end_their_actors_too() {
    watched(|| {
        let vm = real();
        let dropped = Tally::default();
        let actors: Vec<_> = (0..1000).map(|_| vm.spawn(Object(Dropped(dropped.clone())))).collect();
        thread::scope(|scope| {
            for _ in 0..3 {
                let actors = actors.clone();
                scope.spawn(move || {
                    for actor in &actors {
                        actor.send(ask(|_: &mut Dropped| ())).unwrap();
                    }
                });
            }
            drop(actors);
        });
        wait_until("all have ended", || dropped.count() == 1000);
    });
}

#[test]
fn a_weak_reference_keeps_nobody_and_finds_nobody_afterwards() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(7));
        let weak = actor.downgrade();
        assert_eq!(weak.upgrade().unwrap().ask(ask(|n: &mut i32| *n)), Ok(7));
        assert_eq!(weak.id(), actor.id());
        drop(actor);
        let copy = weak.clone();
        settle(vm, "it is gone", || copy.upgrade().is_none());
        assert!(weak.upgrade().is_none());
        assert!(format!("{weak:?}").contains("weak"));
        settle(vm, "nobody is left", || vm.actors() == 0);
    });
}

#[test]
fn a_weak_reference_to_a_stopped_actor_finds_nobody_while_strong_ones_are_held() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(7));
        let weak = actor.downgrade();
        actor.ask(ask(|_: &mut i32| stop())).unwrap();
        settle(vm, "it has ended", || actor.exit_reason().is_some());
        assert!(weak.upgrade().is_none());
    });
}

#[test]
fn an_actor_that_nobody_references_may_hand_out_itself_and_lives_on() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        let (tell, told) = mpsc::channel();
        let orphan = vm.spawn(Object(Dropped(dropped.clone())));
        let hand_out = ask(move |_: &mut Dropped| tell.send(me::<Object<Dropped>>()).unwrap());
        orphan.send(hand_out).unwrap();
        drop(orphan);
        vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
        let found = told.recv_timeout(support::LOST).unwrap();
        assert_eq!(dropped.count(), 0);
        for _ in 0..3 {
            found.ask(ask(|_: &mut Dropped| ())).unwrap();
        }
        drop(found);
        settle(vm, "now it ends", || dropped.count() == 1);
    });
}

#[test]
fn an_actor_that_only_messages_to_itself_keep_lives_as_long_as_it_sends_them() {
    fn again(left: &mut u32) {
        if *left > 0 {
            *left -= 1;
            me::<Object<u32>>().send(ask(again)).unwrap();
        }
    }
    both_worlds(|vm| {
        let actor = vm.spawn(Object(1000));
        actor.send(ask(again)).unwrap();
        let weak = actor.downgrade();
        drop(actor);
        settle(vm, "it has ended", || weak.upgrade().is_none());
        settle(vm, "nobody is left", || vm.actors() == 0);
    });
}

#[test]
fn actors_that_reference_each_other_are_freed_at_the_machine_s_end() {
    struct Node {
        _dropped: Dropped,
        next: Option<Ref<Object<Node>>>,
    }
    fn tie(vm: &Vm, dropped: &Tally) {
        let ring: Vec<Ref<Object<Node>>> = (0..100)
            .map(|_| vm.spawn(Object(Node { _dropped: Dropped(dropped.clone()), next: None })))
            .collect();
        for (number, node) in ring.iter().enumerate() {
            let next = ring[(number + 1) % ring.len()].clone();
            node.ask(ask(move |node: &mut Node| node.next = Some(next))).unwrap();
        }
        // One that references itself.
        let selfish = vm.spawn(Object(Node { _dropped: Dropped(dropped.clone()), next: None }));
        selfish.ask(ask(|node: &mut Node| node.next = Some(me()))).unwrap();
    }
    watched(|| {
        let vms = SEEDS.map(simulated).chain([real()]);
        for vm in vms {
            let dropped = Tally::default();
            tie(&vm, &dropped);
            vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
            settle(&vm, "only they are left", || vm.actors() == 101);
            assert_eq!(dropped.count(), 0);
            drop(vm);
            assert_eq!(dropped.count(), 101);
        }
    });
}

#[test]
fn a_process_that_nobody_references_is_told_so_and_may_give_itself_away() {
    both_worlds(|vm| {
        let (tell, told) = mpsc::channel();
        drop(vm.process(move |inbox: Inbox<u32>| {
            assert_eq!(inbox.recv(), Err(RecvError::Unreachable));
            let (give, given) = mpsc::channel();
            give.send(inbox.me()).unwrap();
            given.recv().unwrap().send(5).unwrap();
            assert_eq!(inbox.recv(), Ok(5));
            tell.send(inbox.recv()).unwrap();
        }));
        vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
        assert_eq!(told.recv_timeout(support::LOST).unwrap(), Err(RecvError::Unreachable));
    });
}

#[test]
fn asking_for_oneself_by_another_type_says_which_handler_it_was() {
    both_worlds(|vm| {
        let error = vm.spawn(Object(1_u8)).ask(ask(|_: &mut u8| drop(me::<Object<u16>>()))).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("u16") && text.contains("u8"), "{text}");
    });
}

// ---- References of actors whose messages are methods ----

/// Says who it is, and who is who.
struct Bot(String);

#[actor]
impl Bot {
    fn get_name(&self) -> String {
        self.0.clone()
    }

    /// Passes itself on, and is called back.
    #[parallel]
    fn introduce(me: &Me<Self>, to: Ref<Echo>) -> Result<String, CallError> {
        to.greet(me.to_ref())
    }

    fn myself(&self) -> Ref<Bot> {
        me()
    }
}

/// Calls back whoever it is given, in whatever they come.
struct Echo;

type Bots = (Vec<Ref<Bot>>, HashMap<Ref<Bot>, u32>, Option<Ref<Bot>>, (Ref<Bot>, Ref<Echo>));

#[actor]
impl Echo {
    fn greet(&self, bot: Ref<Bot>) -> Result<String, CallError> {
        Ok(format!("hi from {}", bot.get_name()?))
    }

    fn names(&self, bots: Bots) -> Result<Vec<String>, CallError> {
        let (row, map, one, (bot, echo)) = bots;
        assert_eq!(echo, me());
        row.iter().chain(map.keys()).chain(&one).chain([&bot]).map(|bot| bot.get_name()).collect()
    }

    fn again(&self, bots: Bots) -> Bots {
        bots
    }
}

#[test]
fn a_bot_that_passes_itself_is_called_back() {
    both_worlds(|vm| {
        let (bot, echo) = (vm.spawn(Bot("bot1".into())), vm.spawn(Echo));
        assert_eq!(bot.introduce(&echo).as_deref(), Ok("hi from bot1"));
        assert_eq!(bot.request().introduce(&echo).wait().as_deref(), Ok("hi from bot1"));
    });
}

#[test]
fn references_work_on_arrival_in_any_container_as_parameters_and_as_results() {
    both_worlds(|vm| {
        let bots: Vec<_> = (0..5).map(|n| vm.spawn(Bot(format!("bot{n}")))).collect();
        let echo = vm.spawn(Echo);
        let all: Bots = (
            vec![bots[0].clone(), bots[1].clone()],
            HashMap::from([(bots[2].clone(), 2)]),
            Some(bots[3].clone()),
            (bots[4].clone(), echo.clone()),
        );
        let names = echo.names(all.clone()).unwrap();
        assert_eq!(names, ["bot0", "bot1", "bot2", "bot3", "bot4"]);
        let returned = echo.again(all.clone()).unwrap();
        assert_eq!(returned, all);
        assert_eq!(returned.1[&bots[2]], 2);
        assert_eq!(echo.names(returned), Ok(names));
        assert_eq!(bots[0].myself().and_then(|bot| bot.get_name()).as_deref(), Ok("bot0"));
    });
}

#[test]
fn handles_however_they_came_are_equal_hash_alike_are_ordered_and_print_id_and_type() {
    both_worlds(|vm| {
        let (first, second) = (vm.spawn(Bot("a".into())), vm.spawn(Bot("a".into())));
        let same = first.myself().unwrap();
        assert_eq!(first, same);
        assert_ne!(first, second);
        assert_eq!(first.cmp(&same), Ordering::Equal);
        assert_eq!(first.cmp(&second), second.cmp(&first).reverse());
        assert_ne!(first.cmp(&second), Ordering::Equal);
        assert_eq!(HashSet::from([first.clone(), same.clone(), second.clone()]).len(), 2);
        assert_eq!(BTreeSet::from([&first, &same, &second]).len(), 2);
        assert_eq!(format!("{first:?}"), format!("Bot#{}", first.id()));
        assert_eq!(format!("{same:?}"), format!("{first:?}"));
        assert_ne!(format!("{second:?}"), format!("{first:?}"));
    });
}
