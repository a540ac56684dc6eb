//! How messages and replies cross from one simulated node to another.
//!
//! Whoever sends to an actor on another node hands the envelope over here, and goes on. The environment says what becomes
//! of it; what arrives is put into the mailbox later, in nobody's name.
//!
//! **A request parts from its promise.** What travels is another request, with a promise of its own that this file waits
//! for. Its reply travels back, and only there completes the promise that the caller has. So nothing is told in between: one
//! that is lost on either way leaves its caller to the deadline.
//!
//! ```text
//! caller ── promise ◄── owed ◄─ ─ ─ reply ─ ─ ─┐
//! request ─ ─ ─ ─ ─ ─ ─ ─ ─► request, promise ──┘ attended
//! ```

use std::iter;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::abilities::Show;
use crate::afloat::Afloat;
use crate::call::Beside;
use crate::chain::Context;
use crate::control::Control;
use crate::envelope::{Cast, Contents, Envelope, Kind};
use crate::environment::{Passage, Route};
use crate::error::{CallError, ExitReason};
use crate::handle::Strong;
use crate::hooks;
use crate::id::ActorId;
use crate::links::ExitSignal;
use crate::network::{Cargo, Way};
use crate::order::{self, Order};
use crate::panics;
use crate::parcel::Parcel;
use crate::reply::{Outcome, Replier, Slot};
use crate::request::Request;
use crate::room::stopped;
use crate::setting::Setting;
use crate::simulated;
use crate::target::StrongTo;
use crate::trace::events;
use crate::worker;

/// Why a token is lost, or whatever else is owed by something that a lost message carried.
const WITH_ITS_MESSAGE: &str = "a message that was lost had to bring its reply";

/// Sends an envelope to an actor on another node.
///
/// # Safety
/// As for [`Strong::push`].
pub(crate) unsafe fn depart(
    setting: &Setting,
    way: Way,
    to: &Strong,
    envelope: NonNull<Envelope>,
    must_pass: bool,
) {
    // SAFETY: the caller's.
    let contents = unsafe { envelope.as_ref() }.contents;
    let is_signal = !matches!(contents.kind, Kind::Cast | Kind::Request);
    let mut departure =
        Departure { setting, way, contents, is_signal, delays: Vec::new(), leaving: Vec::new() };
    // SAFETY: the caller says so.
    unsafe { (contents.cross)(envelope, &mut departure) };
    // Fewer leave than arrive by the environment's will where a message could not be copied once more.
    debug_assert!(departure.leaving.len() <= departure.delays.len(), "none leaves that is not to arrive");
    for (envelope, delay) in departure.leaving.into_iter().zip(departure.delays) {
        // SAFETY: it has left, for this receiver.
        let afloat = unsafe { Afloat::new(to.clone(), envelope, must_pass) };
        setting.ship(way, delay, is_signal, Cargo::Message(afloat));
    }
}

/// Why a request is lost that nobody waits for any more.
pub(crate) const LATE: &str = "it was reached after its caller's deadline";

/// A message leaves on that way.
pub(crate) struct Departure<'a> {
    setting: &'a Setting,
    way: Way,
    contents: &'static Contents,
    is_signal: bool,
    /// When each arrives that does.
    delays: Vec<Duration>,
    leaving: Vec<NonNull<Envelope>>,
}

impl Departure<'_> {
    /// Says how many arrive of a message that can be repeated, or not.
    fn decide(&mut self, can_repeat: bool) -> usize {
        let passage = if self.is_signal { Passage::Signal } else { Passage::Message { can_repeat } };
        self.delays = match self.setting.route(self.way, passage, (self.contents.name)()) {
            Route::Lost => Vec::new(),
            Route::Arrives(delay) => vec![delay],
            Route::ArrivesEach(delays) => delays,
        };
        self.delays.len()
    }

    /// What was recorded as lying there is lost.
    fn note_lost(&self, place: usize) {
        self.setting.note_lost(place, &self.setting.loss(self.way));
    }

    /// It leaves. It is, or is another of, what was recorded as lying there.
    fn leave(&mut self, envelope: NonNull<Envelope>, place: usize) {
        let other = envelope.addr().get();
        if other != place && hooks::are_any() {
            events::also_at(place, other);
        }
        self.leaving.push(envelope);
    }
}

/// Somebody who waits for a reply that is on its way, or lost.
pub(crate) trait Owing {
    /// Whether nobody waits any more.
    fn is_over(&self) -> bool;
}

/// The reply that is owed to a caller on another node, until the first arrives.
pub(crate) struct Owed<R> {
    replier: Mutex<Option<Replier<R>>>,
    /// How many of the request, and then of the replies to each, are not lost.
    copies: AtomicUsize,
}

impl<R> Owing for Arc<Owed<R>> {
    fn is_over(&self) -> bool {
        self.replier.lock().as_ref().is_none_or(Owing::is_over)
    }
}

impl<R> Owing for Replier<R> {
    fn is_over(&self) -> bool {
        self.slot().word.is_abandoned()
    }
}

impl<R: 'static> Owed<R> {
    /// One copy is lost. With the last one it is noted, and whoever waits does so in vain.
    fn lose(self: Arc<Self>, setting: &Setting, why: impl FnOnce() -> String) {
        // ORDERING: Relaxed: a simulated machine has one thread.
        if self.copies.fetch_sub(1, Ordering::Relaxed) > 1 {
            return;
        }
        let place = self.replier.lock().as_ref().map(Replier::address);
        if let Some(place) = place {
            setting.note_lost(place, &why());
        }
        setting.keep_waiting(Box::new(self));
    }

    fn answer(&self, outcome: Outcome<R>, show: Show<R>) {
        let replier = self.replier.lock().take();
        if let Some(replier) = replier
            && replier.answer(outcome, show)
            && let Some(worker) = worker::current()
        {
            worker.count_late_reply();
        }
    }
}

/// A reply goes back to the node of its caller.
fn go_back<R: Send + 'static>(
    machine: usize,
    back: Way,
    owed: Arc<Owed<R>>,
    outcome: Outcome<R>,
    (method, show): (fn() -> &'static str, Show<R>),
) {
    let Some(setting) = simulated::setting(machine) else { return owed.answer(outcome, show) };
    if let Some(why) = setting.losing() {
        owed.lose(&setting, || why.to_owned());
        return setting.lose(why, outcome);
    }
    // By whom it is answered: a token may have gone on.
    let from = setting.place(worker::current()).unwrap_or(back.from);
    let way = Way { from, ..back };
    let route = if from == back.to { None } else { Some(setting.route(way, Passage::Reply, method())) };
    match route {
        None => owed.answer(outcome, show),
        Some(Route::Arrives(delay)) => {
            let deed = move |lost| {
                let Some(setting) = simulated::setting(machine) else { return owed.answer(outcome, show) };
                match lost {
                    // Whoever is told by it then is told from that node.
                    None => setting.act_as(Some(way.to), || owed.answer(outcome, show)),
                    // The promise may be held elsewhere, where nobody knows of the crash.
                    Some(why) => {
                        owed.lose(&setting, || format!("its reply: {why}"));
                        setting.lose(why, outcome);
                    }
                }
            };
            setting.ship(way, delay, false, Cargo::Deed(Box::new(deed)));
        }
        Some(Route::Lost | Route::ArrivesEach(_)) => {
            owed.lose(&setting, || format!("its reply: {}", setting.loss(way)));
            setting.lose(WITH_ITS_MESSAGE, outcome);
        }
    }
}

/// The way from who runs here to an actor on another node.
pub(crate) fn way_to(actor: ActorId) -> Option<(Rc<Setting>, Way)> {
    let setting = if hooks::are_any() { simulated::setting(actor.machine()) } else { None }?;
    let way = setting.way(worker::current(), actor)?;
    Some((setting, way))
}

/// Gives an order to an actor that is on another node than who gives it. The order back: it is not.
pub(crate) fn order(to: &Strong, order: Order) -> Result<(), Order> {
    let Some((setting, way)) = way_to(to.id) else { return Err(order) };
    // Who is about to end because its node has crashed has nobody else killed.
    if setting.is_up(way.from) {
        let to = to.clone();
        let deed = move |lost: Option<_>| {
            if lost.is_none() {
                order::give(&to, order);
            }
        };
        setting.send_signal(way, "order", Box::new(deed));
    }
    Ok(())
}

/// What is to answer, at the end of an actor, one who waits for that here: on another node it is told by a signal.
pub(crate) fn awaited(actor: ActorId, replier: Replier<ExitReason>) -> Replier<ExitReason> {
    let Some((_, way)) = way_to(actor) else { return replier };
    let (far, promise) = Slot::pair();
    promise.when_ready(move |mut promise| {
        let reason = promise.take();
        let machine = actor.machine();
        let tell = move |lost: Option<_>| match simulated::setting(machine).filter(|_| lost.is_some()) {
            Some(setting) => setting.keep_waiting(Box::new(replier)),
            None => drop(replier.complete(reason)),
        };
        match simulated::setting(machine) {
            Some(setting) => setting.send_signal(way.back(), "ended", Box::new(tell)),
            None => tell(None),
        }
    });
    far
}

/// Asks for a parallel method of an actor on another node that waits for who asks: its turn would never come, so it is begun
/// there by a process of its own.
pub(crate) fn ask_beside<P: Parcel>(
    setting: &Setting,
    way: Way,
    receiver: &StrongTo<P::Receiver>,
    parcel: P,
    context: Context,
    replier: Replier<P::Reply>,
) {
    let (machine, place, to) = (setting.machine(), replier.address(), receiver.clone());
    let owed = Arc::new(Owed { replier: Mutex::new(Some(replier)), copies: AtomicUsize::new(1) });
    let Route::Arrives(delay) = setting.route(way, Passage::Message { can_repeat: false }, P::name()) else {
        owed.lose(setting, || setting.loss(way));
        return setting.lose(WITH_ITS_MESSAGE, parcel);
    };
    let answer = (P::name as fn() -> _, parcel.shows_reply());
    let (far, promise) = Slot::pair_for(Some(to.raw().address().addr()));
    events::also_at(place, far.address());
    promise.when_ready(move |mut promise| go_back(machine, way.back(), owed, promise.take(), answer));
    let deed = move |lost: Option<_>| {
        let Some(setting) = simulated::setting(machine) else { return };
        let late = (context.deadline <= setting.now()).then_some(LATE);
        if let Some(why) = lost.or(late) {
            return setting.lose(why, (far, parcel));
        }
        setting.process_on(way.to, move |caller| {
            if to.raw().mailbox.is_closed() {
                far.complete(Err(stopped(&to.raw())));
            } else {
                far.slot().progress.start();
                parcel.serve_beside(&to, Beside { caller, context, owed: far });
            }
        });
    };
    setting.ship(way, delay, false, Cargo::Deed(Box::new(deed)));
}

/// Makes so many of a message as arrive by the departure, which go to another node by themselves.
///
/// The envelope is in no mailbox, and is the caller's, who does this instead of pushing it.
pub(crate) type Cross = unsafe fn(NonNull<Envelope>, &mut Departure<'_>);

/// Of what never leaves.
///
/// # Safety
/// As for [`Cross`].
pub(crate) unsafe fn cross_never(_: NonNull<Envelope>, _: &mut Departure<'_>) {
    unreachable!("nobody sends a bell to another node");
}

/// Of a `Control`, which is neither lost nor repeated. But a node that has crashed tells of ends alone.
///
/// # Safety
/// As for [`Cross`].
pub(crate) unsafe fn cross_control(envelope: NonNull<Envelope>, departure: &mut Departure<'_>) {
    // SAFETY: the caller's, in no mailbox.
    let signal: &ExitSignal = unsafe { &envelope.cast::<Control>().as_ref().signal };
    let tells_of_an_end = matches!(signal, ExitSignal::Linked { .. });
    if tells_of_an_end || departure.setting.is_up(departure.way.from) {
        departure.decide(false);
        departure.leaving.push(envelope);
        return;
    }
    departure.note_lost(envelope.addr().get());
    // SAFETY: the caller's, in no mailbox.
    unsafe { Envelope::discard(envelope, &CallError::Stalled) };
}

/// Of a `Cast<P>`.
///
/// # Safety
/// As for [`Cross`].
pub(crate) unsafe fn cross_cast<P: Parcel>(envelope: NonNull<Envelope>, departure: &mut Departure<'_>) {
    let place = envelope.addr().get();
    // SAFETY: the caller's, in no mailbox.
    let parcel: &P = unsafe { &envelope.cast::<Cast<P>>().as_ref().parcel };
    let spare = copy(parcel);
    let copies = departure.decide(spare.is_some());
    if copies > 0 {
        let spares = spare.into_iter().chain(iter::from_fn(|| copy(parcel))).take(copies - 1);
        spares.for_each(|spare| departure.leave(Cast::pack(spare), place));
        departure.leave(envelope, place);
        return;
    }
    departure.note_lost(place);
    // SAFETY: the caller's, in no mailbox, and nothing refers to it any more.
    let parcel = unsafe { Cast::<P>::take_back(envelope) };
    departure.setting.lose(WITH_ITS_MESSAGE, (parcel, spare));
}

/// Of a `Request<P>`: its promise stays, and what goes has another one, whose reply comes back the same way.
///
/// # Safety
/// As for [`Cross`].
pub(crate) unsafe fn cross_request<P: Parcel>(envelope: NonNull<Envelope>, departure: &mut Departure<'_>) {
    let place = envelope.addr().get();
    // SAFETY: the caller's, opened once.
    let (context, parcel, replier) = unsafe { Request::<P>::open(envelope) };
    let receiver = replier.slot().receiver.expect("a request is for an actor");
    // From now on nobody knows here whether it has begun.
    replier.slot().progress.start();
    let spare = copy(&parcel);
    let copies = departure.decide(spare.is_some());
    let owe =
        |copies| Arc::new(Owed { replier: Mutex::new(Some(replier)), copies: AtomicUsize::new(copies) });
    if copies == 0 {
        owe(1).lose(departure.setting, || departure.setting.loss(departure.way));
        return departure.setting.lose(WITH_ITS_MESSAGE, (parcel, spare));
    }
    let (machine, back) = (departure.setting.machine(), departure.way.back());
    let answer = (P::name as fn() -> _, parcel.shows_reply());
    let mut all: Vec<P> = spare.into_iter().take(copies - 1).collect();
    all.extend(iter::from_fn(|| copy(&parcel)).take(copies - 1 - all.len()));
    all.push(parcel);
    let owed = owe(all.len());
    for parcel in all {
        let (envelope, promise) = Request::pack_from_afar(receiver, context.clone(), parcel);
        departure.leave(envelope, place);
        let owed = Arc::clone(&owed);
        promise.when_ready(move |mut promise| go_back(machine, back, owed, promise.take(), answer));
    }
}

/// What the user's code makes, which may panic.
fn copy<P: Parcel>(parcel: &P) -> Option<P> {
    panics::catch(|| parcel.duplicate()).ok().flatten()
}
