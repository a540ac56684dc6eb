//! Memory of timers: a hundred thousand on one deadline all fire, and give back what they took. Alone in its process, for
//! an allocator counts every byte of it.

#![cfg(not(feature = "sanitizer"))] // It takes minutes there.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use greenroom::Timer;
use support::{Object, Tally, ask, real_builder, wait_until, watched};

const TIMERS: usize = 100_000;

static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: it does what the system's allocator does.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

#[test]
fn a_hundred_thousand_messages_on_one_deadline_all_come_and_the_memory_returns() {
    watched(|| {
        let (vm, come) = (real_builder().build().unwrap(), Tally::default());
        let actors: Vec<_> = (0..100).map(|_| vm.spawn(Object(()))).collect();
        let start = |deadline: Instant, come: &Tally| -> Vec<Timer> {
            (0..TIMERS)
                .map(|number| {
                    let come = come.clone();
                    let check = ask(move |(): &mut ()| {
                        assert!(Instant::now() >= deadline);
                        come.add_one();
                    });
                    actors[number % 100].send_after(deadline.saturating_duration_since(Instant::now()), check)
                })
                .collect()
        };
        let before = live();
        for round in 1..=2 {
            drop(start(Instant::now() + Duration::from_secs(2), &come));
            let grown = live() - before;
            println!("{} bytes a timer", grown / TIMERS);
            assert!(grown > TIMERS * 100, "they waited: {grown}");
            wait_until("all have come", || come.count() == round * TIMERS);
            // What stays is what the machine keeps for its next messages.
            wait_until("the memory is given back", || live().saturating_sub(before) < grown / 4);
        }
        // What is cancelled gives all of it back, at once.
        let before = live();
        let timers = start(Instant::now() + Duration::from_secs(3600), &come);
        assert!(timers.iter().all(Timer::cancel));
        drop(timers);
        assert!(live() < before + (64 << 10), "{} bytes more", live() - before);
        assert_eq!(come.count(), 2 * TIMERS);
    });
}
