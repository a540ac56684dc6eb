//! Dynamic supervisors: many children that come and go, are restarted alone, and are stopped all at the same time.
//!
//! Most programs run in both worlds.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ChildError, ChildSpec, ChildState, DynamicSupervisor, Shutdown, Supervisor, sleep};
use support::{both_worlds, real, real_builder, watched};

const LONG: Duration = Duration::from_secs(3600);

/// What became of all wards.
#[derive(Clone, Default)]
struct Tally {
    alive: Arc<AtomicUsize>,
    stops: Arc<AtomicUsize>,
}

impl Tally {
    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    fn stops(&self) -> usize {
        self.stops.load(Ordering::SeqCst)
    }
}

struct Ward {
    tally: Tally,
    handled: u32,
    parting: Duration,
}

#[actor]
impl Ward {
    fn work(&mut self) -> u32 {
        self.handled += 1;
        self.handled
    }

    #[cast]
    fn fail(&mut self) {
        std::panic::resume_unwind(Box::new("on purpose"));
    }

    #[cast]
    fn leave(&mut self) {
        stop();
    }

    fn doze(&mut self, time: Duration) {
        let _ = sleep(time);
    }

    #[stopping]
    fn stopping(&mut self, _reason: &ExitReason) {
        self.tally.stops.fetch_add(1, Ordering::SeqCst);
        if !self.parting.is_zero() {
            let _ = sleep(self.parting);
        }
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        self.tally.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

fn ward(tally: &Tally) -> ChildSpec<Ward> {
    slow_ward(tally, Duration::ZERO)
}

/// One that takes its time to stop.
fn slow_ward(tally: &Tally, parting: Duration) -> ChildSpec<Ward> {
    let tally = tally.clone();
    ChildSpec::new("ward", move || {
        tally.alive.fetch_add(1, Ordering::SeqCst);
        Ward { tally: tally.clone(), handled: 0, parting }
    })
}

fn started(supervisor: &Ref<DynamicSupervisor>, spec: &ChildSpec<Ward>, count: usize) -> Vec<Ref<Ward>> {
    (0..count).map(|_| supervisor.start_child(spec.clone()).unwrap()).collect()
}

/// In a machine of either world.
fn wait_until(vm: &Vm, what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if is_so() {
            return;
        }
        vm.run(|| sleep(MILLISECOND).unwrap()).unwrap();
    }
    panic!("it never came to this: {what}");
}

fn ended(vm: &Vm, actor: &Ref<DynamicSupervisor>) -> ExitReason {
    wait_until(vm, "the supervisor has ended", || actor.exit_reason().is_some());
    actor.exit_reason().unwrap()
}

#[test]
fn a_child_that_fails_is_restarted_alone_with_its_reference_and_its_mailbox() {
    both_worlds(|vm| {
        let tally = Tally::default();
        let supervisor = vm.spawn(DynamicSupervisor::new().intensity(3, 5 * SECOND));
        let wards = started(&supervisor, &ward(&tally), 10);
        assert!(wards.iter().all(|ward| ward.work() == Ok(1)));
        let failing = wards[3].clone();
        let replies = vm.run(move || {
            failing.fail().unwrap();
            [failing.request().work(), failing.request().work()].map(|reply| reply.wait())
        });
        assert_eq!(replies.unwrap(), [Ok(1), Ok(2)], "what was queued is handled by the next life");
        assert_eq!(wards[4].work(), Ok(2), "others are left alone");
        let told = supervisor.which_children().unwrap();
        assert_eq!(told.iter().map(|child| child.restarts).sum::<u64>(), 1);
        assert_eq!((told.len(), tally.alive()), (10, 10));
        assert!(told.iter().all(|child| child.state == ChildState::Running && &*child.id == "ward"));
    });
}

#[test]
fn permanent_transient_and_temporary_children_and_those_that_are_forgotten() {
    both_worlds(|vm| {
        let tally = Tally::default();
        let supervisor = vm.spawn(DynamicSupervisor::new().intensity(9, 5 * SECOND));
        let [permanent, transient, temporary] =
            [ward(&tally), ward(&tally).transient(), ward(&tally).temporary()]
                .map(|spec| supervisor.start_child(spec).unwrap());
        permanent.leave().unwrap();
        transient.fail().unwrap();
        assert_eq!((permanent.work(), transient.work()), (Ok(1), Ok(1)), "both live again");
        transient.leave().unwrap();
        temporary.fail().unwrap();
        assert!(transient.work().is_err() && temporary.work().is_err());
        wait_until(vm, "both are forgotten", || supervisor.count_children().unwrap().specs == 1);
        assert_eq!(tally.alive(), 1);
        assert_eq!(
            supervisor.terminate_child(temporary.id()),
            Err(ChildError::Stranger { actor: temporary.id() })
        );
        supervisor.terminate_child(permanent.id()).unwrap();
        assert_eq!(permanent.exit_reason(), Some(ExitReason::Shutdown));
        assert_eq!((supervisor.count_children().unwrap().specs, tally.alive()), (0, 0));
    });
}

#[test]
fn there_are_no_more_children_than_allowed_and_none_that_cannot_be() {
    both_worlds(|vm| {
        let tally = Tally::default();
        let supervisor = vm.spawn(DynamicSupervisor::new().max_children(2));
        let wards = started(&supervisor, &ward(&tally), 2);
        let full = supervisor.start_child(ward(&tally)).unwrap_err();
        assert_eq!(full.to_string(), "the supervisor has all the children that its max_children allows: 2");
        supervisor.terminate_child(wards[0].id()).unwrap();
        let failing = ChildSpec::fallible("x", || Err::<Ward, _>("no such file"));
        let error = supervisor.start_child(failing).unwrap_err();
        assert_eq!(error.to_string(), "the child \"x\" did not start: no such file");
        let significant = supervisor.start_child(ward(&tally).transient().significant());
        assert!(matches!(significant, Err(ChildError::Invalid { .. })));
        let process = ChildSpec::process("process", |inbox: Inbox<u32>| drop(inbox.recv()));
        let process = supervisor.start_child(process).unwrap();
        assert_eq!(supervisor.count_children().unwrap().active, 2);
        process.send(1).unwrap();
        process.send(2).unwrap();
        assert!(matches!(supervisor.start_child(ward(&tally)), Err(ChildError::Full { .. })));
    });
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
fn a_child_that_does_not_start_again_is_tried_after_longer_and_longer_waits() {
    both_worlds(|vm| {
        let supervisor = DynamicSupervisor::new().intensity(100, LONG).backoff(5 * MILLISECOND, LONG);
        let supervisor = vm.spawn(supervisor);
        let tries = Arc::new(AtomicUsize::new(0));
        let (tried, made) = (Arc::clone(&tries), Tally::default());
        let spec = ChildSpec::fallible("ward", move || {
            if (1..4).contains(&tried.fetch_add(1, Ordering::SeqCst)) {
                return Err("not yet");
            }
            made.alive.fetch_add(1, Ordering::SeqCst);
            Ok(Ward { tally: made.clone(), handled: 0, parting: Duration::ZERO })
        });
        let ward = supervisor.start_child(spec).unwrap();
        let begin = std::time::Instant::now();
        ward.fail().unwrap();
        assert_eq!(supervisor.count_children().unwrap().specs, 1);
        assert_eq!(ward.within(LONG).work(), Ok(1), "it waited in the mailbox");
        assert_eq!(tries.load(Ordering::SeqCst), 5);
        assert_eq!(supervisor.which_children().unwrap()[0].restarts, 4);
        // Half of 5, 10, 20 and 40 ms at the least; virtual time has no clock here.
        let is_real = vm.counters().len() == 2;
        assert!(!is_real || begin.elapsed() >= Duration::from_micros(37_500));
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
        assert!(prompt.iter().all(|ward| ward.exit_reason() == Some(ExitReason::Shutdown)));
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
        wait_until(&vm, "all have ended", || tally.alive() == 0);
        assert_eq!(tally.stops(), CHILDREN);
        assert!(wards.iter().all(|ward| ward.exit_reason() == Some(ExitReason::Shutdown)));

        let supervisor = vm.spawn(DynamicSupervisor::new());
        let wards = started(&supervisor, &ward(&tally), CHILDREN);
        supervisor.kill();
        wait_until(&vm, "all have ended", || wards.iter().all(|ward| ward.exit_reason().is_some()));
        assert_eq!((tally.alive(), tally.stops()), (0, CHILDREN), "nothing of their own ran any more");
        assert!(wards.iter().all(|ward| ward.exit_reason() == Some(ExitReason::Killed)));
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
fn children_come_fail_and_go_from_several_threads() {
    watched(|| {
        let vm = real();
        let tally = Tally::default();
        let supervisor = vm.spawn(DynamicSupervisor::new().intensity(1_000_000, SECOND));
        thread::scope(|scope| {
            for number in 0..4 {
                let (supervisor, spec) = (&supervisor, ward(&tally));
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    for round in 0..500 {
                        mine.push(supervisor.start_child(spec.clone()).unwrap());
                        let picked = &mine[(round * 7 + number) % mine.len()];
                        match round % 4 {
                            0 => picked.fail().unwrap(),
                            1 => picked.kill(),
                            2 => picked.leave().unwrap(),
                            _ => {
                                supervisor.terminate_child(picked.id()).unwrap();
                                let ended = picked.clone();
                                mine.retain(|ward| *ward != ended);
                                assert!(ended.work().is_err());
                            }
                        }
                    }
                    for ward in mine {
                        // One that was killed in the midst of its message says so.
                        while ward.work().is_err() {
                            assert_eq!(ward.exit_reason(), None);
                        }
                        supervisor.terminate_child(ward.id()).unwrap();
                    }
                });
            }
        });
        assert_eq!(supervisor.count_children().unwrap().specs, 0);
        wait_until(&vm, "all have ended", || tally.alive() == 0);
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

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let world = greenroom::World::Simulated { seed };
        let vm = Vm::builder().workers(3).world(world).record_events(true).build().unwrap();
        let tally = Tally::default();
        let supervisor =
            vm.spawn(DynamicSupervisor::new().intensity(50, SECOND).backoff(MILLISECOND, SECOND));
        vm.run(move || {
            let wards = started(&supervisor, &ward(&tally), 40);
            wards.iter().step_by(3).for_each(|ward| ward.fail().unwrap());
            wards.iter().step_by(4).for_each(|ward| ward.kill());
            sleep(SECOND).unwrap();
            assert_eq!(supervisor.count_children().unwrap().active, 40);
            supervisor.stop();
            while tally.alive() > 0 {
                sleep(MILLISECOND).unwrap();
            }
        })
        .unwrap();
        format!("{:?}", vm.take_events())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn a_tree_shows_few_children_one_by_one_and_counts_many() {
    watched(|| {
        let vm = real();
        let tally = Tally::default();
        let parent = Supervisor::one_for_one()
            .child("few", DynamicSupervisor::new)
            .child("many", DynamicSupervisor::new);
        let parent = vm.spawn(parent);
        let few = parent.find::<DynamicSupervisor>("few").unwrap();
        let many = parent.find::<DynamicSupervisor>("many").unwrap();
        started(&few, &ward(&tally).temporary(), 2);
        started(&many, &ward(&tally), 21);
        let without_numbers = |drawn: String| -> String {
            let parts = drawn.split('#').enumerate().map(|(number, part)| match number {
                0 => part,
                _ => part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'),
            });
            parts.collect()
        };
        let expected = "Supervisor one-for-one\n\
            |- few: DynamicSupervisor permanent\n\
            |  |- ward: Ward temporary\n\
            |  `- ward: Ward temporary\n\
            `- many: DynamicSupervisor permanent\n   \
               `- 21 children, of which 21 run";
        assert_eq!(without_numbers(parent.tree().unwrap().to_string()), expected);
        let drawn = without_numbers(many.tree().unwrap().to_string());
        assert_eq!(drawn, "DynamicSupervisor one-for-one\n`- 21 children, of which 21 run");
        let counts = parent.count_children().unwrap();
        assert_eq!((counts.supervisors, counts.workers), (2, 0));
    });
}
