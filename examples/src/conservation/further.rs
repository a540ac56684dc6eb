//! More of what the actors of a town do: timers, groups, processes, names, parallel methods, callbacks.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{RecvError, Timer, lookup, process, spawn_named, unregister};

use super::deeds;
use super::ledger::Ledger;
use super::receipt::{Life, Token};
use super::town::{Errand, NAMES, Walker, limit};
use crate::chance::Chance;

/// How long timers take at most, and how often they tick.
const SOON: Duration = Duration::from_millis(1);

/// A process that receives some of what it is sent, out of order, and ends.
pub(crate) fn listen(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let ledger = walker.town.ledger;
    let (wanted, mut chances) = (chance.below(4), chance.split());
    let life = Life::begin(ledger);
    let process = process(move |inbox: Inbox<Errand>| {
        let _life = life;
        for _ in 0..wanted {
            let odd = chances.below(2);
            let received = match chances.below(3) {
                0 => inbox.recv_timeout(limit(&mut chances)),
                1 => inbox.recv_match_timeout(limit(&mut chances), |errand| errand.seed % 2 == odd),
                _ => inbox.recv(),
            };
            match received {
                Ok(errand) => errand.token.handle(),
                Err(RecvError::Timeout) => {}
                Err(_) => break,
            }
        }
    });
    for _ in 0..fuel.min(6) {
        let (token, sending) = Token::one_way(ledger);
        if let Err(back) = process.send(Errand { token, seed: chance.seed(), fuel: 0 }) {
            back.message.token.take_back();
        }
        sending.settle();
    }
    match chance.below(8) {
        0 | 1 => process.stop(),
        2 => process.kill(),
        _ => {}
    }
    true
}

pub(crate) fn send_later(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let town = walker.town;
    let (_, somebody) = town.somebody(chance);
    let errand = Errand { token: Token::timed(town.ledger), seed: chance.seed(), fuel };
    hold(walker, somebody.send_after(chance.below_time(SOON), errand));
    true
}

/// A tick: a message of a timer from when it is cloned for the actor that it has come to.
pub(crate) struct Tick {
    ledger: &'static Ledger,
    token: Option<Token>,
}

impl Clone for Tick {
    fn clone(&self) -> Self {
        Tick { ledger: self.ledger, token: Some(Token::timed(self.ledger)) }
    }
}

impl Message for Tick {
    type Reply = ();
}

impl Handler<Tick> for Walker {
    /// Whoever is ticked at cancels what it has started itself, so that no timer outlives its sense for long.
    fn handle(&mut self, tick: Tick) {
        if let Some(token) = tick.token {
            token.handle();
        }
        for timer in self.timers.drain(..) {
            timer.cancel();
        }
    }
}

/// To itself: at a period, until it ticks or is cancelled.
pub(crate) fn send_repeatedly(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    let tick = Tick { ledger: walker.town.ledger, token: None };
    let period = chance.below_time(SOON) + Duration::from_micros(1);
    let timer = match chance.below(2) {
        0 => me::<Walker>().send_every(period, tick),
        _ => me::<Walker>().send_now_and_every(period, tick),
    };
    hold(walker, timer);
    true
}

/// To cancel it later. Of many, the oldest is left to itself.
fn hold(walker: &mut Walker, timer: Timer) {
    if walker.timers.len() == 8 {
        walker.timers.remove(0);
    }
    walker.timers.push(timer);
}

pub(crate) fn cancel(walker: &mut Walker, _: &mut Chance, _: u32) -> bool {
    if let Some(timer) = walker.timers.pop() {
        timer.cancel();
    }
    true
}

/// Some who are drawn, the same ones twice perhaps, or none.
fn some(walker: &Walker, chance: &mut Chance) -> Group<Walker> {
    (0..chance.below(5)).map(|_| walker.town.somebody(chance).1).collect()
}

pub(crate) fn cast_to_many(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let many = some(walker, chance);
    let (token, casting) = Token::cast(walker.town.ledger);
    let errand = Errand { token, seed: chance.seed(), fuel: fuel / (many.len() as u32 + 1) };
    casting.settle(many.cast().walk(errand));
    true
}

/// Waits for all, for the first, or for none of those who are asked together.
pub(crate) fn ask_many(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let many = some(walker, chance);
    let seed = chance.seed();
    let (token, mut gathering) = Token::asked_of_many(walker.town.ledger, seed);
    let errand = Errand { token, seed, fuel: fuel / (many.len() as u32 + 1) };
    let mut gather = many.each_within(limit(chance)).walk(errand);
    match chance.below(4) {
        0 => gather.cancel(),
        1 => {
            if let Some((_, outcome)) = gather.next() {
                gathering.settle_one(&outcome);
            }
        }
        _ => gather.replies().answers.iter().for_each(|(_, outcome)| gathering.settle_one(outcome)),
    }
    gathering.give_up();
    true
}

/// Spawns somebody under a name, takes the name away, or sends to whoever has it.
pub(crate) fn use_names(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let town = walker.town;
    let name = NAMES[chance.below(NAMES.len() as u64) as usize];
    match chance.below(4) {
        // Refused, it comes back, and ends here.
        0 => drop(spawn_named(name, Walker::new(town))),
        1 => drop(unregister(name)),
        _ => {
            if let Ok(named) = lookup::<Walker>(name) {
                let (token, sending) = Token::one_way(town.ledger);
                if let Err(back) = named.send(Errand { token, seed: chance.seed(), fuel }) {
                    back.message.token.take_back();
                }
                sending.settle();
            }
        }
    }
    if town.is_closed() {
        town.take_names();
    }
    true
}

/// By a parallel method: called, or cast.
pub(crate) fn ask_beside(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let town = walker.town;
    let (_, somebody) = town.somebody(chance);
    let seed = chance.seed();
    let (token, asking) = Token::asked(town.ledger, seed);
    let outcome = somebody.within(limit(chance)).have_done(Errand { token, seed, fuel });
    asking.settle(outcome);
    true
}

/// By a promise, when the reply is there.
pub(crate) fn ask_by_call_back(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let (promise, asking) = deeds::request(walker.town, chance, fuel);
    let asking = asking.by_call_back();
    promise.then(&me(), move |_: &mut Walker, outcome| asking.settle(outcome));
    true
}
