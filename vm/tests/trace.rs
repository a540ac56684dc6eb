//! Traces: what sessions record, of whom, and what they keep.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::{Filter, Record, Session, Way, What};
use greenroom::{ActorId, DynamicSupervisor, ExitReason, World};
use support::{both_worlds, in_simulations, real, settle, simulated, sum, watched};

#[derive(Default)]
struct Account {
    cents: u64,
}

#[actor]
impl Account {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }
    #[cast]
    fn note(&mut self, text: &'static str, secret: Secret) {
        let _ = (text, secret.0);
    }
    fn doze(&mut self, time: Duration) {
        let _ = sleep(time);
    }
    fn fail(&mut self) -> u64 {
        panic!("planned: no money")
    }
    fn pay_into(&mut self, to: Ref<Account>, cents: u64) -> Result<u64, CallError> {
        to.deposit(cents)
    }
}

/// Cannot be shown.
#[derive(Clone)]
struct Secret(u64);

/// As lines without times and workers, which chance decides.
fn lines(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.what.to_string()).collect()
}

fn methods_sent(records: &[Record]) -> Vec<&'static str> {
    let method = |record: &Record| match record.what {
        What::Send { method, .. } => Some(method),
        _ => None,
    };
    records.iter().filter_map(method).collect()
}

/// Checks that these are recorded in this order, among others.
#[track_caller]
fn assert_in_order(records: &[Record], expected: &[(&str, &dyn Fn(&What) -> bool)]) {
    let mut rest = records.iter();
    for (name, is_it) in expected {
        assert!(
            rest.any(|record| is_it(&record.what)),
            "{name} is not there, or not in order:\n{}",
            lines(records).join("\n")
        );
    }
}

#[test]
fn a_call_leaves_its_way_from_the_caller_and_back() {
    both_worlds(|vm| {
        let session = vm.trace(Filter::everything().with_arguments());
        let (ada, bob) = (vm.spawn(Account::default()), vm.spawn(Account::default()));
        let (a, b) = (ada.id(), bob.id());
        assert_eq!(ada.pay_into(&bob, 7), Ok(7));
        let records = session.take();
        let paid = format!("(Account{b:?}, 7)");
        assert_in_order(
            &records,
            &[
                ("spawn", &|what| matches!(what, What::Spawn { actor, kind: "Account", .. } if *actor == a)),
                ("spawn", &|what| matches!(what, What::Spawn { actor, .. } if *actor == b)),
                ("the call", &|what| {
                    matches!(what, What::Send { message: 0, way: Way::Call, from: None, to, method: "pay_into", arguments: Some(text), .. }
                        if *to == a && **text == paid)
                }),
                ("start", &|what| matches!(what, What::Start { actor, message: Some(0), .. } if *actor == a)),
                ("the second call", &|what| {
                    matches!(what, What::Send { message: 1, way: Way::Call | Way::HandOff, from: Some(from), to, arguments: Some(text), .. }
                        if *from == a && *to == b && **text == *"(7)")
                }),
                ("start", &|what| matches!(what, What::Start { actor, message: Some(1), .. } if *actor == b)),
                (
                    "reply",
                    &|what| matches!(what, What::Reply { message: 1, outcome: Ok(Some(text)) } if **text == *"7"),
                ),
                ("finish", &|what| matches!(what, What::Finish { actor, message: Some(1) } if *actor == b)),
                (
                    "reply",
                    &|what| matches!(what, What::Reply { message: 0, outcome: Ok(Some(text)) } if **text == *"Ok(7)"),
                ),
            ],
        );
    });
}

#[test]
fn a_handler_that_waits_is_suspended_and_resumed() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let session = vm.trace(Filter::everything());
        let nap = account.request().doze(MILLISECOND);
        nap.wait().unwrap();
        settle(vm, "the handler has ended", || {
            let of = account.id();
            let _ = of;
            true
        });
        let of = account.id();
        assert_in_order(
            &session.take(),
            &[
                ("request", &|what| matches!(what, What::Send { way: Way::Request, method: "doze", .. })),
                ("start", &|what| matches!(what, What::Start { actor, .. } if *actor == of)),
                ("suspend", &|what| *what == What::Suspend { actor: of }),
                ("resume", &|what| *what == What::Resume { actor: of }),
                ("reply", &|what| matches!(what, What::Reply { outcome: Ok(None), .. })),
            ],
        );
    });
}

#[test]
fn equal_seeds_give_equal_records() {
    fn run(seed: u64) -> Vec<String> {
        let vm = simulated(seed);
        let session = vm.trace(Filter::everything().with_arguments().with_schedulers());
        vm.run(|| {
            let accounts: Vec<_> = (0..8).map(|_| spawn(Account::default())).collect();
            for round in 0..20_usize {
                let (from, to) = (&accounts[round % 8], &accounts[(round * 3 + 1) % 8]);
                drop(from.request().pay_into(to, round as u64));
                let _ = from.note("round", Secret(1));
            }
            let _ = accounts[2].fail();
        })
        .unwrap();
        drop(vm);
        session.take().iter().map(ToString::to_string).collect()
    }
    for seed in support::SEEDS {
        let (first, second) = (run(seed), run(seed));
        assert!(first.len() > 100, "{first:#?}");
        assert_eq!(first, second, "seed {seed}");
    }
}
