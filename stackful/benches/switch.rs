//! What do the steps of a coroutine's life cost: a switch, taking and putting back a stack, making
//! a coroutine, unwinding one, overflowing?
//!
//! `cargo bench -p greenroom-stackful --bench switch`

use std::cell::Cell;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use greenroom_stackful::overflow::{self, AlternateStack};
use greenroom_stackful::{BigStack, Coroutine, PoolOptions, Stack, StackPool, StackSize, Suspender};

fn echo(stack: Stack) -> Coroutine {
    Coroutine::new(stack, |suspender, mut word| {
        while word != 0 {
            word = suspender.suspend(word + 1);
        }
    })
}

fn switches(criterion: &mut Criterion) {
    let mut pool = StackPool::new(PoolOptions::default());
    let mut coroutine = echo(pool.take(StackSize::KIB_64).unwrap());
    criterion.bench_function("switch there and back", |bencher| {
        bencher.iter(|| assert_eq!(coroutine.resume(black_box(1)), Some(2)));
    });
    criterion.bench_function("ask whether it overflowed", |bencher| {
        bencher.iter(|| assert!(!black_box(&coroutine).overflowed()));
    });
    let mut inner = echo(pool.take(StackSize::KIB_64).unwrap());
    let mut outer = Coroutine::new(pool.take(StackSize::KIB_64).unwrap(), move |suspender, mut word| {
        loop {
            word = suspender.suspend(inner.resume(word).unwrap());
        }
    });
    criterion.bench_function("switch there and back through another", |bencher| {
        bencher.iter(|| assert_eq!(outer.resume(black_box(1)), Some(2)));
    });
    let big = BigStack::new().unwrap();
    criterion.bench_function("call on the big stack", |bencher| {
        bencher.iter(|| assert_eq!(big.run(|| black_box(1) + 1), 2));
    });
}

fn pooling(criterion: &mut Criterion) {
    let mut pool = StackPool::new(PoolOptions::default());
    criterion.bench_function("take and put back a stack", |bencher| {
        bencher.iter(|| {
            let stack = pool.take(StackSize::KIB_64).unwrap();
            pool.put(black_box(stack));
        });
    });
    criterion.bench_function("take, run one activation to its end, put back", |bencher| {
        bencher.iter(|| {
            let mut coroutine = echo(pool.take(StackSize::KIB_64).unwrap());
            assert_eq!(coroutine.resume(black_box(0)), None);
            pool.put(coroutine.into_stack());
        });
    });
    let mut coroutine = echo(pool.take(StackSize::KIB_64).unwrap());
    coroutine.resume(1);
    criterion.bench_function("recycle a coroutine that was not deep", |bencher| {
        bencher.iter(|| pool.recycle(black_box(&mut coroutine)));
    });
    criterion.bench_function("unwind a suspended coroutine", |bencher| {
        bencher.iter(|| {
            let mut coroutine = echo(pool.take(StackSize::KIB_64).unwrap());
            coroutine.resume(1);
            coroutine.unwind();
            pool.put(coroutine.into_stack());
        });
    });
    criterion.bench_function("carve a new stack", |bencher| {
        let mut pool = StackPool::new(PoolOptions::default());
        bencher.iter_batched(|| (), |()| pool.take(StackSize::KIB_64).unwrap(), BatchSize::SmallInput);
    });
    criterion.bench_function("carve a new stack and run on it", |bencher| {
        let mut pool = StackPool::new(PoolOptions::default());
        let mut begin = || {
            let mut coroutine = echo(pool.take(StackSize::KIB_64).unwrap());
            coroutine.resume(1);
            coroutine
        };
        bencher.iter_batched(|| (), |()| begin(), BatchSize::SmallInput);
    });
}

fn fill(suspender: &Suspender, depth: &Rc<Cell<u64>>) -> u64 {
    if suspender.overflowed() {
        resume_unwind(Box::new(()));
    }
    depth.set(depth.get() + 1);
    let room = black_box([1_u64; 128]);
    fill(suspender, depth) + room[5]
}

fn overflowing(criterion: &mut Criterion) {
    overflow::install().unwrap();
    let _alternate = AlternateStack::for_this_thread().unwrap();
    let mut pool = StackPool::new(PoolOptions::default());
    let depth = Rc::new(Cell::new(0));
    let in_body = Rc::clone(&depth);
    let stack = pool.take(StackSize::KIB_64).unwrap();
    let mut coroutine = Coroutine::new(stack, move |suspender, _| {
        loop {
            let overflowed = catch_unwind(AssertUnwindSafe(|| fill(suspender, &in_body))).is_err();
            suspender.suspend(usize::from(overflowed));
        }
    });
    criterion.bench_function("overflow 64 KiB, unwind some 60 frames, recycle", |bencher| {
        bencher.iter(|| {
            assert_eq!(coroutine.resume(0), Some(1));
            pool.recycle(&mut coroutine);
        });
    });
    assert!(depth.get() > 50);
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = switches, pooling, overflowing
}
criterion_main!(benches);
