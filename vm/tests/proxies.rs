//! What `#[actor]` writes for an actor's own block: every form of a method, sent in every way.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]
#![allow(clippy::duration_suboptimal_units, reason = "the tests' support is held to less")]

mod support;

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
    fn sum(&self, (a, b): (u8, u8), [first, .., last]: [u8; 3], mut sum: u8, _: String, _unused: ()) -> u8 {
        sum += a + b + first + last;
        sum
    }

    #[allow(clippy::used_underscore_binding)]
    fn nested(&self, Wrapped(value): Wrapped, argument_1: u8, r#type: &'static str, state: u8) -> String {
        [&value.to_string(), &argument_1.to_string(), r#type, &state.to_string()].join(" ")
    }

    #[allow(unreachable_pub)]
    pub fn twice(&self, Wrapped(value): Wrapped) -> Wrapped {
        Wrapped(value * 2)
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
        assert_eq!(parser.twice(Wrapped(2)).unwrap().0, 4);
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

// ---- Methods that run beside others ----

#[derive(Default)]
struct Web {
    hits: Vec<String>,
}

#[actor]
impl Web {
    #[parallel]
    fn visit(me: &Me<Self>, page: String, until: Ref<Web>) -> usize {
        me.with(|web| web.hits.push(page));
        while until.hits().unwrap().len() < 2 {
            sleep(Duration::from_millis(1)).unwrap();
        }
        me.with(|web| web.hits.len())
    }

    #[parallel]
    fn fail(me: &Me<Self>, (how, _): (Refused, u8)) -> Result<usize, Refused> {
        if me.with(|web| web.hits.is_empty()) { Err(how) } else { Ok(1) }
    }

    #[cast]
    #[parallel]
    fn note<T: ToString + Send + 'static>(me: &Me<Self>, what: T) {
        me.with(|web| web.hits.push(what.to_string()));
    }

    fn hits(&self) -> Vec<String> {
        self.hits.clone()
    }
}

#[test]
fn a_parallel_method_leaves_its_actor_to_others_while_it_waits() {
    both_worlds(|vm| {
        let web = vm.spawn(Web::default());
        assert_eq!(web.fail((Refused::Value, 0)), Err(Refused::Value));
        let (one, two) = (web.request().visit("one".into(), &web), web.request().visit("two".into(), &web));
        assert_eq!((one.wait(), two.wait()), (Ok(2), Ok(2)));
        assert_eq!(web.fail((Refused::Value, 0)), Ok(1));
        web.note(7).unwrap();
        assert_eq!(web.call().hits().unwrap().last().unwrap(), "7");
    });
}

// ---- Lifecycle, and what an actor is ----

#[derive(Default)]
struct Clerk {
    diary: Vec<String>,
}

#[actor(stack = StackSize::KIB_256, priority = Priority::High)]
impl Clerk {
    #[started]
    fn opened(&mut self) {
        self.diary.push("opened".into());
    }

    #[stopping]
    fn closed(&mut self, reason: &ExitReason) {
        self.diary.push(reason.to_string());
    }

    fn is_open(&self) -> bool {
        !self.diary.is_empty()
    }
}

#[test]
fn what_the_machine_is_told_of_an_actor_is_as_written() {
    assert!(matches!(Clerk::PRIORITY, Priority::High));
    assert_eq!(Clerk::STACK, StackSize::KIB_256);
    assert!(Gate::STARTED.is_none() && Gate::STOPPING.is_none());
    let mut clerk = Clerk::default();
    Clerk::STARTED.unwrap()(&mut clerk);
    assert!(clerk.is_open());
    Clerk::STOPPING.unwrap()(&mut clerk, &ExitReason::Normal);
    assert_eq!(clerk.diary, ["opened", &ExitReason::Normal.to_string()]);
}
