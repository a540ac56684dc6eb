//! The control block of a coroutine: what it runs, what it waits for, and how it is woken.
//!
//! A block lies at the top of its own stack, so a suspended handler costs one page and nothing else. It
//! belongs to one worker for life: it is resumed, woken, unwound and freed on that worker's thread.
//!
//! | state     | where it is                                           | who may touch it                    |
//! |-----------|-------------------------------------------------------|-------------------------------------|
//! | free      | at its first suspension, in the worker's pool         | the worker                          |
//! | running   | current, or below the current one as its resumer      | code on its stack                   |
//! | suspended | in the middle of a handler, published by its [`Wait`] | the worker; wakers: `wake` alone    |
//!
//! A coroutine does one of two things when it is resumed from the pool: the worker's loop, or an
//! [`Errand`], after which it goes back to the one who sent it.

use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::time::Duration;

use greenroom_scheduler::{TimerId, Wake, WakeNode};
use greenroom_stackful::{self as stackful, Stack, StackPool, StackSize, Suspender};

use crate::bound::Bound;
use crate::environment::NodeId;
use crate::errand::{self, Errand, Event};
use crate::handling::Handling;
use crate::hooks;
use crate::refusal::Refusals;
use crate::trace::events;
use crate::wait::{Awake, Wait, Woken};
use crate::worker::Worker;

/// See the head of this file. `wake` comes first: the scheduler knows a coroutine by that field.
#[repr(C)]
pub(crate) struct Coroutine {
    wake: WakeNode,
    worker: *const Worker,
    suspender: *const Suspender,
    /// The worker's side of the switch; used by whoever resumes, never by code on this stack.
    machine: UnsafeCell<MaybeUninit<stackful::Coroutine>>,
    pub(crate) size: StackSize,
    /// Where it stands in the worker's list of all its coroutines.
    pub(crate) place: Cell<usize>,
    /// The next one in the worker's list of free ones.
    pub(crate) next_free: Cell<Option<Handle>>,

    /// What it runs, and for whom.
    handling: Handling,

    // What it waits for.
    wait: Cell<Option<NonNull<dyn Wait>>>,
    timer: Cell<Option<TimerId>>,
    woken: Cell<Woken>,
    suspended: Cell<bool>,
    /// What keeps it from waiting.
    pub(crate) refusals: Refusals,
    /// The simulated node on whose behalf its handler acts, if not on that of its own.
    pub(crate) acts_on: Cell<Option<NodeId>>,
}

/// What a coroutine from the pool is resumed with: these, or an errand's address.
const LOOP: usize = 0;
const END: usize = 1;

impl Coroutine {
    /// A new coroutine on `stack`, free.
    pub(crate) fn create(worker: &Worker, stack: Stack, size: StackSize) -> Handle {
        let worker: *const Worker = worker;
        let mut machine = stackful::Coroutine::new(stack, move |suspender, _| {
            let block = Coroutine {
                wake: WakeNode::new(),
                worker,
                suspender,
                machine: UnsafeCell::new(MaybeUninit::uninit()),
                size,
                place: Cell::new(0),
                next_free: Cell::new(None),
                handling: Handling::new(),
                wait: Cell::new(None),
                timer: Cell::new(None),
                woken: Cell::new(Woken::Ready),
                suspended: Cell::new(false),
                refusals: Refusals::default(),
                acts_on: Cell::new(None),
            };
            block.body(suspender);
        });
        let address = machine.resume(0).expect("a new coroutine gives its block's address");
        let block = NonNull::new(ptr::with_exposed_provenance_mut::<Coroutine>(address));
        let handle = Handle(block.expect("a block is not at address zero"));
        // SAFETY: only resumers use this field, and this is the only one yet.
        unsafe { &mut *handle.machine.get() }.write(machine);
        handle
    }

    fn body(&self, suspender: &Suspender) {
        let mut command = suspender.suspend((&raw const *self).expose_provenance());
        loop {
            let event = match command {
                LOOP => self.worker().run_loop(self),
                END => return,
                address => {
                    // SAFETY: the sender keeps the errand until this coroutine suspends or finishes.
                    unsafe { errand::begin(address, self) };
                    Event::Finished
                }
            };
            command = suspender.suspend(event as usize);
        }
    }

    /// Switches to it, and comes back with what it has to say.
    ///
    /// # Safety
    /// It is free or suspended and not in a resume list, and this is its worker's thread.
    #[inline]
    unsafe fn switch_to(&self, command: usize) -> Event {
        let worker = self.worker();
        let before = worker.board.current();
        worker.board.set_current(Some(Handle(NonNull::from(self))));
        // SAFETY: not running, so nobody else has this side of the switch.
        let machine = unsafe { &mut *self.machine.get() };
        // SAFETY: written by `create`, before anyone had the handle.
        let machine = unsafe { machine.assume_init_mut() };
        let word = machine.resume(command).unwrap_or(Event::Finished as usize);
        worker.board.set_current(before);
        Event::from_word(word)
    }

    /// Lets it run the worker's loop, from the pool, or go on where it suspended.
    ///
    /// # Safety
    /// As for `switch_to`.
    #[inline]
    pub(crate) unsafe fn resume(&self) -> Event {
        // SAFETY: the caller says so.
        unsafe { self.switch_to(LOOP) }
    }

    /// Sends it, from the pool, on an errand.
    ///
    /// # Safety
    /// As for `switch_to`, and free.
    #[inline]
    pub(crate) unsafe fn send<T, F>(&self, errand: &mut Errand<T, F>) -> Event {
        // SAFETY: the caller says so.
        unsafe { self.switch_to((&raw mut *errand).expose_provenance()) }
    }

    /// Suspends the coroutine that calls it until `wait` wakes it, or for `limit`.
    ///
    /// The caller has asked [`Worker::may_wait`]. Unwinds if the coroutine is cancelled meanwhile.
    pub(crate) fn suspend(&self, wait: &dyn Wait, limit: Option<Duration>) -> Woken {
        debug_assert!(
            self.worker().coroutine().is_some_and(|running| ptr::eq(running, self)),
            "only code on it suspends a coroutine"
        );
        if let Some(right) = self.take_right() {
            // First: who is killed as soon as the right is free looks for this.
            self.mark_waits_beside();
            right.let_go(self.worker());
        }
        let bound = Bound::of(self, wait);
        // SAFETY: the wait lives in a frame of this stack, which stays as it is while it is suspended; only
        // the lifetime in its type is forgotten.
        let wait: NonNull<dyn Wait> = unsafe { std::mem::transmute(NonNull::from(wait)) };
        self.wait.set(Some(wait));
        self.woken.set(Woken::Ready);
        let limit = if hooks::are_any() { self.tell_suspended(limit) } else { limit };
        let scheduler = &self.worker().scheduler;
        self.timer.set(limit.map(|limit| scheduler.start_timer(limit, self.as_wake())));
        self.suspended.set(true);
        self.worker().suspended.update(|count| count + 1);
        // SAFETY: the suspender lives as long as the body that was called with it, which calls this.
        unsafe { &*self.suspender }.suspend(Event::Suspended as usize);
        self.suspended.set(false);
        self.worker().suspended.update(|count| count - 1);
        if hooks::are_any() {
            events::resumed(self);
        }
        self.wait.set(None);
        if let Some(timer) = self.timer.take() {
            scheduler.cancel_timer(timer);
        }
        bound.go_on();
        self.woken.get()
    }

    /// For those who look twice. Says as well how long the limit is by the machine's clock.
    #[cold]
    fn tell_suspended(&self, limit: Option<Duration>) -> Option<Duration> {
        events::suspended(self);
        limit.map(|limit| self.worker().by_node_clock(limit))
    }

    /// Publishes the wait of a coroutine that has just left its stack. False: it need not wait.
    pub(crate) fn arm(&self) -> bool {
        let wait = self.wait.get().expect("a suspended coroutine waits for something");
        // SAFETY: the wait lives in the suspended stack.
        unsafe { wait.as_ref() }.arm()
    }

    /// Its timer has fired. True: it is to be resumed; false: it is being woken already.
    pub(crate) fn time_out(&self) -> bool {
        self.timer.set(None);
        self.interrupt(Woken::TimedOut)
    }

    /// As [`time_out`](Self::time_out), for one that is resumed later. Nobody else wakes it until then.
    pub(crate) fn time_out_ahead(&self) -> bool {
        let is_ours = self.time_out();
        if is_ours {
            let awake: &'static dyn Wait = &Awake;
            self.wait.set(Some(NonNull::from(awake)));
        }
        is_ours
    }

    /// Has it unwind when it is next resumed. True: it is to be resumed now; false: it is being woken.
    pub(crate) fn cancel(&self) -> bool {
        if self.refusals.is_cancelled() {
            return false;
        }
        self.refuse_to_wait();
        let is_ours = self.interrupt(Woken::TimedOut);
        if is_ours && let Some(timer) = self.timer.take() {
            self.worker().scheduler.cancel_timer(timer);
        }
        is_ours
    }

    /// Whatever runs here until its handler has come to its end may wait no more.
    pub(crate) fn refuse_to_wait(&self) {
        self.refusals.cancel();
        self.handling.note_cancelled();
    }

    fn interrupt(&self, woken: Woken) -> bool {
        let wait = self.wait.get().expect("a suspended coroutine waits for something");
        // SAFETY: the wait lives in the suspended stack.
        let disarmed = unsafe { wait.as_ref() }.disarm();
        if disarmed {
            self.woken.set(woken);
        }
        disarmed
    }

    /// Wakes it, from any thread. It may be gone when this returns.
    ///
    /// # Safety
    /// It waits, and the caller is the one that its wait chose to wake it.
    pub(crate) unsafe fn wake(block: *const Coroutine) {
        // SAFETY: it waits to be woken by this, so it is there.
        let block = unsafe { &*block };
        block.worker().wake_from_anywhere(block.as_wake());
    }

    pub(crate) fn as_wake(&self) -> Wake {
        NonNull::from(self).cast()
    }

    pub(crate) fn worker(&self) -> &Worker {
        // SAFETY: a worker outlives its coroutines.
        unsafe { &*self.worker }
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended.get()
    }

    /// Whether it has run into its yellow zone since it was last [recycled](Self::recycle).
    #[inline]
    pub(crate) fn has_overflowed(&self) -> bool {
        // SAFETY: the suspender lives as long as the body that was called with it.
        unsafe { &*self.suspender }.overflowed()
    }

    /// Gives a free coroutine that overflowed its guard back.
    ///
    /// # Safety
    /// It does not run, and this is its worker's thread.
    pub(crate) unsafe fn recycle(&self, stacks: &mut StackPool) {
        // SAFETY: not running, so nobody else has this side of the switch.
        let machine = unsafe { &mut *self.machine.get() };
        // SAFETY: written by `create`, before anyone had the handle.
        let machine = unsafe { machine.assume_init_mut() };
        stacks.recycle(machine);
    }

    /// The handler that runs here does something on behalf of a node, also where it goes on after a wait.
    pub(crate) fn act_on<R>(&self, node: NodeId, act: impl FnOnce() -> R) -> R {
        struct Before<'a>(&'a Coroutine, Option<NodeId>);
        impl Drop for Before<'_> {
            fn drop(&mut self) {
                self.0.acts_on.set(self.1);
            }
        }
        let _before = Before(self, self.acts_on.replace(Some(node)));
        act()
    }

    /// The actor rests, or has ended.
    #[inline]
    pub(crate) fn leave(&self) {
        if self.handling.leave() {
            self.refusals.pardon();
        }
    }

    /// What was cancelled here is over, and what goes on is something else.
    pub(crate) fn pardon(&self) {
        self.refusals.pardon();
        self.handling.strike_cancelled();
    }
}

/// What runs on a coroutine is asked of it.
impl Deref for Coroutine {
    type Target = Handling;

    #[inline]
    fn deref(&self) -> &Handling {
        &self.handling
    }
}

/// A coroutine, as its worker knows it: good until it is [destroyed](Self::destroy).
#[derive(Clone, Copy)]
pub(crate) struct Handle(NonNull<Coroutine>);

impl Handle {
    /// The coroutine that a resume list or a timer names.
    ///
    /// # Safety
    /// The wake is a coroutine's of this worker.
    pub(crate) unsafe fn from_wake(wake: Wake) -> Self {
        Handle(wake.cast())
    }

    /// None if it is null.
    #[inline]
    pub(crate) fn from_raw(block: *mut Coroutine) -> Option<Self> {
        NonNull::new(block).map(Handle)
    }

    #[inline]
    pub(crate) fn into_raw(self) -> *mut Coroutine {
        self.0.as_ptr()
    }

    /// Its block, which outlives every handler that runs on it, and every copy of the handle.
    #[inline]
    pub(crate) fn block<'a>(self) -> &'a Coroutine {
        // SAFETY: it lives, at the top of its own stack, until `destroy`, whose caller answers for the rest.
        unsafe { self.0.as_ref() }
    }

    /// Ends a free coroutine and gives its stack back.
    ///
    /// # Safety
    /// It is free, this is its worker's thread, and no copy of the handle is used afterwards.
    pub(crate) unsafe fn destroy(self) -> Stack {
        // SAFETY: not running, so nobody else has this side of the switch.
        let machine = unsafe { &*self.machine.get() };
        // SAFETY: written by `create`, and read out once, as the caller says.
        let mut machine = unsafe { machine.assume_init_read() };
        let end = machine.resume(END);
        debug_assert!(end.is_none(), "a coroutine in the pool ends when it is told to");
        machine.into_stack()
    }
}

impl Deref for Handle {
    type Target = Coroutine;

    #[inline]
    fn deref(&self) -> &Coroutine {
        self.block()
    }
}
