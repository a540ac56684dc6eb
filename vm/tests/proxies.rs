//! What `#[actor]` writes: every form of it, sent in every way.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]

mod support;

#[path = "proxies/accounts.rs"]
mod accounts;

use std::collections::HashMap;
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

use greenroom::prelude::*;
use support::both_worlds;

// ---- Methods ----

#[derive(Default)]
struct Counter<T> {
    value: T,
}

#[actor]
impl<T: Copy + Default + AddAssign + Send + 'static> Counter<T> {
    const NOTHING: Option<T> = None;

    fn starting_at(value: T) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, by: T) {
        self.value += by;
    }

    fn set(&mut self, value: T) {
        self.value = value;
    }

    fn value(&self) -> T {
        self.value
    }

    fn checked(&self, is_fine: fn(T) -> bool) -> Result<T, Refused> {
        let value = self.double_checked(is_fine);
        value.or(Self::NOTHING).ok_or(Refused::Value)
    }

    #[local]
    fn double_checked(&self, is_fine: fn(T) -> bool) -> Option<T> {
        (is_fine(self.value) && is_fine(self.value)).then_some(self.value)
    }

    fn map<R: Send + 'static>(&self, f: impl Fn(T) -> R + Send + 'static) -> R {
        f(self.value)
    }

    fn made<R>(&self) -> R
    where
        R: From<T> + Send + 'static,
    {
        R::from(self.value)
    }

    fn several<const N: usize>(&self) -> [T; N] {
        [self.value; N]
    }

    fn same(&self, other: Self) -> (Self, T)
    where
        Self: Send,
    {
        (other, self.value)
    }
}

#[derive(Debug, PartialEq)]
enum Refused {
    Value,
    Call(String),
}

impl From<CallError> for Refused {
    fn from(error: CallError) -> Self {
        Refused::Call(error.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Refused {}

#[test]
fn a_method_is_a_call_a_cast_or_a_request_as_the_caller_likes() {
    both_worlds(|vm| {
        let counter = vm.spawn(Counter::starting_at(1_u64));
        let (): () = counter.add(2).unwrap();
        assert_eq!(counter.value(), Ok(3));
        counter.call().add(1).unwrap();
        counter.cast().set(7).unwrap();
        assert_eq!(counter.request().value().wait(), Ok(7));
        counter.request().add(1).wait().unwrap();
        assert_eq!(counter.within(Duration::MAX).value(), Ok(8));
        assert_eq!(counter.call().checked(|value| value > 0), Ok(8));
        assert_eq!(counter.checked(|_| false), Err(Refused::Value));
        assert_eq!(counter.request().checked(|_| false).wait(), Err(Refused::Value));
        let cast: Result<(), CallError> = counter.cast().checked(|_| false);
        cast.unwrap();
    });
}

#[test]
fn methods_may_be_generic_in_every_way() {
    both_worlds(|vm| {
        let counter = vm.spawn(Counter::starting_at(4_u8));
        let by = 3_u32;
        assert_eq!(counter.map(move |value| u32::from(value) * by), Ok(12));
        assert_eq!(counter.request().map(|value| value.to_string()).wait(), Ok("4".to_owned()));
        assert_eq!(counter.made::<u64>(), Ok(4));
        assert_eq!(counter.several::<3>(), Ok([4; 3]));
        let (other, value) = counter.same(Counter::starting_at(9)).unwrap();
        assert_eq!((other.value, value), (9, 4));
    });
}

#[test]
fn an_actor_that_has_ended_fails_a_method_with_the_method_s_own_error() {
    both_worlds(|vm| {
        let counter = vm.spawn(Counter::starting_at(0_u8));
        counter.exit("enough");
        let Err(Refused::Call(text)) = counter.checked(|_| true) else { panic!("it has ended") };
        assert!(text.contains("enough"), "{text}");
        assert!(matches!(counter.value(), Err(CallError::Stopped { .. })));
    });
}

// ---- Further blocks, and blocks without methods ----

#[actor(more)]
impl<T: Copy + Default + AddAssign + Send + 'static> Counter<T> {
    fn reset(&mut self) -> T {
        std::mem::take(&mut self.value)
    }
}

struct Silent;

#[actor]
impl Silent {}

#[test]
fn a_further_block_has_further_methods_and_a_block_may_have_none() {
    both_worlds(|vm| {
        let counter = vm.spawn(Counter::starting_at(5_i32));
        assert_eq!(counter.reset(), Ok(5));
        assert_eq!(counter.value(), Ok(0));
        vm.spawn(Silent).stop();
    });
}

// ---- Patterns ----

struct Parser;

#[actor]
impl Parser {
    fn sum(&self, (a, b): (u8, u8), [c, .., d]: [u8; 3], mut e: u8, _: String, _unused: ()) -> u8 {
        e += a + b + c + d;
        e
    }

    #[allow(clippy::used_underscore_binding)]
    fn nested(&self, Wrapped(value): Wrapped, argument_1: u8, r#type: &'static str, state: u8) -> String {
        format!("{value} {argument_1} {type} {state}", type = r#type)
    }

    fn r#match(&self) -> &'static str {
        greenroom_name()
    }
}

struct Wrapped(u8);

fn greenroom_name() -> &'static str {
    "green"
}

#[test]
fn parameters_may_be_patterns() {
    both_worlds(|vm| {
        let parser = vm.spawn(Parser);
        assert_eq!(parser.sum((1, 2), [3, 0, 4], 5, String::new(), ()), Ok(15));
        assert_eq!(parser.nested(Wrapped(1), 2, "three", 4).unwrap(), "1 2 three 4");
        assert_eq!(parser.r#match(), Ok("green"));
    });
}

// ---- Replies that are given later ----

#[derive(Default)]
struct Gate {
    waiting: Vec<(String, Reply<usize>)>,
    failing: Vec<Reply<Result<u8, Refused>>>,
}

#[actor]
impl Gate {
    fn pass(&mut self, #[reply] reply: Reply<usize>, name: String) {
        self.waiting.push((name, reply));
    }

    fn fail(&mut self, value: u8, #[reply] reply: Reply<Result<u8, Refused>>) {
        if value == 0 {
            self.failing.push(reply);
        } else {
            reply.send(Ok(value));
        }
    }

    fn open(&mut self) {
        for (name, reply) in self.waiting.drain(..) {
            reply.send(name.len());
        }
        for reply in self.failing.drain(..) {
            reply.send(Err(Refused::Value));
        }
    }

    fn close(&mut self) {
        self.failing.clear();
    }
}

#[test]
fn a_method_that_takes_its_reply_answers_when_it_likes() {
    both_worlds(|vm| {
        let gate = vm.spawn(Gate::default());
        let (first, second) = (gate.request().pass("one".into()), gate.request().fail(0));
        assert_eq!(gate.fail(3), Ok(3));
        gate.open().unwrap();
        assert_eq!((first.wait(), second.wait()), (Ok(3), Err(Refused::Value)));
        let dropped = gate.request().fail(0);
        gate.close().unwrap();
        assert!(matches!(dropped.wait(), Err(Refused::Call(_))));
        gate.cast().pass("nobody".into()).unwrap();
        gate.open().unwrap();
    });
}

// ---- Lifecycle, and what an actor is ----

struct Clerk {
    book: Ref<Counter<u64>>,
    diary: Ref<Diary>,
}

#[actor(stack = StackSize::KIB_256, priority = Priority::High)]
impl Clerk {
    #[started]
    fn opened(&mut self) {
        self.book.add(100).unwrap();
    }

    #[stopping]
    fn closed(&mut self, reason: &ExitReason) {
        self.diary.write(reason.to_string()).unwrap();
        self.book.add(1).unwrap();
    }

    fn greet(&self) -> u64 {
        self.book.value().unwrap()
    }
}

#[derive(Default)]
struct Diary(Vec<String>);

#[actor]
impl Diary {
    fn write(&mut self, line: String) {
        self.0.push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.clone()
    }
}

#[test]
fn started_and_stopping_run_at_their_moments_and_may_call_others() {
    assert!(matches!(Clerk::PRIORITY, Priority::High));
    assert_eq!(Clerk::STACK, StackSize::KIB_256);
    both_worlds(|vm| {
        let (book, diary) = (vm.spawn(Counter::starting_at(0)), vm.spawn(Diary::default()));
        let clerk = vm.spawn(Clerk { book: book.clone(), diary: diary.clone() });
        assert_eq!(clerk.greet(), Ok(100));
        clerk.exit("retired");
        support::settle(vm, "the clerk has left", || book.value() == Ok(101));
        assert!(diary.lines().unwrap()[0].contains("retired"));
    });
}

// ---- References as arguments ----

trait Named2 {}
impl Named2 for u8 {}

struct Bank {
    accounts: HashMap<String, Ref<dyn accounts::Account>>,
}

#[actor]
impl Bank {
    fn open(
        &mut self,
        name: String,
        account: Ref<dyn accounts::Account>,
    ) -> Option<Ref<dyn accounts::Account>> {
        self.accounts.insert(name, account)
    }

    fn count(&self, counter: Ref<Counter<u64>>, by: u64) -> Result<u64, CallError> {
        counter.add(by)?;
        counter.value()
    }

    fn transfer(
        &self,
        from: Ref<dyn accounts::Account>,
        to: Ref<dyn accounts::Account>,
        cents: u64,
    ) -> accounts::Result<u64> {
        from.withdraw(cents)?;
        Ok(to.within(Duration::MAX).deposit(cents)?)
    }

    fn private(&self, _: Box<dyn FnOnce(&u8) -> &u8 + Send>, _: impl Named2 + Send + 'static) {}
}

#[test]
fn a_reference_is_given_as_it_is_and_seen_as_what_is_wanted() {
    both_worlds(|vm| {
        let bank = vm.spawn(Bank { accounts: HashMap::new() });
        let (rich, poor) = (vm.spawn(accounts::Savings::new(100)), vm.spawn(accounts::Purse::default()));
        assert_eq!(bank.transfer(&rich, &poor, 30).unwrap(), 30);
        let seen = rich.upcast::<dyn accounts::Account>();
        assert_eq!(bank.transfer(seen.clone(), poor.clone(), 30).unwrap(), 60);
        assert!(matches!(bank.transfer(&seen, &poor, 1000), Err(accounts::Poor::By(960))));
        assert_eq!(seen.deposit(0).unwrap(), 40);
        assert_eq!(seen.clone().downcast::<accounts::Savings>().unwrap(), rich);
        assert!(seen.downcast::<accounts::Purse>().is_err());
        assert!(bank.open("me".into(), &rich).unwrap().is_none());
        assert!(bank.open("me".into(), &poor).unwrap().is_some());
        let counter = vm.spawn(Counter::starting_at(0));
        assert_eq!(bank.count(&counter, 2), Ok(2));
        assert_eq!(bank.request().count(counter, 2).wait(), Ok(4));
        bank.private(Box::new(|byte| byte), 1_u8).unwrap();
    });
}

#[test]
fn an_interface_s_methods_are_called_as_the_caller_likes() {
    both_worlds(|vm| {
        let purse = vm.spawn(accounts::Purse::default());
        assert_eq!(purse.fill(9), Ok(9));
        let account: Ref<dyn accounts::Account> = purse.upcast();
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

// ---- Macros by example ----

macro_rules! register {
    ($name:ident, $ty:ty, $($method:ident = $value:expr),*) => {
        #[derive(Default)]
        struct $name($ty);

        #[actor]
        impl $name {
            fn swap(&mut self, value: $ty, flag: bool) -> $ty {
                if flag { std::mem::replace(&mut self.0, value) } else { self.0 }
            }
            $(fn $method(&self, $method: $ty) -> $ty { self.0 + $value + $method })*
        }
    };
}

register!(Register, u16, plus_one = 1, plus_two = 2);

#[test]
fn a_macro_by_example_may_make_an_actor() {
    both_worlds(|vm| {
        let register = vm.spawn(Register::default());
        assert_eq!(register.swap(3, true), Ok(0));
        assert_eq!((register.plus_one(1), register.plus_two(1)), (Ok(5), Ok(6)));
    });
}

// ---- What is shared with the proxy ----

struct Dated;

#[actor]
impl Dated {
    #[deprecated = "use `now`"]
    fn then(&self) -> u8 {
        1
    }

    #[cfg(any())]
    fn never(&self, _: Nonsense) {}

    #[cfg(not(any()))]
    #[must_use]
    fn now(&self) -> u8 {
        2
    }

    #[expect(clippy::unused_self, reason = "it is a message")]
    fn idle(&self) {}
}

#[test]
fn attributes_hold_for_the_proxy_as_well() {
    both_worlds(|vm| {
        let dated = vm.spawn(Dated);
        #[expect(deprecated)]
        let then = dated.then();
        assert_eq!((then, dated.now()), (Ok(1), Ok(2)));
        dated.idle().unwrap();
    });
}
