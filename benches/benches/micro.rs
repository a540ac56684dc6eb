//! What does each of Greenroom's steps cost: a switch, a spawn, a send, a call, a steal, a wake, a timer?
//!
//! `cargo bench -p greenroom-benches --bench micro`. Every bench checks what it has timed. The floors that these
//! stand against are in the names where one is known; rivals are in the `side-by-side` program.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use greenroom::prelude::*;
use greenroom_stackful::{Coroutine, PoolOptions, StackPool, StackSize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn vm(workers: usize) -> Vm {
    Vm::builder().workers(workers).build().expect("the VM starts")
}

/// Adds up what it is sent, and tells.
#[derive(Default)]
struct Counter {
    sum: u64,
}
impl Actor for Counter {}

struct Add(u64);
impl Message for Add {
    type Reply = u64;
}
impl Handler<Add> for Counter {
    fn handle(&mut self, Add(by): Add) -> u64 {
        self.sum += by;
        self.sum
    }
}

/// From the worker's stack onto a coroutine's and back.
fn switch(criterion: &mut Criterion) {
    let mut pool = StackPool::new(PoolOptions::default());
    let stack = pool.take(StackSize::KIB_64).expect("a stack");
    let mut echo = Coroutine::new(stack, |suspender, mut word| {
        while word != 0 {
            word = suspender.suspend(word + 1);
        }
    });
    criterion.bench_function("switch: onto a stack and back", |bencher| {
        bencher.iter(|| assert_eq!(echo.resume(hint::black_box(1)), Some(2)));
    });
}

/// Makes an actor and lets it go: no message, so it is never queued.
fn spawn_one(criterion: &mut Criterion) {
    struct Guarded(Arc<AtomicU64>);
    impl Actor for Guarded {}
    impl Drop for Guarded {
        fn drop(&mut self) {
            // ORDERING: Relaxed: it is read after the VM has ended, which joins the workers.
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let (made, ended) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let vm = vm(1);
    criterion.bench_function("spawn: an actor that gets no message, and its end", |bencher| {
        bencher.iter_custom(|times| {
            // ORDERING: Relaxed: one thread only.
            made.fetch_add(times, Ordering::Relaxed);
            let ended = ended.clone();
            inside(&vm, move || {
                for _ in 0..times {
                    drop(spawn(Guarded(ended.clone())));
                }
            })
        });
    });
    vm.shutdown();
    // ORDERING: Relaxed: see above.
    assert_eq!(
        ended.load(Ordering::Relaxed),
        made.load(Ordering::Relaxed),
        "every actor's destructor has run"
    );
}

/// One-way messages in batches, until all are handled.
fn send(criterion: &mut Criterion) {
    const BATCH: u64 = 1_000;
    let vm = vm(1);
    criterion.bench_function("send: a one-way message, sent and handled, in batches of 1,000", |bencher| {
        bencher.iter_custom(|times| {
            inside(&vm, move || {
                let counter = spawn(Counter::default());
                for first in (0..times).step_by(BATCH as usize) {
                    for _ in first..times.min(first + BATCH) {
                        counter.send(Add(1)).expect("it lives");
                    }
                    let handled = counter.ask(Add(0)).expect("it lives");
                    assert_eq!(handled, times.min(first + BATCH));
                }
            })
        });
    });
}

/// A call to an actor at rest, which is handed the core at once.
fn call(criterion: &mut Criterion) {
    let vm = vm(1);
    criterion.bench_function("call: to an actor at rest, and its reply", |bencher| {
        bencher.iter_custom(|times| {
            inside(&vm, move || {
                let counter = spawn(Counter::default());
                for expected in 1..=times {
                    assert_eq!(counter.ask(Add(1)), Ok(expected));
                }
            })
        });
    });
}

/// Work that only another worker can take: the one that made it is busy until all of it is done.
fn steal(criterion: &mut Criterion) {
    const BATCH: u64 = 256;
    struct Chunk(Arc<AtomicU64>);
    impl Actor for Chunk {}
    struct Run;
    impl Message for Run {
        type Reply = ();
    }
    impl Handler<Run> for Chunk {
        fn handle(&mut self, Run: Run) {
            // ORDERING: Relaxed: it carries nothing but the count.
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let vm = vm(2);
    let mut stolen = 0;
    criterion.bench_function("steal: an actor of 256 that wait behind a busy one", |bencher| {
        bencher.iter_custom(|times| {
            stolen += times;
            inside(&vm, move || {
                for first in (0..times).step_by(BATCH as usize) {
                    let batch = BATCH.min(times - first);
                    let done = Arc::new(AtomicU64::new(0));
                    let chunks: Vec<_> = (0..batch).map(|_| spawn(Chunk(done.clone()))).collect();
                    chunks.iter().for_each(|chunk| chunk.send(Run).expect("it lives"));
                    // ORDERING: Relaxed: see above.
                    while done.load(Ordering::Relaxed) < batch {
                        hint::spin_loop();
                    }
                }
            })
        });
    });
    let steals: u64 = vm.counters().iter().map(|worker| worker.steals).sum();
    assert!(stolen == 0 || steals > 0, "nothing was stolen, so this timed something else");
}

/// From a plain thread into a VM at rest and back: two threads are woken.
fn wake(criterion: &mut Criterion) {
    let vm = vm(1);
    let counter = vm.spawn(Counter::default());
    let mut expected = 0;
    criterion.bench_function("wake: a call from a plain thread to a VM at rest", |bencher| {
        bencher.iter(|| {
            expected += 1;
            assert_eq!(counter.ask(Add(1)), Ok(expected));
        });
    });
}

/// The shortest sleep: into the timers, off the stack, out of the timers, back on the stack.
fn timer(criterion: &mut Criterion) {
    const NAP: Duration = Duration::from_nanos(1);
    let vm = vm(1);
    criterion.bench_function("timer: a sleep of 1 ns", |bencher| {
        bencher.iter_custom(|times| {
            inside(&vm, move || {
                for _ in 0..times {
                    let began = Instant::now();
                    sleep(NAP).expect("it may wait here");
                    assert!(began.elapsed() >= NAP, "a timer fired early");
                }
            })
        });
    });
}

/// How long `work` takes inside the VM.
fn inside(vm: &Vm, work: impl FnOnce() + Send + 'static) -> Duration {
    let timed = vm.run(move || {
        let began = Instant::now();
        work();
        began.elapsed()
    });
    timed.expect("the work does not panic")
}

criterion_group!(benches, switch, spawn_one, send, call, steal, wake, timer);
criterion_main!(benches);
