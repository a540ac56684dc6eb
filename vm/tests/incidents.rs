//! Incidents: what is out of the ordinary reaches whoever subscribes, and holds up nobody.

mod support;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use greenroom::prelude::*;
use greenroom::{ExitReason, Incident, incidents};
use support::{
    Flag, LOST, Object, ask, both_worlds, real, resume_quietly, simulated, sum, wait_until, watched,
};

/// The next incident. On a machine with other things to do, any handler may take long.
fn next(incidents: &Receiver<Incident>) -> Incident {
    loop {
        match incidents.recv_timeout(LOST).expect("it is reported") {
            Incident::LongActivation { .. } => {}
            other => return other,
        }
    }
}

/// Whether there is none but of that sort.
fn are_none(incidents: &Receiver<Incident>) -> bool {
    incidents.try_iter().all(|incident| matches!(incident, Incident::LongActivation { .. }))
}

#[test]
fn a_panic_is_one_incident_and_all_that_was_sent_behind_it_another() {
    both_worlds(|vm| {
        let incidents = vm.incidents(10);
        let (go, actor) = (Flag::default(), vm.spawn(Object(())));
        let wait = go.clone();
        let panics = ask(move |(): &mut ()| {
            wait.wait();
            panic!("out of apples");
        });
        actor.send(panics).unwrap();
        for _ in 0..3 {
            actor.send(ask(|(): &mut ()| ())).unwrap();
        }
        let asked = actor.send_request(ask(|(): &mut ()| ()));
        go.raise();
        let Err(CallError::Stopped { reason, .. }) = asked.wait() else { panic!("it has ended") };
        let ExitReason::Panicked(report) = reason.clone() else { panic!("{reason}") };
        assert_eq!(next(&incidents), Incident::Panic { actor: actor.id(), kind: "Object<()>", report });
        let letters = next(&incidents);
        let text = letters.to_string();
        let Incident::DeadLetters { actor: to, kind: "Object<()>", message, count, reason: why } = letters
        else {
            panic!("{text}")
        };
        assert_eq!((to, count, why), (actor.id(), 3, reason), "the request has its answer");
        assert_eq!(message, std::any::type_name::<support::Ask<(), ()>>());
        assert!(text.starts_with("3 messages lost") && text.contains("apples"), "{text}");
        assert!(are_none(&incidents));
    });
}

#[test]
fn a_parallel_method_that_panics_is_an_incident_of_an_actor_that_goes_on() {
    #[derive(Default)]
    struct Shop;
    #[actor]
    impl Shop {
        #[parallel]
        fn sell(_me: &Me<Self>) {
            resume_quietly();
        }
        fn is_open(&self) -> bool {
            true
        }
    }
    both_worlds(|vm| {
        let incidents = vm.incidents(10);
        let shop = vm.spawn(Shop);
        let Err(CallError::Panicked(report)) = shop.sell() else { panic!("it panics") };
        assert_eq!(next(&incidents), Incident::Panic { actor: shop.id(), kind: "Shop", report });
        assert_eq!(shop.is_open(), Ok(true));
        assert!(are_none(&incidents));
    });
}

#[test]
fn a_call_that_waits_for_itself_is_an_incident_with_the_way_round_at_once_and_across_chains() {
    both_worlds(|vm| {
        let incidents = vm.incidents(10);
        let [one, other] = [(); 2].map(|()| vm.spawn(Object(())));
        let itself = one.clone();
        let at_once = one.ask(ask(move |(): &mut ()| itself.ask(ask(|(): &mut ()| ()))));
        let Ok(Err(CallError::Deadlock { path, .. })) = at_once else { panic!("{at_once:?}") };
        assert_eq!(next(&incidents), Incident::Deadlock { path });

        let began = [(); 2].map(|()| Flag::default());
        let cross = |from: &Ref<Object<()>>, to: &Ref<Object<()>>, mine: &Flag, theirs: &Flag| {
            let (to, mine, theirs) = (to.clone(), mine.clone(), theirs.clone());
            from.send_request(ask(move |(): &mut ()| {
                mine.raise();
                theirs.wait();
                to.ask_within(LOST, ask(|(): &mut ()| ()))
            }))
        };
        let calls = [cross(&one, &other, &began[0], &began[1]), cross(&other, &one, &began[1], &began[0])];
        let ends = calls.map(|call| call.wait().unwrap());
        let paths: Vec<_> = ends.into_iter().filter_map(Result::err).collect();
        let [CallError::Deadlock { path, .. }] = &paths[..] else { panic!("{paths:?}") };
        assert_eq!(next(&incidents), Incident::Deadlock { path: path.clone() });
        assert!(are_none(&incidents), "the other one went on");
    });
}

#[test]
fn a_callback_that_finds_its_actor_ended_is_a_dead_letter_for_that_one() {
    both_worlds(|vm| {
        let incidents = vm.incidents(10);
        let (go, asked, told) = (Flag::default(), vm.spawn(Object(())), vm.spawn(Object(())));
        let wait = go.clone();
        asked.send_request(ask(move |(): &mut ()| wait.wait())).then(&told, |_, _| ());
        told.stop();
        assert!(told.ask(ask(|(): &mut ()| ())).is_err(), "it has ended");
        assert!(are_none(&incidents));
        go.raise();
        asked.ask(ask(|(): &mut ()| ())).unwrap();
        let Incident::DeadLetters { actor, count: 1, reason: ExitReason::Normal, .. } = next(&incidents)
        else {
            panic!("another")
        };
        assert_eq!(actor, told.id());
    });
}

#[test]
fn what_a_process_has_not_received_when_it_returns_are_dead_letters() {
    both_worlds(|vm| {
        let incidents = vm.incidents(10);
        let process = vm.process(|inbox: Inbox<u32>| {
            // It has looked at all of them, and left all but the last.
            inbox.recv_match(|number| *number == 9).unwrap();
        });
        for number in 0..10 {
            process.send(number).unwrap();
        }
        vm.run(move || wait_until("it has returned", || process.exit_reason().is_some())).unwrap();
        let Incident::DeadLetters { message: "u32", count: 9, .. } = next(&incidents) else {
            panic!("another")
        };
        assert!(are_none(&incidents));
    });
}

#[test]
fn what_is_reported_while_a_machine_ends_can_be_read_afterwards_and_then_no_more_comes() {
    watched(|| {
        let vm = simulated(1);
        let incidents = vm.incidents(10);
        let actor = vm.spawn(Object(()));
        for _ in 0..3 {
            // Nobody drives the machine, so they stay where they are.
            actor.send(ask(|(): &mut ()| ())).unwrap();
        }
        drop(vm);
        let Incident::DeadLetters { count: 3, reason: ExitReason::Shutdown, .. } = next(&incidents) else {
            panic!("another")
        };
        assert_eq!(incidents.recv_timeout(LOST), Err(RecvTimeoutError::Disconnected));

        let vm = real();
        let incidents = vm.incidents(10);
        assert_eq!(vm.run(|| 1), Ok(1));
        drop(vm);
        assert_eq!(incidents.recv_timeout(LOST), Err(RecvTimeoutError::Disconnected));
    });
}

#[test]
fn subscribers_are_each_told_of_everything_from_when_they_subscribe() {
    both_worlds(|vm| {
        let panic = || {
            let error = vm.spawn(Object(())).ask(ask(|(): &mut ()| resume_quietly())).unwrap_err();
            assert!(matches!(error, CallError::Panicked(_)));
        };
        let first = vm.incidents(10);
        panic();
        let one = next(&first);
        let second = vm.run(|| incidents(10)).unwrap();
        panic();
        let other = next(&first);
        assert_ne!(one, other);
        assert_eq!(next(&second), other);
        assert!(are_none(&first) && are_none(&second));
    });
}

#[test]
fn a_subscriber_that_does_not_read_misses_what_does_not_fit_and_holds_up_nobody() {
    const PANICS: usize = 1000;
    watched(|| {
        let vm = real();
        let (none, one, all) = (vm.incidents(0), vm.incidents(1), vm.incidents(2 * PANICS));
        let gone = vm.incidents(1);
        drop(gone);
        let panics: Vec<_> = (0..PANICS)
            .map(|_| vm.spawn(Object(())).send_request(ask(|(): &mut ()| resume_quietly())))
            .collect();
        for panic in panics {
            assert!(matches!(panic.wait(), Err(CallError::Panicked(_))));
        }
        for _ in 0..PANICS {
            assert!(matches!(next(&all), Incident::Panic { .. }));
        }
        assert_eq!(sum(&vm, |counted| counted.panics), PANICS as u64);
        // The last one may be still on its way to those who miss it.
        wait_until("all are missed", || vm.missed_incidents() >= 2 * (PANICS as u64 - 1));
        assert_eq!((none.len(), one.len(), are_none(&all)), (1, 1, true), "a capacity of 0 is one of 1");
    });
}
