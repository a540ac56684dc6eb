//! Sending, as it is recorded: before the message is where its receiver finds it.

use std::cell::Cell;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cell::Header;
use crate::chain::Context;
use crate::core::Core;
use crate::envelope::{Cast, Envelope, Kind};
use crate::handle::Strong;
use crate::hooks;
use crate::links::ExitSignal;
use crate::parcel::Parcel;
use crate::promise::Promise;
use crate::refs::Ref;
use crate::request::Request;
use crate::trace::events;
use crate::trace::record::{Way, What};
use crate::trace::recording::{Place, Recording};
use crate::trace::text;
use crate::worker::{self, Worker};

/// A message that is about to be sent: what its number is, in each recording.
pub(crate) struct Sending(Vec<(Arc<Recording>, Option<u64>)>);

impl Sending {
    /// Records it.
    pub(crate) fn begin(
        to: &Header,
        way: Way,
        method: &'static str,
        show: &dyn Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> Self {
        if !hooks::is_any_traced() {
            return Sending(vec![]);
        }
        let group = GROUP.take();
        Core::with(to.id.machine(), |core| {
            let Some(core) = core.filter(|core| core.hooks.has(hooks::TRACED)) else {
                return Sending(vec![]);
            };
            let sender =
                worker::current().and_then(Worker::coroutine).and_then(|coroutine| coroutine.actor());
            let mut shown: Option<Option<Arc<str>>> = None;
            let mut record = |recording: &Arc<Recording>| {
                if !recording.has(to) && !sender.is_some_and(|sender| recording.has(sender)) {
                    return None;
                }
                let arguments =
                    recording.filter.arguments.then(|| shown.get_or_insert_with(|| text::of(show)).clone());
                let message = recording.next_message();
                let what = What::Send {
                    message,
                    way,
                    from: sender.map(|sender| sender.id),
                    to: to.id,
                    method,
                    arguments: arguments.flatten(),
                    group: (group != 0).then(|| recording.first_of(group, message)),
                };
                recording.push(events::stamp(core), what);
                Some(message)
            };
            Sending(core.recordings.all().iter().map(|one| (Arc::clone(one), record(one))).collect())
        })
    }

    pub(crate) fn of<P: Parcel>(to: &Header, way: Way, parcel: &P) -> Self {
        Self::begin(to, way, P::name(), &|f| parcel.describe(f))
    }

    pub(crate) fn of_signal(to: &Header, signal: &ExitSignal) -> Self {
        Self::begin(to, Way::Signal, "exit", &|f| match signal {
            ExitSignal::Stop(reason)
            | ExitSignal::Exit { reason, .. }
            | ExitSignal::Linked { reason, .. } => {
                write!(f, "({reason})")
            }
        })
    }

    /// It lies there; if it is to be answered, the slot of its reply comes last.
    pub(crate) fn lies_at(self, places: [Place; 2]) {
        for (recording, number) in self.0 {
            recording.put(number, places);
        }
    }
}

/// [`Cast::pack`], recorded.
#[cold]
pub(crate) fn pack_cast<P: Parcel>(to: &Header, way: Way, parcel: P) -> NonNull<Envelope> {
    let way = if P::KIND == Kind::Signal { Way::Signal } else { way };
    let sending = Sending::of(to, way, &parcel);
    let envelope = Cast::pack(parcel);
    sending.lies_at([envelope.addr().get(), 0]);
    envelope
}

/// [`Request::pack`], recorded.
#[cold]
pub(crate) fn pack_request<P: Parcel>(
    to: &Strong,
    way: Way,
    context: Context,
    parcel: P,
) -> (NonNull<Envelope>, Promise<P::Reply>) {
    let sending = Sending::of(to, way, &parcel);
    let (envelope, promise) = Request::pack(to.address().addr(), context, parcel);
    sending.lies_at([envelope.addr().get(), promise.slot().map_or(0, |slot| (&raw const *slot).addr())]);
    (envelope, promise)
}

thread_local! {
    /// The group that the next message of this thread is sent to, for as long as it takes to come to `Sending::begin`.
    static GROUP: Cell<u64> = const { Cell::new(0) };
}

/// Messages that are sent together: each is, after a [`next`](Self::next).
pub(crate) struct Together(Option<(u64, usize)>);

impl Together {
    /// To these, which are of one machine.
    #[inline]
    pub(crate) fn begin<T: ?Sized>(members: &[Ref<T>]) -> Self {
        static GROUPS: AtomicU64 = AtomicU64::new(1);
        // ORDERING: Relaxed: it only has to be another one.
        let next = || GROUPS.fetch_add(1, Ordering::Relaxed);
        match members.first() {
            Some(first) if hooks::is_any_traced() => Together(Some((next(), first.id().machine()))),
            _ => Together(None),
        }
    }

    /// The next message belongs to it.
    pub(crate) fn next(&self) {
        if let Together(Some((group, _))) = self {
            GROUP.set(*group);
        }
    }
}

impl Drop for Together {
    fn drop(&mut self) {
        let Together(Some((group, machine))) = *self else { return };
        GROUP.set(0);
        Core::with(machine, |core| {
            let recordings = core.map(|core| core.recordings.all());
            recordings.iter().flat_map(|all| all.iter()).for_each(|recording| recording.end_group(group));
        });
    }
}
