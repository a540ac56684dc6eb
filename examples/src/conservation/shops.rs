//! Shops: actors with little room for messages, one for each way to deal with one too many.

use std::panic::panic_any;
use std::sync::Arc;
use std::time::Duration;

use greenroom::SendError;
use greenroom::prelude::*;

use super::deeds;
use super::ledger::Count;
use super::receipt::{Life, Token};
use super::town::{Errand, PLANNED, Town, Walker, limit};
use crate::chance::Chance;

const WAYS: [WhenFull; 4] = [WhenFull::Wait, WhenFull::Fail, WhenFull::DropNewest, WhenFull::DropOldest];

/// How many shops there are, and how many of them, the first ones, drop nothing.
pub(crate) const SHOPS: usize = WAYS.len();
const THAT_DROP_NOTHING: usize = 2;

/// Its number is its way.
struct Shop<const WAY: usize> {
    town: &'static Town,
    _life: Life,
}

impl<const WAY: usize> Actor for Shop<WAY> {
    const CAPACITY: Capacity = Capacity::of(2).when_full(WAYS[WAY]).watermark(2);
}

impl<const WAY: usize> Handler<Errand> for Shop<WAY> {
    /// Takes a while, so that others find it full, or sends on: to a shop perhaps, that is full as well.
    fn handle(&mut self, Errand { token, seed, fuel }: Errand) -> u64 {
        token.handle();
        let mut chance = Chance::new(seed);
        match chance.below(16) {
            0 => stop(),
            1 => {
                self.town.ledger.count(Count::PlannedPanics);
                panic_any(PLANNED);
            }
            2..5 if fuel > 0 => drop(deeds::send(self.town, &mut chance, fuel - 1)),
            5..9 if fuel > 0 => deliver(self.town, &mut chance, fuel - 1),
            9..14 => drop(sleep(chance.below_time(Duration::from_micros(300)))),
            _ => {}
        }
        seed
    }
}

/// A shop, whatever its way.
pub(crate) trait Counter: Send + Sync {
    fn send(&self, errand: Errand) -> Result<(), SendError<Errand>>;
    fn ask_within(&self, limit: Duration, errand: Errand) -> Result<u64, CallError>;
    fn send_request(&self, errand: Errand) -> Promise<u64>;
    fn kill(&self);
}

impl<const WAY: usize> Counter for Ref<Shop<WAY>> {
    fn send(&self, errand: Errand) -> Result<(), SendError<Errand>> {
        Ref::send(self, errand)
    }

    fn ask_within(&self, limit: Duration, errand: Errand) -> Result<u64, CallError> {
        Ref::ask_within(self, limit, errand)
    }

    fn send_request(&self, errand: Errand) -> Promise<u64> {
        Ref::send_request(self, errand)
    }

    fn kill(&self) {
        Ref::kill(self);
    }
}

/// Opens the shop of that number.
pub(crate) fn open(town: &'static Town, way: usize) -> Arc<dyn Counter> {
    fn shop<const WAY: usize>(town: &'static Town) -> Arc<dyn Counter> {
        Arc::new(spawn(Shop::<WAY> { town, _life: Life::begin(town.ledger) }))
    }
    match way {
        0 => shop::<0>(town),
        1 => shop::<1>(town),
        2 => shop::<2>(town),
        _ => shop::<3>(town),
    }
}

/// Sends to a shop, one way.
fn deliver(town: &'static Town, chance: &mut Chance, fuel: u32) {
    let way = chance.below(SHOPS as u64) as usize;
    let shop = town.shop(way);
    let (token, sending) = Token::one_way_with_a_wait(town.ledger);
    if let Err(back) = shop.send(Errand { token, seed: chance.seed(), fuel }) {
        back.message.token.take_back();
        match back.error {
            CallError::Stopped { .. } => town.close_shop(way),
            CallError::Overloaded { .. } => town.ledger.count(Count::NoRoom),
            CallError::Deadlock { .. } => town.ledger.count(Count::WaitsInCircles),
            CallError::Timeout { .. } | CallError::Unwinding => {}
            other => town.ledger.fault(format!("a message came back for {other}")),
        }
    }
    sending.settle();
}

/// Sends to shops, asks one, or kills one.
pub(crate) fn trade(walker: &mut Walker, chance: &mut Chance, fuel: u32) -> bool {
    let town = walker.town;
    // What is dropped unhandled is counted with what is sent one way: in a strict town nothing else is.
    let ways = if town.is_strict { THAT_DROP_NOTHING } else { SHOPS };
    let shop = town.shop(chance.below(ways as u64) as usize);
    match chance.below(10) {
        0 => shop.kill(),
        1 | 2 => {
            let seed = chance.seed();
            let (token, asking) = Token::asked(town.ledger, seed);
            walker.kept.push((shop.send_request(Errand { token, seed, fuel }), asking));
        }
        3 | 4 => {
            let seed = chance.seed();
            let (token, asking) = Token::asked(town.ledger, seed);
            asking.settle(shop.ask_within(limit(chance), Errand { token, seed, fuel }));
        }
        _ => {
            drop(shop);
            for _ in 0..1 + fuel.min(3) {
                deliver(town, chance, fuel / 4);
            }
        }
    }
    true
}
