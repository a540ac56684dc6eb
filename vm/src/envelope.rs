//! Envelopes: what lies in a mailbox. One allocation a message.
//!
//! | kind    | made by             | memory goes                                         |
//! |---------|---------------------|-----------------------------------------------------|
//! | cast    | `send`              | by the runner, once the mailbox has let go of it     |
//! | tick    | a timer             | as a cast                                            |
//! | request | `request`, `call`   | with its reply slot, so the mailbox lets go first    |
//! | control | `stop`, `exit`      | as a cast                                            |
//!
//! The runner sees an [`Envelope`] and its [`Contents`]; only the functions there know the types.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::mem::{ManuallyDrop, MaybeUninit, offset_of};
use std::ptr::NonNull;

use crate::actor::{Handler, Message};
use crate::coroutine::Coroutine;
use crate::error::{CallError, ExitReason};
use crate::mailbox::Node;
use crate::memory;
use crate::promise::Promise;
use crate::reply::{Replier, Slot};
use crate::timer::Ticket;

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
    run: unsafe fn(NonNull<Envelope>, *mut (), &Coroutine),
    /// Drops the message unhandled and tells whoever waits for it.
    refuse: unsafe fn(NonNull<Envelope>, &ExitReason),
    layout: Layout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Cast,
    Request,
    Control,
}

impl Envelope {
    pub(crate) fn from_node(node: NonNull<Node>) -> NonNull<Envelope> {
        node.cast()
    }

    pub(crate) fn node(envelope: NonNull<Envelope>) -> NonNull<Node> {
        envelope.cast()
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
    pub(crate) unsafe fn refuse(envelope: NonNull<Envelope>, reason: &ExitReason) {
        // SAFETY: popped, so it is alive and the caller's.
        let refuse = unsafe { envelope.as_ref().contents.refuse };
        // SAFETY: the function belongs to this envelope's type, and it is refused once.
        unsafe { refuse(envelope, reason) }
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

/// A message that nobody waits for.
#[repr(C)]
pub(crate) struct Cast<M> {
    head: Envelope,
    message: ManuallyDrop<M>,
}

impl<M: Send + 'static> Cast<M> {
    fn pack(contents: &'static Contents, message: M) -> NonNull<Envelope> {
        memory::place(Cast {
            head: Envelope { node: Node::new(), contents },
            message: ManuallyDrop::new(message),
        })
        .cast()
    }

    /// A message for a handler of `A`.
    #[inline]
    pub(crate) fn handled_by<A: Handler<M>>(message: M) -> NonNull<Envelope>
    where
        M: Message,
    {
        unsafe fn run<A: Handler<M>, M: Message>(
            envelope: NonNull<Envelope>,
            state: *mut (),
            _coroutine: &Coroutine,
        ) {
            // SAFETY: this function stands in the contents of `Cast<M>` alone, and runs once.
            let message = unsafe { Cast::<M>::unpack(envelope) };
            // SAFETY: the runner holds the right to run an `A`, whose state this is.
            let state = unsafe { &mut *state.cast::<A>() };
            state.handle(message);
        }
        trait Packed<A> {
            const CONTENTS: &'static Contents;
        }
        impl<A: Handler<M>, M: Message> Packed<A> for Cast<M> {
            const CONTENTS: &'static Contents = &Contents {
                kind: Kind::Cast,
                name: std::any::type_name::<M>,
                run: run::<A, M>,
                refuse: refuse_cast::<M>,
                layout: Layout::new::<Cast<M>>(),
            };
        }
        Cast::pack(<Cast<M> as Packed<A>>::CONTENTS, message)
    }

    /// A message for a process, which takes it out by [`unpack`](Self::unpack).
    pub(crate) fn for_process(message: M) -> NonNull<Envelope> {
        unsafe fn run(_envelope: NonNull<Envelope>, _state: *mut (), _coroutine: &Coroutine) {
            unreachable!("a process takes its messages out itself");
        }
        trait Packed {
            const CONTENTS: &'static Contents;
        }
        impl<M: Send + 'static> Packed for Cast<M> {
            const CONTENTS: &'static Contents = &Contents {
                kind: Kind::Cast,
                name: std::any::type_name::<M>,
                run,
                refuse: refuse_cast::<M>,
                layout: Layout::new::<Cast<M>>(),
            };
        }
        Cast::pack(<Cast<M> as Packed>::CONTENTS, message)
    }

    /// Takes the message out; the memory stays.
    ///
    /// # Safety
    /// The envelope is a `Cast<M>` that the caller popped, and is unpacked once.
    #[inline]
    pub(crate) unsafe fn unpack(envelope: NonNull<Envelope>) -> M {
        // SAFETY: the caller says that it is a `Cast<M>` of its own.
        let cast = unsafe { envelope.cast::<Cast<M>>().as_mut() };
        // SAFETY: taken once.
        unsafe { ManuallyDrop::take(&mut cast.message) }
    }

    /// Takes the message out of an envelope that was never pushed, and frees it.
    ///
    /// # Safety
    /// The envelope is a `Cast<M>` of the caller's alone.
    pub(crate) unsafe fn take_back(envelope: NonNull<Envelope>) -> M {
        // SAFETY: as the caller says.
        let message = unsafe { Self::unpack(envelope) };
        // SAFETY: in no mailbox, and unpacked.
        unsafe { Envelope::free(envelope) };
        message
    }
}

/// A timer's message: what makes it is run where it is handled, if the ticket allows it then.
pub(crate) struct Tick<F> {
    ticket: Ticket,
    make: F,
}

impl<F: Send + 'static> Cast<Tick<F>> {
    /// A message for a handler of `A`, dropped unhandled if its timer has been cancelled when it is reached.
    pub(crate) fn ticked_by<A: Handler<M>, M: Message>(ticket: Ticket, make: F) -> NonNull<Envelope>
    where
        F: FnOnce() -> M,
    {
        unsafe fn run<A: Handler<M>, M: Message, F: FnOnce() -> M + Send + 'static>(
            envelope: NonNull<Envelope>,
            state: *mut (),
            _coroutine: &Coroutine,
        ) {
            // SAFETY: this function stands in the contents of `Cast<Tick<F>>` alone, and runs once.
            let Tick { ticket, make } = unsafe { Cast::<Tick<F>>::unpack(envelope) };
            if ticket.begin() {
                // SAFETY: the runner holds the right to run an `A`, whose state this is.
                let state = unsafe { &mut *state.cast::<A>() };
                state.handle(make());
            }
        }
        trait Packed<A, M> {
            const CONTENTS: &'static Contents;
        }
        impl<A: Handler<M>, M: Message, F: FnOnce() -> M + Send + 'static> Packed<A, M> for Cast<Tick<F>> {
            const CONTENTS: &'static Contents = &Contents {
                kind: Kind::Cast,
                name: std::any::type_name::<M>,
                run: run::<A, M, F>,
                refuse: refuse_cast::<Tick<F>>,
                layout: Layout::new::<Cast<Tick<F>>>(),
            };
        }
        Cast::pack(<Self as Packed<A, M>>::CONTENTS, Tick { ticket, make })
    }
}

unsafe fn refuse_cast<M: Send + 'static>(envelope: NonNull<Envelope>, _reason: &ExitReason) {
    // SAFETY: this function stands in the contents of `Cast<M>` alone; refused once.
    drop(unsafe { Cast::<M>::unpack(envelope) });
}

/// A message that someone waits for, in one allocation with the slot of its reply.
#[repr(C)]
pub(crate) struct Request<M: Message> {
    head: Envelope,
    slot: Slot<M::Reply>,
    message: UnsafeCell<MaybeUninit<M>>,
}

impl<M: Message> Request<M> {
    /// The envelope, and the promise of its reply.
    pub(crate) fn pack<A: Handler<M>>(message: M) -> (NonNull<Envelope>, Promise<M::Reply>) {
        unsafe fn free<M: Message>(slot: NonNull<Slot<M::Reply>>) {
            let offset = offset_of!(Request<M>, slot);
            // SAFETY: the slot is a field of a `Request<M>`.
            let request = unsafe { slot.cast::<u8>().sub(offset) }.cast::<Request<M>>();
            // SAFETY: placed by `pack`; the slot's protocol frees it once. The message is out.
            unsafe { memory::free(request.cast(), Layout::new::<Request<M>>()) };
        }
        trait Packed<A> {
            const CONTENTS: &'static Contents;
        }
        impl<A: Handler<M>, M: Message> Packed<A> for Request<M> {
            const CONTENTS: &'static Contents = &Contents {
                kind: Kind::Request,
                name: std::any::type_name::<M>,
                run: run_request::<A, M>,
                refuse: refuse_request::<M>,
                layout: Layout::new::<Request<M>>(),
            };
        }
        let request = memory::place(Request {
            head: Envelope { node: Node::new(), contents: <Request<M> as Packed<A>>::CONTENTS },
            slot: Slot::within(free::<M>),
            message: UnsafeCell::new(MaybeUninit::new(message)),
        });
        // SAFETY: just placed.
        let slot = unsafe { Self::slot(request) };
        // SAFETY: the waiting side of a new slot.
        (request.cast(), unsafe { Promise::new(slot) })
    }

    /// Where the slot is.
    ///
    /// # Safety
    /// The request is alive.
    unsafe fn slot(request: NonNull<Self>) -> NonNull<Slot<M::Reply>> {
        let offset = offset_of!(Request<M>, slot);
        // SAFETY: the caller says that it is alive; the slot is a field of it.
        unsafe { request.cast::<u8>().add(offset) }.cast()
    }

    /// Takes the message and the duty to answer out of the envelope.
    ///
    /// # Safety
    /// The envelope is a `Request<M>` that the caller popped, and is opened once.
    unsafe fn open(envelope: NonNull<Envelope>) -> (M, Replier<M::Reply>) {
        let request = envelope.cast::<Request<M>>();
        // SAFETY: popped, so it is alive and the caller's.
        let message = unsafe { request.as_ref() }.message.get();
        // SAFETY: taken once.
        let message = unsafe { message.read() };
        // SAFETY: written by `pack`.
        let message = unsafe { message.assume_init() };
        // SAFETY: the message is out, but the request is still there.
        let slot = unsafe { Self::slot(request) };
        // SAFETY: one replier for each request: it is opened once.
        (message, unsafe { Replier::new(slot) })
    }

    /// Takes the message out of a request that was never pushed; its promise is to be dropped.
    ///
    /// # Safety
    /// As for `open`.
    pub(crate) unsafe fn take_back(envelope: NonNull<Envelope>, error: CallError) -> M {
        // SAFETY: the caller's.
        let (message, replier) = unsafe { Self::open(envelope) };
        replier.complete(Err(error));
        message
    }
}

unsafe fn run_request<A: Handler<M>, M: Message>(
    envelope: NonNull<Envelope>,
    state: *mut (),
    coroutine: &Coroutine,
) {
    // SAFETY: this function stands in the contents of `Request<M>` alone, and runs once.
    let (message, replier) = unsafe { Request::<M>::open(envelope) };
    if replier.slot().word.is_abandoned() || !replier.slot().start() {
        // Its caller gave up: dropped unrun.
        coroutine.worker().count_expired();
        replier.complete(Err(CallError::Stalled));
        return;
    }
    // SAFETY: the runner holds the right to run an `A`, whose state this is.
    let state = unsafe { &mut *state.cast::<A>() };
    if coroutine.answer(replier, || state.handle(message)) {
        coroutine.worker().count_late_reply();
    }
}

unsafe fn refuse_request<M: Message>(envelope: NonNull<Envelope>, reason: &ExitReason) {
    // SAFETY: this function stands in the contents of `Request<M>` alone; refused once.
    let (message, replier) = unsafe { Request::<M>::open(envelope) };
    // The answer first: the message's destructor may panic.
    replier.complete(Err(CallError::Stopped { reason: reason.clone(), started: false }));
    drop(message);
}

/// Ends its receiver when it is reached: what was sent before it is handled, what comes after is refused.
#[repr(C)]
pub(crate) struct Control {
    head: Envelope,
    reason: ManuallyDrop<ExitReason>,
}

impl Control {
    pub(crate) fn exit(reason: ExitReason) -> NonNull<Envelope> {
        unsafe fn run(envelope: NonNull<Envelope>, _state: *mut (), coroutine: &Coroutine) {
            // SAFETY: this function stands in the contents of `Control` alone, and runs once.
            coroutine.set_exit(unsafe { Control::unpack(envelope) });
        }
        unsafe fn refuse(envelope: NonNull<Envelope>, _reason: &ExitReason) {
            // SAFETY: as above; refused once.
            drop(unsafe { Control::unpack(envelope) });
        }
        static CONTENTS: Contents =
            Contents { kind: Kind::Control, name: || "exit", run, refuse, layout: Layout::new::<Control>() };
        memory::place(Control {
            head: Envelope { node: Node::new(), contents: &CONTENTS },
            reason: ManuallyDrop::new(reason),
        })
        .cast()
    }

    /// # Safety
    /// The envelope is a `Control` that the caller popped, and is unpacked once.
    pub(crate) unsafe fn unpack(envelope: NonNull<Envelope>) -> ExitReason {
        // SAFETY: the caller says that it is a `Control` of its own.
        let control = unsafe { envelope.cast::<Control>().as_mut() };
        // SAFETY: taken once.
        unsafe { ManuallyDrop::take(&mut control.reason) }
    }
}
