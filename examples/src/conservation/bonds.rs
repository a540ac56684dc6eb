//! Bonds: links and monitors, and the exits that go down them. Each bond of a watcher is told of once, taken off, or ends
//! with its watcher; and a watcher that is owed word waits for it, so one that is never told never ends, which is found.

use std::panic::panic_any;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ActorId, Down, Exit, Monitor, RecvError};

use super::ledger::{Count, Ledger};
use super::receipt::Life;
use super::town::{PLANNED, Town, Walker, limit};
use crate::chance::Chance;

/// What a watcher is told of.
enum Bond {
    Monitor(Monitor),
    Link(ActorId),
}

/// Those of one watcher that it has not been told of.
pub(crate) struct Bonds {
    ledger: &'static Ledger,
    open: Vec<Bond>,
}

impl Bonds {
    pub(crate) fn none(town: &Town) -> Self {
        Bonds { ledger: town.ledger, open: Vec::new() }
    }

    fn add(&mut self, bond: Bond) {
        self.ledger.count(Count::Bonds);
        self.open.push(bond);
    }

    fn told(&mut self, what: &str, is_it: impl FnMut(&Bond) -> bool) {
        match self.open.iter().position(is_it) {
            Some(place) => {
                self.open.remove(place);
                self.ledger.count(Count::BondsTold);
            }
            None => self.ledger.fault(format!("{what} came twice, or after its bond was taken off")),
        }
    }

    fn told_down(&mut self, down: &Down) {
        self.told("a Down", |bond| matches!(bond, Bond::Monitor(monitor) if monitor.id() == down.monitor));
    }

    fn told_exit(&mut self, exit: &Exit) {
        self.told("an Exit", |link| matches!(link, Bond::Link(actor) if Some(*actor) == exit.from));
    }

    /// The watcher does not want to know any more; it has not been told, and so it makes a difference.
    fn take_off(&mut self, unlink: impl FnOnce(ActorId)) {
        match self.open.pop() {
            Some(Bond::Monitor(monitor)) => {
                if !monitor.demonitor() {
                    self.ledger.fault("a monitor was over before its Down was handled".to_owned());
                }
            }
            Some(Bond::Link(actor)) => unlink(actor),
            None => return,
        }
        self.ledger.count(Count::BondsTakenOff);
    }
}

impl Drop for Bonds {
    fn drop(&mut self) {
        self.ledger.count_several(Count::BondsOutlived, self.open.len() as u64);
    }
}

/// What a process is told.
enum Word {
    Down(Down),
    Exit(Exit),
}

impl From<Down> for Word {
    fn from(down: Down) -> Self {
        Word::Down(down)
    }
}

impl From<Exit> for Word {
    fn from(exit: Exit) -> Self {
        Word::Exit(exit)
    }
}

/// A process that watches some, and most often waits until it has been told of each.
pub(crate) fn watch(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    let town = walker.town;
    let mut some: Vec<Ref<Walker>> = Vec::new();
    for _ in 0..1 + chance.below(3) {
        let (_, somebody) = town.somebody(chance);
        // Of two links to one that ends, there may be one word or two.
        if !some.contains(&somebody) {
            some.push(somebody);
        }
    }
    let (chance, life) = (chance.split(), Life::begin(town.ledger));
    process(move |inbox: Inbox<Word>| {
        let _life = life;
        keep_watch(&inbox, some, chance, Bonds::none(town));
    });
    true
}

fn keep_watch(inbox: &Inbox<Word>, some: Vec<Ref<Walker>>, mut chance: Chance, mut bonds: Bonds) {
    inbox.trap_exit(true);
    for somebody in &some {
        if chance.once_in(2) {
            bonds.add(Bond::Monitor(inbox.monitor(somebody)));
        } else {
            inbox.link(somebody);
            bonds.add(Bond::Link(somebody.id()));
        }
        if chance.once_in(4) && sleep(chance.below_time(Duration::from_micros(200))).is_err() {
            return;
        }
        if chance.once_in(4) {
            bonds.take_off(|actor| {
                some.iter().filter(|one| one.id() == actor).for_each(|one| inbox.unlink(one));
            });
        }
    }
    // Whoever is left must be able to end.
    drop(some);
    if chance.once_in(8) {
        // Takes along those that it is linked to.
        bonds.ledger.count(Count::PlannedPanics);
        panic_any(PLANNED);
    }
    let is_patient = !chance.once_in(4);
    while !bonds.open.is_empty() {
        let word = if is_patient { inbox.recv() } else { inbox.recv_timeout(limit(&mut chance)) };
        match word {
            Ok(Word::Down(down)) => bonds.told_down(&down),
            Ok(Word::Exit(exit)) => bonds.told_exit(&exit),
            Err(RecvError::Unreachable) => {
                bonds
                    .ledger
                    .fault("a process was to be told of an end, and that nobody would tell it".to_owned());
                return;
            }
            // Out of patience, or the machine ends.
            Err(_) => return,
        }
    }
}

/// Ties the walker to somebody, or takes a tie off; has exits come as messages, or not any more.
pub(crate) fn tie(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    let (_, somebody) = walker.town.somebody(chance);
    let me = me::<Walker>();
    match chance.below(8) {
        0 | 1 => me.link(&somebody),
        2 => me.unlink(&somebody),
        3 | 4 => walker.bonds.add(Bond::Monitor(me.monitor(&somebody))),
        5 => walker.bonds.take_off(|_| unreachable!("a walker counts its monitors only")),
        _ => {
            walker.traps = chance.once_in(2);
            me.trap_exit(walker.traps);
        }
    }
    true
}

/// Somebody, who ends for that reason, and so do those that it is linked to; unless they trap exits.
pub(crate) fn exit_somebody(walker: &mut Walker, chance: &mut Chance, _: u32) -> bool {
    walker.town.somebody(chance).1.exit("enough");
    true
}

impl Handler<Down> for Walker {
    fn handle(&mut self, down: Down) {
        self.bonds.told_down(&down);
    }
}

impl Handler<Exit> for Walker {
    fn handle(&mut self, exit: Exit) {
        if !self.traps {
            self.town.ledger.fault(format!("one that traps no exits was told of {exit:?}"));
        }
        self.town.ledger.count(Count::Trapped);
    }
}
