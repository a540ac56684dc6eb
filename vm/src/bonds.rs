//! Bonds: who is told of whose end. A table beside the actors, so that those without a bond stay as small as they are.
//!
//! It knows neither locks nor who is told how: the registry keeps a table in each shard, under the shard's lock, and
//! `ties` enters and takes off both sides of a bond together.
//!
//! | bond     | at the one that may end | at the one that is told | told by                                      |
//! |----------|-------------------------|-------------------------|----------------------------------------------|
//! | link     | a link                  | a link                  | an exit signal; either may be the one to end |
//! | monitor  | a watcher               | what it watches         | a `Down`                                     |
//! | promise  | a replier               | nothing                 | the reply                                    |
//!
//! At an end its own side of all bonds comes off, and whoever is to be told is sent a signal. **The other side stays until
//! that is handled**, and is what makes the signal valid: one that finds it gone, by an unlink or a demonitor, is void.
//!
//! All is ordered by names, which are given in sequence: what is told comes in the same order in every run.

use std::collections::BTreeMap;
use std::iter;

use crate::cell::Header;
use crate::error::ExitReason;
use crate::handle::Weak;
use crate::id::{ActorId, MonitorId};
use crate::monitor::Watcher;
use crate::parcel::Trap;
use crate::reply::Replier;

/// What a bond of an actor is found by: the name of the monitor; or that of the actor linked to, where that is, and the
/// link's number. The place tells it from one of a machine that has ended, whose names may have been given again; the
/// number tells a link from one that the same two had before.
pub(crate) type Key = (u64, usize, u64);

/// The key of a link to this actor.
pub(crate) fn link_to(peer: &Header, number: u64) -> Key {
    (peer.id.as_u64(), peer.address(), number)
}

/// How many bonds are taken off together: so many a lock.
const BATCH: usize = 64;

/// Of each actor, in order.
struct ByActor<V>(BTreeMap<(ActorId, Key), V>);

impl<V> Default for ByActor<V> {
    fn default() -> Self {
        ByActor(BTreeMap::new())
    }
}

/// Where a monitor's side is found that is this actor's.
fn named(actor: ActorId, monitor: MonitorId) -> (ActorId, Key) {
    (actor, (monitor.as_u64(), 0, 0))
}

impl<V> ByActor<V> {
    fn first(&self, actor: ActorId) -> Option<Key> {
        let ((owner, key), _) = self.0.range((actor, (0, 0, 0))..).next()?;
        (*owner == actor).then_some(*key)
    }

    fn take_first(&mut self, actor: ActorId) -> Option<V> {
        let key = self.first(actor)?;
        self.0.remove(&(actor, key))
    }
}

/// What comes off at an end.
pub(crate) enum Bond {
    Watcher(MonitorId, Watcher),
    Awaited(Vec<Replier<ExitReason>>),
    /// To whom, and its number.
    Link(Weak, u64),
    /// It watched another one.
    Watching(MonitorId, ActorId),
}

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Bonds {
    watchers: ByActor<(MonitorId, Watcher)>,
    awaited: BTreeMap<ActorId, Vec<Replier<ExitReason>>>,
    links: ByActor<(Weak, u64)>,
    watching: ByActor<(MonitorId, ActorId)>,
    /// No bond, but what an exit signal is handled with.
    traps: BTreeMap<ActorId, Trap>,
}

impl Bonds {
    pub(crate) fn len(&self) -> usize {
        let awaited: usize = self.awaited.values().map(Vec::len).sum();
        self.watchers.0.len() + awaited + self.links.0.len() + self.watching.0.len() + self.traps.len()
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.watchers.0.is_empty()
            && self.awaited.is_empty()
            && self.links.0.is_empty()
            && self.watching.0.is_empty()
            && self.traps.is_empty()
    }

    /// Whether the actor has anything here. No more than a look if nobody has.
    #[inline]
    pub(crate) fn has_any(&self, actor: ActorId) -> bool {
        !self.is_empty() && (self.is_to_tell(actor) || self.traps.contains_key(&actor))
    }

    fn is_to_tell(&self, actor: ActorId) -> bool {
        self.watchers.first(actor).is_some() || self.awaited.contains_key(&actor) || self.may_be_told(actor)
    }

    /// Whether the end of another actor may be told to this one.
    pub(crate) fn may_be_told(&self, actor: ActorId) -> bool {
        self.links.first(actor).is_some() || self.watching.first(actor).is_some()
    }

    /// Takes off some of what is bound to an actor that ends; nothing when nothing is left.
    pub(crate) fn take_some(&mut self, actor: ActorId) -> Vec<Bond> {
        let watchers = iter::from_fn(|| self.watchers.take_first(actor));
        let watchers = watchers.map(|(monitor, watcher)| Bond::Watcher(monitor, watcher));
        let mut taken: Vec<_> = watchers.take(BATCH).collect();
        if taken.is_empty() {
            taken = self.take_of_life(actor);
        }
        if taken.is_empty() {
            // Behind the signals: who waits for the end finds that all have been sent.
            taken.extend(self.awaited.remove(&actor).map(Bond::Awaited));
        }
        taken
    }

    /// As [`take_some`](Self::take_some), of what goes with one of its lives.
    pub(crate) fn take_of_life(&mut self, actor: ActorId) -> Vec<Bond> {
        self.traps.remove(&actor);
        let links = iter::from_fn(|| self.links.take_first(actor));
        let links = links.map(|(peer, number)| Bond::Link(peer, number));
        let mut taken: Vec<_> = links.take(BATCH).collect();
        if taken.is_empty() {
            let watching = iter::from_fn(|| self.watching.take_first(actor));
            taken.extend(watching.take(BATCH).map(|(monitor, target)| Bond::Watching(monitor, target)));
        }
        taken
    }

    pub(crate) fn add_watcher(&mut self, target: ActorId, monitor: MonitorId, watcher: Watcher) {
        self.watchers.0.insert(named(target, monitor), (monitor, watcher));
    }

    pub(crate) fn take_watcher(&mut self, target: ActorId, monitor: MonitorId) -> Option<Watcher> {
        self.watchers.0.remove(&named(target, monitor)).map(|(_, watcher)| watcher)
    }

    pub(crate) fn add_watching(&mut self, watcher: ActorId, monitor: MonitorId, target: ActorId) {
        self.watching.0.insert(named(watcher, monitor), (monitor, target));
    }

    /// Whether the actor is still to be told by this monitor.
    pub(crate) fn is_watching(&self, watcher: ActorId, monitor: MonitorId) -> bool {
        self.watching.0.contains_key(&named(watcher, monitor))
    }

    /// True if it was there.
    pub(crate) fn take_watching(&mut self, watcher: ActorId, monitor: MonitorId) -> bool {
        self.watching.0.remove(&named(watcher, monitor)).is_some()
    }

    pub(crate) fn add_link(&mut self, actor: ActorId, peer: Weak, number: u64) {
        self.links.0.insert((actor, link_to(&peer, number)), (peer, number));
    }

    pub(crate) fn has_link(&self, actor: ActorId, link: Key) -> bool {
        self.links.0.contains_key(&(actor, link))
    }

    pub(crate) fn take_link(&mut self, actor: ActorId, link: Key) -> Option<Weak> {
        self.links.0.remove(&(actor, link)).map(|(peer, _)| peer)
    }

    pub(crate) fn take_newest_link(&mut self, actor: ActorId, peer: &Header) -> Option<Weak> {
        let number = self.newest_link(actor, peer)?;
        self.take_link(actor, link_to(peer, number))
    }

    /// The number of the newest link to a peer. Of older ones nothing is left but a signal under way.
    pub(crate) fn newest_link(&self, actor: ActorId, peer: &Header) -> Option<u64> {
        let all = (actor, link_to(peer, 0))..=(actor, link_to(peer, u64::MAX));
        self.links.0.range(all).next_back().map(|(_, (_, number))| *number)
    }

    pub(crate) fn set_trap(&mut self, actor: ActorId, trap: Option<Trap>) {
        match trap {
            Some(trap) => self.traps.insert(actor, trap),
            None => self.traps.remove(&actor),
        };
    }

    pub(crate) fn trap(&self, actor: ActorId) -> Option<Trap> {
        self.traps.get(&actor).copied()
    }

    /// Enters one who waits for the actor's end. Those that have given up since are swept out when their number has doubled.
    pub(crate) fn add_awaited(&mut self, actor: ActorId, replier: Replier<ExitReason>) {
        let repliers = self.awaited.entry(actor).or_default();
        if repliers.len() == repliers.capacity() {
            repliers.retain(|replier| !replier.slot().word.is_abandoned());
        }
        repliers.push(replier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Home;
    use crate::promise::Promise;
    use crate::reply::Slot;

    fn actor(sequence: u64) -> ActorId {
        ActorId::new(Home::shared(0), 1, sequence)
    }

    fn monitor(sequence: u64) -> MonitorId {
        MonitorId::new(actor(0), sequence)
    }

    #[test]
    fn an_actor_s_bonds_come_off_in_the_order_of_their_names_so_many_at_a_time() {
        let mut bonds = Bonds::default();
        for number in (0..2 * BATCH as u64).rev() {
            bonds.add_watching(actor(7), monitor(number), actor(number));
        }
        bonds.add_watching(actor(8), monitor(1), actor(1));
        let mut numbers = Vec::new();
        for size in [BATCH, BATCH, 0] {
            let taken = bonds.take_some(actor(7));
            assert_eq!(taken.len(), size);
            numbers.extend(taken.iter().map(|bond| match bond {
                Bond::Watching(_, target) => *target,
                _ => panic!("nothing else is there"),
            }));
        }
        assert!(numbers.is_sorted());
        assert!(!bonds.has_any(actor(7)) && bonds.has_any(actor(8)));
        assert_eq!((bonds.take_watching(actor(8), monitor(1)), bonds.len()), (true, 0));
        assert!(!bonds.take_watching(actor(8), monitor(1)) && bonds.is_empty());
    }

    #[test]
    fn those_who_have_given_up_waiting_do_not_pile_up() {
        let mut bonds = Bonds::default();
        let (replier, kept): (_, Promise<ExitReason>) = Slot::pair();
        bonds.add_awaited(actor(1), replier);
        for _ in 0..10_000 {
            let (replier, given_up) = Slot::pair();
            bonds.add_awaited(actor(1), replier);
            drop(given_up);
        }
        assert!(bonds.len() < 10, "{} are left", bonds.len());
        for bond in bonds.take_some(actor(1)) {
            let Bond::Awaited(repliers) = bond else { panic!("nothing else is there") };
            for replier in repliers {
                replier.complete(Ok(ExitReason::Killed));
            }
        }
        assert_eq!(kept.wait(), Ok(ExitReason::Killed));
        assert!(bonds.is_empty());
    }
}
