//! Blocking work: it runs beside the workers, and only its caller waits.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use greenroom::blocking;
use greenroom::prelude::*;
use support::{Dropped, LOST, Object, Tally, ask, both_worlds, real, real_builder, watched};

#[test]
fn blocking_work_returns_its_value() {
    both_worlds(|vm| {
        let sum = vm.run(|| (0..50_u64).map(|n| blocking(move || n).unwrap()).sum::<u64>());
        assert_eq!(sum, Ok(1225));
    });
    assert_eq!(blocking(|| 7), Ok(7), "on a plain thread it runs in place");
}

#[test]
fn more_blocking_tasks_than_workers_block_no_other_handler() {
    watched(|| {
        let vm = real();
        let (gates, tasks): (Vec<_>, Vec<_>) = (0..20)
            .map(|number| {
                let (open, gate) = mpsc::channel::<()>();
                let task = vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    blocking(move || {
                        gate.recv().unwrap();
                        (number, current_worker())
                    })
                }));
                (open, task)
            })
            .unzip();
        // All twenty sit in the kernel, and others go on; the last is let go first.
        let actors: Vec<_> = (0..100).map(|_| vm.spawn(Object(1))).collect();
        assert_eq!(actors.iter().map(|actor| actor.ask(ask(|n: &mut i32| *n)).unwrap()).sum::<i32>(), 100);
        for (number, (open, task)) in gates.into_iter().zip(tasks).enumerate().rev() {
            open.send(()).unwrap();
            assert_eq!(task.wait(), Ok(Ok((number, None))), "on no worker");
        }
    });
}

#[test]
fn tasks_beyond_the_allowed_threads_wait_their_turn() {
    watched(|| {
        let vm = real_builder().blocking_threads(2).build().unwrap();
        let inside = Arc::new(Mutex::new(0));
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (inside, second) = (inside.clone(), inside.clone());
                vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    blocking(move || {
                        assert_eq!(thread::current().name(), Some("greenroom-blocking"));
                        let inside = {
                            let mut inside = inside.lock().unwrap();
                            *inside += 1;
                            *inside
                        };
                        thread::yield_now();
                        *second.lock().unwrap() -= 1;
                        inside
                    })
                }))
            })
            .collect();
        let most = tasks.into_iter().map(|task| task.wait().unwrap().unwrap()).max();
        assert!((1..=2).contains(&most.unwrap()), "{most:?} at a time");
    });
}

/// The cores that a thread may use, by its folder in `/proc`.
fn cores(task: &Path) -> String {
    let status = fs::read_to_string(task.join("status")).unwrap();
    status.lines().find(|line| line.starts_with("Cpus_allowed:")).unwrap().to_owned()
}

#[test]
fn blocking_work_and_the_clock_may_use_every_core_that_the_builder_may() {
    fn own() -> String {
        cores(Path::new("/proc/thread-self"))
    }
    watched(|| {
        let vm = Vm::builder().workers(1).name("wide").build().unwrap();
        let (worker, pool) = vm.run(|| (own(), blocking(own).unwrap())).unwrap();
        assert_eq!(pool, own(), "the worker is on {worker}");
        let _timer = vm.run(|| spawn(Object(())).send_after(LOST, ask(|(): &mut ()| ()))).unwrap();
        let tasks = || fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
        let is_clock = |task: &PathBuf| {
            fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "wide-clock")
        };
        support::wait_until("the clock has begun, and left its maker's core", || {
            tasks().find(is_clock).is_some_and(|clock| cores(&clock) == own())
        });
    });
}

#[test]
fn a_panic_in_blocking_work_goes_on_in_its_caller() {
    both_worlds(|vm| {
        let error = vm.spawn(Object(())).ask(ask(|(): &mut ()| blocking(|| panic!("in the pool")).unwrap()));
        let CallError::Panicked(report) = Result::<(), _>::unwrap_err(error) else { panic!() };
        assert_eq!(report.message(), "in the pool");
        assert_eq!(vm.run(|| blocking(|| 1)), Ok(Ok(1)), "the pool goes on");
    });
}

#[test]
fn a_machine_that_ends_waits_for_blocking_work_and_unwinds_who_waited() {
    watched(|| {
        let vm = real();
        let (unwound, worked) = (Tally::default(), Tally::default());
        let (begun, begin) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        let (held, done) = (Dropped(unwound.clone()), worked.clone());
        let waits = vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
            let _held = held;
            blocking(move || {
                begun.send(()).unwrap();
                gate.recv_timeout(LOST).unwrap();
                done.add_one();
            })
        }));
        begin.recv_timeout(LOST).unwrap();
        let opener = thread::spawn({
            let unwound = unwound.clone();
            move || {
                // The handler is unwound while its task still blocks.
                support::wait_until("it is unwound", || unwound.count() == 1);
                open.send(()).unwrap();
            }
        });
        drop(vm);
        assert_eq!((unwound.count(), worked.count()), (1, 1));
        assert!(matches!(waits.wait(), Err(CallError::Stopped { started: true, .. })));
        opener.join().unwrap();
    });
}

#[test]
fn blocking_work_may_use_the_machine_as_any_plain_thread_does() {
    watched(|| {
        let vm = real();
        let counter = vm.spawn(Object(0));
        let seen = counter.clone();
        let result = vm.run(move || {
            blocking(move || {
                sleep(Duration::from_millis(1)).unwrap();
                seen.ask(ask(|n: &mut i32| std::mem::replace(n, 5)))
            })
        });
        assert_eq!(result, Ok(Ok(Ok(0))));
        assert_eq!(counter.ask(ask(|n: &mut i32| *n)), Ok(5));
    });
}
