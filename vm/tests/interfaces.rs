//! What `#[actor]` writes for interfaces, and how references are seen as them.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]
#![allow(clippy::duration_suboptimal_units, reason = "the tests' support is held to less")]

mod support;

#[path = "interfaces/accounts.rs"]
mod accounts;

use std::collections::HashMap;
use std::time::Duration;

use accounts::Account;
use greenroom::prelude::*;
use support::both_worlds;

// ---- References as arguments ----

trait Label {}
impl Label for u8 {}

struct Tally(u64);

#[actor]
impl Tally {
    #[cast]
    fn add(&mut self, by: u64) {
        self.0 += by;
    }

    fn value(&self) -> u64 {
        self.0
    }
}

struct Bank {
    accounts: HashMap<String, Ref<dyn Account>>,
}

#[actor]
impl Bank {
    fn open(&mut self, name: String, account: Ref<dyn Account>) -> Option<Ref<dyn Account>> {
        self.accounts.insert(name, account)
    }

    fn count(&self, tally: Ref<Tally>, by: u64) -> Result<u64, CallError> {
        tally.add(by)?;
        tally.value()
    }

    fn transfer(&self, from: Ref<dyn Account>, to: Ref<dyn Account>, cents: u64) -> accounts::Result<u64> {
        from.withdraw(cents)?;
        Ok(to.within(Duration::MAX).deposit(cents)?)
    }

    fn private(&self, _: Box<dyn FnOnce(&u8) -> &u8 + Send>, _: impl Label + Send + 'static) {}
}

#[test]
fn a_reference_is_given_as_it_is_and_seen_as_what_is_wanted() {
    both_worlds(|vm| {
        let bank = vm.spawn(Bank { accounts: HashMap::new() });
        let (rich, poor) = (vm.spawn(accounts::Savings::new(100)), vm.spawn(accounts::Purse::default()));
        assert_eq!(bank.transfer(&rich, &poor, 30).unwrap(), 30);
        let seen = rich.upcast::<dyn Account>();
        assert_eq!(bank.transfer(seen.clone(), poor.clone(), 30).unwrap(), 60);
        assert!(matches!(bank.transfer(&seen, &poor, 1000), Err(accounts::Poor::By(960))));
        assert_eq!(seen.deposit(0).unwrap(), 40);
        assert_eq!(seen.clone().downcast::<accounts::Savings>().unwrap(), rich);
        assert!(seen.downcast::<accounts::Purse>().is_err());
        assert!(bank.open("me".into(), &rich).unwrap().is_none());
        assert!(bank.open("me".into(), &poor).unwrap().is_some());
        let tally = vm.spawn(Tally(0));
        assert_eq!(bank.count(&tally, 2), Ok(2));
        assert_eq!(bank.request().count(tally, 2).wait(), Ok(4));
        bank.private(Box::new(|byte| byte), 1_u8).unwrap();
    });
}

#[test]
fn an_interface_s_methods_are_called_as_the_caller_likes() {
    both_worlds(|vm| {
        let purse = vm.spawn(accounts::Purse::default());
        assert_eq!(purse.fill(9), Ok(9));
        let account: Ref<dyn Account> = purse.upcast();
        account.note("spent".into()).unwrap();
        account.call().note("and earned".into()).unwrap();
        assert_eq!(account.request().withdraw(2).wait().unwrap(), 7);
        assert!(account.request().withdraw(20).wait().is_err());
        assert_eq!(account.doubled().unwrap(), 14);
        assert_eq!(account.later().unwrap(), 7);
        assert_eq!(purse.notes(), Ok(2));
        let savings = vm.spawn(accounts::Savings::new(1));
        savings.note("nothing".into()).unwrap();
        assert_eq!(savings.doubled().unwrap(), 2);
    });
}

// ---- Generic interfaces ----

#[actor]
trait Store<K: Send, V: Clone + Send = u8> {
    fn put(&mut self, key: K, value: V) -> Option<V>;
    fn get(&self, key: K) -> Option<V>;
    fn put_all(&mut self, all: Vec<(K, V)>) {
        for (key, value) in all {
            self.put(key, value);
        }
    }
    fn made() -> Self
    where
        Self: Sized;
}

struct Memory<V>(HashMap<u32, V>);

#[actor(priority = Priority::High)]
impl<V: Clone + Send + 'static> Store<u32, V> for Memory<V> {
    fn put(&mut self, key: u32, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    fn get(&self, key: u32) -> Option<V> {
        self.0.get(&key).cloned()
    }

    fn made() -> Self {
        Memory(HashMap::new())
    }
}

#[test]
fn interfaces_may_be_generic() {
    both_worlds(|vm| {
        let memory = vm.spawn(Memory::<&'static str>::made());
        memory.put_all(vec![(1, "one"), (2, "two")]).unwrap();
        let store = memory.upcast::<dyn Store<u32, &'static str>>();
        assert_eq!(store.put(1, "een"), Ok(Some("one")));
        assert_eq!((store.get(1), memory.get(3)), (Ok(Some("een")), Ok(None)));
        let bytes: Ref<dyn Store<u32>> = vm.spawn(Memory::made()).upcast();
        assert_eq!(bytes.put(1, 2), Ok(None));
    });
}
