//! Does a message cost more that has many before it?

use greenroom::prelude::*;

use super::{Sweep, decades, inside, nanos_each};

pub(super) const SWEEP: Sweep = Sweep {
    name: "mailbox",
    question: "what it costs to queue a message, and to handle it, where so many wait in one mailbox",
    counts: "messages that wait",
    sizes: |_| decades(0, 6),
    figures: &[("queue", "ns a message"), ("drain", "ns a message")],
    measure,
};

/// In all, at the least.
const MESSAGES: u64 = 2_000_000;

#[derive(Default)]
struct Counter {
    messages: u64,
    last: u64,
}

#[actor]
impl Counter {
    #[cast]
    fn count(&mut self, number: u64) {
        assert!(number > self.last, "messages of one sender arrive in the order sent");
        (self.messages, self.last) = (self.messages + 1, number);
    }

    fn messages(&self) -> u64 {
        self.messages
    }
}

/// One worker and no relief: the actor cannot begin before the sender waits for it, and by then all lie in its mailbox.
fn measure(depth: u64, _: usize) -> Vec<f64> {
    let vm = Vm::builder().workers(1).relief(0).build().expect("the VM starts");
    let rounds = MESSAGES.div_ceil(depth);
    let (_, [queued, drained]) = inside(&vm, move || {
        let counter = spawn(Counter::default());
        // The first round takes the memory for all of them from the system.
        let _ = round(&counter, 0, depth);
        let mut nanos = [0.0; 2];
        for number in 1..=rounds {
            let round = round(&counter, number, depth);
            nanos = [nanos[0] + round[0], nanos[1] + round[1]];
        }
        nanos.map(|nanos| nanos / rounds as f64)
    });
    vec![queued, drained]
}

/// Nanoseconds a message, queued and drained; the call that waits for the end is counted in.
fn round(counter: &Ref<Counter>, number: u64, depth: u64) -> [f64; 2] {
    let began = std::time::Instant::now();
    for message in 1..=depth {
        counter.count(number * depth + message).expect("it lives");
    }
    let queued = began.elapsed();
    let all = counter.within(std::time::Duration::MAX).messages();
    assert_eq!(all, Ok((number + 1) * depth), "every message was handled");
    [nanos_each(queued, depth), nanos_each(began.elapsed() - queued, depth)]
}
