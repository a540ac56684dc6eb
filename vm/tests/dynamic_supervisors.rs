//! Dynamic supervisors: many children that come and go, are restarted alone, and are stopped all at the same time.
//!
//! Most programs run in both worlds.

mod support;

#[path = "dynamic_supervisors/ends.rs"]
mod ends;

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
        let process = ChildSpec::process("process", |inbox: Inbox<u32>| while inbox.recv().is_ok() {});
        let process = supervisor.start_child(process).unwrap();
        assert_eq!(supervisor.count_children().unwrap().active, 2);
        process.send(1).unwrap();
        process.send(2).unwrap();
        assert!(matches!(supervisor.start_child(ward(&tally)), Err(ChildError::Full { .. })));
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
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let world = greenroom::World::Simulated { seed };
        let vm = Vm::builder().workers(3).world(world).build().unwrap();
        let session = vm.trace(greenroom::trace::Filter::everything());
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
        session.take().iter().map(ToString::to_string).collect::<Vec<_>>()
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
