//! Traces of simulated machines: equal seeds give equal records.

mod support;

use greenroom::prelude::*;
use greenroom::trace::Filter;
use support::simulated;

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
    fn note(&mut self, text: &'static str) {
        let _ = text;
    }
    fn fail(&mut self) -> u64 {
        panic!("planned: no money")
    }
    fn pay_into(&mut self, to: Ref<Account>, cents: u64) -> Result<u64, CallError> {
        to.deposit(cents)
    }
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
                let _ = from.note("round");
            }
            let _ = accounts[2].fail();
        })
        .unwrap();
        drop(vm);
        session.take().iter().map(ToString::to_string).collect()
    }
    let mut all = std::collections::HashSet::new();
    for seed in support::SEEDS {
        let (first, second) = (run(seed), run(seed));
        assert!(first.len() > 100, "{first:#?}");
        assert_eq!(first, second, "seed {seed}");
        all.insert(first);
    }
    assert!(all.len() > 1, "chance decides nothing");
}
