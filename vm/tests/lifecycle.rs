//! Beginnings and ends: what an actor does before its first message and after its last, and a machine's orderly end.

mod support;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::{World, exit};
use support::gate::Gate;
use support::{
    LOST, SEEDS, both_worlds, in_simulations, real, real_builder, resume_quietly, settle, simulated, watched,
};

const MILLISECOND: Duration = Duration::from_millis(1);

/// What happened, as told by whoever it happened to.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Something to be called at a beginning or an end.
#[derive(Default)]
struct Friend(u32);

#[actor]
impl Friend {
    fn greet(&mut self) -> u32 {
        sleep(MILLISECOND).unwrap();
        self.0 += 1;
        self.0
    }
}

/// Notes its life, and calls a friend at both ends of it.
struct Mortal {
    diary: Diary,
    friend: Ref<Friend>,
    at_start: fn(),
    at_end: fn(),
}

#[actor]
impl Mortal {
    #[started]
    fn begin(&mut self) {
        self.diary.note(format!("started {}", self.friend.within(LOST).greet().unwrap()));
        (self.at_start)();
    }

    #[stopping]
    fn end(&mut self, reason: &ExitReason) {
        let greeted = self.friend.within(LOST).greet();
        self.diary.note(format!("stopping: {reason}, {}", greeted.is_ok()));
        (self.at_end)();
        assert!(matches!(me::<Mortal>().work(), Err(CallError::Stopped { .. })));
        self.diary.note("stopped");
    }

    fn work(&mut self) {
        self.diary.note("work");
    }

    fn leave(&mut self) {
        exit("tired");
    }

    fn fail(&mut self) {
        resume_quietly();
    }

    fn stand_by(&mut self, gate: Ref<Gate>) -> Result<(), CallError> {
        gate.within(LOST).pass()
    }

    #[parallel]
    fn fail_inside(me: &Me<Self>) {
        me.with(|_| resume_quietly());
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        self.diary.note("dropped");
    }
}

fn mortal(vm: &Vm, diary: &Diary) -> Mortal {
    mortal_that(vm, diary, || (), || ())
}

fn mortal_that(vm: &Vm, diary: &Diary, at_start: fn(), at_end: fn()) -> Mortal {
    Mortal { diary: diary.clone(), friend: vm.spawn(Friend::default()), at_start, at_end }
}

#[test]
fn an_actor_starts_before_its_first_message_also_when_that_is_sent_while_it_starts() {
    both_worlds(|vm| {
        let diary = Diary::default();
        let actor = vm.spawn(mortal(vm, &diary));
        assert_eq!((actor.work(), actor.request().work().wait()), (Ok(()), Ok(())));
        assert_eq!(diary.lines(), ["started 1", "work", "work"]);
        // Nobody sends it anything, and nobody refers to it.
        let diary = Diary::default();
        drop(vm.spawn(mortal(vm, &diary)));
        settle(vm, "it has lived", || diary.lines().last().is_some_and(|line| line == "dropped"));
        assert_eq!(diary.lines(), ["started 1", "stopping: stopped, true", "stopped", "dropped"]);
    });
}

#[test]
fn one_that_panics_while_it_starts_ends_with_that_and_those_who_called_are_told() {
    both_worlds(|vm| {
        let diary = Diary::default();
        let actor = vm.spawn(mortal_that(vm, &diary, resume_quietly, || ()));
        let refused = actor.work();
        let Err(CallError::Stopped { reason: ExitReason::Panicked(report), started: false }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(report.message(), "on purpose");
        settle(vm, "it is gone", || diary.lines().len() == 2);
        assert_eq!(diary.lines(), ["started 1", "dropped"]);
    });
}

#[test]
fn an_actor_stops_with_the_reason_of_its_end_unless_that_is_a_panic() {
    type End = fn(Ref<Mortal>);
    let ends: [(End, &[&str]); 5] = [
        (|actor| actor.stop(), &["stopping: stopped, true", "stopped", "dropped"]),
        (|actor| actor.exit("bored"), &["stopping: exited: bored, true", "stopped", "dropped"]),
        (|actor| actor.leave().unwrap(), &["stopping: exited: tired, true", "stopped", "dropped"]),
        (|actor| drop(actor.fail()), &["dropped"]),
        (|actor| drop(actor.fail_inside()), &["dropped"]),
    ];
    both_worlds(|vm| {
        for (end, expected) in ends {
            let diary = Diary::default();
            let actor = vm.spawn(mortal(vm, &diary));
            actor.work().unwrap();
            let ended = actor.clone();
            vm.run(move || end(ended)).unwrap();
            settle(vm, "it is gone", || diary.lines().last().is_some_and(|line| line == "dropped"));
            assert_eq!(diary.lines()[2..], *expected);
            assert!(actor.exit_reason().is_some());
        }
    });
}

#[test]
fn a_panic_while_it_stops_is_the_end_of_that_and_of_nothing_else() {
    both_worlds(|vm| {
        let diary = Diary::default();
        let actor = vm.spawn(mortal_that(vm, &diary, || (), resume_quietly));
        actor.work().unwrap();
        actor.stop();
        settle(vm, "it is gone", || diary.lines().len() == 4);
        assert_eq!(diary.lines()[2..], ["stopping: stopped, true", "dropped"]);
        assert_eq!(actor.exit_reason(), Some(ExitReason::Normal));
    });
}

#[test]
fn a_machine_that_is_dropped_ends_in_order() {
    watched(|| {
        for vm in SEEDS.map(simulated).chain([real()]) {
            let diary = Diary::default();
            let actors: Vec<_> = (0..20).map(|_| vm.spawn(mortal(&vm, &diary))).collect();
            // One is in the midst of a message, which it may finish.
            let gate = vm.spawn(Gate::default());
            let busy = actors[0].request().stand_by(&gate);
            settle(&vm, "it is busy", || gate.waiting() == Ok(1));
            let opener = gate.after(20 * MILLISECOND).open();
            drop(vm);
            assert_eq!(busy.wait(), Ok(()));
            drop(opener);
            let lines = diary.lines();
            let count = |text: &str| lines.iter().filter(|line| line.starts_with(text)).count();
            // Their friends were still there.
            assert_eq!(count("stopping: shut down, true"), 20, "{lines:?}");
            assert_eq!((count("stopped"), count("dropped")), (20, 20));
            assert!(actors.iter().all(|actor| actor.exit_reason() == Some(ExitReason::Shutdown)));
        }
    });
}

/// Begins another one at its end, so many times.
struct Heir(u32, Diary);

#[actor]
impl Heir {
    #[stopping]
    fn bequeath(&mut self, _: &ExitReason) {
        self.1.note("heir");
        if self.0 > 0 {
            spawn(Heir(self.0 - 1, self.1.clone()));
        }
    }
}

#[test]
fn one_that_begins_while_the_machine_ends_ends_in_order_too() {
    watched(|| {
        for vm in SEEDS.map(simulated).chain([real()]) {
            let diary = Diary::default();
            let heir = vm.spawn(Heir(10, diary.clone()));
            drop(vm);
            assert_eq!(diary.lines().len(), 11);
            drop(heir);
        }
    });
}

#[test]
fn an_end_that_takes_too_long_is_cut_short() {
    watched(|| {
        for seed in SEEDS {
            let diary = Diary::default();
            let world = World::Simulated { seed };
            let vm = Vm::builder().world(world).shutdown_limit(20 * MILLISECOND).build().unwrap();
            end_late(vm, &diary);
        }
        let diary = Diary::default();
        // Within it the busiest machine comes to both.
        let vm = real_builder().shutdown_limit(SECOND).build().unwrap();
        let begin = Instant::now();
        end_late(vm, &diary);
        assert!(begin.elapsed() >= SECOND);
        // And not at all, if nobody is to wait.
        let diary = Diary::default();
        let vm = real_builder().shutdown_limit(Duration::ZERO).build().unwrap();
        vm.spawn(mortal(&vm, &diary)).work().unwrap();
        let kept = vm.spawn(mortal(&vm, &diary));
        kept.work().unwrap();
        drop(vm);
        assert!(diary.lines().iter().filter(|line| line.starts_with("stopping")).count() <= 1);
    });
}

/// Its end takes longer than it may.
fn end_late(vm: Vm, diary: &Diary) {
    let slow = vm.spawn(mortal_that(&vm, diary, || (), || drop(sleep(10 * LOST))));
    let quick = vm.spawn(mortal(&vm, diary));
    slow.work().unwrap();
    quick.work().unwrap();
    drop(vm);
    let lines = diary.lines();
    let count = |text: &str| lines.iter().filter(|line| line.starts_with(text)).count();
    assert_eq!((count("stopping"), count("stopped"), count("dropped")), (2, 1, 2), "{lines:?}");
}

#[test]
fn a_machine_that_is_dropped_by_its_own_actor_or_while_a_thread_unwinds_ends_all_the_same() {
    watched(|| {
        let diary = Diary::default();
        let vm = real();
        let actor = vm.spawn(mortal(&vm, &diary));
        actor.work().unwrap();
        let (give, given) = std::sync::mpsc::channel::<Vm>();
        // On a thread of the machine's own nothing waits for its actors.
        let holds = vm.process(move |_: Inbox<()>| drop(given.recv()));
        give.send(vm).unwrap();
        support::wait_until("it is gone", || diary.lines().last().is_some_and(|line| line == "dropped"));
        drop(holds);

        let diary = Diary::default();
        let written = diary.clone();
        let thread = thread::spawn(move || {
            let vm = simulated(1);
            let actor = vm.spawn(mortal(&vm, &written));
            actor.work().unwrap();
            resume_quietly();
            drop((vm, actor));
        });
        assert!(thread.join().is_err());
        assert_eq!(diary.lines().last().map(String::as_str), Some("dropped"));
    });
}

#[test]
fn machines_whose_actors_have_nothing_to_do_at_their_end_wait_for_nobody() {
    in_simulations(|vm| {
        let gate = vm.spawn(Gate::default());
        drop(gate.request().pass());
    });
    watched(|| {
        let vm = real_builder().shutdown_limit(LOST * 2).build().unwrap();
        let gate = vm.spawn(Gate::default());
        let waits = gate.request().pass();
        gate.waiting().unwrap();
        drop(vm);
        waits.wait().unwrap_err();
    });
}
