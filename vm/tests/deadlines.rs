//! Deadlines: where they come from, how they travel down a chain of calls, and what becomes of work that is too late.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{Builder, World};
use support::gate::Gate;
use support::{LOST, SEEDS, both_worlds, in_simulations, named, settle, simulated, sum, watched};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// What a few turns of the simulated world take.
const MOMENT: Duration = MILLISECOND;

/// Passes calls on.
struct Relay {
    next: Option<Ref<Relay>>,
    ran: u32,
}

#[actor]
impl Relay {
    fn new(next: Option<&Ref<Relay>>) -> Self {
        Relay { next: next.cloned(), ran: 0 }
    }

    fn ran(&self) -> u32 {
        self.ran
    }

    #[cast]
    fn run(&mut self) {
        self.ran += 1;
    }

    fn idle(&self, time: Duration) {
        sleep(time).unwrap();
    }

    /// Passes it on with these limits, one a level, and is idle at the end.
    fn pass(&mut self, limits: Vec<Option<Duration>>, idle: Duration) -> Result<Vec<CallError>, CallError> {
        pass_on(self.next.as_ref(), limits, idle)
    }

    #[parallel]
    fn pass_beside(
        me: &Me<Self>,
        limits: Vec<Option<Duration>>,
        idle: Duration,
    ) -> Result<Vec<CallError>, CallError> {
        pass_on(me.with(|relay| relay.next.clone()).as_ref(), limits, idle)
    }

    fn hold(&self, gate: Ref<Gate>) -> Result<(), CallError> {
        gate.within(LOST).pass()
    }
}

/// The errors that each level got from the one below, the lowest first.
fn pass_on(
    next: Option<&Ref<Relay>>,
    mut limits: Vec<Option<Duration>>,
    idle: Duration,
) -> Result<Vec<CallError>, CallError> {
    let (Some(next), false) = (next, limits.is_empty()) else {
        sleep(idle)?;
        return Ok(vec![]);
    };
    match limits.remove(0) {
        None => next.pass(limits, idle),
        Some(limit) if limits.len() == 1 => next.within(limit).pass_beside(limits, idle),
        Some(limit) => next.within(limit).pass(limits, idle),
    }
}

/// Four of them, each before the next.
fn relays(vm: &Vm) -> Vec<Ref<Relay>> {
    let mut relays = vec![vm.spawn(Relay::new(None))];
    for _ in 0..3 {
        relays.insert(0, vm.spawn(Relay::new(Some(&relays[0]))));
    }
    relays
}

/// Each in turn, with a call deadline of its own.
fn in_simulations_with(deadline: Duration, program: impl Fn(&Vm)) {
    for seed in SEEDS {
        let builder: Builder = Vm::builder().workers(3).world(World::Simulated { seed });
        let vm = builder.call_deadline(deadline).build().unwrap();
        named(&format!("the simulated world with seed {seed}"), || program(&vm));
    }
}

fn assert_timeout<R: std::fmt::Debug>(outcome: Result<R, CallError>, expected: Duration, has_begun: bool) {
    let Err(CallError::Timeout { limit, elapsed, started }) = outcome else { panic!("{outcome:?}") };
    assert!(limit <= expected && limit + MOMENT > expected, "a limit of {limit:?}, not {expected:?}");
    assert!(elapsed >= limit && elapsed < limit + MOMENT, "after {elapsed:?}, not {limit:?}");
    assert_eq!(started, has_begun);
    let error = CallError::Timeout { limit, elapsed, started };
    assert_eq!(error.is_unstarted(), !has_begun);
    assert!(
        error.to_string().contains(if has_begun { "still handling" } else { "had not begun" }),
        "{error}"
    );
}

#[test]
fn a_call_that_says_nothing_has_the_machine_s_deadline_and_one_that_does_has_its_own() {
    in_simulations_with(2 * SECOND, |vm| {
        let relay = vm.spawn(Relay::new(None));
        assert_timeout(relay.idle(3 * SECOND), 2 * SECOND, true);
        // The actor is busy for another second.
        assert_timeout(relay.within(SECOND / 2).ran(), SECOND / 2, false);
        assert_eq!(relay.within(5 * SECOND).idle(3 * SECOND), Ok(()));
        assert_eq!(relay.within(Duration::MAX).idle(1000 * SECOND), Ok(()));
        assert_eq!(relay.request().idle(1000 * SECOND).wait(), Ok(()));
        let inside = vm.run(move || [relay.idle(3 * SECOND), relay.within(4 * SECOND).idle(3 * SECOND)]);
        let [short, long] = inside.unwrap();
        assert_timeout(short, 2 * SECOND, true);
        // It was busy with the first for a second.
        assert_timeout(long, 4 * SECOND, true);
    });
    in_simulations_with(Duration::MAX, |vm| {
        let relay = vm.spawn(Relay::new(None));
        assert_eq!(relay.idle(1000 * SECOND), Ok(()));
        let asked = relay.clone();
        assert_eq!(vm.run(move || asked.idle(1000 * SECOND)).unwrap(), Ok(()));
        assert_timeout(relay.within(SECOND).idle(3 * SECOND), SECOND, true);
    });
    in_simulations(|vm| assert_timeout(vm.spawn(Relay::new(None)).idle(9 * SECOND), 5 * SECOND, true));
}

#[test]
fn nobody_down_a_chain_has_more_time_than_whoever_waits_for_him() {
    in_simulations(|vm| {
        for limits in [
            vec![Some(SECOND), Some(9 * SECOND), Some(Duration::MAX)],
            vec![Some(9 * SECOND), Some(SECOND), Some(9 * SECOND)],
            vec![Some(Duration::MAX), Some(9 * SECOND), Some(SECOND)],
            vec![Some(SECOND), None, None],
            vec![Some(9 * SECOND), None, Some(SECOND)],
        ] {
            let relays = relays(vm);
            let first = relays[0].clone();
            let down = limits.clone();
            // Somebody else waits for longer, so that it is seen who ends when.
            let promise = first.request().pass(limits.clone(), 20 * SECOND);
            assert_timeout(promise.wait(), SECOND, true);
            // The levels below have ended by now, or will soon: the last one is idle for its twenty seconds.
            for relay in &relays[..3] {
                let free = relay.within(2 * MOMENT).ran();
                assert_eq!(free, Ok(0), "{down:?}");
            }
        }
    });
}

#[test]
fn one_whose_caller_waits_no_more_has_no_time_for_calls() {
    both_worlds(|vm| {
        let (tell, told) = std::sync::mpsc::channel();
        let (caller, callee) = (vm.spawn(Object), vm.spawn(Object));
        let helper = vm.spawn(Relay::new(None));
        let late = caller.request().run(move || {
            callee.within(5 * MILLISECOND).run(move || {
                sleep(10 * MILLISECOND).unwrap();
                tell.send((helper.ran(), helper.within(LOST).ran(), helper.request().ran().wait())).unwrap();
            })
        });
        assert!(matches!(late.wait().unwrap(), Err(CallError::Timeout { started: true, .. })));
        let mut answers = None;
        settle(vm, "the callee is done", || {
            answers = answers.take().or_else(|| told.try_recv().ok());
            answers.is_some()
        });
        let (plain, own, promised) = answers.unwrap();
        // A hand-off to an actor at rest takes no time, and asks for none.
        for outcome in [plain, own] {
            assert!(matches!(outcome, Ok(0) | Err(CallError::Timeout { started: false, .. })), "{outcome:?}");
        }
        assert_eq!(promised, Ok(0));
    });
}

/// Runs what it is told.
struct Object;

#[actor]
impl Object {
    fn run<R: Send + 'static>(&mut self, work: impl FnOnce() -> R + Send + 'static) -> R {
        work()
    }
}

#[test]
fn a_deadline_keeps_its_length_from_one_machine_to_another() {
    watched(|| {
        for seed in SEEDS {
            // Their clocks are far apart.
            let old = simulated(seed);
            old.run(|| sleep(100 * SECOND)).unwrap().unwrap();
            let new = simulated(seed);
            for (here, there) in [(&old, &new), (&new, &old)] {
                let last = here.spawn(Relay::new(None));
                let middle = there.spawn(Relay::new(Some(&last)));
                let first = here.spawn(Relay::new(Some(&middle)));
                let limits = vec![Some(2 * SECOND), Some(9 * SECOND)];
                assert_eq!(first.request().pass(limits.clone(), SECOND).wait(), Ok(vec![]), "seed {seed}");
                assert_timeout(first.request().pass(limits, 20 * SECOND).wait(), 2 * SECOND, true);
                assert_eq!(middle.within(MOMENT).ran(), Ok(0));
            }
        }
    });
}

#[test]
fn work_whose_caller_has_given_up_is_dropped_unrun_and_counted() {
    both_worlds(|vm| {
        let (gate, relay) = (vm.spawn(Gate::default()), vm.spawn(Relay::new(None)));
        let busy = relay.request().hold(&gate);
        settle(vm, "the relay is busy", || gate.waiting() == Ok(1));
        let before = sum(vm, |counters| counters.expired);
        let given_up = relay.within(2 * MILLISECOND).run();
        assert!(matches!(given_up, Err(CallError::Timeout { started: false, .. })), "{given_up:?}");
        assert!(given_up.unwrap_err().is_unstarted());
        drop(relay.request().run());
        relay.cast().run().unwrap();
        let asked = relay.clone();
        let inside = vm.run(move || asked.within(2 * MILLISECOND).run()).unwrap();
        assert!(inside.unwrap_err().is_unstarted());
        gate.open().unwrap();
        busy.wait().unwrap();
        assert_eq!(relay.ran(), Ok(1));
        assert_eq!(sum(vm, |counters| counters.expired), before + 3);
    });
}
