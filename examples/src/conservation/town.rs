//! A town of actors: each has a place where others find it, and does at random whatever an actor can do.

use std::panic::{set_hook, take_hook};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{Supervisor, Timer, spawn_dedicated, unregister, yield_now};

use super::bonds::Bonds;
use super::deeds;
use super::ledger::{Count, Ledger};
use super::receipt::{Asking, Life, Token};
use super::shops::{self, Counter, SHOPS};
use crate::chance::Chance;

/// The text of the panics that belong to the game; all others are faults.
pub(crate) const PLANNED: &str = "planned";

/// The names that actors of a town may take.
pub(crate) const NAMES: [&str; 3] = ["the mayor", "the miller", "the smith"];

/// Nobody is told of planned panics. Before the first machine is built, which puts its own hook before this one.
pub fn keep_planned_panics_silent() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() != Some(&PLANNED) {
                before(info);
            }
        }));
    });
}

/// A limit for a call: from hopeless to generous.
pub(crate) fn limit(chance: &mut Chance) -> Duration {
    Duration::from_micros([0, 50, 500, 5_000, 50_000][chance.below(5) as usize])
}

/// What all actors of one machine share.
pub(crate) struct Town {
    pub(crate) ledger: &'static Ledger,
    places: Vec<Mutex<Option<Ref<Walker>>>>,
    shops: [Mutex<Option<Arc<dyn Counter>>>; SHOPS],
    /// A few at most: what is not here any more ends.
    families: Mutex<Vec<Ref<Supervisor>>>,
    /// Nobody settles any more.
    is_closed: AtomicBool,
    /// Drivers that have not ended.
    pub(crate) drivers: AtomicU64,
    /// Nothing is done that leaves a dead letter in doubt.
    pub(crate) is_strict: bool,
}

impl Town {
    /// It is never freed: actors hold plain references to it.
    pub(crate) fn found(ledger: Ledger, places: u64, drivers: u64, is_strict: bool) -> &'static Self {
        Box::leak(Box::new(Town {
            ledger: Box::leak(Box::new(ledger)),
            places: (0..places).map(|_| Mutex::new(None)).collect(),
            shops: Default::default(),
            families: Mutex::default(),
            is_closed: AtomicBool::new(false),
            drivers: AtomicU64::new(drivers),
            is_strict,
        }))
    }

    /// Who lives there, or someone new. At one place in sixteen, one with a thread of its own.
    fn at(&'static self, place: usize) -> Ref<Walker> {
        let mut resident = self.places[place].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(walker) = &*resident {
            return walker.clone();
        }
        let walker = match place % 16 {
            7 => spawn_dedicated(Walker::new(self)).unwrap_or_else(|_| spawn(Walker::new(self))),
            _ => spawn(Walker::new(self)),
        };
        if !self.is_closed() {
            *resident = Some(walker.clone());
        }
        walker
    }

    pub(crate) fn somebody(&'static self, chance: &mut Chance) -> (usize, Ref<Walker>) {
        let place = chance.below(self.places.len() as u64) as usize;
        (place, self.at(place))
    }

    /// The reference goes when the lock is free: it may be the last one.
    pub(crate) fn vacate(&self, place: usize) {
        let gone = self.places[place].lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(gone);
    }

    /// In place of whoever lived there.
    pub(crate) fn move_in(&self, chance: &mut Chance, walker: Ref<Walker>) {
        let place = chance.below(self.places.len() as u64) as usize;
        if !self.is_closed() {
            let mut resident = self.places[place].lock().unwrap_or_else(PoisonError::into_inner);
            let gone = resident.replace(walker);
            drop(resident);
            drop(gone);
        }
        if self.is_closed() {
            self.vacate(place);
        }
    }

    /// The shop of that number, newly opened if it is closed.
    pub(crate) fn shop(&'static self, way: usize) -> Arc<dyn Counter> {
        let mut open = self.shops[way].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shop) = &*open {
            return Arc::clone(shop);
        }
        let shop = shops::open(self, way);
        if !self.is_closed() {
            *open = Some(Arc::clone(&shop));
        }
        shop
    }

    pub(crate) fn close_shop(&self, way: usize) {
        let gone = self.shops[way].lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(gone);
    }

    /// One that is drawn, if there is any.
    pub(crate) fn family(&self, chance: &mut Chance) -> Option<Ref<Supervisor>> {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        (!families.is_empty()).then(|| families[chance.below(families.len() as u64) as usize].clone())
    }

    /// A family is in town. Of many, the oldest leaves it.
    pub(crate) fn settle_down(&self, family: Ref<Supervisor>) {
        const MANY: usize = 4;
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        families.push(family);
        let gone = (families.len() > MANY || self.is_closed()).then(|| families.remove(0));
        drop(families);
        drop(gone);
    }

    pub(crate) fn leave(&self, family: &Ref<Supervisor>) {
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let place = families.iter().position(|other| other == family);
        let gone = place.map(|place| families.remove(place));
        drop(families);
        drop(gone);
    }

    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `close`, which empties all places after it: whoever settles
        // after that sees it.
        self.is_closed.load(Ordering::Acquire)
    }

    /// All lose their places and, if the machine still runs, their names; they end when they have done what they were sent.
    pub(crate) fn close(&self) {
        // ORDERING: Release pairs with the Acquire in `is_closed`.
        self.is_closed.store(true, Ordering::Release);
        (0..self.places.len()).for_each(|place| self.vacate(place));
        (0..SHOPS).for_each(|way| self.close_shop(way));
        let families = std::mem::take(&mut *self.families.lock().unwrap_or_else(PoisonError::into_inner));
        drop(families);
    }

    /// In a handler of the machine.
    pub(crate) fn take_names(&self) {
        NAMES.iter().for_each(|name| drop(unregister(name)));
    }
}

/// Something to do, and so much of it. Replies with its seed.
#[derive(Clone)]
pub(crate) struct Errand {
    pub(crate) token: Token,
    pub(crate) seed: u64,
    pub(crate) fuel: u32,
}

impl Message for Errand {
    type Reply = u64;
}

/// A request under way: its promise, and the asker's account of it.
pub(crate) type Kept = (Promise<u64>, Asking);

pub(crate) struct Walker {
    pub(crate) town: &'static Town,
    pub(crate) kept: Vec<Kept>,
    /// Those that it may cancel.
    pub(crate) timers: Vec<Timer>,
    pub(crate) bonds: Bonds,
    /// Exits come as messages.
    pub(crate) traps: bool,
    _life: Life,
}

impl Drop for Walker {
    fn drop(&mut self) {
        self.kept.drain(..).for_each(|(_, asking)| asking.give_up());
    }
}

impl Handler<Errand> for Walker {
    fn handle(&mut self, Errand { token, seed, mut fuel }: Errand) -> u64 {
        token.handle();
        let mut chance = Chance::new(seed);
        while fuel > 0 {
            let share = 1 + chance.below(fuel.into()) as u32;
            fuel -= share;
            if !deeds::draw(&mut chance, self.town.is_strict)(self, &mut chance, share - 1) {
                break;
            }
        }
        seed
    }
}

/// For those who send to many, and to others while they wait.
#[actor]
impl Walker {
    pub(crate) fn walk(&mut self, errand: Errand) -> u64 {
        self.handle(errand)
    }

    /// Has another do it, and is there for others meanwhile; does something itself afterwards.
    #[parallel]
    pub(crate) fn have_done(me: &Me<Self>, errand: Errand) -> u64 {
        let Errand { token, seed, fuel } = errand;
        token.handle();
        let mut chance = Chance::new(seed);
        let town = me.with(|walker| walker.town);
        deeds::call(town, &mut chance, fuel / 2);
        me.with(|walker| walker.kept.push(deeds::request(town, &mut chance, fuel / 2)));
        seed
    }
}

impl Walker {
    pub(crate) fn new(town: &'static Town) -> Self {
        Walker {
            town,
            kept: Vec::new(),
            timers: Vec::new(),
            bonds: Bonds::none(town),
            traps: false,
            _life: Life::begin(town.ledger),
        }
    }
}

/// Sends people on errands until it is told to end, or has done `rounds` of them; in step with those who do them.
pub(crate) fn drive(
    town: &'static Town,
    mut chance: Chance,
    (rounds, most_fuel): (u64, u64),
    is_over: &AtomicBool,
) {
    /// Enough that every worker has a queue; few enough that a message is handled soon.
    const IN_FLIGHT: u64 = 5_000;
    for round in 0..rounds {
        let fuel = chance.below(most_fuel) as u32;
        if chance.once_in(4) {
            deeds::call(town, &mut chance, fuel);
        } else {
            deeds::send(town, &mut chance, fuel);
        }
        // ORDERING: Relaxed: a flag that guards no other data.
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        if round % 64 == 63 {
            while town.ledger.totals().in_flight() > IN_FLIGHT && sleep(Duration::from_millis(1)).is_ok() {}
            if yield_now().is_err() {
                break;
            }
        }
    }
}

/// In a handler: waits until all is done, has everybody end, and waits for that; for `patience` milliseconds at most.
pub(crate) fn wind_up(town: &'static Town, patience: u64) -> Result<(), CallError> {
    let wait_while = |goes_on: &dyn Fn() -> bool| {
        for _ in 0..patience {
            if !goes_on() {
                break;
            }
            sleep(Duration::from_millis(1))?;
        }
        Ok(())
    };
    // ORDERING: Acquire pairs with the Release at a driver's end.
    let has_drivers = || town.drivers.load(Ordering::Acquire) > 0;
    wait_while(&|| has_drivers() || town.ledger.totals().in_flight() > 0)?;
    town.close();
    town.take_names();
    wait_while(&|| {
        let totals = town.ledger.totals();
        totals.in_flight() > 0 || totals.of(Count::Died) < totals.of(Count::Born)
    })
}
