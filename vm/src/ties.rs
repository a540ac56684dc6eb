//! Ties: bonds between two actors, entered and taken off on both sides at once, and what is told at an end.
//!
//! The two may be of different machines of the process. Their shards are locked by machine and then by number, so that
//! two who do the same from opposite ends agree. Under these locks nothing is sent and nobody's destructor runs.
//!
//! | step of an actor's end                    | a bond that comes now                | a signal that comes now |
//! |-------------------------------------------|--------------------------------------|-------------------------|
//! | it leaves the registry: names are free    | is entered, and told of at the last  | queues                  |
//! | its mailbox closes, its state drops       | is entered, and told of at the last  | is lost                 |
//! | [`tell`]: whoever is bound to it is told  | is not entered: told of at once      | is lost                 |
//!
//! A signal goes into the mailbox as a message does, so it comes behind what its sender has sent before. Whoever it is for
//! [heeds](heed_exit) it when it is reached, and only then it takes effect, if the receiver's side of the bond is there.

use std::{iter, ptr};

use parking_lot::MutexGuard;

use crate::bonds::{Bond, Bonds, Key, link_to};
use crate::call;
use crate::cell::Header;
use crate::core::Core;
use crate::error::ExitReason;
use crate::handle::Weak;
use crate::id::{ActorId, MonitorId};
use crate::links::Exit;
use crate::links::ExitSignal;
use crate::monitor::{Down, Watcher};
use crate::parcel::Trap;
use crate::registry::Shard;
use crate::reply::Replier;

/// The shards of two actors, locked; one that is not there belongs to a machine that has ended.
struct Both<'a>([Option<(Place, MutexGuard<'a, Shard>)>; 2]);

/// By machine, then by number: in this order shards are locked.
type Place = (usize, usize);

fn place(actor: ActorId) -> Place {
    (actor.machine(), actor.shard())
}

impl<'a> Both<'a> {
    fn lock(one: (Option<&'a Core>, ActorId), other: (Option<&'a Core>, ActorId)) -> Self {
        let (first, second) = if place(one.1) <= place(other.1) { (one, other) } else { (other, one) };
        let lock = |(core, actor): (Option<&'a Core>, ActorId)| {
            Some((place(actor), core?.registry.shard_of(actor)?.lock()))
        };
        let is_same = place(first.1) == place(second.1);
        Both([lock(first), if is_same { None } else { lock(second) }])
    }

    fn shard(&mut self, actor: ActorId) -> Option<&mut Shard> {
        let found = self.0.iter_mut().flatten().find(|(at, _)| *at == place(actor));
        found.map(|(_, shard)| &mut **shard)
    }

    /// The bonds of an actor, if something may still be bound to it.
    fn admit(&mut self, actor: &Header) -> Option<&mut Bonds> {
        let shard = self.shard(actor.id)?;
        if shard.admits(actor) { Some(&mut shard.bonds) } else { None }
    }

    /// A number for a link, larger than all that the two have had.
    fn number_link(&mut self) -> u64 {
        let largest = self.0.iter().flatten().map(|(_, shard)| shard.links).max();
        let number = largest.unwrap_or(0) + 1;
        self.0.iter_mut().flatten().for_each(|(_, shard)| shard.links = number);
        number
    }

    /// The bonds that are left of an actor's, if it is not dead.
    fn left_of(&mut self, actor: &Header) -> Option<&mut Bonds> {
        if actor.neighbours.is_dead() { None } else { Some(&mut self.shard(actor.id)?.bonds) }
    }
}

/// Locks both actors' shards for a change of both sides of a bond.
fn with_both<R>(one: ActorId, other: ActorId, change: impl FnOnce(Both<'_>) -> R) -> R {
    Core::with(one.machine(), |here| {
        if one.machine() == other.machine() {
            return change(Both::lock((here, one), (here, other)));
        }
        Core::with(other.machine(), |there| change(Both::lock((here, one), (there, other))))
    })
}

/// Locks the shard of an actor that is not dead, for a look at its own side. None: it is.
fn with_own<R>(actor: &Header, look: impl FnOnce(&mut Bonds) -> R) -> Option<R> {
    with_both(actor.id, actor.id, |mut own| own.left_of(actor).map(look))
}

/// Has `watcher` told of the end of `target`; at once, if that is dead.
pub(crate) fn monitor(watcher: &Header, target: &Header, told: Watcher) -> MonitorId {
    let entered = with_both(watcher.id, target.id, |mut both| {
        both.admit(watcher)?;
        let own = both.shard(watcher.id)?;
        let monitor = own.name_monitor(watcher.id);
        own.bonds.add_watching(watcher.id, monitor, target.id);
        Some(match both.admit(target) {
            Some(bonds) => {
                bonds.add_watcher(target.id, monitor, told);
                (monitor, None)
            }
            None => (monitor, Some(told)),
        })
    });
    // A watcher that is dead is told nothing.
    let Some((monitor, late)) = entered else { return MonitorId::none(watcher.id) };
    if let Some(told) = late {
        let reason = reason_told(target, &target.exit_reason());
        from_the_dead(target, || told.tell(Down { actor: target.id, monitor, reason }));
    }
    monitor
}

/// Takes off both sides of a monitor. Says whether its watcher was still to be told.
pub(crate) fn demonitor(watcher: &Header, target: ActorId, monitor: MonitorId) -> bool {
    let (was_watching, taken) = with_both(watcher.id, target, |mut both| {
        // The name of a monitor is its own as long as its watcher lives.
        let was_watching =
            both.left_of(watcher).is_some_and(|bonds| bonds.take_watching(watcher.id, monitor));
        let theirs = if was_watching { both.shard(target) } else { None };
        (was_watching, theirs.and_then(|shard| shard.bonds.take_watcher(target, monitor)))
    });
    drop(taken);
    was_watching
}

/// Links two actors; if one of them is dead, the other gets the signal of that at once.
pub(crate) fn link(one: &Header, other: &Header) {
    if ptr::eq(one, other) {
        return;
    }
    let late = with_both(one.id, other.id, |mut both| {
        let ends = [(one, other), (other, one)];
        let newest = ends.map(|(actor, peer)| {
            let bonds = both.admit(actor)?;
            Some(bonds.newest_link(actor.id, peer))
        });
        let late = match newest {
            // A side alone is left of a link whose signal is under way: that is told, and this is another link.
            [Some(mine), Some(theirs)] if mine.is_none() || mine != theirs => None,
            // One that is linked to the dead already will be told by that one's end.
            [Some(None), None] => Some((one, other)),
            [None, Some(None)] => Some((other, one)),
            _ => return None,
        };
        let number = both.number_link();
        for (actor, peer) in ends {
            if let Some(bonds) = both.admit(actor) {
                bonds.add_link(actor.id, Weak::of(peer), number);
            }
        }
        late.map(|(told, dead)| (told, dead, number))
    });
    if let Some((told, dead, number)) = late {
        tell_peer(&Weak::of(told), dead, number, dead.exit_reason());
    }
}

/// Takes off the link of two. A signal of it that is under way is void, and so are those of links before.
pub(crate) fn unlink(one: &Header, other: &Header) {
    let taken = with_both(one.id, other.id, |mut both| {
        [(one, other), (other, one)].map(|(actor, peer)| {
            let Some(bonds) = both.left_of(actor) else { return vec![] };
            iter::from_fn(|| bonds.take_newest_link(actor.id, peer)).collect()
        })
    });
    drop(taken);
}

/// Has exit signals come to an actor as messages, or not any more.
pub(crate) fn set_trap(actor: &Header, trap: Option<Trap>) {
    with_both(actor.id, actor.id, |mut own| own.admit(actor).map(|bonds| bonds.set_trap(actor.id, trap)));
}

/// Has `replier` answer when the actor is dead.
pub(crate) fn await_end(actor: &Header, replier: Replier<ExitReason>) {
    let mut replier = Some(replier);
    with_both(actor.id, actor.id, |mut own| {
        if let Some(bonds) = own.admit(actor)
            && let Some(replier) = replier.take()
        {
            bonds.add_awaited(actor.id, replier);
        }
    });
    if let Some(replier) = replier {
        replier.complete(Ok(actor.exit_reason()));
    }
}

/// Whether the end of another actor may be told to this one.
pub(crate) fn may_be_told(actor: &Header) -> bool {
    with_own(actor, |bonds| bonds.may_be_told(actor.id)).unwrap_or(false)
}

/// The last step of an actor's end: whoever is bound to it is told, and where it was to be told itself it is so no more.
#[cold]
pub(crate) fn tell(dead: &Header) {
    let reason = reason_told(dead, &dead.exit_reason());
    tell_each(dead, Bonds::take_some, |bond| match bond {
        Bond::Watcher(monitor, watcher) => {
            watcher.tell(Down { actor: dead.id, monitor, reason: reason.clone() });
        }
        Bond::Awaited(repliers) => {
            for replier in repliers {
                replier.complete(Ok(reason.clone()));
            }
        }
        Bond::Link(peer, number) => tell_peer(&peer, dead, number, reason.clone()),
        Bond::Watching(monitor, target) => drop(take_watcher(target, monitor)),
    });
}

/// A life of an actor ends that will have another: those that it is linked to are told, and what it watches is forgotten.
/// Who watches the actor is told when it ends for good.
#[cold]
pub(crate) fn tell_of_life(actor: &Header, reason: &ExitReason) {
    let reason = reason_told(actor, reason);
    tell_each(actor, Bonds::take_of_life, |bond| match bond {
        Bond::Link(peer, number) => tell_peer(&peer, actor, number, reason.clone()),
        Bond::Watching(monitor, target) => drop(take_watcher(target, monitor)),
        Bond::Watcher(..) | Bond::Awaited(_) => unreachable!("that goes with the actor"),
    });
}

/// Tells somebody in the place of one that is dead: from its node, if it was on one.
fn from_the_dead(dead: &Header, tell: impl FnOnce()) {
    let setting = Core::with(dead.id.machine(), |core| core?.setting());
    match setting {
        Some(setting) => setting.act_as(setting.with_network(|network| network.node_of(dead.id)), tell),
        None => tell(),
    }
}

/// Why an actor, or a life, has ended, as others are told.
fn reason_told(ended: &Header, reason: &ExitReason) -> ExitReason {
    let of_its_node = Core::with(ended.id.machine(), |core| core?.setting()?.reason_told(ended.id));
    of_its_node.unwrap_or_else(|| reason.clone())
}

/// Takes off what is bound to an actor, so much at a time, and tells it.
fn tell_each(ended: &Header, take: fn(&mut Bonds, ActorId) -> Vec<Bond>, tell: impl Fn(Bond)) {
    loop {
        let bonds = with_both(ended.id, ended.id, |mut own| {
            own.shard(ended.id).map(|shard| take(&mut shard.bonds, ended.id)).unwrap_or_default()
        });
        if bonds.is_empty() {
            return;
        }
        bonds.into_iter().for_each(&tell);
    }
}

fn take_watcher(target: ActorId, monitor: MonitorId) -> Option<Watcher> {
    with_both(target, target, |mut theirs| theirs.shard(target)?.bonds.take_watcher(target, monitor))
}

fn tell_peer(peer: &Weak, ended: &Header, number: u64, reason: ExitReason) {
    let link = link_to(ended, number);
    call::deliver_exit(&peer.as_pusher(), ExitSignal::Linked { from: ended.id, link, reason });
}

/// What becomes of an exit signal.
pub(crate) enum Heeded {
    /// Nothing.
    Void,
    Ends(ExitReason),
    Trapped(Trap, Exit),
}

/// A running actor that is no process has come to an exit signal.
pub(crate) fn heed_exit(actor: &Header, signal: ExitSignal) -> Heeded {
    let (from, link, reason) = match signal {
        ExitSignal::Stop(reason) => return Heeded::Ends(reason),
        ExitSignal::Exit { from, reason } => (from, None, reason),
        ExitSignal::Linked { from, link, reason } => (Some(from), Some(link), reason),
    };
    let looked = with_own(actor, |bonds| {
        let side = link.map(|link| bonds.take_link(actor.id, link));
        (side, bonds.trap(actor.id))
    });
    match looked {
        Some((Some(None), _)) => Heeded::Void,
        Some((_, Some(trap))) => Heeded::Trapped(trap, Exit { from, reason }),
        // Only links tell of normal ends.
        _ if reason == ExitReason::Normal => Heeded::Void,
        _ => Heeded::Ends(reason),
    }
}

/// A running actor that is no process has come to what a monitor tells it. False: it is void.
pub(crate) fn heed_down(actor: &Header, monitor: MonitorId) -> bool {
    with_own(actor, |bonds| bonds.take_watching(actor.id, monitor)).unwrap_or(false)
}

/// The receiver's side of a bond, by which a message that a process has not received yet is valid.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Monitor(MonitorId),
    Link(Key),
}

/// Whether it is there.
pub(crate) fn is_bound(actor: &Header, side: Side) -> bool {
    let look = |bonds: &mut Bonds| match side {
        Side::Monitor(monitor) => bonds.is_watching(actor.id, monitor),
        Side::Link(link) => bonds.has_link(actor.id, link),
    };
    with_own(actor, look).unwrap_or(false)
}

/// Takes it off. False: it was not there.
pub(crate) fn unbind(actor: &Header, side: Side) -> bool {
    let taken = with_own(actor, |bonds| match side {
        Side::Monitor(monitor) => (bonds.take_watching(actor.id, monitor), None),
        Side::Link(link) => {
            let peer = bonds.take_link(actor.id, link);
            (peer.is_some(), peer)
        }
    });
    taken.is_some_and(|(was_there, _)| was_there)
}
