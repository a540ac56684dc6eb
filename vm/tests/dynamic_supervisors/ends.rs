//! How a dynamic supervisor ends, and all its children with it.

use super::*;

/// The reason of them all, once they have ended, which is a little later than their states go.
fn why_all_ended(vm: &Vm, wards: &[Ref<Ward>]) -> ExitReason {
    let reasons = || wards.iter().map(Ref::exit_reason).collect::<Option<Vec<_>>>();
    wait_until(vm, "all have ended", || reasons().is_some());
    let reasons = reasons().unwrap();
    assert!(reasons.windows(2).all(|two| two[0] == two[1]), "{reasons:?}");
    reasons[0].clone()
}

#[test]
fn too_many_restarts_end_it_with_all_its_children_and_its_parent_starts_it_anew() {
    both_worlds(|vm| {
        let tally = Tally::default();
        let family = ChildSpec::new("family", || DynamicSupervisor::new().intensity(2, 5 * SECOND));
        let parent = vm.spawn(Supervisor::one_for_one().intensity(1, 5 * SECOND).with(family));
        let family = parent.find::<DynamicSupervisor>("family").unwrap();
        let wards = started(&family, &ward(&tally), 50);
        for failing in &wards[..3] {
            failing.fail().unwrap();
        }
        wait_until(vm, "all have ended", || wards.iter().all(|ward| ward.exit_reason().is_some()));
        assert_eq!((family.count_children().unwrap().specs, tally.alive()), (0, 0));
        assert_eq!(family.exit_reason(), None, "the same supervisor, without children");
        assert_eq!(parent.which_children().unwrap()[0].restarts, 1);
        assert_eq!(started(&family, &ward(&tally), 1)[0].work(), Ok(1));
    });
}

#[test]
fn all_children_are_stopped_at_the_same_time_and_each_has_its_own() {
    both_worlds(|vm| {
        let tally = Tally::default();
        let supervisor = vm.spawn(DynamicSupervisor::new());
        let hour = ward(&tally).shutdown(Shutdown::Within(LONG));
        let prompt = started(&supervisor, &hour, 100);
        let kept = started(&supervisor, &ward(&tally).shutdown(Shutdown::Wait), 1);
        let deaf = started(&supervisor, &ward(&tally).shutdown(Shutdown::Within(20 * MILLISECOND)), 30);
        let doomed = started(&supervisor, &ward(&tally).shutdown(Shutdown::Kill), 30);
        let [a, b, c] = [kept[0].clone(), deaf[0].clone(), doomed[0].clone()];
        let stopped = supervisor.clone();
        let dozes = vm.run(move || {
            let dozes = [a.request().doze(SECOND / 10), b.request().doze(LONG), c.request().doze(LONG)];
            // So that all have begun.
            sleep(5 * MILLISECOND).unwrap();
            stopped.stop();
            dozes.map(|doze| doze.wait())
        });
        let killed = Err(CallError::Stopped { reason: ExitReason::Killed, started: true });
        assert_eq!(dozes.unwrap(), [Ok(()), killed.clone(), killed]);
        assert_eq!(ended(vm, &supervisor), ExitReason::Normal);
        wait_until(vm, "all have ended", || tally.alive() == 0);
        assert_eq!(tally.stops(), 130, "all but those that were killed");
        assert_eq!(why_all_ended(vm, &prompt), ExitReason::Shutdown);
    });
}

#[test]
fn twenty_thousand_children_take_one_child_s_time_to_stop() {
    const CHILDREN: usize = 20_000;
    watched(|| {
        let tally = Tally::default();
        let vm = Vm::builder().workers(3).world(greenroom::World::Simulated { seed: 1 }).build().unwrap();
        let spec = slow_ward(&tally, 100 * MILLISECOND);
        let stopped_after = vm.run(move || {
            let supervisor = spawn(DynamicSupervisor::new());
            let wards = started(&supervisor, &spec, CHILDREN);
            assert_eq!(tally.alive(), CHILDREN);
            supervisor.stop();
            let mut waited = 0;
            while tally.alive() > 0 {
                sleep(10 * MILLISECOND).unwrap();
                waited += 10;
            }
            assert_eq!(wards.len(), tally.stops());
            waited
        });
        // Of virtual time: the sum would be half an hour.
        assert!((100..1000).contains(&stopped_after.unwrap()), "milliseconds");
    });
}

#[test]
fn twenty_thousand_children_are_stopped_on_all_workers_and_twenty_thousand_are_killed() {
    const CHILDREN: usize = 20_000;
    watched(|| {
        let vm = real();
        let tally = Tally::default();
        let supervisor = vm.spawn(DynamicSupervisor::new());
        let wards = started(&supervisor, &ward(&tally), CHILDREN);
        supervisor.stop();
        assert_eq!(ended(&vm, &supervisor), ExitReason::Normal);
        assert_eq!(why_all_ended(&vm, &wards), ExitReason::Shutdown);
        assert_eq!((tally.alive(), tally.stops()), (0, CHILDREN));

        let supervisor = vm.spawn(DynamicSupervisor::new());
        let wards = started(&supervisor, &ward(&tally), CHILDREN);
        supervisor.kill();
        assert_eq!(why_all_ended(&vm, &wards), ExitReason::Killed);
        wait_until(&vm, "all states are dropped", || tally.alive() == 0);
        assert_eq!(tally.stops(), CHILDREN, "nothing of their own ran any more");
    });
}

#[test]
fn a_supervisor_that_is_killed_while_its_child_begins_or_stops_leaves_nobody_behind() {
    struct Slow(Tally, bool);
    impl Drop for Slow {
        fn drop(&mut self) {
            self.0.alive.fetch_sub(1, Ordering::SeqCst);
        }
    }
    #[actor]
    impl Slow {
        #[started]
        fn started(&mut self) {
            // So that it would live on by itself.
            greenroom::register("slow", &me::<Slow>()).unwrap();
            self.0.stops.fetch_add(1, Ordering::SeqCst);
            if self.1 {
                let _ = sleep(LONG);
            }
        }
        #[stopping]
        fn stopping(&mut self, _reason: &ExitReason) {
            self.0.stops.fetch_add(1, Ordering::SeqCst);
            let _ = sleep(LONG);
        }
    }
    both_worlds(|vm| {
        for begins_slowly in [true, false] {
            let tally = Tally::default();
            let made = tally.clone();
            let spec = ChildSpec::new("slow", move || {
                made.alive.fetch_add(1, Ordering::SeqCst);
                Slow(made.clone(), begins_slowly)
            });
            let supervisor = vm.spawn(DynamicSupervisor::new());
            let starting = supervisor.request().start_child(spec.shutdown(Shutdown::Within(LONG)));
            if begins_slowly {
                wait_until(vm, "it begins", || tally.stops() == 1);
            } else {
                let child = starting.wait().unwrap();
                supervisor.cast().terminate_child(child.id()).unwrap();
                wait_until(vm, "it stops", || tally.stops() == 2);
            }
            supervisor.kill();
            assert_eq!(ended(vm, &supervisor), ExitReason::Killed);
            wait_until(vm, "nobody is left", || tally.alive() == 0 && vm.whereis("slow").is_none());
        }
    });
}

#[test]
fn a_machine_is_dropped_while_children_come_and_go() {
    watched(|| {
        for round in 0..20 {
            let vm = real_builder().build().unwrap();
            let tally = Tally::default();
            let supervisor = vm.spawn(DynamicSupervisor::new().intensity(1_000_000, SECOND));
            let over = Arc::new(AtomicBool::new(false));
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let (supervisor, spec, over) = (supervisor.clone(), ward(&tally), Arc::clone(&over));
                    thread::spawn(move || {
                        while !over.load(Ordering::SeqCst)
                            && let Ok(ward) = supervisor.start_child(spec.clone())
                        {
                            let _ = ward.fail();
                        }
                    })
                })
                .collect();
            while supervisor.count_children().unwrap().specs < 10 * (round + 1) {}
            drop(vm);
            over.store(true, Ordering::SeqCst);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(supervisor.exit_reason(), Some(ExitReason::Shutdown));
            assert_eq!(tally.alive(), 0, "round {round}");
        }
    });
}
