//! Names: who has one, who finds it, and when it is free again.

mod support;

use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{NameError, lookup, lookup_process, register, spawn_named, unregister, whereis};
use support::{Dropped, LOST, Object, Tally, ask, both_worlds, real, settle, watched};

fn unknown(name: &str) -> NameError {
    NameError::Unknown { name: name.into() }
}

#[test]
fn an_actor_is_found_by_its_name_until_that_is_unregistered() {
    both_worlds(|vm| {
        let counter = vm.spawn(Object(7));
        vm.register("counter", &counter).unwrap();
        let (id, found) = vm
            .run(|| {
                (whereis("counter"), lookup::<Object<i32>>("counter").unwrap().ask(ask(|n: &mut i32| *n)))
            })
            .unwrap();
        assert_eq!((id, found), (Some(counter.id()), Ok(7)));
        assert_eq!(vm.lookup("counter").as_ref(), Ok(&counter));
        assert_eq!(vm.names(), ["counter".into()]);
        vm.unregister("counter").unwrap();
        assert_eq!(vm.whereis("counter"), None);
        assert_eq!(vm.lookup::<Object<i32>>("counter"), Err(unknown("counter")));
        assert_eq!(counter.ask(ask(|n: &mut i32| *n)), Ok(7), "it lives on");
    });
}

#[test]
fn a_missing_name_fails_clearly_and_its_error_crosses_back_in_a_reply() {
    struct Registry;
    impl Actor for Registry {}
    struct Find(&'static str);
    impl Message for Find {
        type Reply = Result<Ref<Object<i32>>, NameError>;
    }
    impl Handler<Find> for Registry {
        fn handle(&mut self, Find(name): Find) -> Result<Ref<Object<i32>>, NameError> {
            lookup(name)
        }
    }
    both_worlds(|vm| {
        let (registry, bound) = (vm.spawn(Registry), vm.spawn(Object(1)));
        vm.register("bound", &bound).unwrap();
        assert_eq!(registry.ask(Find("bound")), Ok(Ok(bound)));
        let error = registry.ask(Find("missing")).unwrap().unwrap_err();
        assert_eq!(error, unknown("missing"));
        assert!(error.to_string().contains("\"missing\""), "{error}");
        assert_eq!(vm.unregister("missing"), Err(unknown("missing")));
    });
}

#[test]
fn a_taken_name_fails_clearly_and_a_freed_one_can_be_given_again() {
    both_worlds(|vm| {
        let first = vm.spawn_named("worker", Object(1)).unwrap();
        let refused = vm.spawn_named("worker", Object(2)).unwrap_err();
        assert_eq!(refused.actor.0, 2, "the state comes back");
        let taken = NameError::Taken { name: "worker".into(), by: format!("{first:?}") };
        assert_eq!(refused.error, taken);
        assert!(refused.to_string().contains(&format!("{first:?}")), "{refused}");
        assert_eq!(vm.register("worker", &vm.spawn(Object(3))), Err(taken.clone()));
        assert_eq!(vm.register("worker", &first), Err(taken), "one's own name is taken too");
        first.stop();
        settle(vm, "it has ended", || first.exit_reason().is_some());
        let second = vm.run(|| spawn_named("worker", Object(4)).unwrap()).unwrap();
        assert_eq!(vm.lookup("worker"), Ok(second));
    });
}

#[test]
fn a_lookup_of_another_type_says_both() {
    both_worlds(|vm| {
        let _counter = vm.spawn_named("counter", Object(1_u8)).unwrap();
        let error = vm.lookup::<Object<u16>>("counter").unwrap_err();
        let (registered, asked) = (std::any::type_name::<Object<u8>>(), std::any::type_name::<Object<u16>>());
        assert_eq!(error, NameError::WrongType { name: "counter".into(), registered, asked });
        assert!(error.to_string().contains(registered) && error.to_string().contains(asked), "{error}");
        assert!(matches!(vm.lookup_process::<u8>("counter"), Err(NameError::WrongType { .. })));
    });
}

#[test]
fn processes_have_names_too() {
    both_worlds(|vm| {
        let (tell, told) = mpsc::channel();
        let log = vm.process(move |inbox: Inbox<u32>| {
            register("log", &inbox.me()).unwrap();
            tell.send(inbox.recv()).unwrap();
        });
        let id = log.id();
        drop(log);
        settle(vm, "it has its name", || vm.whereis("log").is_some());
        assert_eq!(vm.whereis("log"), Some(id));
        assert!(matches!(vm.lookup_process::<u64>("log"), Err(NameError::WrongType { .. })));
        vm.run(|| lookup_process::<u32>("log").unwrap().send(3).unwrap()).unwrap();
        settle(vm, "it has ended", || vm.names().is_empty());
        assert_eq!(told.recv_timeout(LOST).unwrap(), Ok(3));
    });
}

#[test]
fn a_name_keeps_its_actor_and_the_last_one_lets_it_go() {
    both_worlds(|vm| {
        let dropped = Tally::default();
        drop(vm.spawn_named("one", Object(Dropped(dropped.clone()))).unwrap());
        vm.run(|| {
            sleep(Duration::from_millis(1)).unwrap();
            let kept = lookup::<Object<Dropped>>("one").unwrap();
            register("other", &kept).unwrap();
        })
        .unwrap();
        vm.unregister("one").unwrap();
        vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
        assert_eq!(dropped.count(), 0);
        vm.run(|| unregister("other").unwrap()).unwrap();
        settle(vm, "it has ended", || dropped.count() == 1);
        settle(vm, "nobody is left", || vm.actors() == 0);
    });
}

#[test]
fn what_has_ended_or_has_no_text_or_lives_elsewhere_gets_no_name() {
    both_worlds(|vm| {
        let ended = vm.spawn(Object(1));
        ended.stop();
        settle(vm, "it has ended", || ended.exit_reason().is_some());
        assert_eq!(vm.register("late", &ended), Err(NameError::Ended { name: "late".into() }));
        assert_eq!(vm.register("", &vm.spawn(Object(1))), Err(NameError::Empty));
        assert_eq!(vm.spawn_named("", Object(5)).unwrap_err().actor.0, 5);

        let other_machine = real();
        let stranger = other_machine.spawn(Object(1));
        let elsewhere = NameError::Elsewhere { name: "far".into(), actor: format!("{stranger:?}") };
        assert_eq!(vm.register("far", &stranger), Err(elsewhere));
        drop(other_machine);
        assert_eq!(vm.register("gone", &stranger), Err(NameError::Ended { name: "gone".into() }));
        assert!(vm.names().is_empty());
    });
}

#[test]
fn an_actor_of_a_machine_that_is_gone_is_not_taken_for_one_of_its_successor() {
    watched(|| {
        for _ in 0..20 {
            let before = Vm::builder().workers(4).pin(false).build().unwrap();
            let stranger = before.spawn(Object(1));
            drop(before);
            // It may have the number of the one before, and has fewer shards.
            let vm = Vm::builder().workers(1).build().unwrap();
            assert_eq!(vm.register("gone", &stranger), Err(NameError::Ended { name: "gone".into() }));
        }
    });
}

#[test]
fn of_many_who_register_one_name_at_once_exactly_one_wins() {
    const MANY: usize = 4;
    watched(|| {
        let vm = real();
        for _ in 0..300 {
            let gate = Barrier::new(MANY);
            let actors: Vec<_> = (0..MANY).map(|number| vm.spawn(Object(number))).collect();
            let results: Vec<_> = thread::scope(|scope| {
                let (vm, gate) = (&vm, &gate);
                let start = |actor| scope.spawn(move || (gate.wait(), vm.register("crown", actor)).1);
                let threads: Vec<_> = actors.iter().map(start).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let winner = results.iter().position(Result::is_ok).expect("somebody wins");
            assert_eq!(vm.lookup("crown").as_ref(), Ok(&actors[winner]));
            let taken = NameError::Taken { name: "crown".into(), by: format!("{:?}", actors[winner]) };
            for (number, result) in results.into_iter().enumerate() {
                assert_eq!(result, if number == winner { Ok(()) } else { Err(taken.clone()) });
            }
            vm.unregister("crown").unwrap();
        }
    });
}

#[test]
fn names_are_asked_for_in_a_handler_or_of_a_machine() {
    let asked = thread::spawn(|| whereis("anything")).join().unwrap_err();
    let text = asked.downcast_ref::<String>().unwrap();
    assert!(text.contains("whereis") && text.contains("plain thread"), "{text}");
}
