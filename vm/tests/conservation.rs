//! Conservation: whatever random actors do to one another, each message is accounted for exactly once: handled,
//! returned to its sender, or a dead letter.
//!
//! Sent one way: handled, or refused at the send, or dropped unhandled (a dead letter). Asked for a reply: the same,
//! and the one who asks is told exactly once, unless it gave up. Every letter carries a guard that says at its
//! drop what became of it.

mod support;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{World, spawn_dedicated};
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
    given_up: Tally,
    spawned: Tally,
    ended: Tally,
    /// Every third actor has a thread of its own.
    has_threads: bool,
}

/// Does something random, and passes what is left of its strength on.
struct Letter {
    ledger: Arc<Ledger>,
    seed: u64,
    strength: u32,
    is_open: bool,
}

impl Letter {
    fn new(ledger: &Arc<Ledger>, seed: u64, strength: u32) -> Self {
        Letter { ledger: ledger.clone(), seed, strength, is_open: false }
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        if !self.is_open {
            self.ledger.unhandled.add_one();
        }
    }
}

impl Message for Letter {
    type Reply = u64;
}

struct Party {
    ledger: Arc<Ledger>,
    others: Vec<Ref<Party>>,
}

impl Actor for Party {}

impl Drop for Party {
    fn drop(&mut self) {
        self.ledger.ended.add_one();
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

fn party(ledger: &Arc<Ledger>, others: Vec<Ref<Party>>) -> Party {
    ledger.spawned.add_one();
    Party { ledger: ledger.clone(), others }
}

impl Handler<Letter> for Party {
    fn handle(&mut self, mut letter: Letter) -> u64 {
        letter.is_open = true;
        letter.ledger.handled.add_one();
        let mut seed = letter.seed;
        if letter.strength == 0 || self.others.is_empty() {
            return seed;
        }
        for _ in 0..1 + next(&mut seed) % 2 {
            self.act(next(&mut seed), &mut seed, letter.strength - 1);
        }
        seed
    }
}

impl Party {
    fn act(&mut self, choice: u64, seed: &mut u64, strength: u32) {
        let other = self.others[next(seed) as usize % self.others.len()].clone();
        let ledger = self.ledger.clone();
        let mut letter = || Letter::new(&ledger, next(seed), strength);
        match choice % 32 {
            0..10 => {
                ledger.sent.add_one();
                if let Err(error) = other.send(letter()) {
                    // It came back: not dropped by the machine, but by us.
                    let mut back = error.message;
                    back.is_open = true;
                    ledger.refused.add_one();
                }
            }
            10..17 => {
                ledger.asked.add_one();
                settle_account(&ledger, other.ask_within(Duration::from_millis(2), letter()));
            }
            17..21 => {
                ledger.asked.add_one();
                ledger.asked.add_one();
                let (one, two) = (other.send_request(letter()), other.send_request(letter()));
                settle_account(&ledger, two.wait());
                settle_account(&ledger, one.wait());
            }
            21..23 => {
                ledger.asked.add_one();
                ledger.given_up.add_one();
                drop(other.send_request(letter()));
            }
            23..26 => {
                let child = party(&ledger, self.others.clone());
                let child = match ledger.has_threads && next(seed).is_multiple_of(3) {
                    true => spawn_dedicated(child).unwrap(),
                    false => spawn(child),
                };
                if self.others.len() < 12 {
                    self.others.push(child);
                }
            }
            26..28 => drop(self.others.pop()),
            28 => stop(),
            29 => resume_unwind(Box::new("on purpose")),
            30 => sleep(Duration::from_micros(next(seed) % 300)).unwrap(),
            _ => yield_now().unwrap(),
        }
    }
}

fn settle_account(ledger: &Ledger, result: Result<u64, CallError>) {
    match result {
        Ok(_) => ledger.answered.add_one(),
        Err(CallError::Unwinding) => panic!("nobody unwinds here"),
        Err(_) => ledger.failed.add_one(),
    };
}

/// A run of `rounds` letters into a crowd, and the balance afterwards.
fn run(vm: &Vm, seed: u64, rounds: u64, has_threads: bool) {
    let ledger = Arc::new(Ledger { has_threads, ..Ledger::default() });
    let mut chance = seed;
    for _ in 0..rounds {
        let mut crowd: Vec<Ref<Party>> = Vec::new();
        for number in 0..6 {
            let actor = party(&ledger, crowd.clone());
            crowd.push(match has_threads && number % 3 == 0 {
                true => vm.spawn_dedicated(actor).unwrap(),
                false => vm.spawn(actor),
            });
        }
        for _ in 0..6 {
            let to = &crowd[next(&mut chance) as usize % crowd.len()];
            ledger.sent.add_one();
            to.send(Letter::new(&ledger, next(&mut chance), 6))
                .map_err(|mut error| {
                    error.message.is_open = true;
                    ledger.refused.add_one()
                })
                .ok();
        }
    }
    // No cycles: references point to older ones only, or to children. So all end when the crowd is let go.
    let total = |tally: &Tally| tally.count();
    settle(vm, "everybody has ended", || total(&ledger.ended) == total(&ledger.spawned) && vm.actors() == 0);
    let Ledger { sent, asked, handled, unhandled, refused, answered, failed, given_up, .. } = &*ledger;
    assert_eq!(
        total(sent) + total(asked),
        total(handled) + total(unhandled) + total(refused),
        "sent and asked, against handled, dropped unhandled and refused"
    );
    assert_eq!(total(asked), total(answered) + total(failed) + total(given_up));
    // Requests that had expired, and what drives the machine, are counted as well.
    assert!(sum(vm, |counted| counted.messages) as usize >= total(handled), "a counter was lost");
    // What was dropped unhandled is a dead letter, or belonged to a request that failed or was given up.
    let dead = sum(vm, |counted| counted.dead_letters) as usize;
    let orphaned = total(unhandled) - dead;
    assert!(
        orphaned <= total(failed) + total(given_up),
        "{orphaned} requests dropped, their callers not told"
    );
    assert!(total(handled) > rounds as usize * 6, "{} were handled", total(handled));
    for (what, tally) in [("refused", refused), ("failed", failed), ("given up", given_up)] {
        assert!(total(tally) > 0, "nothing was {what}: the run shows too little");
    }
}

#[test]
fn every_message_is_handled_returned_or_a_dead_letter_in_the_simulated_world() {
    watched(|| {
        for seed in SEEDS {
            let world = World::Simulated { seed };
            let vm = Vm::builder().workers(3).world(world).build().unwrap();
            named(&format!("seed {seed}"), || run(&vm, seed, 60, false));
        }
    });
}

#[test]
fn every_message_is_handled_returned_or_a_dead_letter_in_the_real_world() {
    watched(|| {
        for seed in SEEDS {
            let vm = real_builder().workers(3).build().unwrap();
            named(&format!("seed {seed}"), || run(&vm, seed, 400, false));
        }
    });
}

#[test]
fn every_message_is_handled_returned_or_a_dead_letter_also_when_some_have_threads_of_their_own() {
    watched(|| {
        for seed in SEEDS {
            let vm = real_builder().workers(2).build().unwrap();
            named(&format!("seed {seed}"), || run(&vm, seed, 100, true));
        }
    });
}

#[test]
fn a_lost_message_would_be_found() {
    let ledger = Arc::new(Ledger::default());
    let mut letter = Letter::new(&ledger, 1, 0);
    drop(Letter::new(&ledger, 2, 0));
    assert_eq!(ledger.unhandled.count(), 1, "one that is dropped unhandled says so");
    letter.is_open = true;
    drop(letter);
    assert_eq!(ledger.unhandled.count(), 1, "and one that was opened does not");
}
