//! Wakers of futures that handlers await: used by foreign threads, many times, at once, and when all is over.

mod support;

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread::{self, ThreadId};

use greenroom::block_on;
use support::{Dropped, Object, SEEDS, Tally, ask, real, settle, simulated, wait_until, watched};

/// A future that a foreign thread makes ready, and that keeps every waker it was polled with.
#[derive(Clone, Default)]
struct Signal(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Signal {
    /// Wakes all wakers, ready or not.
    fn wake(&self) {
        let wakers = self.0.lock().unwrap().1.clone();
        wakers.iter().for_each(Waker::wake_by_ref);
    }

    fn fire(&self) {
        self.0.lock().unwrap().0 = true;
        self.wake();
    }

    fn is_polled(&self) -> bool {
        !self.0.lock().unwrap().1.is_empty()
    }

    async fn wait(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap();
            state.1.push(context.waker().clone());
            if state.0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[test]
fn wakers_work_from_foreign_threads_many_times_and_at_once() {
    watched(|| {
        let vm = real();
        for _ in 0..200 {
            let signal = Signal::default();
            let wait = signal.clone();
            let waits = vm.spawn(Object(())).send_request(ask(move |(): &mut ()| block_on(wait.wait())));
            let threads: Vec<_> = (0..3)
                .map(|number| {
                    let signal = signal.clone();
                    thread::spawn(move || {
                        (0..10).for_each(|_| signal.wake());
                        if number == 0 {
                            signal.fire();
                        }
                        (0..10).for_each(|_| signal.wake());
                    })
                })
                .collect();
            assert_eq!(waits.wait(), Ok(Ok(())));
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
    });
}

#[test]
fn a_waker_may_be_used_when_its_future_its_actor_and_its_machine_are_gone() {
    watched(|| {
        for _ in 0..20 {
            let (vm, signal) = (real(), Signal::default());
            let wait = signal.clone();
            let actor = vm.spawn(Object(()));
            let waits = actor.send_request(ask(move |(): &mut ()| block_on(wait.wait())));
            wait_until("it waits", || signal.is_polled());
            signal.fire();
            assert_eq!(waits.wait(), Ok(Ok(())));
            signal.wake();
            // The handler waits for something else now, which the old waker does not wake.
            let (other, late) = (Signal::default(), signal.clone());
            let wait = other.clone();
            let again = actor.send_request(ask(move |(): &mut ()| {
                late.wake();
                let waited = block_on(async {
                    late.wake();
                    wait.wait().await;
                });
                late.wake();
                waited
            }));
            wait_until("it waits again", || other.is_polled());
            signal.wake();
            other.fire();
            assert_eq!(again.wait(), Ok(Ok(())));
            drop(actor);
            signal.wake();
            drop(vm);
            signal.wake();
        }
    });
}

/// What a suspended handler has on its stack: it tells where it is dropped.
struct Held(Arc<Mutex<Vec<ThreadId>>>, #[allow(dead_code)] Dropped);

impl Drop for Held {
    fn drop(&mut self) {
        assert!(thread::panicking(), "the handler is unwound");
        self.0.lock().unwrap().push(thread::current().id());
    }
}

#[test]
fn the_end_of_a_machine_drops_a_future_once_and_on_the_thread_that_polled_it() {
    watched(|| {
        let real = || (0..10).map(|_| real());
        for vm in SEEDS.map(simulated).chain(real()) {
            let (signal, dropped) = (Signal::default(), Tally::default());
            let (polled, unwound) = (Arc::new(Mutex::new(Vec::new())), Arc::default());
            for _ in 0..8 {
                let (wait, polled) = (signal.clone(), Arc::clone(&polled));
                let held = Held(Arc::clone(&unwound), Dropped(dropped.clone()));
                let waits = ask(move |(): &mut ()| {
                    let _ = block_on(async {
                        let _held = held;
                        polled.lock().unwrap().push(thread::current().id());
                        wait.wait().await;
                    });
                });
                vm.spawn(Object(())).send(waits).unwrap();
            }
            settle(&vm, "all wait", || signal.0.lock().unwrap().1.len() == 8);
            let late = signal.clone();
            let wakes = thread::spawn(move || (0..100).for_each(|_| late.wake()));
            drop(vm);
            wakes.join().unwrap();
            signal.fire();
            assert_eq!(dropped.count(), 8);
            let (mut polled, mut unwound) = (polled.lock().unwrap().clone(), unwound.lock().unwrap().clone());
            polled.sort_by_key(|id| format!("{id:?}"));
            unwound.sort_by_key(|id| format!("{id:?}"));
            assert_eq!(polled, unwound);
        }
    });
}
