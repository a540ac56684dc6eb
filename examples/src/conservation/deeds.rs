//! What the actors of a town do at random: sends, calls, requests, ends. All others are in `further`.

use std::panic::panic_any;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{blocking, yield_now};

use super::ledger::Count;
use super::receipt::Token;
use super::town::{Errand, Kept, PLANNED, Town, Walker, limit};
use super::{bonds, families, further, shops};
use crate::chance::Chance;

/// What an actor can do with so much fuel, which is for those that it sends. False: it does no more.
pub(crate) type Deed = fn(&mut Walker, &mut Chance, u32) -> bool;

/// How often each is drawn.
const DEEDS: &[(u64, Deed)] = &[
    (33, |walker, chance, fuel| send(walker.town, chance, fuel)),
    (10, keep),
    (7, give_up),
    (9, ask_and_wait),
    (14, |walker, chance, fuel| call(walker.town, chance, fuel)),
    (5, settle_kept),
    (3, vacate),
    (1, stop_somebody),
    (2, stop_yourself),
    (2, kill),
    (1, panic_on_purpose),
    (3, |_, chance, _| sleep(chance.below_time(Duration::from_micros(500))).is_ok()),
    (2, |_, _, _| yield_now().is_ok()),
    (1, |_, _, _| matches!(blocking(|| 6 * 7), Ok(42) | Err(CallError::Unwinding))),
    (1, call_yourself),
    (3, further::listen),
    (3, further::cast_to_many),
    (3, further::ask_many),
    (3, further::use_names),
    (3, further::ask_beside),
    (2, bonds::watch),
    (3, bonds::tie),
    (1, bonds::exit_somebody),
    (8, shops::trade),
];

/// Those whose messages are dead letters only if they lay in a mailbox already when their actor ended: nobody outside of
/// the machine can tell. So in a strict town they are not done, and every dead letter is accounted for.
const VAGUE_DEEDS: &[(u64, Deed)] = &[
    (4, further::send_later),
    (3, further::send_repeatedly),
    (2, further::cancel),
    (4, further::ask_by_call_back),
    (4, families::use_families),
];

/// One of them.
pub(crate) fn draw(chance: &mut Chance, is_strict: bool) -> Deed {
    let deeds = || DEEDS.iter().chain(if is_strict { &[] } else { VAGUE_DEEDS });
    let mut drawn = chance.below(deeds().map(|(often, _)| often).sum());
    for (often, deed) in deeds() {
        match drawn.checked_sub(*often) {
            Some(left) => drawn = left,
            None => return *deed,
        }
    }
    unreachable!("less than the sum was drawn")
}

/// To whoever is drawn.
pub(crate) fn send(town: &'static Town, chance: &mut Chance, fuel: u32) -> bool {
    let (place, walker) = town.somebody(chance);
    let (token, sending) = Token::one_way(town.ledger);
    if let Err(back) = walker.send(Errand { token, seed: chance.seed(), fuel }) {
        back.message.token.take_back();
        town.vacate(place);
    }
    sending.settle();
    true
}

pub(crate) fn request(town: &'static Town, chance: &mut Chance, fuel: u32) -> Kept {
    let (_, walker) = town.somebody(chance);
    let seed = chance.seed();
    let (token, asking) = Token::asked(town.ledger, seed);
    (walker.send_request(Errand { token, seed, fuel }), asking)
}

/// Waits for a reply, and otherwise gives it up.
pub(crate) fn wait((mut promise, asking): Kept, limit: Duration) {
    match promise.wait_for(limit) {
        // It may still be handled: only a call's time-out is the last word on that.
        Err(CallError::Timeout { .. } | CallError::Unwinding) => asking.give_up(),
        outcome => asking.settle(outcome),
    }
}

pub(crate) fn call(town: &'static Town, chance: &mut Chance, fuel: u32) -> bool {
    let (place, walker) = town.somebody(chance);
    let seed = chance.seed();
    let (token, asking) = Token::asked(town.ledger, seed);
    let errand = Errand { token, seed, fuel };
    let outcome = match chance.below(4) {
        0 => walker.ask(errand),
        _ => walker.ask_within(limit(chance), errand),
    };
    if matches!(outcome, Err(CallError::Stopped { .. })) {
        town.vacate(place);
    }
    asking.settle(outcome);
    true
}

fn keep(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    walker.kept.push(request(walker.town, chance, fuel));
    true
}

fn give_up(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let (promise, asking) = request(walker.town, chance, fuel);
    drop(promise);
    asking.give_up();
    true
}

fn ask_and_wait(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let request = request(walker.town, chance, fuel);
    wait(request, limit(chance));
    true
}

fn settle_kept(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    let limit = limit(chance);
    walker.kept.drain(..).for_each(|kept| wait(kept, limit));
    true
}

fn vacate(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    let (place, _) = walker.town.somebody(chance);
    walker.town.vacate(place);
    true
}

fn stop_somebody(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    walker.town.somebody(chance).1.stop();
    true
}

/// Somebody, who may be in the midst of something, or oneself.
fn kill(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    walker.town.somebody(chance).1.kill();
    true
}

fn stop_yourself(_: &mut Walker, _: &mut Chance, _: u32) -> bool {
    stop();
    false
}

fn panic_on_purpose(walker: &mut Walker, _: &mut Chance, _: u32) -> bool {
    walker.town.ledger.count(Count::PlannedPanics);
    panic_any(PLANNED);
}

fn call_yourself(walker: &mut Walker, _: &mut Chance, _: u32) -> bool {
    let ledger = walker.town.ledger;
    let (token, asking) = Token::asked(ledger, 0);
    let outcome = me::<Walker>().ask(Errand { token, seed: 0, fuel: 0 });
    if !matches!(outcome, Err(CallError::Deadlock { .. })) {
        ledger.fault(format!("a call to oneself ended with {outcome:?}"));
    }
    asking.settle(outcome);
    true
}
