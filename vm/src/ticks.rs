//! What timers send: the parcel that shows its ticket when it is reached, and the modes that have methods sent later.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock;
use crate::coroutine::Coroutine;
use crate::interface::{Active, FromTarget};
use crate::method::{Carried, Method};
use crate::mode::{Carries, Fallible, Mode};
use crate::parcel::Parcel;
use crate::refs::Ref;
use crate::reply::Replier;
use crate::room;
use crate::target::StrongTo;
use crate::timer::{Ticket, Timer};
use crate::visit::Visit;

/// A parcel that is made where it is handled, if its ticket allows it then.
struct Ticked<P, F> {
    ticket: Shown,
    make: F,
    parcel: PhantomData<fn() -> P>,
}

impl<P: Parcel, F: FnOnce() -> P + Send + 'static> Parcel for Ticked<P, F> {
    type Receiver = P::Receiver;
    type Reply = ();
    const MAY_VISIT: bool = false;

    fn name() -> &'static str {
        P::name()
    }

    unsafe fn serve(self, state: *mut (), coroutine: &Coroutine, _owed: Option<Replier<()>>) {
        if self.ticket.0.begin() {
            // SAFETY: the caller says so.
            unsafe { (self.make)().serve(state, coroutine, None) }
        }
    }

    fn visit(_visit: Visit<'_, Self, ()>) {
        unreachable!("a tick is never visited");
    }
}

/// Sends a parcel once, after `delay`.
pub(crate) fn send_once<P: Parcel>(to: &StrongTo<P::Receiver>, delay: Duration, parcel: P) -> Timer {
    let (target, mut parcel) = (to.target(), Some(parcel));
    clock::start(&to.raw(), delay, None, move |to, ticket| {
        if let Some(parcel) = parcel.take() {
            room::send_tick(to, target, ticked(ticket, move || parcel));
        }
    })
}

/// Sends what `make` makes of a clone of `content`, first after `first` and then every `period`.
pub(crate) fn send_repeatedly<C, P, F>(
    to: &StrongTo<P::Receiver>,
    (first, period): (Duration, Duration),
    content: C,
    make: F,
) -> Timer
where
    C: Clone + Send + 'static,
    P: Parcel,
    F: Fn(C) -> P + Copy + Send + 'static,
{
    // Cloned where it is handled: a user's `clone` on the clock's thread could hold up all timers of the machine. The lock
    // is never waited for, since an actor handles one message at a time.
    let (target, content) = (to.target(), Arc::new(Mutex::new(content)));
    clock::start(&to.raw(), first, Some(period), move |to, ticket| {
        let content = Arc::clone(&content);
        room::send_tick(to, target, ticked(ticket, move || make(content.lock().clone())));
    })
}

fn ticked<P, F: FnOnce() -> P>(ticket: &Ticket, make: F) -> Ticked<P, F> {
    Ticked { ticket: Shown(ticket.clone()), make, parcel: PhantomData }
}

/// The ticket of one message. A timer whose only message is gone, handled or dropped for want of room, is over.
struct Shown(Ticket);

impl Drop for Shown {
    fn drop(&mut self) {
        if !self.0.repeats() {
            self.0.end();
        }
    }
}

/// The views of a reference that have a method sent later: they give a [`Timer`]. See there for what all timers have in
/// common.
impl<T: Active + ?Sized> Ref<T> {
    /// Sends the method once `delay` has passed.
    ///
    /// ```
    /// use greenroom::prelude::*;
    /// use std::time::Duration;
    /// struct Door { open: bool }
    /// #[actor]
    /// impl Door {
    ///     fn close(&mut self) { self.open = false }
    ///     fn is_open(&self) -> bool { self.open }
    /// }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// let door = vm.spawn(Door { open: true });
    /// door.after(Duration::from_millis(2)).close();
    /// while door.is_open()? {
    ///     sleep(Duration::from_millis(1))?;
    /// }
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn after(&self, delay: Duration) -> T::Proxy<After<'_>> {
        T::Proxy::from_target(Later { to: self, delay })
    }

    /// Sends the method every `period`, the first time once a period has passed, without drift: see
    /// [`send_every`](Self::send_every). A `#[parallel]` method begins with every tick, however many before it still wait.
    ///
    /// # Panics
    /// The method's, if the period is zero.
    pub fn every(&self, period: Duration) -> T::Proxy<Every<'_>> {
        T::Proxy::from_target(Repeated { to: self, times: (period, period) })
    }

    /// As [`every`](Self::every), and once at once, by the caller: in order with whatever else it sends.
    ///
    /// # Panics
    /// As for `every`.
    pub fn now_and_every(&self, period: Duration) -> T::Proxy<Every<'_>> {
        T::Proxy::from_target(Repeated { to: self, times: (Duration::ZERO, period) })
    }
}

/// Once, later.
pub struct After<'a>(PhantomData<&'a ()>);

/// What an [`After`] is sent to.
pub struct Later<'a, T: ?Sized> {
    to: &'a Ref<T>,
    delay: Duration,
}

impl<'a> Mode for After<'a> {
    type Target<T: ?Sized + 'static> = Later<'a, T>;
    type Reply<R: Send + 'static> = Timer;
    type TryReply<R: Fallible> = Timer;
    type Cast = Timer;
}

impl<'a, A: Send + 'static> Carries<A> for After<'a> {
    fn reply<T, X>(later: &Later<'a, T>, method: X, arguments: A) -> Timer
    where
        T: ?Sized + 'static,
        X: Method<T, A>,
    {
        send_once(later.to.to(), later.delay, later.to.carried(method, arguments))
    }

    fn try_reply<T, X>(later: &Later<'a, T>, method: X, arguments: A) -> Timer
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>,
    {
        Self::reply(later, method, arguments)
    }

    fn cast<T, X>(later: &Later<'a, T>, method: X, arguments: A) -> Timer
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>,
    {
        Self::reply(later, method, arguments)
    }
}

/// Again and again.
pub struct Every<'a>(PhantomData<&'a ()>);

/// What an [`Every`] is sent to.
pub struct Repeated<'a, T: ?Sized> {
    to: &'a Ref<T>,
    times: (Duration, Duration),
}

impl<'a> Mode for Every<'a> {
    type Target<T: ?Sized + 'static> = Repeated<'a, T>;
    type Reply<R: Send + 'static> = Timer;
    type TryReply<R: Fallible> = Timer;
    type Cast = Timer;
}

impl<'a, A: Clone + Send + 'static> Carries<A> for Every<'a> {
    fn reply<T, X>(repeated: &Repeated<'a, T>, method: X, arguments: A) -> Timer
    where
        T: ?Sized + 'static,
        X: Method<T, A>,
    {
        let to = repeated.to.to();
        let target = to.target();
        let carry = move |arguments| Carried { target, arguments, method };
        send_repeatedly(to, repeated.times, arguments, carry)
    }

    fn try_reply<T, X>(repeated: &Repeated<'a, T>, method: X, arguments: A) -> Timer
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply: Fallible>,
    {
        Self::reply(repeated, method, arguments)
    }

    fn cast<T, X>(repeated: &Repeated<'a, T>, method: X, arguments: A) -> Timer
    where
        T: ?Sized + 'static,
        X: Method<T, A, Reply = ()>,
    {
        Self::reply(repeated, method, arguments)
    }
}
