//! Allocations: a call by hand-off makes none, a message sent one, a spawn one; and a method costs what its message does.
//!
//! Counted by an allocator that keeps a number for each thread, so that tests do not count one another.

#![cfg(not(feature = "sanitizer"))] // Memory is not recycled under the sanitizer, and allocations are counted.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use greenroom::prelude::*;
use support::{real_builder, sum, watched};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: it does what the system's allocator does.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often this thread allocates in `body`.
fn allocations(body: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    body();
    ALLOCATIONS.get() - before
}

struct Counter(u64);
impl Actor for Counter {}
struct Add(u64);
impl Message for Add {
    type Reply = u64;
}
impl Handler<Add> for Counter {
    fn handle(&mut self, Add(by): Add) -> u64 {
        self.0 += by;
        self.0
    }
}

/// A chain of two hand-offs.
struct Relay(Ref<Counter>);
impl Actor for Relay {}
impl Handler<Add> for Relay {
    fn handle(&mut self, add: Add) -> u64 {
        self.0.ask(add).unwrap()
    }
}

/// One worker, so that everything is counted on its thread, warmed up by the same work.
fn on_a_warm_worker(body: impl Fn() -> u64 + Send + Sync + 'static) -> u64 {
    watched(|| {
        let vm = real_builder().workers(1).relief(0).build().unwrap();
        vm.run(move || {
            body();
            // What the first time left behind ends now, so that nothing else runs in the second.
            sleep(Duration::from_millis(5)).unwrap();
            body()
        })
        .unwrap()
    })
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(5)))), 1);
    assert_eq!(allocations(|| ()), 0);
}

#[test]
fn a_call_by_hand_off_allocates_nothing() {
    let allocated = on_a_warm_worker(|| {
        let counter = spawn(Counter(0));
        let relay = spawn(Relay(counter.clone()));
        allocations(|| {
            for round in 1..=1000 {
                assert_eq!(counter.ask(Add(1)), Ok(2 * round - 1));
                assert_eq!(relay.ask(Add(1)), Ok(2 * round));
            }
        })
    });
    assert_eq!(allocated, 0);
}

#[test]
fn those_were_calls_by_hand_off() {
    watched(|| {
        let vm = real_builder().workers(1).relief(0).build().unwrap();
        vm.run(|| {
            let counter = spawn(Counter(0));
            for _ in 0..1000 {
                counter.ask(Add(1)).unwrap();
            }
        })
        .unwrap();
        assert_eq!(sum(&vm, |counted| counted.handoffs), 1000);
    });
}

#[test]
fn a_message_sent_costs_one_allocation_at_most() {
    let allocated = on_a_warm_worker(|| {
        let counter = spawn(Counter(0));
        let allocated = allocations(|| (0..1000).for_each(|_| counter.send(Add(1)).unwrap()));
        assert_eq!(counter.ask(Add(0)), Ok(1000));
        allocated
    });
    assert!(allocated <= 1000, "{allocated} for 1000");
}

#[test]
fn a_request_costs_one_allocation_at_most_its_reply_included() {
    let allocated = on_a_warm_worker(|| {
        let counter = spawn(Counter(0));
        let mut promises = Vec::with_capacity(1000);
        allocations(|| {
            promises.extend((0..1000).map(|_| counter.send_request(Add(1))));
            let last = promises.into_iter().map(|promise| promise.wait().unwrap()).last();
            assert_eq!(last, Some(1000));
        })
    });
    // A few more for the growth of queues, once.
    assert!(allocated <= 1010, "{allocated} for 1000");
}

#[test]
fn a_spawn_costs_one_allocation_at_most() {
    let allocated = on_a_warm_worker(|| {
        let mut actors = Vec::with_capacity(1000);
        allocations(|| actors.extend((0..1000).map(|_| spawn(Counter(0)))))
    });
    assert!(allocated <= 1000, "{allocated} for 1000");
}

// ---- Methods ----

/// As `Counter`, by methods.
struct Account(u64);

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

#[actor]
impl Account {
    fn add(&mut self, by: u64) -> u64 {
        self.add_seen(by)
    }

    #[cast]
    fn note(&mut self, by: u64) {
        self.add_seen(by);
    }

    /// Keeps nothing of the reference.
    fn meet(&mut self, other: Ref<Account>) -> bool {
        other == me()
    }

    #[parallel]
    fn add_beside(me: &Me<Self>, by: u64) -> u64 {
        me.with(|account| account.add_seen(by))
    }
}

const TIMES: u64 = 1000;

/// Spawns an account, and counts what this thread allocates while `call` is done with it, over and over.
fn allocations_of(call: fn(&Ref<Account>)) -> u64 {
    on_a_warm_worker(move || {
        let account = spawn(Account(0));
        allocations(|| (0..TIMES).for_each(|_| call(&account)))
    })
}

#[test]
fn a_method_call_by_hand_off_allocates_nothing_in_any_view() {
    assert_eq!(allocations_of(|account| assert!(account.add(1).is_ok())), 0);
    assert_eq!(allocations_of(|account| assert!(account.call().add(1).is_ok())), 0);
    assert_eq!(allocations_of(|account| assert!(account.within(Duration::from_secs(9)).add(1).is_ok())), 0);
    assert_eq!(allocations_of(|account| assert!(account.call().note(1).is_ok())), 0);
}

#[test]
fn a_method_call_through_an_interface_allocates_nothing() {
    let allocated = on_a_warm_worker(|| {
        let account: Ref<dyn Adding> = spawn(Account(0)).upcast();
        allocations(|| (1..=TIMES).for_each(|sum| assert_eq!(account.add_seen(1), Ok(sum))))
    });
    assert_eq!(allocated, 0);
}

#[test]
fn to_see_a_reference_as_an_interface_and_back_allocates_nothing() {
    let allocated = allocations_of(|account| {
        let seen: Ref<dyn Adding> = account.upcast();
        assert_eq!(seen.downcast::<Account>().as_ref(), Ok(account));
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_reference_as_an_argument_allocates_nothing() {
    assert_eq!(allocations_of(|account| assert_eq!(account.meet(account.clone()), Ok(true))), 0);
}

#[test]
fn a_parallel_call_that_does_not_wait_allocates_nothing() {
    assert_eq!(allocations_of(|account| assert!(account.add_beside(1).is_ok())), 0);
}

#[test]
fn those_method_calls_were_by_hand_off() {
    watched(|| {
        let vm = real_builder().workers(1).relief(0).build().unwrap();
        vm.run(|| {
            let account = spawn(Account(0));
            let seen: Ref<dyn Adding> = account.upcast();
            for _ in 0..TIMES {
                account.add(1).unwrap();
                account.call().note(1).unwrap();
                account.within(Duration::from_secs(9)).add(1).unwrap();
                account.meet(account.clone()).unwrap();
                account.add_beside(1).unwrap();
                seen.add_seen(1).unwrap();
            }
        })
        .unwrap();
        assert_eq!(sum(&vm, |counted| counted.handoffs), 6 * TIMES);
    });
}

/// The same with messages and with methods, each from a cold start: what is queued at once has nothing to recycle.
fn cold_and_warm(work: impl Fn(&mut dyn FnMut(u64)) + Send + Sync + Copy + 'static) -> (u64, u64) {
    watched(move || {
        let vm = real_builder().workers(1).relief(0).build().unwrap();
        vm.run(move || {
            let counted = || {
                let mut allocated = 0;
                work(&mut |count| allocated = count);
                sleep(Duration::from_millis(5)).unwrap();
                allocated
            };
            (counted(), counted())
        })
        .unwrap()
    })
}

#[test]
fn a_cast_costs_one_allocation_at_most_and_never_more_than_its_message() {
    let (messages, _) = cold_and_warm(|tell| {
        let counter = spawn(Counter(0));
        tell(allocations(|| (0..TIMES).for_each(|_| counter.send(Add(1)).unwrap())));
        assert_eq!(counter.ask(Add(0)), Ok(TIMES));
    });
    let (methods, recycled) = cold_and_warm(|tell| {
        let account = spawn(Account(0));
        tell(allocations(|| (0..TIMES).for_each(|_| account.note(1).unwrap())));
        assert_eq!(account.add(0), Ok(TIMES));
    });
    assert!((1..=TIMES).contains(&methods), "{methods} for {TIMES}");
    assert!(methods <= messages, "{methods} for methods, {messages} for messages");
    assert_eq!(recycled, 0, "the blocks of the first {TIMES} are used again");
}

#[test]
fn a_requested_method_costs_what_a_requested_message_does() {
    let (messages, _) = cold_and_warm(|tell| {
        let counter = spawn(Counter(0));
        let mut promises = Vec::with_capacity(TIMES as usize);
        tell(allocations(|| promises.extend((0..TIMES).map(|_| counter.send_request(Add(1))))));
        assert_eq!(promises.into_iter().map(|promise| promise.wait().unwrap()).last(), Some(TIMES));
    });
    let (methods, recycled) = cold_and_warm(|tell| {
        let account = spawn(Account(0));
        let mut promises = Vec::with_capacity(TIMES as usize);
        tell(allocations(|| promises.extend((0..TIMES).map(|_| account.request().add(1)))));
        assert_eq!(promises.into_iter().map(|promise| promise.wait().unwrap()).last(), Some(TIMES));
    });
    assert!((1..=TIMES).contains(&methods), "{methods} for {TIMES}");
    assert!(methods <= messages, "{methods} for methods, {messages} for messages");
    assert_eq!(recycled, 0, "the blocks of the first {TIMES} are used again");
}
