//! Envelopes: what lies in a mailbox. One allocation a message.
//!
//! | kind    | made by             | memory goes                                         |
//! |---------|---------------------|-----------------------------------------------------|
//! | cast    | `send`              | by the runner, once the mailbox has let go of it     |
//! | tick    | a timer             | as a cast                                            |
//! | request | `request`, `call`   | with its reply slot, so the mailbox lets go first    |
//! | signal  | a monitor           | as a cast                                            |
//! | control | `stop`, `exit`, a link | as a cast                                         |
//! | bell    | a `ring`            | with that; it is never run                           |
//!
//! The runner sees an [`Envelope`] and its [`Contents`]; only the functions there know the types.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::coroutine::Coroutine;
use crate::crossing::{self, Cross};
use crate::error::CallError;
use crate::hooks;
use crate::memory;
use crate::nodes::Node;
use crate::panics;
use crate::parcel::Parcel;
use crate::trace::events;

/// What every message begins with.
#[repr(C)]
pub(crate) struct Envelope {
    node: Node,
    pub(crate) contents: &'static Contents,
}

/// What the runner needs to know of a message's type.
pub(crate) struct Contents {
    pub(crate) kind: Kind,
    pub(crate) name: fn() -> &'static str,
    /// Handles the message with the state of the actor that runs on the coroutine.
    pub(crate) run: unsafe fn(NonNull<Envelope>, *mut (), &Coroutine),
    /// Drops the message unhandled and tells whoever waits for it.
    pub(crate) refuse: unsafe fn(NonNull<Envelope>, &CallError),
    /// Makes of it what goes to another node.
    pub(crate) cross: Cross,
    pub(crate) layout: Layout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Cast,
    Request,
    /// As a cast, but the machine's own: no dead letter, and never refused for want of room.
    Signal,
    Control,
    /// Stands for what lies in the receiver's ring. Nobody but the reader sees one.
    Bell,
}

impl Contents {
    /// How many bytes the envelope takes, not counted what its message refers to.
    pub(crate) fn size(&self) -> usize {
        self.layout.size()
    }
}

impl Envelope {
    pub(crate) fn from_node(node: NonNull<Node>) -> NonNull<Envelope> {
        node.cast()
    }

    pub(crate) fn node(envelope: NonNull<Envelope>) -> NonNull<Node> {
        envelope.cast()
    }

    #[inline]
    pub(crate) fn new(contents: &'static Contents) -> Envelope {
        Envelope { node: Node::new(), contents }
    }

    /// One that has no message.
    pub(crate) fn bell() -> Envelope {
        unsafe fn run(_: NonNull<Envelope>, _: *mut (), _: &Coroutine) {
            unreachable!("the reader takes the oldest of the ring in place of its bell");
        }
        unsafe fn refuse(_: NonNull<Envelope>, _: &CallError) {
            unreachable!("nobody waits for a bell");
        }
        static CONTENTS: Contents = Contents {
            kind: Kind::Bell,
            name: || "bell",
            run,
            refuse,
            cross: crossing::cross_never,
            layout: Layout::new::<Envelope>(),
        };
        Envelope::new(&CONTENTS)
    }

    /// Handles it. The memory of a request is not the runner's afterwards.
    ///
    /// # Safety
    /// The caller popped it, holds the right to run its receiver, whose state this is, and runs it once.
    #[inline]
    pub(crate) unsafe fn run(envelope: NonNull<Envelope>, state: *mut (), coroutine: &Coroutine) {
        // SAFETY: popped, so it is alive and the caller's.
        let run = unsafe { envelope.as_ref().contents.run };
        // SAFETY: the function belongs to this envelope's type, and it is run once.
        unsafe { run(envelope, state, coroutine) }
    }

    /// Drops it unhandled. The memory of a request is not the caller's afterwards.
    ///
    /// # Safety
    /// The caller popped it, and does this instead of `run`.
    pub(crate) unsafe fn refuse(envelope: NonNull<Envelope>, error: &CallError) {
        // SAFETY: popped, so it is alive and the caller's.
        let refuse = unsafe { envelope.as_ref().contents.refuse };
        // SAFETY: the function belongs to this envelope's type, and it is refused once.
        unsafe { refuse(envelope, error) }
    }

    /// As [`refuse`](Self::refuse), and gives its memory back. Whether it was one that nobody waits for.
    ///
    /// # Safety
    /// As there, and the mailbox has let go of it.
    pub(crate) unsafe fn discard(envelope: NonNull<Envelope>, error: &CallError) -> bool {
        // SAFETY: popped, so alive.
        let kind = unsafe { envelope.as_ref() }.contents.kind;
        if kind != Kind::Request && hooks::are_any() {
            events::lost(envelope.addr().get(), error);
        }
        // A destructor of a message may panic, and that is no affair of who discards it.
        // SAFETY: the caller says so.
        let _ = panics::catch(|| unsafe { Envelope::refuse(envelope, error) });
        if kind != Kind::Request {
            // SAFETY: refused, not a request, and let go of.
            unsafe { Envelope::free(envelope) };
        }
        kind == Kind::Cast
    }

    /// Frees the memory of a cast or a control message whose content has been used up.
    ///
    /// # Safety
    /// Not a request; run or refused before; let go of by the mailbox; freed once.
    #[inline]
    pub(crate) unsafe fn free(envelope: NonNull<Envelope>) {
        // SAFETY: its memory is still there: nobody but the caller frees it.
        let layout = unsafe { envelope.as_ref().contents.layout };
        // SAFETY: allocated for a type of this layout.
        unsafe { memory::free(envelope.cast(), layout) };
    }
}

/// A parcel that nobody waits for.
#[repr(C)]
pub(crate) struct Cast<P> {
    head: Envelope,
    pub(crate) parcel: ManuallyDrop<P>,
}

impl<P: Parcel> Cast<P> {
    const CONTENTS: &'static Contents = &Contents {
        kind: P::KIND,
        name: P::name,
        run: run_cast::<P>,
        refuse: refuse_cast::<P>,
        cross: crossing::cross_cast::<P>,
        layout: Layout::new::<Cast<P>>(),
    };

    #[inline]
    pub(crate) fn pack(parcel: P) -> NonNull<Envelope> {
        memory::place(Cast { head: Envelope::new(Self::CONTENTS), parcel: ManuallyDrop::new(parcel) }).cast()
    }

    /// Takes the parcel out; the memory stays.
    ///
    /// # Safety
    /// The envelope is a `Cast<P>` that the caller popped, and is unpacked once.
    #[inline]
    pub(crate) unsafe fn unpack(envelope: NonNull<Envelope>) -> P {
        // SAFETY: the caller says that it is a `Cast<P>` of its own.
        let cast = unsafe { envelope.cast::<Cast<P>>().as_mut() };
        // SAFETY: taken once.
        unsafe { ManuallyDrop::take(&mut cast.parcel) }
    }

    /// Takes the parcel out of an envelope that was never pushed, and frees it.
    ///
    /// # Safety
    /// The envelope is a `Cast<P>` of the caller's alone.
    pub(crate) unsafe fn take_back(envelope: NonNull<Envelope>) -> P {
        // SAFETY: as the caller says.
        let parcel = unsafe { Self::unpack(envelope) };
        // SAFETY: in no mailbox, and unpacked.
        unsafe { Envelope::free(envelope) };
        parcel
    }
}

unsafe fn run_cast<P: Parcel>(envelope: NonNull<Envelope>, state: *mut (), coroutine: &Coroutine) {
    // SAFETY: this function stands in the contents of `Cast<P>` alone, and runs once.
    let parcel = unsafe { Cast::<P>::unpack(envelope) };
    // SAFETY: the runner holds the right to run the receiver, whose state this is, and the parcel was sent there.
    unsafe { parcel.serve(state, coroutine, None) };
}

unsafe fn refuse_cast<P: Parcel>(envelope: NonNull<Envelope>, _error: &CallError) {
    // SAFETY: this function stands in the contents of `Cast<P>` alone; refused once.
    drop(unsafe { Cast::<P>::unpack(envelope) });
}
