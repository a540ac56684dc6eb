//! Does one more receiver cost more where there are many? By a reference each, by a group, and with the replies gathered.

use std::sync::Arc;

use greenroom::prelude::*;

use super::{Sweep, Throttle, decades, inside, machine, nanos_each};

pub(super) const SWEEP: Sweep = Sweep {
    name: "fan_out",
    question: "what a message to one more of so many receivers costs, sent and handled",
    counts: "receivers",
    sizes: |_| decades(0, 5),
    figures: &[
        ("a cast along each reference", "ns a receiver"),
        ("a group's cast", "ns a receiver"),
        ("a group's call, gathered", "ns a receiver"),
    ],
    measure,
};

/// In all, at the least.
const MESSAGES: u64 = 500_000;

#[derive(Default)]
struct Member {
    messages: u64,
}

#[actor]
impl Member {
    #[cast]
    fn count(&mut self) {
        self.messages += 1;
    }

    fn messages(&mut self) -> u64 {
        self.messages
    }
}

fn measure(receivers: u64, workers: usize) -> Vec<f64> {
    let vm = machine(workers);
    let members: Arc<[_]> = (0..receivers).map(|_| vm.spawn(Member::default())).collect();
    let group: Group<Member> = members.iter().cloned().collect();
    let rounds = MESSAGES.div_ceil(receivers);
    let of = |send: &dyn Fn() -> f64| [send(), send()][1];
    let one_by_one = of(&|| {
        let members = members.clone();
        cast(&vm, receivers, rounds, move || {
            members.iter().for_each(|member| member.count().expect("it lives"));
        })
    });
    let to_group = of(&|| {
        let group = group.clone();
        cast(&vm, receivers, rounds, move || assert_eq!(group.cast().count(), receivers as usize))
    });
    let gathered = of(&|| {
        let group = group.clone();
        let expected = 4 * rounds * receivers;
        let (elapsed, ()) = inside(&vm, move || {
            for _ in 0..rounds {
                let replies = group.each().messages().all().expect("all members answer");
                assert_eq!(replies.into_iter().sum::<u64>(), expected, "every cast was handled");
            }
        });
        nanos_each(elapsed, rounds * receivers)
    });
    vec![one_by_one, to_group, gathered]
}

/// Nanoseconds a receiver, from the first message sent until the last is handled.
fn cast(vm: &Arc<Vm>, receivers: u64, rounds: u64, send: impl Fn() + Send + 'static) -> f64 {
    let mut sender = Throttle::new(vm);
    let (elapsed, ()) = inside(vm, move || {
        for _ in 0..rounds {
            send();
            sender.sent(receivers);
        }
        sender.finish();
    });
    nanos_each(elapsed, rounds * receivers)
}
