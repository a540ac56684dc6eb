//! Memory of many children: what each costs its supervisor beyond the actor that it is, and that all of it comes back.
//! Alone in its process, for an allocator counts every byte of it.

#![cfg(not(feature = "sanitizer"))] // It has an allocator of its own.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use greenroom::prelude::*;
use greenroom::{ChildSpec, DynamicSupervisor, sleep};
use support::{real, wait_until, watched};

const CHILDREN: usize = 50_000;

static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: it does what the system's allocator does.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // With what the system's allocator adds: it gives multiples of 16, 8 bytes of which are its own.
        LIVE.fetch_add((layout.size() + 8).next_multiple_of(16), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub((layout.size() + 8).next_multiple_of(16), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

struct Empty;

#[actor]
impl Empty {
    fn nothing(&self) {}
}

/// What `start` makes a child cost, without the actor.
fn bytes_a_child(vm: &Vm, start: fn(&Ref<DynamicSupervisor>, &ChildSpec<Empty>) -> Ref<Empty>) -> usize {
    let before = live();
    let actors: Vec<_> = (0..CHILDREN).map(|_| vm.spawn(Empty)).collect();
    let actors_alone = live() - before;
    drop(actors);
    wait_until("they have ended", || vm.actors() == 0);
    let grown = vm.run(move || {
        let (supervisor, spec) = (spawn(DynamicSupervisor::new()), ChildSpec::new("empty", || Empty));
        let before = live();
        let children: Vec<_> = (0..CHILDREN).map(|_| start(&supervisor, &spec)).collect();
        let grown = live() - before;
        assert!(children.iter().step_by(1000).all(|child| child.nothing() == Ok(())));
        assert_eq!(supervisor.count_children().unwrap().active, CHILDREN);
        for child in children.iter().step_by(2) {
            supervisor.terminate_child(child.id()).unwrap();
        }
        drop(children);
        supervisor.stop();
        while supervisor.exit_reason().is_none() || live().saturating_sub(before) > grown / 4 {
            // What stays is what the machine keeps for its next actors.
            sleep(MILLISECOND).unwrap();
        }
        grown
    });
    wait_until("all have ended", || vm.actors() == 0);
    (grown.unwrap() - actors_alone) / CHILDREN
}

#[test]
fn a_child_costs_its_supervisor_at_most_300_bytes() {
    watched(|| {
        let vm = real();
        let shared = bytes_a_child(&vm, |supervisor, spec| supervisor.start_child(spec.clone()).unwrap());
        println!("{shared} bytes a child of one specification");
        assert!((100..=300).contains(&shared), "{shared}");
        let own = bytes_a_child(&vm, |supervisor, _| {
            supervisor.start_child(ChildSpec::new("empty", || Empty)).unwrap()
        });
        println!("{own} bytes a child of its own specification");
        assert!((shared..=500).contains(&own), "{own}");
    });
}
