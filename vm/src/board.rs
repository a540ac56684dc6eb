//! Boards: one for each worker, where the monitor reads whose handler runs there, while it runs.
//!
//! ```text
//! board ── current ───────────► coroutine 2                   written by each switch
//!       └─ plates ─► of coroutine 1: Bank#0.3 transfer        written by each handler that begins there,
//!                    of coroutine 2: Counter#0.7 add          and by none that goes on
//! ```
//!
//! Every activation and every call pays for it, so it has to cost next to nothing: who comes back from a call finds its
//! plate as it was. A coroutine's own block would do for a plate, were it not read from another thread: blocks lie on
//! stacks, which come and go.

use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use crossbeam_utils::atomic::AtomicCell;
use parking_lot::Mutex;

use crate::cell::{Class, Header};
use crate::coroutine::{Coroutine, Handle};
use crate::id::ActorId;

/// What runs on a coroutine, as others may read it. Written by that one's thread alone; each field costs it a store.
pub(crate) struct Plate {
    actor: AtomicCell<ActorId>,
    /// None: nothing has run there yet.
    class: AtomicCell<Option<&'static Class>>,
    method: AtomicCell<fn() -> &'static str>,
}

const _: () = assert!(AtomicCell::<ActorId>::is_lock_free());
const _: () = assert!(AtomicCell::<Option<&'static Class>>::is_lock_free());
const _: () = assert!(AtomicCell::<fn() -> &'static str>::is_lock_free());

/// A handler, by the names of its actor and its method.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) actor: ActorId,
    pub(crate) kind: &'static str,
    pub(crate) method: &'static str,
}

impl Plate {
    pub(crate) fn new() -> Self {
        Plate {
            actor: AtomicCell::new(ActorId::NOBODY),
            class: AtomicCell::new(None),
            method: AtomicCell::new(|| "a handler"),
        }
    }

    /// A handler of this actor begins.
    #[inline]
    pub(crate) fn show(&self, actor: &Header) {
        self.actor.store(actor.id);
        self.class.store(Some(actor.class));
    }

    #[inline]
    pub(crate) fn show_method(&self, method: fn() -> &'static str) {
        self.method.store(method);
    }

    #[inline]
    pub(crate) fn method(&self) -> fn() -> &'static str {
        self.method.load()
    }

    fn read(&self) -> Option<Shown> {
        let kind = self.class.load()?.short_name();
        Some(Shown { actor: self.actor.load(), kind, method: (self.method())() })
    }
}

/// The address of a coroutine, and its plate. None where there is none any more.
type Place = Option<(usize, Arc<Plate>)>;

/// See the head of this file.
pub(crate) struct Board {
    /// The coroutine whose code runs; null while the thread's own stack does.
    current: AtomicPtr<Coroutine>,
    /// Those of all coroutines that the worker has, each at its place there.
    plates: Mutex<Vec<Place>>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Board { current: AtomicPtr::new(ptr::null_mut()), plates: Mutex::new(Vec::new()) }
    }

    /// The coroutine whose code runs, if any. For the worker itself.
    #[inline]
    pub(crate) fn current(&self) -> Option<Handle> {
        // ORDERING: Relaxed: the worker reads what it wrote itself; others only compare the address.
        Handle::from_raw(self.current.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn set_current(&self, coroutine: Option<Handle>) {
        let coroutine = coroutine.map_or(ptr::null_mut(), Handle::into_raw);
        // ORDERING: Relaxed, as in `current`.
        self.current.store(coroutine, Ordering::Relaxed);
    }

    /// The worker has a new coroutine.
    pub(crate) fn add(&self, place: usize, coroutine: &Coroutine) {
        let mut plates = self.plates.lock();
        if place == plates.len() {
            plates.push(None);
        }
        plates[place] = Some((ptr::from_ref(coroutine).addr(), coroutine.plate()));
    }

    /// The worker ends the coroutine that is there.
    pub(crate) fn remove(&self, place: usize) {
        self.plates.lock()[place] = None;
    }

    /// Who runs there now. Costs a look at each of the worker's coroutines.
    fn read(&self) -> Option<Shown> {
        // ORDERING: Relaxed: an address to be compared. The plate is found under the lock that it was entered with.
        let current = self.current.load(Ordering::Relaxed).addr();
        let plates = self.plates.lock();
        let (_, plate) = plates.iter().flatten().find(|(coroutine, _)| *coroutine == current)?;
        // Another handler may begin just now: then this is neither the one nor the other, and the next look is not.
        let (mut shown, mut again) = (plate.read()?, plate.read()?);
        while shown != again {
            (shown, again) = (again, plate.read()?);
        }
        Some(shown)
    }
}

/// The boards of a machine's workers, as far as they run.
pub(crate) struct Boards(Box<[Mutex<Option<Entry>>]>);

struct Entry(NonNull<Board>);

// SAFETY: a board is `Sync`, and is there for as long as its entry.
unsafe impl Send for Entry {}

/// A board may be read while this lives.
pub(crate) struct Entered<'a> {
    place: &'a Mutex<Option<Entry>>,
    /// It is there as long.
    _board: &'a Board,
}

impl Boards {
    pub(crate) fn new(workers: usize) -> Self {
        Boards((0..workers).map(|_| Mutex::new(None)).collect())
    }

    /// Lets others read the board of that worker.
    pub(crate) fn enter<'a>(&'a self, worker: usize, board: &'a Board) -> Entered<'a> {
        let place = &self.0[worker];
        *place.lock() = Some(Entry(NonNull::from(board)));
        Entered { place, _board: board }
    }

    /// Who runs on that worker now. From any thread.
    pub(crate) fn read(&self, worker: usize) -> Option<Shown> {
        let entry = self.0[worker].lock();
        // SAFETY: its worker takes it out, under this lock, before the board goes.
        let board = unsafe { entry.as_ref()?.0.as_ref() };
        board.read()
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.place.lock() = None;
    }
}
