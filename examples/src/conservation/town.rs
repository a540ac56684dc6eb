//! A town of actors: each has a place where others find it, and does at random whatever an actor can do.

use std::panic::{panic_any, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{RecvError, blocking, yield_now};

use crate::ledger::{Asking, Count, Ledger, Life, Token};

/// The text of the panics that belong to the game; all others are faults.
const PLANNED: &str = "planned";

/// Nobody is told of planned panics. Before the first machine is built, which puts its own hook before this one.
pub(crate) fn keep_planned_panics_silent() {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&PLANNED) {
            before(info);
        }
    }));
}

/// Chance, by the generator splitmix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// A limit for a call: from hopeless to generous.
    fn limit(&mut self) -> Duration {
        Duration::from_micros([0, 50, 500, 5_000, 50_000][self.below(5)])
    }
}

/// What all actors of one machine share.
pub(crate) struct Town {
    pub(crate) ledger: &'static Ledger,
    places: Vec<Mutex<Option<Ref<Walker>>>>,
    /// Nobody settles any more.
    pub(crate) is_closed: AtomicBool,
    /// Drivers that have not ended.
    pub(crate) drivers: AtomicU64,
}

impl Town {
    /// It is never freed: actors hold plain references to it.
    pub(crate) fn found(places: usize, drivers: u64) -> &'static Self {
        Box::leak(Box::new(Town {
            ledger: Box::leak(Box::default()),
            places: (0..places).map(|_| Mutex::new(None)).collect(),
            is_closed: AtomicBool::new(false),
            drivers: AtomicU64::new(drivers),
        }))
    }

    /// Who lives there, or someone new.
    fn at(&'static self, place: usize) -> Ref<Walker> {
        let mut resident = self.places[place].lock().unwrap_or_else(PoisonError::into_inner);
        match &*resident {
            Some(walker) => walker.clone(),
            None => {
                let walker = spawn(Walker::new(self));
                // ORDERING: Acquire pairs with the Release in `close`, which empties all places after it: whoever
                // settles after that sees it.
                if !self.is_closed.load(Ordering::Acquire) {
                    *resident = Some(walker.clone());
                }
                walker
            }
        }
    }

    fn somebody(&'static self, random: &mut Random) -> (usize, Ref<Walker>) {
        let place = random.below(self.places.len());
        (place, self.at(place))
    }

    /// The reference goes when the lock is free: it may be the last one.
    fn vacate(&self, place: usize) {
        let gone = self.places[place].lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(gone);
    }

    /// All lose their places, and end when they have done what they were sent.
    pub(crate) fn close(&self) {
        // ORDERING: Release pairs with the Acquire in `at`.
        self.is_closed.store(true, Ordering::Release);
        (0..self.places.len()).for_each(|place| self.vacate(place));
    }
}

/// Something to do, and so much of it. Replies with its seed.
struct Errand {
    token: Token,
    seed: u64,
    fuel: u32,
}

impl Message for Errand {
    type Reply = u64;
}

/// A request under way: its promise, and the asker's account of it.
type Kept = (Promise<u64>, Asking);

pub(crate) struct Walker {
    town: &'static Town,
    kept: Vec<Kept>,
    _life: Life,
}

impl Actor for Walker {}

impl Drop for Walker {
    fn drop(&mut self) {
        self.kept.drain(..).for_each(|(_, asking)| asking.give_up());
    }
}

impl Handler<Errand> for Walker {
    fn handle(&mut self, Errand { token, seed, mut fuel }: Errand) -> u64 {
        token.handle();
        let mut random = Random::new(seed);
        while fuel > 0 {
            let share = 1 + random.below(fuel as usize) as u32;
            fuel -= share;
            if !self.act(&mut random, share - 1) {
                break;
            }
        }
        seed
    }
}

impl Walker {
    fn new(town: &'static Town) -> Self {
        Walker { town, kept: Vec::new(), _life: Life::begin(town.ledger) }
    }

    /// One thing of all that an actor can do. False: it does no more.
    fn act(&mut self, random: &mut Random, fuel: u32) -> bool {
        let town = self.town;
        match random.below(100) {
            0..35 => send(town, random, fuel),
            35..47 => self.kept.push(request(town, random, fuel)),
            47..55 => {
                let (promise, asking) = request(town, random, fuel);
                drop(promise);
                asking.give_up();
            }
            55..65 => {
                let request = request(town, random, fuel);
                wait(request, random.limit());
            }
            65..80 => call(town, random, fuel),
            80..83 => {
                let (place, _) = town.somebody(random);
                town.vacate(place);
            }
            83..84 => town.somebody(random).1.stop(),
            84..86 => {
                stop();
                return false;
            }
            86..87 => {
                town.ledger.count(Count::PlannedPanics);
                panic_any(PLANNED);
            }
            87..90 => return sleep(Duration::from_micros(random.next() % 500)).is_ok(),
            90..92 => return yield_now().is_ok(),
            92..93 => return matches!(blocking(|| 6 * 7), Ok(42) | Err(CallError::Unwinding)),
            93..94 => call_yourself(town),
            94..96 => listen(town, random, fuel),
            _ => {
                let limit = random.limit();
                self.kept.drain(..).for_each(|kept| wait(kept, limit));
            }
        }
        true
    }
}

fn send(town: &'static Town, random: &mut Random, fuel: u32) {
    let (place, walker) = town.somebody(random);
    let token = Token::one_way(town.ledger);
    if let Err(back) = walker.send(Errand { token, seed: random.next(), fuel }) {
        back.message.token.take_back();
        town.vacate(place);
    }
}

fn request(town: &'static Town, random: &mut Random, fuel: u32) -> Kept {
    let (_, walker) = town.somebody(random);
    let seed = random.next();
    let (token, asking) = Token::asked(town.ledger, seed);
    (walker.send_request(Errand { token, seed, fuel }), asking)
}

/// Waits for a reply, and otherwise gives it up.
fn wait((mut promise, asking): Kept, limit: Duration) {
    match promise.wait_for(limit) {
        // It may still be handled: only a call's time-out is the last word on that.
        Err(CallError::Timeout { .. } | CallError::Unwinding) => asking.give_up(),
        outcome => asking.settle(outcome),
    }
}

fn call(town: &'static Town, random: &mut Random, fuel: u32) {
    let (place, walker) = town.somebody(random);
    let seed = random.next();
    let (token, asking) = Token::asked(town.ledger, seed);
    let errand = Errand { token, seed, fuel };
    let outcome = match random.below(4) {
        0 => walker.ask(errand),
        _ => walker.ask_within(random.limit(), errand),
    };
    if matches!(outcome, Err(CallError::Stopped { .. })) {
        town.vacate(place);
    }
    asking.settle(outcome);
}

fn call_yourself(town: &'static Town) {
    let (token, asking) = Token::asked(town.ledger, 0);
    let outcome = me::<Walker>().ask(Errand { token, seed: 0, fuel: 0 });
    if !matches!(outcome, Err(CallError::Deadlock { .. })) {
        town.ledger.fault(format!("a call to oneself ended with {outcome:?}"));
    }
    asking.settle(outcome);
}

/// A process that receives some of what it is sent, out of order, and ends.
fn listen(town: &'static Town, random: &mut Random, fuel: u32) {
    let wanted = random.below(4);
    let mut chance = Random::new(random.next());
    let life = Life::begin(town.ledger);
    let process = process(move |inbox: Inbox<Errand>| {
        let _life = life;
        for _ in 0..wanted {
            let odd = chance.next() % 2;
            let received = match chance.below(3) {
                0 => inbox.recv_timeout(chance.limit()),
                1 => inbox.recv_match_timeout(chance.limit(), |errand| errand.seed % 2 == odd),
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
        let token = Token::one_way(town.ledger);
        if let Err(back) = process.send(Errand { token, seed: random.next(), fuel: 0 }) {
            back.message.token.take_back();
        }
    }
    if random.below(4) == 0 {
        process.stop();
    }
}

/// Sends people on errands until it is told to end, or has done `rounds` of them; in step with those who do them.
pub(crate) fn drive(town: &'static Town, seed: u64, rounds: u64, is_over: &AtomicBool) {
    /// Enough that every worker has a queue; few enough that a message is handled soon.
    const IN_FLIGHT: u64 = 5_000;
    let mut random = Random::new(seed);
    for round in 0..rounds {
        let fuel = random.below(40) as u32;
        if random.below(4) == 0 {
            call(town, &mut random, fuel);
        } else {
            send(town, &mut random, fuel);
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
