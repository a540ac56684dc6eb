//! Requests: envelopes whose senders wait, each in one allocation with the slot of its reply.
//!
//! | a request                        | when it is reached                                                              |
//! |----------------------------------|---------------------------------------------------------------------------------|
//! | that its caller has given up     | is dropped unrun                                                                |
//! | that has come from another node  | the same, if its caller's deadline has passed: whether it still waits is not known here |
//! | other                            | begins                                                                          |

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::mem::{MaybeUninit, offset_of};
use std::num::NonZero;
use std::ptr::NonNull;

use greenroom_scheduler::Time;

use crate::chain::Context;
use crate::coroutine::Coroutine;
use crate::crossing::{self, LATE};
use crate::envelope::{Contents, Envelope, Kind};
use crate::error::CallError;
use crate::hooks;
use crate::memory;
use crate::parcel::Parcel;
use crate::promise::Promise;
use crate::reply::{Replier, Slot};
use crate::trace::events;

/// A parcel that someone waits for, in one allocation with the slot of its reply.
#[repr(C)]
pub(crate) struct Request<P: Parcel> {
    head: Envelope,
    slot: Slot<P::Reply>,
    /// For whom the caller works, and what it asks for.
    content: UnsafeCell<MaybeUninit<(Context, P)>>,
}

impl<P: Parcel> Request<P> {
    const CONTENTS: &'static Contents = &Self::contents(run_request::<P>);

    /// Of one that has come from another node, whose caller cannot say that it has given up.
    const CONTENTS_FROM_AFAR: &'static Contents = &Self::contents(run_request_from_afar::<P>);

    const fn contents(run: unsafe fn(NonNull<Envelope>, *mut (), &Coroutine)) -> Contents {
        Contents {
            kind: Kind::Request,
            name: P::name,
            run,
            refuse: refuse_request::<P>,
            cross: crossing::cross_request::<P>,
            layout: Layout::new::<Request<P>>(),
        }
    }

    /// The envelope, and the promise of its reply.
    #[inline]
    pub(crate) fn pack(
        receiver: NonZero<usize>,
        context: Context,
        parcel: P,
    ) -> (NonNull<Envelope>, Promise<P::Reply>) {
        Self::pack_as(Self::CONTENTS, receiver, context, parcel)
    }

    /// As [`pack`](Self::pack), for a receiver on another node than the caller's.
    pub(crate) fn pack_from_afar(
        receiver: NonZero<usize>,
        context: Context,
        parcel: P,
    ) -> (NonNull<Envelope>, Promise<P::Reply>) {
        Self::pack_as(Self::CONTENTS_FROM_AFAR, receiver, context, parcel)
    }

    fn pack_as(
        contents: &'static Contents,
        receiver: NonZero<usize>,
        context: Context,
        parcel: P,
    ) -> (NonNull<Envelope>, Promise<P::Reply>) {
        unsafe fn free<P: Parcel>(slot: NonNull<Slot<P::Reply>>) {
            let offset = offset_of!(Request<P>, slot);
            // SAFETY: the slot is a field of a `Request<P>`.
            let request = unsafe { slot.cast::<u8>().sub(offset) }.cast::<Request<P>>();
            // SAFETY: placed by `pack`; the slot's protocol frees it once. The parcel is out.
            unsafe { memory::free(request.cast(), Layout::new::<Request<P>>()) };
        }
        let request = memory::place(Request {
            head: Envelope::new(contents),
            slot: Slot::within(Some(receiver), free::<P>),
            content: UnsafeCell::new(MaybeUninit::new((context, parcel))),
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
    unsafe fn slot(request: NonNull<Self>) -> NonNull<Slot<P::Reply>> {
        let offset = offset_of!(Request<P>, slot);
        // SAFETY: the caller says that it is alive; the slot is a field of it.
        unsafe { request.cast::<u8>().add(offset) }.cast()
    }

    /// Until when its caller waits.
    ///
    /// # Safety
    /// The envelope is a `Request<P>` that the caller popped, and is not opened.
    unsafe fn deadline(envelope: NonNull<Envelope>) -> Time {
        let request = envelope.cast::<Request<P>>();
        // SAFETY: popped, so it is alive and the caller's.
        let content = unsafe { request.as_ref() }.content.get();
        // SAFETY: the caller's, which nobody else touches.
        let content = unsafe { &*content };
        // SAFETY: written by `pack`, and not taken.
        unsafe { content.assume_init_ref() }.0.deadline
    }

    /// Takes the parcel and the duty to answer out of the envelope.
    ///
    /// # Safety
    /// The envelope is a `Request<P>` that the caller popped, and is opened once.
    pub(crate) unsafe fn open(envelope: NonNull<Envelope>) -> (Context, P, Replier<P::Reply>) {
        let request = envelope.cast::<Request<P>>();
        // SAFETY: popped, so it is alive and the caller's.
        let content = unsafe { request.as_ref() }.content.get();
        // SAFETY: taken once.
        let content = unsafe { content.read() };
        // SAFETY: written by `pack`.
        let (context, parcel) = unsafe { content.assume_init() };
        // SAFETY: the content is out, but the request is still there.
        let slot = unsafe { Self::slot(request) };
        // SAFETY: one replier for each request: it is opened once.
        (context, parcel, unsafe { Replier::new(slot) })
    }

    /// Takes the parcel out of a request that is in no mailbox, and fails its promise.
    ///
    /// # Safety
    /// As for `open`.
    pub(crate) unsafe fn take_back(envelope: NonNull<Envelope>, error: CallError) -> P {
        // SAFETY: the caller's.
        let (_, parcel, replier) = unsafe { Self::open(envelope) };
        replier.complete(Err(error));
        parcel
    }
}

unsafe fn run_request<P: Parcel>(envelope: NonNull<Envelope>, state: *mut (), coroutine: &Coroutine) {
    // SAFETY: this function stands in the contents of `Request<P>` alone, and runs once.
    let (context, parcel, replier) = unsafe { Request::<P>::open(envelope) };
    if replier.slot().word.is_abandoned() || !replier.slot().progress.start() {
        // Its caller gave up: dropped unrun.
        coroutine.worker().count_expired();
        if hooks::are_any() {
            events::refused(envelope.addr().get());
            events::lost(replier.address(), &"nobody waits for its reply any more");
        }
        replier.complete(Err(CallError::Stalled));
        return;
    }
    coroutine.set_context(context);
    if hooks::are_any() {
        events::started_here(coroutine, envelope.addr().get(), P::name());
    }
    // SAFETY: the runner holds the right to run the receiver, whose state this is, and the parcel was sent there.
    unsafe { parcel.serve(state, coroutine, Some(replier)) };
    coroutine.take_context();
}

unsafe fn run_request_from_afar<P: Parcel>(
    envelope: NonNull<Envelope>,
    state: *mut (),
    coroutine: &Coroutine,
) {
    let worker = coroutine.worker();
    // SAFETY: this function stands in the contents of `Request<P>` alone, and runs once.
    let is_late = unsafe { Request::<P>::deadline(envelope) } <= worker.scheduler.now();
    let Some(setting) = worker.core.setting().filter(|_| is_late) else {
        // SAFETY: as above; it is not opened.
        return unsafe { run_request::<P>(envelope, state, coroutine) };
    };
    // SAFETY: as above, opened once.
    let (_, parcel, replier) = unsafe { Request::<P>::open(envelope) };
    worker.count_expired();
    events::refused(envelope.addr().get());
    setting.lose(LATE, (replier, parcel));
}

unsafe fn refuse_request<P: Parcel>(envelope: NonNull<Envelope>, error: &CallError) {
    // SAFETY: this function stands in the contents of `Request<P>` alone; refused once.
    let (_, parcel, replier) = unsafe { Request::<P>::open(envelope) };
    if hooks::are_any() {
        events::refused(envelope.addr().get());
    }
    // The answer first: the parcel's destructor may panic.
    replier.complete(Err(error.clone()));
    drop(parcel);
}
