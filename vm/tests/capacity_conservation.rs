//! Conservation with capacities: whatever actors with little room and different tempers send to one another, each message
//! is handled, comes back, is a dead letter, or is dropped and counted as such, and is that once.

mod support;

use std::sync::Arc;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{Builder, World};
use support::narrow::{DropNewest, DropOldest, Fail, Policy, Wait};
use support::{SEEDS, Tally, named, real_builder, settle, sum, watched};

/// What became of all letters of a run.
#[derive(Default)]
struct Ledger {
    sent: Tally,
    asked: Tally,
    handled: Tally,
    unhandled: Tally,
    refused: Tally,
    answered: Tally,
    failed: Tally,
    ended: Tally,
}

/// Has its receiver do something random, and pass what is left of its strength on.
struct Letter {
    ledger: Arc<Ledger>,
    seed: u64,
    strength: u32,
    is_accounted_for: bool,
}

impl Drop for Letter {
    fn drop(&mut self) {
        if !self.is_accounted_for {
            self.ledger.unhandled.add_one();
        }
    }
}

impl Message for Letter {
    type Reply = ();
}

/// Whoever takes letters, of whatever temper.
trait Mailbox: Send {
    fn send(&self, letter: Letter) -> Result<(), Letter>;
    fn ask(&self, letter: Letter) -> Result<(), CallError>;
    fn request(&self, letter: Letter) -> Promise<()>;
    fn stop(&self);
    fn copy(&self) -> Box<dyn Mailbox>;
}

impl<P: Policy> Mailbox for Ref<Party<P>> {
    fn send(&self, letter: Letter) -> Result<(), Letter> {
        Ref::send(self, letter).map_err(|back| back.message)
    }
    fn ask(&self, letter: Letter) -> Result<(), CallError> {
        self.ask_within(Duration::from_millis(2), letter)
    }
    fn request(&self, letter: Letter) -> Promise<()> {
        self.send_request(letter)
    }
    fn stop(&self) {
        Ref::stop(self);
    }
    fn copy(&self) -> Box<dyn Mailbox> {
        Box::new(self.clone())
    }
}

struct Party<P> {
    ledger: Arc<Ledger>,
    others: Vec<Box<dyn Mailbox>>,
    temper: std::marker::PhantomData<fn(P)>,
}

impl<P: Policy> Actor for Party<P> {
    const CAPACITY: Capacity = Capacity::of(3).when_full(P::POLICY).watermark(2);
}

impl<P> Drop for Party<P> {
    fn drop(&mut self) {
        self.ledger.ended.add_one();
    }
}

/// The others of an actor, to begin with.
struct Meet(Vec<Box<dyn Mailbox>>);

impl Message for Meet {
    type Reply = ();
}

impl<P: Policy> Handler<Meet> for Party<P> {
    fn handle(&mut self, Meet(others): Meet) {
        self.others = others;
    }
}

/// splitmix64 (Steele, Lea and Flood 2014).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn letter(ledger: &Arc<Ledger>, seed: u64, strength: u32) -> Letter {
    Letter { ledger: ledger.clone(), seed, strength, is_accounted_for: false }
}

fn send(ledger: &Arc<Ledger>, to: &dyn Mailbox, letter: Letter) {
    ledger.sent.add_one();
    if let Err(mut back) = to.send(letter) {
        back.is_accounted_for = true;
        ledger.refused.add_one();
    }
}

impl<P: Policy> Handler<Letter> for Party<P> {
    fn handle(&mut self, mut letter: Letter) {
        letter.is_accounted_for = true;
        letter.ledger.handled.add_one();
        let mut seed = letter.seed;
        if letter.strength == 0 {
            return;
        }
        for _ in 0..1 + next(&mut seed) % 3 {
            self.act(&mut seed, letter.strength - 1);
        }
    }
}

impl<P: Policy> Party<P> {
    fn act(&mut self, seed: &mut u64, strength: u32) {
        let other = &self.others[next(seed) as usize % self.others.len()];
        let choice = next(seed) % 64;
        let letter = letter(&self.ledger, next(seed), strength);
        match choice {
            0..40 => send(&self.ledger, &**other, letter),
            40..50 => settle_account(&self.ledger, other.ask(letter)),
            50..56 => settle_account(&self.ledger, other.request(letter).wait_for(Duration::from_millis(2))),
            56..60 => {
                sleep(Duration::from_micros(next(seed) % 200)).unwrap();
                send(&self.ledger, &**other, letter);
            }
            60 => {
                other.stop();
                send(&self.ledger, &**other, letter);
            }
            _ => {
                yield_now().unwrap();
                send(&self.ledger, &**other, letter);
            }
        }
    }
}

fn settle_account(ledger: &Ledger, result: Result<(), CallError>) {
    ledger.asked.add_one();
    match result {
        Ok(()) => ledger.answered.add_one(),
        Err(_) => ledger.failed.add_one(),
    };
}

fn spawn_party<P: Policy>(vm: &Vm, ledger: &Arc<Ledger>) -> Ref<Party<P>> {
    vm.spawn(Party { ledger: ledger.clone(), others: vec![], temper: std::marker::PhantomData })
}

/// Crowds of all tempers that know one another, each with a few letters; and the balance afterwards.
fn run(vm: &Vm, seed: u64, rounds: u64) {
    let ledger = Arc::new(Ledger::default());
    let mut chance = seed;
    for _ in 0..rounds {
        let (first, second) = (spawn_party::<Wait>(vm, &ledger), spawn_party::<Wait>(vm, &ledger));
        let (third, fourth) = (spawn_party::<Fail>(vm, &ledger), spawn_party::<DropNewest>(vm, &ledger));
        let fifth = spawn_party::<DropOldest>(vm, &ledger);
        let crowd: [Box<dyn Mailbox>; 5] = [
            Box::new(first.clone()),
            Box::new(second.clone()),
            Box::new(third.clone()),
            Box::new(fourth.clone()),
            Box::new(fifth.clone()),
        ];
        let all = || crowd.iter().map(|one| one.copy()).collect::<Vec<_>>();
        first.ask(Meet(all())).unwrap();
        second.ask(Meet(all())).unwrap();
        third.ask(Meet(all())).unwrap();
        fourth.ask(Meet(all())).unwrap();
        fifth.ask(Meet(all())).unwrap();
        for _ in 0..8 {
            let to = &crowd[next(&mut chance) as usize % crowd.len()];
            send(&ledger, &**to, letter(&ledger, next(&mut chance), 5));
        }
        // They refer to one another.
        crowd.iter().for_each(|one| one.stop());
    }
    settle(vm, "everybody has ended", || ledger.ended.count() == 5 * rounds as usize && vm.actors() == 0);
    let Ledger { sent, asked, handled, unhandled, refused, answered, failed, .. } = &*ledger;
    assert_eq!(
        sent.count() + asked.count(),
        handled.count() + unhandled.count() + refused.count(),
        "sent and asked, against handled, dropped unhandled and refused"
    );
    assert_eq!(asked.count(), answered.count() + failed.count());
    let counted = |counter: fn(&greenroom::Snapshot) -> u64| sum(vm, counter) as usize;
    let dead = counted(|counted| counted.dead_letters);
    let newest = counted(|counted| counted.dropped_newest);
    let oldest = counted(|counted| counted.dropped_oldest);
    // What was dropped unhandled is a dead letter, was dropped for want of room, or belonged to a call that failed. The
    // oldest may be either of the last two.
    assert!(unhandled.count() >= dead + newest, "{} < {dead} + {newest}", unhandled.count());
    assert!(unhandled.count() <= dead + newest + oldest + failed.count());
    let overloads = counted(|counted| counted.overloads);
    assert!(overloads <= refused.count() + failed.count(), "{overloads} were told");
    for (what, count) in [
        ("handled", handled.count()),
        ("refused", refused.count()),
        ("dropped newest", newest),
        ("dropped oldest", oldest),
        ("waited", counted(|counted| counted.waits_for_room)),
        ("told of a watermark", counted(|counted| counted.watermarks)),
    ] {
        assert!(count > 0, "nothing was {what}: the run shows too little");
    }
}

fn check(builder: impl Fn(u64) -> Builder, rounds: u64) {
    watched(|| {
        for seed in SEEDS {
            let vm = builder(seed).build().unwrap();
            named(&format!("seed {seed}"), || run(&vm, seed, rounds));
        }
    });
}

#[test]
fn every_message_is_accounted_for_in_the_simulated_world() {
    check(|seed| Vm::builder().workers(3).world(World::Simulated { seed }), 20);
}

#[test]
fn every_message_is_accounted_for_in_the_real_world() {
    check(|_| real_builder().workers(3), 60);
}

#[test]
fn every_message_is_accounted_for_when_memory_is_bounded_too() {
    check(|_| real_builder().workers(3).queue_memory(8192), 40);
}
