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
use crate::count::Counts;
use crate::error::ExitReason;
use crate::handle::Runnable;
use crate::id::{ActorId, Home};
use crate::lifecycle::{self, Stopping};
use crate::mailbox::Mailbox;
use crate::memory;
use crate::nodes::{Chain, Node};
use crate::registry::Links;

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
    pub(crate) links: Links,
}

// What an idle actor costs beyond its state. Users spawn millions: it grows only on purpose.
const _: () = assert!(size_of::<Header>() == 56);

// SAFETY: `links` is guarded by the registry's lock; all else is atomic or constant.
unsafe impl Sync for Header {}

/// What the type of an actor adds to its cell.
pub(crate) struct Class {
    pub(crate) type_name: fn() -> &'static str,
    pub(crate) type_id: TypeId,
    pub(crate) kind: Kind,
    pub(crate) stack: StackSize,
    pub(crate) priority: Priority,
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
/// the one, even one that has forgotten the type, leads to the other. What a state's alignment needs comes before both.
struct Block<S>(PhantomData<S>);

impl<S> Block<S> {
    /// How many bytes come before the header.
    const LEAD: usize = size_of::<Header>().next_multiple_of(Self::ALIGN) - size_of::<Header>();
    const ALIGN: usize =
        if align_of::<S>() > align_of::<Header>() { align_of::<S>() } else { align_of::<Header>() };
    const LAYOUT: Layout = {
        let size = Self::LEAD + size_of::<Header>() + size_of::<S>();
        match Layout::from_size_align(size, Self::ALIGN) {
            Ok(layout) => layout.pad_to_align(),
            Err(_) => panic!("the state of an actor fits the address space"),
        }
    };
}

/// Gives each type of state its [`Class`].
pub(crate) trait Classed: Sized {
    const CLASS: &'static Class;
}

impl<A: Actor> Classed for A {
    const CLASS: &'static Class = &Class {
        stopping: lifecycle::stopping_of::<A>(),
        ..Class::of::<A>(Kind::Object, A::STACK, A::PRIORITY)
    };
}

impl Class {
    pub(crate) const fn of<S: 'static>(kind: Kind, stack: StackSize, priority: Priority) -> Class {
        Class {
            type_name: std::any::type_name::<S>,
            type_id: TypeId::of::<S>(),
            kind,
            stack,
            priority,
            layout: Block::<S>::LAYOUT,
            lead: Block::<S>::LEAD,
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
    debug_assert_eq!(Block::<S>::LAYOUT, class.layout, "the class is that of another type");
    let block = memory::allocate(Block::<S>::LAYOUT);
    // SAFETY: the lead is a part of the block.
    let header = unsafe { block.add(Block::<S>::LEAD) }.cast::<Header>();
    let new = Header {
        mailbox: Mailbox::new(),
        aside: Aside::new(),
        counts: Counts::new(),
        id: ActorId::new(Home::shared(0), 0, 0),
        class,
        links: Links::new(),
    };
    // SAFETY: new memory, aligned for a header.
    unsafe { header.write(new) };
    // SAFETY: the block has a state behind its header.
    let place = unsafe { state_of::<S>(header) };
    // SAFETY: new memory, aligned for an `S`: lead and header are a multiple of its alignment.
    unsafe { place.write(state) };
    header
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
        let (layout, lead) = (cell.class.layout, cell.class.lead);
        // SAFETY: the block begins that far before its header.
        let block = unsafe { header.byte_sub(lead) };
        // SAFETY: it was allocated with its class's layout, and the last count is gone.
        unsafe { memory::free(block.cast(), layout) };
    }
}

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
    pub(crate) fn close(&mut self, seen: *mut Node, reason: ExitReason) -> Chain {
        debug_assert!(self.aside.get().is_null(), "what was put aside is taken up before the close");
        if reason != ExitReason::Normal {
            self.aside.set(Box::into_raw(Box::new(reason)).cast());
        }
        // SAFETY: this is the right to run, and that is how far it has read.
        unsafe { self.mailbox.close(seen) }
    }
}

impl Header {
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

    fn drop_exit_reason(&self) {
        let reason = self.aside.get().cast::<ExitReason>();
        if !reason.is_null() {
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
