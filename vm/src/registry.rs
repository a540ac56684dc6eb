//! The registry: every living actor of a machine, so that its end can reach them all.
//!
//! One intrusive list a worker, and one for all plain threads, each under a lock of its own: actors are
//! born on the list of the worker that spawns them, so the lock is nearly always free.
//! Nothing here runs while an actor handles messages. What is attached to an actor lies in its shard too, so that
//! attaching something and the actor's end cannot miss each other; and so do the bonds between actors.

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use crossbeam_utils::CachePadded;
use parking_lot::{Mutex, MutexGuard};

use crate::attachments::{Attachment, Attachments, Ended};
use crate::bonds::Bonds;
use crate::cell::{self, Class, Header};
use crate::handle::{Runnable, Strong, Weak};
use crate::id::{ActorId, Home, MonitorId, SHARDS};
use crate::order::Order;
use crate::target::StrongTo;
use crate::vacancy::Post;

/// Neighbours in a shard's list, and afterwards how far the actor's end has come.
///
/// | `previous`      | `next`          | the actor                                                              |
/// |-----------------|-----------------|------------------------------------------------------------------------|
/// | another or null | another or null | lives                                                                  |
/// | itself          | null            | ends, and nobody is to be told                                         |
/// | itself          | [`BONDED`]      | ends, and then looks in the shard's [`Bonds`] for those to be told      |
/// | itself          | [`DEAD`]        | has ended, and its resources are gone: nothing can be bound to it       |
///
/// Both are written under the shard's lock, but for the last step, so that an end that nobody is told of takes no
/// second lock.
pub(crate) struct Neighbours {
    previous: Cell<*const Header>,
    next: AtomicPtr<Header>,
}

/// Addresses that no header has.
const BONDED: *mut Header = ptr::without_provenance_mut(1);
const DEAD: *mut Header = ptr::without_provenance_mut(2);

impl Neighbours {
    pub(crate) fn new() -> Self {
        Neighbours { previous: Cell::new(ptr::null()), next: AtomicPtr::new(ptr::null_mut()) }
    }

    fn next(&self) -> *mut Header {
        // ORDERING: Relaxed: in the list, it is read and written under the shard's lock.
        self.next.load(Ordering::Relaxed)
    }

    fn set_next(&self, next: *mut Header) {
        // ORDERING: Relaxed, as in `next`.
        self.next.store(next, Ordering::Relaxed);
    }

    /// The last step of an end: from now on nothing can be bound to the actor. Says whether somebody is to be told.
    pub(crate) fn die(&self) -> bool {
        // ORDERING: Release pairs with the Acquire in `is_dead` and `admits`: the close of the mailbox and the drop of
        // the state before the mark. What else is bound is read under the shard's lock.
        self.next.swap(DEAD, Ordering::Release) == BONDED
    }

    /// Whether its end has come to the last step. Then its exit reason can be read.
    pub(crate) fn is_dead(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `die`.
        self.next.load(Ordering::Acquire) == DEAD
    }
}

/// A part of the registry. See the head of this file.
pub(crate) struct Shard {
    youngest: *const Header,
    born: u64,
    living: usize,
    attachments: Attachments,
    pub(crate) bonds: Bonds,
    /// How many monitors its actors have had.
    monitors: u64,
    /// No link of its actors has a larger number.
    pub(crate) links: u64,
}

impl Shard {
    /// Whether something may still be bound to this actor of its own. If so, the actor's end will look for it.
    pub(crate) fn admits(&mut self, actor: &Header) -> bool {
        let next = &actor.neighbours.next;
        // One of a machine that has ended may have the number of an actor of this one: it is dead.
        !actor.neighbours.is_dead()
            && (!is_removed(actor)
                // ORDERING: Relaxed: the actor's end finds the bond under the lock that is held here. Acquire of a failure
                // pairs with the Release in `die`.
                || next.compare_exchange(ptr::null_mut(), BONDED, Ordering::Relaxed, Ordering::Acquire)
                    != Err(DEAD))
    }

    /// A name for a monitor of this actor of its own.
    pub(crate) fn name_monitor(&mut self, watcher: ActorId) -> MonitorId {
        self.monitors += 1;
        MonitorId::new(watcher, self.monitors - 1)
    }
}

// SAFETY: the headers in the list are kept alive by the machine's hold until they are removed.
unsafe impl Send for Shard {}

impl Default for Shard {
    fn default() -> Self {
        Shard {
            youngest: ptr::null(),
            born: 0,
            living: 0,
            attachments: Attachments::default(),
            bonds: Bonds::default(),
            monitors: 0,
            links: 0,
        }
    }
}

/// See the head of this file.
pub(crate) struct Registry {
    /// Whose registry it is.
    pub(crate) machine: usize,
    shards: Box<[CachePadded<Mutex<Shard>>]>,
}

impl Registry {
    /// One shard each for `workers`, and one for plain threads.
    ///
    /// # Panics
    /// If that is more than a name has room for.
    pub(crate) fn new(machine: usize, workers: usize) -> Self {
        assert!(workers < SHARDS, "more workers than names have room for");
        Registry { machine, shards: (0..=workers).map(|_| CachePadded::default()).collect() }
    }

    /// The shard for actors spawned by plain threads.
    pub(crate) fn outside(&self) -> usize {
        self.shards.len() - 1
    }

    /// Creates a cell and enters it; gives the one strong reference to it. `before` is done before anyone can find it.
    #[inline]
    pub(crate) fn create<S>(
        &self,
        home: Home,
        shard: usize,
        class: &'static Class,
        state: S,
        before: impl FnOnce(&Header, &mut Attachments),
    ) -> StrongTo<S> {
        // Before the lock is taken: new memory may cost a page fault, and whoever ends an actor of this shard would wait.
        let mut header = cell::create(class, state);
        // SAFETY: just created, and nobody else's yet.
        let new = unsafe { header.as_mut() };
        let mut list = self.shards[shard].lock();
        new.id = ActorId::new(home, shard, list.born);
        list.born += 1;
        list.living += 1;
        let new: &Header = new;
        before(new, &mut list.attachments);
        new.neighbours.set_next(list.youngest.cast_mut());
        // SAFETY: what is in the list is alive.
        if let Some(older) = unsafe { list.youngest.as_ref() } {
            older.neighbours.previous.set(new);
        }
        list.youngest = new;
        // SAFETY: a new cell comes with one strong count.
        let raw = unsafe { Strong::new(header) };
        // SAFETY: an `S` was just put there.
        unsafe { StrongTo::new(raw) }
    }

    /// The shard that actors of that number are in, if there is one.
    pub(crate) fn shard_of(&self, actor: ActorId) -> Option<&Mutex<Shard>> {
        self.shards.get(actor.shard()).map(|shard| &**shard)
    }

    /// How many bonds there are, each side counted for itself.
    pub(crate) fn bonds(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().bonds.len()).sum()
    }

    /// Attaches something to an actor of this machine, until it is [detached](Self::detach) or the actor is removed.
    ///
    /// # Errors
    /// If the actor has been removed.
    pub(crate) fn attach(&self, actor: &Header, attachment: Attachment) -> Result<(), Ended> {
        self.lock_for(actor)?.attachments.add(actor.id, attachment);
        Ok(())
    }

    /// Notes that a life of the actor was ended by this order, for parallel methods that have not waited yet, too. True:
    /// some may wait.
    pub(crate) fn note_killed(&self, actor: &Header, number: u32) -> bool {
        let mut shard = self.shards[actor.id.shard()].lock();
        match shard.attachments.find(actor.id, |it| matches!(it, Attachment::Beside { .. })) {
            Some(Attachment::Beside { killed }) => {
                *killed = Some(number);
                true
            }
            _ => {
                shard.attachments.add(actor.id, Attachment::Beside { killed: Some(number) });
                false
            }
        }
    }

    /// The number of the last order that killed a life of an actor that has parallel methods, if one did.
    pub(crate) fn last_kill(&self, actor: &Header) -> Option<u32> {
        let mut shard = self.shards[actor.id.shard()].lock();
        match shard.attachments.find(actor.id, |it| matches!(it, Attachment::Beside { .. }))? {
            Attachment::Beside { killed } => *killed,
            _ => None,
        }
    }

    /// Takes what an actor loses before anything else at its end. Unless it has a supervisor nothing can be attached to it
    /// any more; the rest is for [`part`](Self::part).
    pub(crate) fn untie(&self, actor: &Header) -> Vec<Attachment> {
        let mut list = self.shards[actor.id.shard()].lock();
        if !is_removed(actor) && !list.attachments.is_supervised(actor.id) {
            unlink(&mut list, actor);
        }
        list.attachments.take_ties(actor.id)
    }

    /// At the end of a life: removes the actor, and gives what was attached to it; or, if it has a supervisor, gives what
    /// goes with this life, and where the two meet.
    #[inline]
    pub(crate) fn part(&self, header: &Header) -> (Vec<Attachment>, Option<Arc<Post>>) {
        let mut list = self.shards[header.id.shard()].lock();
        if !list.attachments.is_empty()
            && let Some((attached, post)) = list.attachments.end_life(header.id)
        {
            return (attached, Some(post));
        }
        if !is_removed(header) {
            unlink(&mut list, header);
        }
        (list.attachments.take(header.id), None)
    }

    /// The shard of an actor of this machine that has not been removed.
    fn lock_for(&self, actor: &Header) -> Result<MutexGuard<'_, Shard>, Ended> {
        // An actor of a machine that has ended may have the number of this one, and a shard that this one has not.
        if actor.mailbox.is_closed() {
            return Err(Ended);
        }
        assert_eq!(actor.id.machine(), self.machine, "things are attached where the actor lives");
        let shard = self.shards[actor.id.shard()].lock();
        if is_removed(actor) { Err(Ended) } else { Ok(shard) }
    }

    /// Takes off the first of an actor's attachments that `is_it`, if there is one. The actor is one of this machine's.
    pub(crate) fn detach(
        &self,
        actor: &Header,
        is_it: impl FnMut(&Attachment) -> bool,
    ) -> Option<Attachment> {
        debug_assert_eq!(actor.id.machine(), self.machine, "things are detached where the actor lives");
        self.shards[actor.id.shard()].lock().attachments.take_one(actor.id, is_it)
    }

    /// Leaves an order for an actor of this machine where [`take_order`](Self::take_order) finds it.
    ///
    /// # Errors
    /// If the actor has been removed.
    pub(crate) fn give_order(&self, actor: &Header, order: Order) -> Result<(), Ended> {
        let mut shard = self.lock_for(actor)?;
        match shard.attachments.find(actor.id, |it| matches!(it, Attachment::Order(_))) {
            Some(Attachment::Order(standing)) => standing.and_then(order),
            _ => shard.attachments.add(actor.id, Attachment::Order(order)),
        }
        Ok(())
    }

    /// Whether the actor's order is to be killed. Asked by whoever has the right to run it.
    pub(crate) fn is_to_be_killed(&self, actor: &Header) -> bool {
        let mut shard = self.shards[actor.id.shard()].lock();
        let is_it = |it: &&mut Attachment| matches!(it, Attachment::Order(Order::Kill));
        shard.attachments.find(actor.id, is_it).is_some()
    }

    /// Takes the actor's order, if there is one, for whoever has the right to run it.
    pub(crate) fn take_order(&self, actor: &Header) -> Option<Order> {
        match self.detach(actor, |it| matches!(it, Attachment::Order(_)))? {
            Attachment::Order(order) => Some(order),
            _ => unreachable!("asked for an order"),
        }
    }

    /// Removes an actor at its end, and gives what was attached to it. Of an actor that was removed before: what was left to it.
    /// The machine's hold on its memory stays the caller's.
    #[must_use = "what was attached goes with the actor"]
    #[inline]
    pub(crate) fn remove(&self, header: &Header) -> Vec<Attachment> {
        let mut list = self.shards[header.id.shard()].lock();
        if !is_removed(header) {
            unlink(&mut list, header);
        }
        list.attachments.take(header.id)
    }

    /// Removes some living actor, when no worker of the machine is left: so nobody holds the right to run it, or ever
    /// will again, but the one who asks.
    pub(crate) fn remove_any(&self) -> Option<(Runnable, Vec<Attachment>)> {
        self.shards.iter().find_map(|shard| {
            let mut list = shard.lock();
            let header = NonNull::new(list.youngest.cast_mut())?;
            // SAFETY: what is in the list is alive.
            let actor = unsafe { header.as_ref() };
            unlink(&mut list, actor);
            let attached = list.attachments.take(actor.id);
            // SAFETY: the workers have ended, as the caller says by asking; each actor is given out once.
            Some((unsafe { Runnable::new(header) }, attached))
        })
    }

    /// Removes a living actor whose own thread has come to its end: so nobody will run it any more, but the one who asks,
    /// whoever may be about to queue it.
    pub(crate) fn remove_dedicated(&self, header: &Header) -> (Runnable, Vec<Attachment>) {
        assert!(header.id.is_dedicated(), "other actors are run by whoever holds the right to");
        let attached = self.remove(header);
        // SAFETY: only its own thread runs it, and that is done with it, as the caller says by asking; once, for it
        // was in the list.
        (unsafe { Runnable::new(NonNull::from(header)) }, attached)
    }

    /// Those of the living that `is_it`, unless they have a supervisor, or nobody refers to them any more.
    pub(crate) fn select_unsupervised(&self, is_it: impl Fn(&Header) -> bool) -> Vec<Strong> {
        let mut selected = Vec::new();
        for shard in &self.shards {
            let list = shard.lock();
            let mut at = list.youngest;
            // SAFETY: what is in the list is alive, and stays there under its lock.
            while let Some(actor) = unsafe { at.as_ref() } {
                if is_it(actor) && !list.attachments.is_supervised(actor.id) {
                    selected.extend(Weak::of(actor).upgrade());
                }
                at = actor.neighbours.next();
            }
        }
        selected
    }

    /// How many actors live.
    pub(crate) fn living(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().living).sum()
    }
}

/// Whether it is in the list no more. Asked under the shard's lock.
fn is_removed(header: &Header) -> bool {
    ptr::eq(header.neighbours.previous.get(), header)
}

#[inline]
fn unlink(list: &mut Shard, header: &Header) {
    let (previous, next) = (header.neighbours.previous.replace(header), header.neighbours.next());
    // SAFETY: neighbours are in the list, hence alive.
    match unsafe { previous.as_ref() } {
        Some(younger) => younger.neighbours.set_next(next),
        None => list.youngest = next,
    }
    // SAFETY: as above.
    if let Some(older) = unsafe { next.as_ref() } {
        older.neighbours.previous.set(previous);
    }
    header.neighbours.set_next(if list.bonds.has_any(header.id) { BONDED } else { ptr::null_mut() });
    list.living -= 1;
}
