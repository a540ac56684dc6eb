//! Kill: it cannot be refused by a handler that waits or calls, it frees what the handler held, and it ends only one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::Filter;
use greenroom::{Incident, World, block_on, sleep};

const LONG: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_secs(20);

/// Says when it is dropped.
struct Told(mpsc::Sender<&'static str>, &'static str);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

struct Victim {
    _state: Told,
    tell: mpsc::Sender<&'static str>,
    stops: Arc<AtomicUsize>,
}

#[actor]
impl Victim {
    fn sleep(&mut self) {
        let _held = Told(self.tell.clone(), "frame");
        let _ = self.tell.send("sleeps");
        let _ = sleep(LONG);
        let _ = self.tell.send("woke");
    }

    fn visit(&mut self, other: Ref<Victim>) -> Result<(), CallError> {
        let _held = Told(self.tell.clone(), "caller's frame");
        other.within(LONG).sleep()
    }

    fn compute(&mut self, go: Arc<AtomicBool>) {
        let _held = Told(self.tell.clone(), "frame");
        let _ = self.tell.send("computes");
        while !go.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let _ = spawn(Nobody);
        let _ = self.tell.send("went on");
    }

    fn swallow(&mut self) -> bool {
        let _ = self.tell.send("sleeps");
        let caught = std::panic::catch_unwind(|| sleep(LONG)).is_err();
        let refused = sleep(LONG) == Err(CallError::Unwinding);
        let _ = self.tell.send(if caught && refused { "refused" } else { "slept" });
        caught
    }

    #[cast]
    fn nothing(&mut self) {}

    #[parallel]
    fn beside(me: &Me<Self>) {
        let tell = me.with(|victim| victim.tell.clone());
        let _held = Told(tell.clone(), "parallel frame");
        let _ = tell.send("sleeps beside");
        let _ = sleep(LONG);
        let _ = tell.send("woke");
    }

    #[stopping]
    fn stopping(&mut self, _reason: &ExitReason) {
        self.stops.fetch_add(1, Ordering::Relaxed);
    }
}

struct Nobody;
impl Actor for Nobody {}

struct Scene {
    vm: Vm,
    tell: mpsc::Sender<&'static str>,
    told: mpsc::Receiver<&'static str>,
    stops: Arc<AtomicUsize>,
}

impl Scene {
    fn new(workers: usize) -> Scene {
        let (tell, told) = mpsc::channel();
        let vm = Vm::builder().workers(workers).build().unwrap();
        Scene { vm, tell, told, stops: Arc::default() }
    }

    fn victim(&self) -> Ref<Victim> {
        let state = Told(self.tell.clone(), "state");
        self.vm.spawn(Victim { _state: state, tell: self.tell.clone(), stops: self.stops.clone() })
    }

    #[track_caller]
    fn expect(&self, said: &[&'static str]) {
        for expected in said {
            assert_eq!(self.told.recv_timeout(SOON).as_ref(), Ok(expected));
        }
    }
}

fn killed<R>(started: bool) -> Result<R, CallError> {
    Err(CallError::Stopped { reason: ExitReason::Killed, started })
}

#[test]
fn a_handler_that_waits_is_unwound_where_it_waits() {
    let scene = Scene::new(2);
    let victim = scene.victim();
    let dream = victim.request().sleep();
    scene.expect(&["sleeps"]);
    let queued = victim.request().sleep();
    victim.kill();
    assert_eq!(dream.wait(), killed(true));
    assert_eq!(queued.wait(), killed(false));
    scene.expect(&["frame", "state"]);
    assert_eq!(victim.exit_reason(), Some(ExitReason::Killed));
    assert!(matches!(victim.sleep(), Err(CallError::Stopped { reason: ExitReason::Killed, started: false })));
    assert_eq!(scene.stops.load(Ordering::Relaxed), 0, "nothing of its own runs any more");
}

#[test]
fn an_actor_at_rest_is_killed_and_so_is_one_with_a_full_mailbox() {
    let scene = Scene::new(1);
    let victim = scene.victim();
    victim.kill();
    scene.expect(&["state"]);
    assert_eq!(victim.exit_reason(), Some(ExitReason::Killed));

    let busy = scene.victim();
    let dream = busy.request().sleep();
    scene.expect(&["sleeps"]);
    for _ in 0..10_000 {
        busy.nothing().unwrap();
    }
    busy.kill();
    assert_eq!(dream.wait(), killed(true));
    scene.expect(&["frame", "state"]);
    let dead: u64 = scene.vm.counters().iter().map(|counted| counted.dead_letters).sum();
    assert_eq!(dead, 10_000, "what was queued is accounted for");
}

#[test]
fn a_handler_that_computes_is_ended_at_its_next_call_into_the_machine() {
    let scene = Scene::new(2);
    let victim = scene.victim();
    let go = Arc::new(AtomicBool::new(false));
    let work = victim.request().compute(go.clone());
    scene.expect(&["computes"]);
    victim.kill();
    go.store(true, Ordering::Relaxed);
    assert_eq!(work.wait(), killed(true));
    scene.expect(&["frame", "state"]);
}

#[test]
fn one_who_waits_for_a_killed_callee_goes_on_and_a_killed_caller_leaves_its_callee_alone() {
    let scene = Scene::new(2);
    let (caller, callee) = (scene.victim(), scene.victim());
    let call = caller.request().visit(callee.clone());
    scene.expect(&["sleeps"]);
    callee.kill();
    assert_eq!(call.wait(), killed(true));
    scene.expect(&["frame"]);

    let callee = scene.victim();
    let call = caller.request().visit(callee.clone());
    let told: Vec<_> = (0..3).map(|_| scene.told.recv_timeout(SOON).unwrap()).collect();
    assert!(told.contains(&"sleeps"), "{told:?}");
    caller.kill();
    assert_eq!(call.wait(), killed(true));
    scene.expect(&["caller's frame", "state"]);
    assert_eq!(callee.exit_reason(), None);
    callee.kill();
    scene.expect(&["frame", "state"]);
}

#[test]
fn parallel_methods_are_unwound_with_their_actor() {
    let scene = Scene::new(2);
    let victim = scene.victim();
    let calls: Vec<_> = (0..3).map(|_| victim.request().beside()).collect();
    scene.expect(&["sleeps beside"; 3]);
    victim.kill();
    for call in calls {
        assert_eq!(call.wait(), killed(true));
    }
    let mut told: Vec<_> = (0..4).map(|_| scene.told.recv_timeout(SOON).unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, ["parallel frame", "parallel frame", "parallel frame", "state"]);
}

#[test]
fn a_handler_that_catches_the_unwinding_may_not_wait_any_more_and_ends_all_the_same() {
    let scene = Scene::new(1);
    let incidents = scene.vm.incidents(10);
    let victim = scene.victim();
    let dream = victim.request().swallow();
    scene.expect(&["sleeps"]);
    victim.kill();
    scene.expect(&["refused", "state"]);
    assert_eq!(dream.wait(), Ok(true), "it has answered");
    assert_eq!(victim.exit_reason(), Some(ExitReason::Killed));
    let refuses = Incident::RefusesToEnd { actor: victim.id(), kind: "Victim", method: "swallow" };
    assert!(incidents.try_iter().any(|incident| incident == refuses), "it is told of");
    assert_eq!(scene.vm.counters()[0].quarantined, 1, "and counted");
    // Its coroutine is as good as any other afterwards.
    assert_eq!(scene.vm.run(|| sleep(Duration::from_millis(1))), Ok(Ok(())));
}

#[test]
fn processes_are_killed_while_they_receive_and_while_they_sleep() {
    let scene = Scene::new(2);
    let tell = scene.tell.clone();
    let receiver = scene.vm.process(move |inbox: Inbox<u32>| {
        let _held = Told(tell.clone(), "frame");
        let _ = tell.send("receives");
        let _ = inbox.recv();
        let _ = tell.send("received");
    });
    scene.expect(&["receives"]);
    receiver.kill();
    scene.expect(&["frame"]);
    let tell = scene.tell.clone();
    let sleeper = scene.vm.process(move |_: Inbox<u32>| {
        let _held = Told(tell.clone(), "frame");
        let _ = tell.send("sleeps");
        let _ = sleep(LONG);
        let _ = tell.send("woke");
    });
    scene.expect(&["sleeps"]);
    sleeper.kill();
    scene.expect(&["frame"]);
    for process in [receiver, sleeper] {
        while process.exit_reason().is_none() {
            std::thread::yield_now();
        }
        assert_eq!(process.exit_reason(), Some(ExitReason::Killed));
    }
}

#[test]
fn a_dedicated_actor_is_killed_on_its_own_thread() {
    let scene = Scene::new(1);
    let state = Told(scene.tell.clone(), "state");
    let victim = Victim { _state: state, tell: scene.tell.clone(), stops: scene.stops.clone() };
    let victim = scene.vm.spawn_dedicated(victim).unwrap();
    let dream = victim.request().sleep();
    scene.expect(&["sleeps"]);
    victim.kill();
    assert_eq!(dream.wait(), killed(true));
    scene.expect(&["frame", "state"]);
}

#[test]
fn to_kill_twice_or_one_that_has_ended_does_nothing() {
    let scene = Scene::new(2);
    let victim = scene.victim();
    let dream = victim.request().sleep();
    scene.expect(&["sleeps"]);
    victim.kill();
    victim.kill();
    assert_eq!(dream.wait(), killed(true));
    scene.expect(&["frame", "state"]);
    victim.kill();
    let stopped = scene.victim();
    stopped.stop();
    scene.expect(&["state"]);
    stopped.kill();
    assert_eq!(stopped.exit_reason(), Some(ExitReason::Normal));
}

#[test]
fn thousands_of_suspended_handlers_are_killed_from_threads_that_race_with_their_wakers() {
    const ACTORS: usize = 4_000;
    let scene = Scene::new(2);
    let victims: Vec<_> = (0..ACTORS).map(|_| scene.victim()).collect();
    let dreams: Vec<_> = victims.iter().map(|victim| victim.request().sleep()).collect();
    let killers: Vec<_> = (0..2)
        .map(|half| {
            let victims: Vec<_> = victims.iter().skip(half).step_by(2).cloned().collect();
            std::thread::spawn(move || victims.iter().for_each(Ref::kill))
        })
        .collect();
    for dream in dreams {
        let outcome = dream.wait();
        assert!(matches!(outcome, Err(CallError::Stopped { reason: ExitReason::Killed, .. })), "{outcome:?}");
    }
    for killer in killers {
        killer.join().unwrap();
    }
    while scene.vm.actors() > 0 {
        std::thread::yield_now();
    }
}

#[derive(Default)]
struct Napper;

#[actor]
impl Napper {
    fn nap(&mut self, micros: u64) {
        let _ = sleep(Duration::from_micros(micros));
    }
    #[parallel]
    fn doze(me: &Me<Self>, micros: u64) {
        let _ = sleep(Duration::from_micros(micros));
        me.with(|_| ());
        let _ = sleep(Duration::from_micros(micros));
    }
}

/// Every moment of a handler's life is hit sooner or later: the call ends in one of the ways that it may.
#[test]
fn a_kill_at_any_moment_ends_the_call_one_way_or_the_other() {
    for workers in [1, 2] {
        let vm = Vm::builder().workers(workers).build().unwrap();
        for round in 0..1_500_u64 {
            let napper = vm.spawn(Napper);
            let calls =
                [napper.request().nap(round % 7), napper.request().doze(round % 5), napper.request().nap(1)];
            for _ in 0..round % 60 * 20 {
                std::hint::spin_loop();
            }
            napper.kill();
            for call in calls {
                match call.wait() {
                    Ok(()) | Err(CallError::Stopped { reason: ExitReason::Killed, .. }) => {}
                    other => panic!("round {round}: {other:?}"),
                }
            }
            while napper.exit_reason().is_none() {
                std::thread::yield_now();
            }
        }
    }
}

#[test]
fn in_the_simulated_world_the_same_seed_kills_in_the_same_way() {
    fn run(seed: u64) -> Vec<String> {
        let vm = Vm::builder().workers(3).world(World::Simulated { seed }).build().unwrap();
        let session = vm.trace(Filter::everything());
        vm.run(|| {
            let nappers: Vec<_> = (0..10).map(|_| spawn(Napper)).collect();
            let calls: Vec<_> =
                nappers.iter().enumerate().map(|(n, it)| it.request().nap(n as u64 * 3)).collect();
            for napper in nappers.iter().rev() {
                napper.kill();
                let _ = sleep(Duration::from_micros(2));
            }
            calls.into_iter().map(block_on).filter(Result::is_err).count()
        })
        .unwrap();
        session.take().iter().map(ToString::to_string).collect()
    }
    for seed in 0..30 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}
