//! The house: landlords who change their lodgers without end, all at rest when they are asked to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;

use crate::leak::Leak;
use crate::lodger::{self, Family, Room};
use crate::options::Options;

/// How many change lodgers at once.
const LANDLORDS: u64 = 8;
/// How many lodgers one changes before it pauses, and for how long: every room is let anew once or twice a second.
const MOVES: u64 = 250;
const PAUSE: Duration = Duration::from_millis(10);

/// What landlords and their owner know of one another.
#[derive(Default)]
struct Bell {
    is_closing_time: AtomicBool,
    is_rest: AtomicBool,
    resting: AtomicU64,
    moves: AtomicU64,
}

/// See the head of this file.
pub(crate) struct House {
    bell: Arc<Bell>,
}

impl House {
    /// All landlords begin, and let all their rooms.
    pub(crate) fn open(vm: &Vm, options: &Options) -> Self {
        let bell = Arc::new(Bell::default());
        let mut chance = Chance::new(options.seed);
        for number in 0..LANDLORDS {
            let (bell, chance, leak) = (Arc::clone(&bell), chance.split(), options.leak);
            let rooms = number..options.population;
            vm.process(move |_: Inbox<()>| {
                Landlord { number, bell, chance, leak }.serve(rooms.step_by(LANDLORDS as usize));
            });
        }
        House { bell }
    }

    /// How many lodgers have come so far.
    pub(crate) fn moves(&self) -> u64 {
        // ORDERING: Relaxed: a number that orders nothing.
        self.bell.moves.load(Ordering::Relaxed)
    }

    /// Has all landlords rest, or go on.
    pub(crate) fn set_rest(&self, is_rest: bool) {
        // ORDERING: Relaxed: a flag that guards no other data; so are those below.
        self.bell.is_rest.store(is_rest, Ordering::Relaxed);
    }

    pub(crate) fn is_at_rest(&self) -> bool {
        // ORDERING: Relaxed, as above.
        self.bell.resting.load(Ordering::Relaxed) == LANDLORDS
    }

    pub(crate) fn close(&self) {
        // ORDERING: Relaxed, as above.
        self.bell.is_closing_time.store(true, Ordering::Relaxed);
    }

    /// How many actors there are when all is at rest.
    pub(crate) fn inhabitants(options: &Options) -> u64 {
        options.population + LANDLORDS * (1 + Family::ACTORS)
    }
}

struct Landlord {
    number: u64,
    bell: Arc<Bell>,
    chance: Chance,
    leak: Option<Leak>,
}

impl Landlord {
    fn serve(mut self, rooms: impl Iterator<Item = u64>) {
        let mut rooms: Vec<_> = rooms.map(|room| Room::let_out(room, &mut self.chance)).collect();
        lodger::have_all_sleep(&rooms);
        let mut family = Family::found(&mut self.chance).expect("a family needs nothing but room");
        let mut last = 0;
        // ORDERING: Relaxed: flags and numbers that guard no other data; so are those below.
        while !self.bell.is_closing_time.load(Ordering::Relaxed) && sleep(PAUSE).is_ok() {
            if self.bell.is_rest.load(Ordering::Relaxed) {
                self.rest();
                continue;
            }
            for _ in 0..MOVES {
                last = (last + 1 + self.chance.below(3) as usize) % rooms.len();
                rooms[last].change(&mut self.chance);
                // ORDERING: Relaxed, as above.
                let moves = self.bell.moves.fetch_add(1, Ordering::Relaxed);
                if let Some(leak) = self.leak {
                    leak.drip(moves);
                }
            }
            lodger::visit(&rooms, &mut self.chance);
            family.go_on(&mut self.chance).expect("a child that fails is restarted");
            if self.number == 0 {
                lodger::read_the_paper();
            }
        }
    }

    fn rest(&self) {
        // ORDERING: Relaxed, as above.
        self.bell.resting.fetch_add(1, Ordering::Relaxed);
        // ORDERING: Relaxed, as above.
        while self.bell.is_rest.load(Ordering::Relaxed) {
            if sleep(PAUSE).is_err() {
                break;
            }
        }
        // ORDERING: Relaxed, as above.
        self.bell.resting.fetch_sub(1, Ordering::Relaxed);
    }
}
