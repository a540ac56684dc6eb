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
use std::ptr::NonNull;
use std::time::Duration;

use greenroom_scheduler::{TimerId, Wake, WakeNode};
use greenroom_stackful::{self as stackful, Stack, StackPool, StackSize, Suspender};

use crate::cell::Header;
use crate::error::ExitReason;
use crate::panics;
use crate::reply::Unanswered;
use crate::wait::{Wait, Woken};
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
    pub(crate) next_free: Cell<Option<NonNull<Coroutine>>>,

    // What it runs.
    actor: Cell<Option<NonNull<Header>>>,
    unanswered: Cell<Option<Unanswered>>,
    exit: Cell<Option<ExitReason>>,
    has_exit: Cell<bool>,
    /// The slot that a caller by hand-off has turned to, because this coroutine suspended.
    pub(crate) promoted: Cell<Option<NonNull<()>>>,

    // What it waits for.
    wait: Cell<Option<NonNull<dyn Wait>>>,
    timer: Cell<Option<TimerId>>,
    woken: Cell<Woken>,
    suspended: Cell<bool>,
    cancelled: Cell<bool>,
}

/// Why a coroutine came back to whoever resumed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Event {
    /// The loop found nothing to do.
    Idle,
    /// The loop found a coroutine to resume, left in [`Worker::next`].
    Resume,
    /// The loop was told to stop.
    Stop,
    /// One turn of a simulated loop is over.
    Turned,
    /// The errand is done.
    Finished,
    /// It suspended in the middle of a handler; its wait is still to be armed.
    Suspended,
}

impl Event {
    fn from_word(word: usize) -> Event {
        const EVENTS: [Event; 6] =
            [Event::Idle, Event::Resume, Event::Stop, Event::Turned, Event::Finished, Event::Suspended];
        EVENTS[word]
    }
}

/// Something to do once, on a stack of its own, for someone who waits for it.
#[repr(C)]
pub(crate) struct Errand {
    /// Called with the errand's own address. It may be gone when a suspension comes back.
    pub(crate) run: unsafe fn(*mut Errand, &Coroutine),
}

/// What a coroutine from the pool is resumed with: these, or an errand's address.
const LOOP: usize = 0;
const END: usize = 1;

impl Coroutine {
    /// A new coroutine on `stack`, free.
    pub(crate) fn create(worker: &Worker, stack: Stack, size: StackSize) -> NonNull<Coroutine> {
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
                actor: Cell::new(None),
                unanswered: Cell::new(None),
                exit: Cell::new(None),
                has_exit: Cell::new(false),
                promoted: Cell::new(None),
                wait: Cell::new(None),
                timer: Cell::new(None),
                woken: Cell::new(Woken::Ready),
                suspended: Cell::new(false),
                cancelled: Cell::new(false),
            };
            block.body(suspender);
        });
        let address = machine.resume(0).expect("a new coroutine gives its block's address");
        let block = NonNull::new(std::ptr::with_exposed_provenance_mut::<Coroutine>(address))
            .expect("a block is not at address zero");
        // SAFETY: the block lives on its stack until `destroy`; only resumers use this field.
        unsafe { (*block.as_ref().machine.get()).write(machine) };
        block
    }

    fn body(&self, suspender: &Suspender) {
        let mut command = suspender.suspend((&raw const *self).expose_provenance());
        loop {
            let event = match command {
                LOOP => self.worker().run_loop(self),
                END => return,
                errand => {
                    let errand = std::ptr::with_exposed_provenance_mut::<Errand>(errand);
                    // SAFETY: the sender keeps the errand until this coroutine suspends or finishes.
                    let run = unsafe { (*errand).run };
                    // SAFETY: as above.
                    unsafe { run(errand, self) };
                    Event::Finished
                }
            };
            command = suspender.suspend(event as usize);
        }
    }

    /// Ends a free coroutine and gives its stack back.
    ///
    /// # Safety
    /// It is free, on its worker's thread, and not used afterwards.
    pub(crate) unsafe fn destroy(block: NonNull<Coroutine>) -> Stack {
        // SAFETY: written by `create`; read out once, as the caller says.
        let mut machine = unsafe { (*block.as_ref().machine.get()).assume_init_read() };
        let end = machine.resume(END);
        debug_assert!(end.is_none(), "a coroutine in the pool ends when it is told to");
        machine.into_stack()
    }

    /// Switches to it, and comes back with what it has to say.
    ///
    /// # Safety
    /// It is free or suspended and not in a resume list, and this is its worker's thread.
    #[inline]
    unsafe fn switch_to(&self, command: usize) -> Event {
        let worker = self.worker();
        let before = worker.current.replace(self);
        // SAFETY: not running, so nobody else has this side of the switch.
        let machine = unsafe { (*self.machine.get()).assume_init_mut() };
        let word = machine.resume(command).unwrap_or(Event::Finished as usize);
        worker.current.set(before);
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
    /// As for `switch_to`, and free. The errand stays until it finishes or suspends.
    #[inline]
    pub(crate) unsafe fn send(&self, errand: *mut Errand) -> Event {
        // SAFETY: the caller says so.
        unsafe { self.switch_to(errand.expose_provenance()) }
    }

    /// Suspends the coroutine that calls it until `wait` wakes it, or for `limit`.
    ///
    /// The caller has asked [`Worker::may_wait`]. Unwinds if the coroutine is cancelled meanwhile.
    pub(crate) fn suspend(&self, wait: &dyn Wait, limit: Option<Duration>) -> Woken {
        debug_assert!(
            std::ptr::eq(self.worker().current.get(), self),
            "only code on it suspends a coroutine"
        );
        // SAFETY: the wait lives in a frame of this stack, which stays as it is while it is suspended; only
        // the lifetime in its type is forgotten.
        let wait: NonNull<dyn Wait> = unsafe { std::mem::transmute(NonNull::from(wait)) };
        self.wait.set(Some(wait));
        self.woken.set(Woken::Ready);
        let scheduler = &self.worker().scheduler;
        self.timer.set(limit.map(|limit| scheduler.start_timer(limit, self.as_wake())));
        self.suspended.set(true);
        self.worker().suspended.update(|count| count + 1);
        // SAFETY: the suspender lives as long as the body that was called with it, which calls this.
        unsafe { &*self.suspender }.suspend(Event::Suspended as usize);
        self.suspended.set(false);
        self.worker().suspended.update(|count| count - 1);
        self.wait.set(None);
        if let Some(timer) = self.timer.take() {
            scheduler.cancel_timer(timer);
        }
        if self.cancelled.get() {
            panics::unwind();
        }
        self.woken.get()
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

    /// Has it unwind when it is next resumed. True: it is to be resumed now; false: it is being woken.
    pub(crate) fn cancel(&self) -> bool {
        self.cancelled.set(true);
        self.interrupt(Woken::TimedOut)
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
        let (worker, wake) = unsafe { (&*(*block).worker, (*block).as_wake()) };
        worker.wake_from_anywhere(wake);
    }

    pub(crate) fn as_wake(&self) -> Wake {
        NonNull::from(self).cast()
    }

    /// The coroutine that a resume list names.
    ///
    /// # Safety
    /// The wake is a coroutine's of this worker.
    pub(crate) unsafe fn from_wake<'a>(wake: Wake) -> &'a Coroutine {
        // SAFETY: `wake` is the first field of a coroutine.
        unsafe { wake.cast::<Coroutine>().as_ref() }
    }

    pub(crate) fn worker(&self) -> &Worker {
        // SAFETY: a worker outlives its coroutines.
        unsafe { &*self.worker }
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended.get()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.get()
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
        let machine = unsafe { (*self.machine.get()).assume_init_mut() };
        stacks.recycle(machine);
    }

    /// The actor whose handler runs on it.
    #[inline]
    pub(crate) fn actor(&self) -> Option<NonNull<Header>> {
        self.actor.get()
    }

    #[inline]
    pub(crate) fn set_actor(&self, actor: Option<NonNull<Header>>) {
        self.actor.set(actor);
    }

    pub(crate) fn set_unanswered(&self, unanswered: Unanswered) {
        self.unanswered.set(Some(unanswered));
    }

    pub(crate) fn take_unanswered(&self) -> Option<Unanswered> {
        self.unanswered.take()
    }

    /// Has the running actor end after this message. The first reason stays.
    pub(crate) fn set_exit(&self, reason: ExitReason) {
        if !self.has_exit.replace(true) {
            self.exit.set(Some(reason));
        }
    }

    #[inline]
    pub(crate) fn has_exit(&self) -> bool {
        self.has_exit.get()
    }

    pub(crate) fn take_exit(&self) -> Option<ExitReason> {
        self.has_exit.set(false);
        self.exit.take()
    }
}
