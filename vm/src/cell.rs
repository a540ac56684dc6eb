//! The cell of an actor: one allocation that holds its header and its state.
//!
//! A cell knows what an actor is made of, not how it runs. The header is what every cell has, whatever the
//! type of its state; [`Class`] is what the type adds.
//!
//! The state belongs to whoever holds the mailbox's `Receiver`, and after the close to the one that closed.
//! The memory goes with the last weak count (see `count`).

use std::alloc::Layout;
use std::any::TypeId;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use greenroom_stackful::StackSize;

use crate::actor::{Actor, Priority};
use crate::aside::{Aside, WAITS};
use crate::capacity::Capacity;
use crate::count::Counts;
use crate::error::ExitReason;
use crate::handle::Runnable;
use crate::id::{ActorId, Home};
use crate::lifecycle::{self, Stopping};
use crate::mailbox::Mailbox;
use crate::memory;
use crate::nodes::{Chain, Node};
use crate::registry::Neighbours;
use crate::ring::Ring;

/// What every cell begins with.
#[repr(C)]
pub(crate) struct Header {
    pub(crate) mailbox: Mailbox,
    /// While open: what the last batch left unread, or where the holder of the right to run waits. Once closed: the
    /// exit reason, written before the close and only read after it.
    pub(crate) aside: Aside,
    pub(crate) counts: Counts,
    pub(crate) id: ActorId,
    pub(crate) class: &'static Class,
    /// Guarded by the lock of the registry's shard.
    pub(crate) neighbours: Neighbours,
}

// What an idle actor costs beyond its state. Users spawn millions: it grows only on purpose.
const _: () = assert!(size_of::<Header>() == 56);

// SAFETY: `neighbours` is guarded by the registry's lock; all else is atomic or constant.
unsafe impl Sync for Header {}

/// What the type of an actor adds to its cell.
pub(crate) struct Class {
    pub(crate) type_name: fn() -> &'static str,
    pub(crate) type_id: TypeId,
    pub(crate) kind: Kind,
    pub(crate) stack: StackSize,
    pub(crate) priority: Priority,
    pub(crate) capacity: Capacity,
    /// Of the whole block: the lead, the header, the state.
    layout: Layout,
    lead: usize,
    drop_state: unsafe fn(NonNull<Header>),
    pub(crate) stopping: Option<Stopping>,
}

/// How the right to run is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A batch of its messages runs on whichever stack is at hand.
    Object,
    /// It has a coroutine of its own, which is woken where it sleeps.
    Process,
}

/// How the block of a cell is laid out: the state stands right behind its header, whatever it is, so that a pointer to
/// the one, even one that has forgotten the type, leads to the other. What a state's alignment needs comes before both: the
/// lead. At its end, right before the header, is the ring of an actor that has one.
struct Block<S>(PhantomData<S>);

impl<S> Block<S> {
    const ALIGN: usize =
        if align_of::<S>() > align_of::<Header>() { align_of::<S>() } else { align_of::<Header>() };
    const PLAIN: Place = Self::place(0);
    const RINGED: Place = Self::place(size_of::<Ring>());

    /// With room for so much right before the header.
    const fn place(before: usize) -> Place {
        let lead = (before + size_of::<Header>()).next_multiple_of(Self::ALIGN) - size_of::<Header>();
        match Layout::from_size_align(lead + size_of::<Header>() + size_of::<S>(), Self::ALIGN) {
            Ok(layout) => Place { layout: layout.pad_to_align(), lead },
            Err(_) => panic!("the state of an actor fits the address space"),
        }
    }
}

// So a ring that ends where a header begins is in its place.
const _: () = assert!(align_of::<Ring>() <= align_of::<Header>());

/// A block's layout, and how many bytes come before the header.
struct Place {
    layout: Layout,
    lead: usize,
}

/// Gives each type of state its [`Class`].
pub(crate) trait Classed: Sized {
    const CLASS: &'static Class;
}

impl<A: Actor> Classed for A {
    const CLASS: &'static Class = &Class {
        stopping: lifecycle::stopping_of::<A>(),
        ..Class::of::<A>(Kind::Object, A::STACK, A::PRIORITY, A::CAPACITY)
    };
}

impl Class {
    pub(crate) const fn of<S: 'static>(
        kind: Kind,
        stack: StackSize,
        priority: Priority,
        capacity: Capacity,
    ) -> Class {
        let Place { layout, lead } =
            if capacity.is_counted() { Block::<S>::RINGED } else { Block::<S>::PLAIN };
        Class {
            type_name: std::any::type_name::<S>,
            type_id: TypeId::of::<S>(),
            kind,
            stack,
            priority,
            capacity,
            layout,
            lead,
            drop_state: drop_state_of::<S>,
            stopping: None,
        }
    }

    /// The type's own name, without the path to it.
    pub(crate) fn short_name(&self) -> &'static str {
        let name = (self.type_name)();
        let path = name.split('<').next().unwrap_or(name);
        &name[path.rfind("::").map_or(0, |at| at + 2)..]
    }
}

/// # Safety
/// The cell holds an `S`, nobody else uses it, and it is not used afterwards.
unsafe fn drop_state_of<S>(header: NonNull<Header>) {
    // SAFETY: the caller says that the cell holds an `S`.
    let state = unsafe { state_of::<S>(header) };
    // SAFETY: the caller says that it is its own.
    unsafe { ptr::drop_in_place(state) }
}

/// Runs the state's destructor.
///
/// # Safety
/// The caller may touch the state, and nobody does afterwards.
pub(crate) unsafe fn drop_state(header: NonNull<Header>) {
    // SAFETY: the caller has a cell that is alive.
    let drop_state = unsafe { header.as_ref() }.class.drop_state;
    // SAFETY: the function belongs to the type of the state.
    unsafe { drop_state(header) }
}

/// The state's address.
///
/// # Safety
/// The cell holds an `S` and is alive.
#[inline]
pub(crate) unsafe fn state_of<S>(header: NonNull<Header>) -> *mut S {
    // SAFETY: the caller says that it is alive; the state begins where the header ends.
    unsafe { header.add(1) }.cast().as_ptr()
}

/// Puts `state` into a new cell of `class`, at rest, with one strong reference and the machine's hold. The registry
/// gives it its name.
pub(crate) fn create<S>(class: &'static Class, state: S) -> NonNull<Header> {
    // Constants both, so that the allocator knows the size.
    let has_ring = class.capacity.is_counted();
    let Place { layout, lead } = if has_ring { Block::<S>::RINGED } else { Block::<S>::PLAIN };
    debug_assert_eq!(layout, class.layout, "the class is that of another type");
    let block = memory::allocate(layout);
    // SAFETY: the lead is a part of the block.
    let header = unsafe { block.add(lead) }.cast::<Header>();
    let new = Header {
        mailbox: Mailbox::new(),
        aside: Aside::new(ptr::without_provenance_mut(NEW)),
        counts: Counts::new(),
        id: ActorId::new(Home::shared(0), 0, 0),
        class,
        neighbours: Neighbours::new(),
    };
    // SAFETY: new memory, aligned for a header.
    unsafe { header.write(new) };
    // SAFETY: the block has a state behind its header.
    let place = unsafe { state_of::<S>(header) };
    // SAFETY: new memory, aligned for an `S`: lead and header are a multiple of its alignment.
    unsafe { place.write(state) };
    if has_ring {
        // SAFETY: the lead has room for it.
        let ring = unsafe { ring_before(header) };
        // SAFETY: new memory, aligned for a ring as it is for a header.
        unsafe { ring.write(Ring::new()) };
    }
    header
}

/// # Safety
/// The cell's block has a ring.
unsafe fn ring_before(header: NonNull<Header>) -> NonNull<Ring> {
    // SAFETY: the caller says so, and it ends where the header begins.
    unsafe { header.cast::<Ring>().sub(1) }
}

/// The ring of the cell, if it has one.
///
/// # Safety
/// The cell is alive, as long as the ring is used.
#[inline]
pub(crate) unsafe fn ring_of<'a>(header: NonNull<Header>) -> Option<&'a Ring> {
    // SAFETY: alive.
    if !unsafe { header.as_ref() }.class.capacity.is_counted() {
        return None;
    }
    // SAFETY: its class has rings.
    let ring = unsafe { ring_before(header) };
    // SAFETY: there from the cell's beginning to its end.
    Some(unsafe { ring.as_ref() })
}

/// Gives up one hold on the memory, and the memory with the last.
///
/// # Safety
/// The caller owns one weak count, and does not use the cell afterwards.
pub(crate) unsafe fn drop_weak(header: NonNull<Header>) {
    // SAFETY: the caller's count keeps the cell alive until here.
    let cell = unsafe { header.as_ref() };
    if cell.counts.drop_weak() {
        if cell.mailbox.is_closed() {
            cell.drop_exit_reason();
        }
        if cell.class.capacity.is_counted() {
            // SAFETY: its class has rings.
            let ring = unsafe { ring_before(header) };
            // SAFETY: nobody else refers to the cell any more.
            unsafe { ring.drop_in_place() };
        }
        let (layout, lead) = (cell.class.layout, cell.class.lead);
        // SAFETY: the block begins that far before its header.
        let block = unsafe { header.byte_sub(lead) };
        // SAFETY: it was allocated with its class's layout, and the last count is gone.
        unsafe { memory::free(block.cast(), layout) };
    }
}

/// The reason of those that end with their machine, and no other's: it is known by its address.
pub(crate) static WITH_ITS_MACHINE: ExitReason = ExitReason::Shutdown;

/// What a batch left in the mailbox, put aside until the actor runs again.
pub(crate) enum Leftover {
    /// The next to be handled; the last of them is the newest seen.
    Unread(NonNull<Node>),
    /// Everything seen was handled; this was the last of it, and its memory is still held.
    Seen(NonNull<Node>),
    /// Nothing.
    Nothing,
}

// Tags of what was put aside; `WAITS` is another.
const SEEN: usize = 1;
/// There is no state: see [`Vacant`](crate::vacancy::Vacant).
const VACANT: usize = 4;
const TAGS: usize = SEEN | WAITS | VACANT;
/// Nothing was put aside because the actor never ran: a tag without an address.
const NEW: usize = SEEN;

/// What only the holder of the right to run may do.
impl Runnable {
    /// Keeps what a batch left for the next one.
    #[inline]
    pub(crate) fn put_aside(&mut self, leftover: Leftover) {
        self.aside.set(match leftover {
            Leftover::Unread(node) => node.as_ptr().cast(),
            Leftover::Seen(node) => node.as_ptr().map_addr(|address| address | SEEN).cast(),
            Leftover::Nothing => ptr::null_mut(),
        });
    }

    /// Takes up what the last batch left.
    #[inline]
    pub(crate) fn take_aside(&mut self) -> Leftover {
        let aside = self.aside.get().cast::<Node>();
        self.aside.set(ptr::null_mut());
        let is_seen = aside.addr() & SEEN != 0;
        debug_assert!(aside.addr() & WAITS == 0, "who waits has the right to run, and passes it to nobody");
        match NonNull::new(aside.map_addr(|address| address & !TAGS)) {
            None => Leftover::Nothing,
            Some(node) if is_seen => Leftover::Seen(node),
            Some(node) => Leftover::Unread(node),
        }
    }

    /// What it was told to do is not to be done any more.
    pub(crate) fn forget_interruption(&self) {
        self.receiver(ptr::null_mut()).take_interruption();
    }

    /// Marks that the state is gone, or there again. What was put aside stays.
    pub(crate) fn set_vacant(&mut self, is_vacant: bool) {
        let mark = if is_vacant { VACANT } else { 0 };
        self.aside.set(self.aside.get().map_addr(|address| address & !VACANT | mark));
    }

    pub(crate) fn is_vacant(&self) -> bool {
        self.aside.get().addr() & VACANT != 0
    }

    /// Writes why the actor ends, then closes the mailbox. Gives what came after `seen`.
    pub(crate) fn close(&mut self, seen: *mut Node, reason: &ExitReason) -> Chain {
        debug_assert!(self.aside.get().is_null(), "what was put aside is taken up before the close");
        if ptr::eq(reason, &raw const WITH_ITS_MACHINE) {
            self.aside.set((&raw const WITH_ITS_MACHINE).cast_mut().cast());
        } else if *reason != ExitReason::Normal {
            self.aside.set(Box::into_raw(Box::new(reason.clone())).cast());
        }
        // SAFETY: this is the right to run, and that is how far it has read.
        unsafe { self.mailbox.close(seen) }
    }
}

impl Header {
    /// Whether it never ran. Asked by whoever has the right to run it.
    #[inline]
    pub(crate) fn is_new(&self) -> bool {
        self.aside.get().addr() == NEW
    }

    /// Why the actor ended.
    ///
    /// # Panics
    /// If the mailbox is not closed.
    pub(crate) fn exit_reason(&self) -> ExitReason {
        assert!(self.mailbox.is_closed(), "an actor that has not ended has no exit reason");
        let reason = self.aside.get().cast::<ExitReason>();
        // SAFETY: closed, so `aside` is null or the box that `close` made, immutable from then on and freed with
        // the cell.
        unsafe { reason.as_ref() }.cloned().unwrap_or(ExitReason::Normal)
    }

    /// Whether it has ended because its machine did: then there is nobody to count anything for it.
    pub(crate) fn has_ended_with_its_machine(&self) -> bool {
        self.mailbox.is_closed() && ptr::eq(self.aside.get().cast(), &raw const WITH_ITS_MACHINE)
    }

    fn drop_exit_reason(&self) {
        let reason = self.aside.get().cast::<ExitReason>();
        if !reason.is_null() && !self.has_ended_with_its_machine() {
            // SAFETY: made by `close`; the cell's last user is asking.
            drop(unsafe { Box::from_raw(reason) });
        }
    }

    /// Where it is, to be compared with others that are alive.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Type and number, as in `Counter#0.7`.
    pub(crate) fn describe(&self) -> String {
        format!("{}#{}", self.class.short_name(), self.id)
    }
}
