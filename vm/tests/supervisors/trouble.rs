//! Supervisors in trouble: children that do not start, fail while others are restarted, leave while others are stopped,
//! or end the whole by their own end.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[test]
fn a_supervisor_that_is_stopping_one_child_does_not_wait_in_vain_for_another_that_is_killed_meanwhile() {
    let vm = Vm::builder().workers(2).world(World::Simulated { seed: 1 }).build().unwrap();
    let ran = vm.run(|| {
        let ward = |name| {
            let child = move || Ward { name, diary: Diary::default(), handled: 0 };
            ChildSpec::new(name, child).shutdown(Shutdown::Within(60 * SECOND))
        };
        let plan = Supervisor::one_for_one().with(ward("first")).with(ward("second")).with(ward("last"));
        let supervisor = spawn(plan);
        let first = supervisor.find::<Ward>("first").unwrap();
        let second = supervisor.find::<Ward>("second").unwrap();
        supervisor.find::<Ward>("last").unwrap().request().doze(100 * MILLISECOND).detach();
        sleep(10 * MILLISECOND).unwrap();
        supervisor.stop();
        // It takes no messages any more, and waits for the last one, which dozes.
        sleep(10 * MILLISECOND).unwrap();
        second.kill();
        first
    });
    let first = ran.unwrap();
    // In virtual time: who waits in vain for the second waits for a minute, and the first lives on meanwhile.
    vm.run(|| sleep(SECOND)).unwrap().unwrap();
    assert_eq!(first.exit_reason(), Some(ExitReason::Shutdown));
}

#[test]
fn a_child_that_leaves_while_its_supervisor_stops_another_is_not_waited_for() {
    in_both_worlds(|diary| {
        // A permanent one: but its supervisor is about to end, and does not even hear of it.
        let supervisor = Supervisor::one_for_one()
            .with(ward("a", &diary))
            .with(ward("b", &diary).shutdown(Shutdown::Wait))
            .with(ward("c", &diary).shutdown(Shutdown::Wait));
        let supervisor = spawn(supervisor);
        let [_, b, c] = children(&supervisor);
        let doze = c.request().doze(50 * MILLISECOND);
        sleep(5 * MILLISECOND).unwrap();
        supervisor.stop();
        while supervisor.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
        diary.lines();
        b.end().unwrap();
        doze.wait().unwrap();
        let is_gone = || diary.0.lock().unwrap().iter().any(|line| line == "a is gone");
        // Waiting for b would be for ever.
        (0..10_000).take_while(|_| !is_gone()).for_each(|_| sleep(MILLISECOND).unwrap());
        let left = ["b stops: stopped", "b is gone", "c stops: shut down", "c is gone"];
        assert_eq!(diary.lines(), [&left[..], &["a stops: shut down", "a is gone"]].concat());
    });
}

#[test]
fn a_supervisor_with_a_thread_of_its_own_starts_nobody_and_says_so() {
    let vm = Vm::builder().workers(1).build().unwrap();
    let diary = Diary::default();
    let supervisor = vm.spawn_dedicated(Supervisor::one_for_one()).unwrap();
    let error = supervisor.start_child(ward("a", &diary)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the child \"a\" did not start: a supervisor with a thread of its own starts nobody: spawn it without"
    );
    let supervisor = vm.spawn_dedicated(Supervisor::one_for_one().with(ward("a", &diary))).unwrap();
    assert!(supervisor.count_children().is_err());
    assert_eq!(supervisor.exit_reason(), Some(ExitReason::Custom(error.to_string().into())));
    assert_eq!(diary.lines().len(), 0);
}

/// A child of which some starts fail: those whose number, from 1, `fails`.
fn unsteady(
    name: &'static str,
    diary: &Diary,
    fails: impl Fn(u32) -> bool + Send + Sync + 'static,
) -> (ChildSpec<Ward>, Arc<AtomicU32>) {
    let (diary, starts) = (diary.clone(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&starts);
    let spec = ChildSpec::fallible(name, move || {
        let start = counted.fetch_add(1, Ordering::Relaxed) + 1;
        diary.write(format!("{name}, start {start}"));
        if fails(start) { Err("not now") } else { Ok(Ward { name, diary: diary.clone(), handled: 0 }) }
    });
    (spec, starts)
}

#[test]
fn a_restart_that_fails_counts_as_one_and_is_tried_again_until_it_works() {
    in_both_worlds(|diary| {
        let (spec, starts) = unsteady("a", &diary, |start| (2..=4).contains(&start));
        let supervisor = spawn(Supervisor::one_for_one().intensity(4, 5 * SECOND).with(spec));
        let a = supervisor.find::<Ward>("a").unwrap();
        a.fail().unwrap_err();
        assert_eq!(a.work(), Ok(1), "what is sent meanwhile waits");
        assert_eq!(starts.load(Ordering::Relaxed), 5);
        assert_eq!(supervisor.which_children().unwrap()[0].restarts, 4);
    });
}

#[test]
fn one_failed_restart_too_many_ends_the_supervisor() {
    in_both_worlds(|diary| {
        let (spec, starts) = unsteady("a", &diary, |start| start > 1);
        let supervisor = spawn(Supervisor::one_for_one().intensity(3, 5 * SECOND).with(spec));
        let a = supervisor.find::<Ward>("a").unwrap();
        a.fail().unwrap_err();
        assert!(matches!(a.work(), Err(CallError::Stopped { .. })));
        while supervisor.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
        assert_eq!(supervisor.exit_reason(), Some(ExitReason::Shutdown));
        assert_eq!(starts.load(Ordering::Relaxed), 4, "the first, and three that were allowed");
    });
}

#[test]
fn a_restart_that_never_works_keeps_nobody_from_stopping_the_supervisor() {
    in_both_worlds(|diary| {
        let (spec, _) = unsteady("a", &diary, |start| start > 1);
        let supervisor = spawn(Supervisor::one_for_one().intensity(u32::MAX, SECOND).with(spec));
        let a = supervisor.find::<Ward>("a").unwrap();
        a.fail().unwrap_err();
        // Others have their turn between two tries, too.
        assert_eq!(supervisor.which_children().unwrap()[0].state, ChildState::Restarting);
        supervisor.stop();
        assert!(matches!(a.work(), Err(CallError::Stopped { reason: ExitReason::Shutdown, .. })));
        while supervisor.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
    });
}

#[test]
fn a_sibling_that_fails_while_the_set_is_restarted_has_the_set_restarted_again() {
    in_both_worlds(|diary| {
        let (b, _) = unsteady("b", &diary, |start| start == 2);
        let supervisor = Supervisor::one_for_all()
            .intensity(5, 5 * SECOND)
            .with(ward("a", &diary))
            .with(b)
            .with(ward("c", &diary));
        let supervisor = spawn(supervisor);
        let [a, b, c] = children(&supervisor);
        diary.lines();
        c.fail().unwrap_err();
        assert_eq!((a.work(), b.work(), c.work()), (Ok(1), Ok(1), Ok(1)));
        let begins: Vec<_> = diary
            .lines()
            .into_iter()
            .filter(|line| line.contains("begins") || line.contains("start"))
            .collect();
        // The second start of `b` fails: `a`, which had begun, is stopped, and all begin anew.
        let expected = ["a begins", "b, start 2", "a begins", "b, start 3", "b begins", "c begins"];
        assert_eq!(begins, expected);
    });
}

#[test]
fn restarts_wait_longer_and_longer_and_what_is_sent_meanwhile_waits_with_them() {
    for seed in 0..10 {
        let vm = Vm::builder().workers(2).world(World::Simulated { seed }).build().unwrap();
        let incidents = vm.incidents(100);
        vm.run(move || {
            let diary = Diary::default();
            let (spec, starts) = unsteady("a", &diary, |start| (2..=4).contains(&start));
            let supervisor = Supervisor::one_for_one()
                .intensity(10, 60 * SECOND)
                .backoff(100 * MILLISECOND, SECOND)
                .with(spec);
            let supervisor = spawn(supervisor);
            let a = supervisor.find::<Ward>("a").unwrap();
            a.fail().unwrap_err();
            let reply = a.request().work();
            // The waits are of 50 to 100 ms, 100 to 200, 200 to 400, 400 to 800.
            sleep(49 * MILLISECOND).unwrap();
            assert_eq!(starts.load(Ordering::Relaxed), 1);
            assert_eq!(supervisor.which_children().unwrap()[0].state, ChildState::Restarting);
            sleep(52 * MILLISECOND).unwrap();
            assert_eq!(starts.load(Ordering::Relaxed), 2);
            sleep(1400 * MILLISECOND).unwrap();
            assert_eq!(starts.load(Ordering::Relaxed), 5);
            assert_eq!(reply.wait(), Ok(1));
        })
        .unwrap();
        let attempts = incidents.try_iter().filter_map(|incident| match incident {
            Incident::Restart { attempt, .. } => Some(attempt),
            _ => None,
        });
        assert_eq!(attempts.collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
}

/// Two significant children and one that is not.
fn significant(when: AutoShutdown, diary: &Diary) -> Ref<Supervisor> {
    let supervisor = Supervisor::one_for_one()
        .auto_shutdown(when)
        .intensity(5, 5 * SECOND)
        .with(ward("a", diary).transient().significant())
        .with(ward("b", diary).temporary().significant())
        .with(ward("c", diary));
    spawn(supervisor)
}

fn has_ended(supervisor: &Ref<Supervisor>) -> bool {
    // Behind whatever the end of a child has sent.
    sleep(20 * MILLISECOND).unwrap();
    supervisor.exit_reason() == Some(ExitReason::Shutdown)
}

#[test]
fn any_or_all_significant_children_end_their_supervisor_by_their_own_end() {
    in_both_worlds(|diary| {
        let any = significant(AutoShutdown::AnySignificant, &diary);
        let [a, b, c] = children(&any);
        a.fail().unwrap_err();
        assert_eq!(a.work(), Ok(1), "one that is restarted has not ended");
        c.end().unwrap();
        assert_eq!(c.work(), Ok(1), "one that is not significant ends nobody");
        assert!(!has_ended(&any));
        a.end().unwrap();
        while any.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
        assert_eq!(any.exit_reason(), Some(ExitReason::Shutdown));
        assert!(matches!(b.work(), Err(CallError::Stopped { reason: ExitReason::Shutdown, .. })));

        let all = significant(AutoShutdown::AllSignificant, &diary);
        let [a, b, _] = children(&all);
        b.fail().unwrap_err();
        assert!(!has_ended(&all), "the other one lives");
        a.end().unwrap();
        while all.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
        assert_eq!(all.exit_reason(), Some(ExitReason::Shutdown));
    });
}

#[test]
fn deaths_that_a_supervisor_causes_itself_do_not_count_as_significant() {
    in_both_worlds(|diary| {
        let any = significant(AutoShutdown::AnySignificant, &diary);
        children(&any);
        any.terminate_child("a").unwrap();
        any.terminate_child("b").unwrap();
        assert!(!has_ended(&any));
        any.restart_child("a").unwrap();
        any.find::<Ward>("a").unwrap().end().unwrap();
        while any.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
    });
}

#[test]
fn children_that_cannot_be_end_their_supervisor_with_a_reason_that_says_so() {
    in_both_worlds(|diary| {
        let twice = Supervisor::one_for_one().with(ward("a", &diary)).with(ward("a", &diary));
        let permanent = Supervisor::one_for_one()
            .auto_shutdown(AutoShutdown::AnySignificant)
            .with(ward("a", &diary).significant());
        let (never, _) = unsteady("a", &diary, |_| true);
        let never = Supervisor::one_for_one().with(ward("b", &diary)).with(never);
        for (supervisor, says) in
            [(twice, "already"), (permanent, "transient or temporary"), (never, "did not start: not now")]
        {
            let supervisor = spawn(supervisor);
            let error = supervisor.which_children().unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    });
}

#[test]
fn a_supervisor_is_waited_for_without_a_limit() {
    let vm = Vm::builder().workers(2).world(World::Simulated { seed: 7 }).build().unwrap();
    vm.run(|| {
        let diary = Diary::default();
        let root = spawn(Supervisor::one_for_one().child("family", move || {
            Supervisor::one_for_one().with(ward("a", &diary).shutdown(Shutdown::Within(60 * SECOND)))
        }));
        let a = root.find::<Supervisor>("family").unwrap().find::<Ward>("a").unwrap();
        // Longer than any worker has by default.
        let doze = a.request().doze(30 * SECOND);
        sleep(MILLISECOND).unwrap();
        root.stop();
        assert_eq!(doze.wait(), Ok(()), "nobody was killed");
        while a.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
        assert_eq!(a.exit_reason(), Some(ExitReason::Shutdown));
    })
    .unwrap();
}
