//! What does a machine cost, from its builder to its first message, and to its end?

use std::time::Instant;

use greenroom::prelude::*;
use greenroom_benches::memory;

use super::{Sweep, nanos_each};

pub(super) const SWEEP: Sweep = Sweep {
    name: "vms",
    question: "what a machine of two workers costs, of so many in one process",
    counts: "machines",
    sizes: |_| vec![1, 10, 100],
    figures: &[
        ("build to the first message handled", "ns a machine"),
        ("drop", "ns a machine"),
        ("memory", "bytes a machine"),
    ],
    measure,
};

struct Greeter;

#[actor]
impl Greeter {
    fn greet(&self) -> u64 {
        42
    }
}

fn measure(machines: u64, _: usize) -> Vec<f64> {
    let before = memory::resident_bytes();
    let began = Instant::now();
    let vms: Vec<_> = (0..machines).map(|_| start()).collect();
    let started = began.elapsed();
    let bytes = memory::resident_bytes().saturating_sub(before) as f64 / machines as f64;
    let began = Instant::now();
    drop(vms);
    vec![nanos_each(started, machines), nanos_each(began.elapsed(), machines), bytes]
}

fn start() -> Vm {
    let vm = Vm::builder().workers(2).build().expect("the VM starts");
    assert_eq!(vm.spawn(Greeter).greet(), Ok(42));
    vm
}
