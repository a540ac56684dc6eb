//! What does each of Greenroom's steps cost: a switch, a spawn, a send, a call, a steal, a wake, a timer?
//!
//! `cargo bench -p greenroom-benches --bench micro`. Every bench checks what it has timed. The floors that these
//! stand against are in the names where one is known; rivals are in the `side-by-side` program.

use std::hint;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use greenroom::prelude::*;
use greenroom::trace::Filter;
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

/// A [`Counter`] with room for so many messages.
#[derive(Default)]
struct Bounded<const ROOM: usize>(Counter);
impl<const ROOM: usize> Actor for Bounded<ROOM> {
    const CAPACITY: Capacity = Capacity::of(ROOM);
}
impl<const ROOM: usize> Handler<Add> for Bounded<ROOM> {
    fn handle(&mut self, add: Add) -> u64 {
        self.0.handle(add)
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

/// Adds up what its methods are given, and tells.
struct Account(u64);

#[actor]
impl Account {
    fn add(&mut self, by: u64) -> u64 {
        self.add_seen(by)
    }
}

#[actor]
trait Adding {
    fn add_seen(&mut self, by: u64) -> u64;
}

impl Adding for Account {
    fn add_seen(&mut self, by: u64) -> u64 {
        self.0 += by;
        self.0
    }
}

/// A call beside its twins: of a method, through each view that calls, and through an interface.
fn calls(criterion: &mut Criterion) {
    let vm = vm(1);
    let mut group = criterion.benchmark_group("call");
    let mut bench = |name: &str, call: fn(u64)| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| inside(&vm, move || call(times)));
        });
    };
    bench("of a message", |times| {
        let counter = spawn(Counter::default());
        (1..=times).for_each(|expected| assert_eq!(counter.ask(Add(1)), Ok(expected)));
    });
    bench("of a method", |times| {
        let account = spawn(Account(0));
        (1..=times).for_each(|expected| assert_eq!(account.add(1), Ok(expected)));
    });
    bench("of a method, with a deadline", |times| {
        let account = spawn(Account(0));
        (1..=times).for_each(|expected| assert_eq!(account.within(9 * SECOND).add(1), Ok(expected)));
    });
    bench("of a method of an interface", |times| {
        let account = spawn(Account(0)).upcast::<dyn Adding>();
        (1..=times).for_each(|expected| assert_eq!(account.add_seen(1), Ok(expected)));
    });
    group.finish();
}

/// One-way messages beside methods sent one-way, in batches, until all are handled.
fn casts(criterion: &mut Criterion) {
    const BATCH: u64 = 1_000;
    fn in_batches(times: u64, send: impl Fn(), handled: impl Fn() -> Result<u64, CallError>) {
        for first in (0..times).step_by(BATCH as usize) {
            let after = times.min(first + BATCH);
            (first..after).for_each(|_| send());
            assert_eq!(handled(), Ok(after));
        }
    }
    let vm = vm(1);
    let mut group = criterion.benchmark_group("send");
    let mut bench = |name: &str, send: fn(u64)| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| inside(&vm, move || send(times)));
        });
    };
    bench("a message", |times| {
        let counter = spawn(Counter::default());
        in_batches(times, || counter.send(Add(1)).expect("it lives"), || counter.ask(Add(0)));
    });
    bench("a message, where there is a capacity", |times| {
        let counter = spawn(Bounded::<{ 2 * BATCH as usize }>::default());
        in_batches(times, || counter.send(Add(1)).expect("it lives"), || counter.ask(Add(0)));
    });
    bench("a message, where one waits for room every 50th time", |times| {
        let counter = spawn(Bounded::<50>::default());
        in_batches(times, || counter.send(Add(1)).expect("it lives"), || counter.ask(Add(0)));
    });
    bench("a method", |times| {
        let account = spawn(Account(0));
        in_batches(times, || account.cast().add(1).expect("it lives"), || account.add(0));
    });
    group.finish();
}

/// Hits a ball back until it has been hit often enough, and tells.
struct Player {
    hits: u64,
    opponent: Option<Ref<Player>>,
    over: mpsc::Sender<u64>,
}

impl Player {
    /// How it is passed on says on which level the game is.
    fn hit(&mut self, left: u64, pass: impl FnOnce(&Ref<Player>, u64)) {
        self.hits += 1;
        match (left, &self.opponent) {
            (0, _) => self.over.send(self.hits).expect("somebody waits for the end"),
            (left, Some(opponent)) => pass(opponent, left - 1),
            (_, None) => panic!("nobody plays alone"),
        }
    }
}

struct Ball(u64);
impl Message for Ball {
    type Reply = ();
}
impl Handler<Ball> for Player {
    fn handle(&mut self, Ball(left): Ball) {
        self.hit(left, |opponent, left| opponent.send(Ball(left)).expect("it lives"));
    }
}

#[actor]
impl Player {
    #[cast]
    fn ball(&mut self, left: u64) {
        self.hit(left, |opponent, left| opponent.ball(left).expect("it lives"));
    }

    fn meet(&mut self, opponent: Option<Ref<Player>>) -> u64 {
        self.opponent = opponent;
        self.hits
    }
}

/// One way to and fro between two actors: each message finds its receiver at rest.
fn ping_pong(criterion: &mut Criterion) {
    fn play(times: u64, serve: fn(&Ref<Player>, u64)) {
        let (over, is_over) = mpsc::channel();
        let player = || spawn(Player { hits: 0, opponent: None, over: over.clone() });
        let (one, other) = (player(), player());
        one.meet(Some(other.clone())).expect("it lives");
        other.meet(Some(one.clone())).expect("it lives");
        serve(&one, times - 1);
        while is_over.try_recv().is_err() {
            yield_now().expect("it may wait here");
        }
        let hits = [one, other].map(|player| player.meet(None).expect("it lives"));
        assert_eq!(hits, [times.div_ceil(2), times / 2]);
    }
    let vm = vm(1);
    let mut group = criterion.benchmark_group("ping-pong");
    let mut bench = |name: &str, serve: fn(&Ref<Player>, u64)| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| inside(&vm, move || play(times, serve)));
        });
    };
    bench("by messages", |player, times| player.send(Ball(times)).expect("it lives"));
    bench("by methods", |player, times| player.ball(times).expect("it lives"));
    let session = vm.trace(Filter::everything().capacity(1000));
    bench("by methods, traced", |player, times| player.ball(times).expect("it lives"));
    assert!(session.dropped() > 0, "it has seen more than it keeps");
    group.finish();
}

criterion_group!(benches, switch, spawn_one, calls, casts, ping_pong, steal, wake, timer);
criterion_main!(benches);
