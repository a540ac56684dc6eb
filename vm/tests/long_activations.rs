//! Long activations: a handler that computes for ever, or blocks its thread, is named while it does.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use greenroom::prelude::*;
use greenroom::{ActorId, Incident};
use support::{LOST, Object, ask, real, real_builder, watched};

/// What holds a [`Hog`] up; dropped, it lets it go.
struct Leash {
    free: Arc<AtomicBool>,
    gate: Option<mpsc::Sender<()>>,
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.free.store(true, Ordering::Release);
    }
}

/// Keeps its worker, in one way or another.
struct Hog {
    free: Arc<AtomicBool>,
    gate: mpsc::Receiver<()>,
    other: Option<Ref<Object<u32>>>,
}

#[actor]
impl Hog {
    #[cast]
    fn compute(&mut self) {
        while !self.free.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
    }

    #[cast]
    fn block(&mut self) {
        let _ = self.gate.recv();
    }

    #[cast]
    fn call_and_compute(&mut self) {
        // By hand-off, if the other is at rest.
        self.other.as_ref().unwrap().ask(ask(|n: &mut u32| *n += 1)).unwrap();
        self.compute();
    }

    #[cast]
    fn sleep_and_block(&mut self) {
        sleep(MILLISECOND).unwrap();
        self.block();
    }

    #[parallel]
    fn compute_beside(me: &Me<Self>) {
        let free = me.with(|hog| hog.free.clone());
        while !free.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
    }
}

fn hog(vm: &Vm) -> (Ref<Hog>, Leash) {
    let (free, (gate, closed)) = (Arc::new(AtomicBool::new(false)), mpsc::channel());
    let hog = Hog { free: free.clone(), gate: closed, other: Some(vm.spawn(Object(0))) };
    (vm.spawn(hog), Leash { free, gate: Some(gate) })
}

/// The next long activation: whose, and of which method.
fn next(incidents: &Receiver<Incident>) -> (ActorId, &'static str, &'static str) {
    let incident = incidents.recv_timeout(LOST).expect("it is reported");
    let text = incident.to_string();
    let Incident::LongActivation { actor, kind, method, running_for, .. } = incident else {
        panic!("{text}")
    };
    assert!(running_for >= Duration::from_millis(10), "{text}");
    assert!(text.starts_with(&format!("{kind}#{actor}.{method} has kept worker")), "{text}");
    (actor, kind, method)
}

#[test]
fn handlers_that_compute_for_ever_or_sleep_in_the_kernel_are_named_once_while_they_run() {
    type Keep = fn(&Ref<Hog>);
    let ways: [(Keep, &str); 5] = [
        (|hog| hog.compute().unwrap(), "compute"),
        (|hog| hog.block().unwrap(), "block"),
        (|hog| hog.call_and_compute().unwrap(), "call_and_compute"),
        (|hog| hog.sleep_and_block().unwrap(), "sleep_and_block"),
        (|hog| hog.cast().compute_beside().unwrap(), "compute_beside"),
    ];
    watched(|| {
        let vm = real();
        let incidents = vm.incidents(100);
        for (keep, method) in ways {
            let (hog, leash) = hog(&vm);
            keep(&hog);
            assert_eq!(next(&incidents), (hog.id(), "Hog", method));
            drop(leash);
            hog.stop();
            vm.run(move || support::wait_until("it has ended", || hog.exit_reason().is_some())).unwrap();
        }
        assert!(incidents.is_empty(), "{:?}", incidents.try_recv());
    });
}

#[test]
fn two_in_one_batch_of_an_actor_are_each_told() {
    watched(|| {
        let vm = real();
        let incidents = vm.incidents(100);
        for _ in 0..3 {
            let (hog, mut leash) = hog(&vm);
            hog.block().unwrap();
            hog.compute().unwrap();
            assert_eq!(next(&incidents), (hog.id(), "Hog", "block"));
            leash.gate = None;
            assert_eq!(next(&incidents), (hog.id(), "Hog", "compute"));
            drop(leash);
        }
    });
}

#[test]
fn a_callee_by_hand_off_is_named_and_not_its_caller() {
    watched(|| {
        let vm = real();
        let incidents = vm.incidents(100);
        let (hog, leash) = hog(&vm);
        let called = hog.clone();
        let caller = vm.process(move |_: Inbox<()>| called.call().compute().unwrap());
        let (actor, kind, method) = next(&incidents);
        assert_eq!((actor, kind, method), (hog.id(), "Hog", "compute"), "not {:?}", caller.id());
        drop(leash);
    });
}

#[test]
fn a_process_is_named_by_its_messages_type() {
    watched(|| {
        let vm = real();
        let incidents = vm.incidents(100);
        let (gate, closed) = mpsc::channel::<()>();
        let process = vm.process(move |inbox: Inbox<u32>| {
            inbox.recv().unwrap();
            let _ = closed.recv();
        });
        process.send(1).unwrap();
        assert_eq!(next(&incidents), (process.id(), "Process<u32>", "run"));
        drop(gate);
    });
}

#[test]
fn when_all_workers_are_kept_each_handler_is_named_with_its_worker_and_so_are_those_on_relief() {
    watched(|| {
        let vm = real_builder().workers(2).relief(4).build().unwrap();
        let incidents = vm.incidents(100);
        let hogs: Vec<_> = (0..5).map(|_| hog(&vm)).collect();
        let mut told = vec![];
        for (hog, _) in &hogs {
            hog.block().unwrap();
            told.push(incidents.recv_timeout(LOST).unwrap());
        }
        let mut workers: Vec<_> = (hogs.iter().zip(told))
            .map(|((hog, _), incident)| match incident {
                Incident::LongActivation { actor, worker, .. } if actor == hog.id() => worker,
                other => panic!("{other} of {hog:?}"),
            })
            .collect();
        workers.sort_unstable();
        workers.dedup();
        assert!(workers.len() == 5 && workers[4] < 6, "{workers:?}");
    });
}

#[test]
fn one_that_calls_others_or_waits_all_the_time_is_none() {
    watched(|| {
        let vm = real();
        let incidents = vm.incidents(100);
        let other = vm.spawn(Object(0_u32));
        vm.run(move || {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(100) {
                other.ask(ask(|n: &mut u32| *n += 1)).unwrap();
            }
            sleep(Duration::from_millis(50)).unwrap();
        })
        .unwrap();
        assert!(incidents.is_empty(), "{:?}", incidents.try_recv());
    });
}
