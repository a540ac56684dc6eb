//! Supervisors: what is started, restarted and stopped, in which order, and what stays the same over a restart.
//!
//! The programs run in both worlds.

#[path = "supervisors/told.rs"]
mod told;
#[path = "supervisors/trouble.rs"]
mod trouble;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{
    AutoShutdown, ChildError, ChildSpec, ChildState, Incident, Restart, Shutdown, Supervisor, World, sleep,
};

/// What happened, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A child that writes when it begins, stops and is dropped.
struct Ward {
    name: &'static str,
    diary: Diary,
    handled: u32,
}

#[actor]
impl Ward {
    #[started]
    fn started(&mut self) {
        self.diary.write(format!("{} begins", self.name));
    }

    #[stopping]
    fn stopping(&mut self, reason: &ExitReason) {
        self.diary.write(format!("{} stops: {reason}", self.name));
    }

    fn work(&mut self) -> u32 {
        self.handled += 1;
        self.handled
    }

    fn fail(&mut self) {
        std::panic::resume_unwind(Box::new("on purpose"));
    }

    fn doze(&mut self, time: Duration) {
        let _ = sleep(time);
    }

    fn end(&mut self) {
        stop();
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        self.diary.write(format!("{} is gone", self.name));
    }
}

fn ward(name: &'static str, diary: &Diary) -> ChildSpec<Ward> {
    let diary = diary.clone();
    ChildSpec::new(name, move || Ward { name, diary: diary.clone(), handled: 0 })
}

/// Runs it with real workers, and in simulated worlds.
fn in_both_worlds(program: impl Fn(Diary) + Send + Sync + Clone + 'static) {
    let worlds = [World::Real].into_iter().chain((0..20).map(|seed| World::Simulated { seed }));
    for world in worlds {
        let vm = Vm::builder().workers(2).world(world).build().unwrap();
        let program = program.clone();
        vm.run(move || program(Diary::default())).unwrap_or_else(|error| panic!("{world:?}: {error}"));
    }
}

fn children(supervisor: &Ref<Supervisor>) -> [Ref<Ward>; 3] {
    ["a", "b", "c"].map(|id| supervisor.find::<Ward>(id).unwrap())
}

fn three(supervisor: Supervisor, diary: &Diary) -> Ref<Supervisor> {
    let supervisor = supervisor.intensity(5, 5 * SECOND);
    spawn(supervisor.with(ward("a", diary)).with(ward("b", diary)).with(ward("c", diary)))
}

#[test]
fn children_begin_from_left_to_right_and_stop_from_right_to_left() {
    in_both_worlds(|diary| {
        let supervisor = three(Supervisor::one_for_one(), &diary);
        assert_eq!(supervisor.count_children().unwrap().active, 3);
        assert_eq!(diary.lines(), ["a begins", "b begins", "c begins"]);
        supervisor.stop();
        while supervisor.exit_reason().is_none() || diary.0.lock().unwrap().len() < 6 {
            sleep(MILLISECOND).unwrap();
        }
        let stopped = ["c stops: shut down", "c is gone", "b stops: shut down", "b is gone"];
        assert_eq!(diary.lines()[..4], stopped);
        assert_eq!(supervisor.exit_reason(), Some(ExitReason::Normal));
    });
}

#[test]
fn a_restarted_child_is_the_same_actor_with_its_mailbox_and_the_message_it_failed_on_is_not_run_again() {
    in_both_worlds(|diary| {
        let supervisor = three(Supervisor::one_for_one(), &diary);
        let [a, b, _] = children(&supervisor);
        assert_eq!((b.work(), b.work()), (Ok(1), Ok(2)));
        diary.lines();
        let failed = b.request().fail();
        let queued: Vec<_> = (0..3).map(|_| b.request().work()).collect();
        assert!(matches!(failed.wait(), Err(CallError::Panicked(_))));
        let replies: Vec<_> = queued.into_iter().map(|reply| reply.wait()).collect();
        assert_eq!(replies, [Ok(1), Ok(2), Ok(3)], "what waited is handled by the next life");
        assert_eq!(diary.lines(), ["b is gone", "b begins"], "and the others are left alone");
        assert_eq!(supervisor.find::<Ward>("b").unwrap(), b);
        assert_eq!((a.exit_reason(), b.exit_reason()), (None, None));
        let told = supervisor.which_children().unwrap();
        assert_eq!(told.iter().map(|child| child.restarts).collect::<Vec<_>>(), [0, 1, 0]);
    });
}

#[test]
fn one_for_all_restarts_all_and_rest_for_one_those_behind() {
    in_both_worlds(|diary| {
        let supervisor = three(Supervisor::one_for_all(), &diary);
        let [a, b, c] = children(&supervisor);
        diary.lines();
        b.fail().unwrap_err();
        assert_eq!((a.work(), b.work(), c.work()), (Ok(1), Ok(1), Ok(1)));
        let all = ["c stops: shut down", "c is gone", "a stops: shut down", "a is gone"];
        assert_eq!(diary.lines(), [&["b is gone"], &all[..], &["a begins", "b begins", "c begins"]].concat());

        let supervisor = three(Supervisor::rest_for_one(), &diary);
        let [a, b, c] = children(&supervisor);
        diary.lines();
        b.fail().unwrap_err();
        assert_eq!((a.work(), b.work(), c.work()), (Ok(1), Ok(1), Ok(1)));
        let rest = ["b is gone", "c stops: shut down", "c is gone", "b begins", "c begins"];
        assert_eq!(diary.lines(), rest);
    });
}

#[test]
fn permanent_transient_and_temporary_children() {
    in_both_worlds(|diary| {
        let supervisor = Supervisor::one_for_one()
            .intensity(9, 5 * SECOND)
            .with(ward("a", &diary))
            .with(ward("b", &diary).transient())
            .with(ward("c", &diary).temporary());
        let supervisor = spawn(supervisor);
        let [a, b, c] = children(&supervisor);
        a.end().unwrap();
        assert_eq!(a.work(), Ok(1), "a permanent one is restarted whatever it ended for");
        b.fail().unwrap_err();
        assert_eq!(b.work(), Ok(1), "a transient one is when something went wrong");
        b.end().unwrap();
        assert!(matches!(
            b.within(5 * SECOND).work(),
            Err(CallError::Stopped { reason: ExitReason::Normal, .. })
        ));
        assert_eq!(supervisor.which_children().unwrap()[1].state, ChildState::Ended);
        assert!(matches!(supervisor.find::<Ward>("b"), Err(ChildError::Ended { .. })));
        c.fail().unwrap_err();
        assert!(matches!(c.work(), Err(CallError::Stopped { reason: ExitReason::Panicked(_), .. })));
        assert_eq!(supervisor.count_children().unwrap().specs, 2, "a temporary one is forgotten");
    });
}

#[test]
fn too_many_restarts_end_the_supervisor_and_its_parent_sees_it() {
    in_both_worlds(|diary| {
        let (inner, outer) = (diary.clone(), diary.clone());
        let parent = Supervisor::one_for_one().intensity(1, 5 * SECOND).with(ward("elder", &outer)).child(
            "family",
            move || {
                Supervisor::one_for_one()
                    .intensity(2, 5 * SECOND)
                    .with(ward("a", &inner))
                    .with(ward("b", &inner))
            },
        );
        let parent = spawn(parent);
        let family = parent.find::<Supervisor>("family").unwrap();
        let a = family.find::<Ward>("a").unwrap();
        for _ in 0..2 {
            a.fail().unwrap_err();
            assert_eq!(a.work(), Ok(1));
        }
        diary.lines();
        a.fail().unwrap_err();
        assert!(matches!(a.work(), Err(CallError::Stopped { .. })), "that was one too many");
        // The family lives again, the same supervisor with new children.
        let again = family.find::<Ward>("a").unwrap();
        assert_ne!(a, again);
        assert_eq!(again.work(), Ok(1));
        let expected = ["a is gone", "b stops: shut down", "b is gone", "a begins", "b begins"];
        assert_eq!(diary.lines(), expected);
        assert_eq!(parent.which_children().unwrap()[1].restarts, 1);
        // Once more, and the parent gives up, too.
        for _ in 0..3 {
            again.fail().unwrap_err();
            let _ = again.work();
        }
        while family.exit_reason().is_none() {
            let _ = family.find::<Ward>("a").map(|a| a.fail());
        }
        while parent.exit_reason().is_none() {
            sleep(MILLISECOND).unwrap();
        }
        assert_eq!(parent.exit_reason(), Some(ExitReason::Shutdown));
    });
}

#[test]
fn a_child_has_its_time_to_stop_and_is_killed_after_that() {
    in_both_worlds(|diary| {
        let supervisor = Supervisor::one_for_one()
            .with(ward("a", &diary).shutdown(Shutdown::Within(20 * MILLISECOND)))
            .with(ward("b", &diary).shutdown(Shutdown::Wait))
            .with(ward("c", &diary).shutdown(Shutdown::Kill));
        let supervisor = spawn(supervisor);
        let [a, b, c] = children(&supervisor);
        let dozes = [
            a.request().doze(3600 * SECOND),
            b.request().doze(50 * MILLISECOND),
            c.request().doze(3600 * SECOND),
        ];
        // So that all have begun.
        sleep(5 * MILLISECOND).unwrap();
        let queued = a.request().work();
        diary.lines();
        supervisor.stop();
        let [a_dozed, b_dozed, c_dozed] = dozes.map(|doze| doze.wait());
        let killed = Err(CallError::Stopped { reason: ExitReason::Killed, started: true });
        assert_eq!((a_dozed, b_dozed, c_dozed), (killed.clone(), Ok(()), killed));
        assert_eq!(queued.wait(), Err(CallError::Stopped { reason: ExitReason::Shutdown, started: false }));
        assert_eq!(diary.lines(), ["c is gone", "b stops: shut down", "b is gone", "a is gone"]);
    });
}

#[test]
fn children_are_added_terminated_restarted_and_deleted() {
    in_both_worlds(|diary| {
        let supervisor = spawn(Supervisor::one_for_one());
        let a = supervisor.start_child(ward("a", &diary)).unwrap();
        let taken = supervisor.start_child(ward("a", &diary)).unwrap_err();
        assert_eq!(taken.to_string(), "the supervisor has a child \"a\" already; delete it first");
        assert!(matches!(supervisor.delete_child("a"), Err(ChildError::Alive { .. })));
        assert!(matches!(supervisor.restart_child("a"), Err(ChildError::Alive { .. })));
        supervisor.terminate_child("a").unwrap();
        assert!(matches!(a.work(), Err(CallError::Stopped { reason: ExitReason::Shutdown, started: false })));
        supervisor.restart_child("a").unwrap();
        let b = supervisor.find::<Ward>("a").unwrap();
        assert_ne!(a, b);
        assert_eq!(b.work(), Ok(1));
        supervisor.terminate_child("a").unwrap();
        supervisor.delete_child("a").unwrap();
        assert!(matches!(supervisor.terminate_child("a"), Err(ChildError::Unknown { .. })));
        assert!(matches!(supervisor.find::<Supervisor>("a"), Err(ChildError::Unknown { .. })));
        let failing = ChildSpec::fallible("x", || Err::<Ward, _>("no such file"));
        let error = supervisor.start_child(failing).unwrap_err();
        assert_eq!(error.to_string(), "the child \"x\" did not start: no such file");
        assert_eq!(supervisor.count_children().unwrap().specs, 0);
        let significant = ward("s", &diary).restart(Restart::Transient).significant();
        assert!(matches!(supervisor.start_child(significant), Err(ChildError::Invalid { .. })));
    });
}

#[test]
fn a_killed_supervisor_leaves_no_child_behind() {
    in_both_worlds(|diary| {
        let supervisor = three(Supervisor::one_for_one(), &diary);
        let [a, b, c] = children(&supervisor);
        diary.lines();
        supervisor.kill();
        for child in [&a, &b, &c] {
            while child.exit_reason().is_none() {
                sleep(MILLISECOND).unwrap();
            }
            assert_eq!(child.exit_reason(), Some(ExitReason::Killed));
        }
    });
}

#[test]
fn a_machine_that_is_dropped_stops_its_trees_from_the_root() {
    for world in [World::Real, World::Simulated { seed: 3 }] {
        let vm = Vm::builder().workers(2).world(world).build().unwrap();
        let diary = Diary::default();
        let inner = diary.clone();
        let supervisor = Supervisor::one_for_one().with(ward("a", &diary)).child("family", move || {
            Supervisor::one_for_one().with(ward("b", &inner)).with(ward("c", &inner))
        });
        let supervisor = vm.spawn(supervisor.with(ward("d", &diary)));
        supervisor.count_children().unwrap();
        assert_eq!(diary.lines(), ["a begins", "b begins", "c begins", "d begins"]);
        drop(vm);
        let order: Vec<_> = diary.lines().into_iter().filter(|line| line.ends_with("shut down")).collect();
        let expected = ["d", "c", "b", "a"].map(|name| format!("{name} stops: shut down"));
        assert_eq!(order, expected);
    }
}
