//! The machine's side of a worker: coroutines, the loop that they run, and the way from one to the next.
//!
//! The scheduler decides what comes next; here it is done. **The loop runs on a coroutine**, not on the thread's
//! own stack, so a handler that does not wait costs no switch at all: messages are handled by plain
//! function calls, on a hot stack. Only when a handler suspends does the thread's own stack come in: it publishes
//! the wait, takes another coroutine from the pool, and that one goes on with the loop.
//!
//! ```text
//! thread's stack   step() ──resume──► loop on coroutine 1: turn, run, turn, run… handler suspends
//!                  step() ◄──────────────────────────────────────────────────────────┘
//!                  arm its wait; take coroutine 2 ──resume──► loop goes on there…
//!                  …finds coroutine 1 in the resume list: 2 goes to the pool, 1 goes on
//! ```
//!
//! One step function serves both worlds: the real one parks between steps, the simulated one
//! steps the next worker.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

use greenroom_scheduler::{self as scheduler, Lane, Turn, Wake};
use greenroom_stackful::{BigStack, StackSize};

use crate::board::Board;
use crate::core::Core;
use crate::coroutine::{Coroutine, Handle};
use crate::errand::{Errand, Event};
use crate::error::CallError;
use crate::handle::Runnable;
pub(crate) use crate::here::{Here, current};
use crate::hooks;
use crate::id::Home;
use crate::memory::FreeBlocks;
use crate::order::Notices;
use crate::pool::Coroutines;
use crate::threads::Outfit;
use crate::trace::events;
use crate::wait::give_way;

/// See the head of this file.
pub(crate) struct Worker {
    pub(crate) scheduler: scheduler::Worker,
    pub(crate) core: Arc<Core>,
    /// The machine's number, at hand for every send.
    pub(crate) machine: usize,
    /// Whose actors it may run at its own choice: its machine's, or none if it runs one actor's own thread.
    pub(crate) home: Home,
    /// Where in the registry the actors are entered that its handlers spawn.
    pub(crate) shard: usize,
    /// Which coroutine's code runs, and whose.
    pub(crate) board: Board,
    /// The one that is to run the loop at the next step.
    on_duty: Cell<Option<Handle>>,
    /// The one that the loop has found to resume.
    pub(crate) next: Cell<Option<Handle>>,
    pub(crate) coroutines: Coroutines,
    /// How many of them are suspended in the middle of a handler.
    pub(crate) suspended: Cell<usize>,
    /// Calls until the caller asks whether others wait.
    breath: Cell<u32>,
    /// The machine stops, and every handler that is resumed unwinds.
    pub(crate) winds_down: Cell<bool>,
    big_stack: BigStack,
    pub(crate) free_blocks: FreeBlocks,
    /// The number of orders that what runs here has been told of.
    pub(crate) orders_seen: Cell<u32>,
    pub(crate) notices: Arc<Notices>,
    /// What it has charged to the machine's `queue_memory`, and not handed over.
    pub(crate) queue_balance: Cell<isize>,
    /// What an environment has chosen to come next.
    pub(crate) chosen: Cell<Option<Turn>>,
}

/// A handler that calls in a loop lets others go first once in so many calls, if others wait.
const CALLS_A_BREATH: u32 = 64;

/// What a step ended with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something was done.
    Busy,
    /// There is nothing to do.
    Idle,
    /// The machine stops.
    Stop,
}

impl Worker {
    pub(crate) fn new(scheduler: scheduler::Worker, core: Arc<Core>, outfit: Outfit) -> Self {
        let Outfit { big_stack, coroutines } = outfit;
        let notices = Notices::new(scheduler.scheduler().clone(), scheduler.index());
        Worker {
            home: Home::shared(core.machine),
            shard: scheduler.index(),
            scheduler,
            machine: core.machine,
            core,
            board: Board::new(),
            on_duty: Cell::new(None),
            next: Cell::new(None),
            coroutines,
            suspended: Cell::new(0),
            breath: Cell::new(CALLS_A_BREATH),
            winds_down: Cell::new(false),
            big_stack,
            free_blocks: FreeBlocks::new(),
            queue_balance: Cell::new(0),
            chosen: Cell::new(None),
            orders_seen: Cell::new(0),
            notices,
        }
    }

    /// The real world: steps until the machine stops, and parks when there is nothing to do.
    pub(crate) fn run(&self) {
        loop {
            match self.step() {
                Step::Busy => {}
                Step::Idle if hooks::are_any() => events::park(self),
                Step::Idle => self.scheduler.park(),
                Step::Stop => break,
            }
        }
        self.wind_down();
    }

    /// Lets the coroutine on duty run the loop until something has to be done on the thread's own stack.
    pub(crate) fn step(&self) -> Step {
        let _here = Here::enter(self);
        let on_duty = self.on_duty.take().unwrap_or_else(|| {
            // Its outfit has one for the very first step, and `may_wait` keeps one in reserve for each that follows.
            self.take_coroutine(StackSize::KIB_64).expect("the loop's stack is there before it is wanted")
        });
        // SAFETY: it is free, or was found in the resume list, and this is its thread.
        let event = unsafe { on_duty.resume() };
        match event {
            Event::Suspended => {
                self.publish(on_duty);
                return Step::Busy;
            }
            Event::Resume => {
                let next = self.next.take().expect("the loop leaves what it found to resume");
                self.put_coroutine(on_duty);
                self.on_duty.set(Some(next));
                return Step::Busy;
            }
            Event::Finished if on_duty.size != StackSize::KIB_64 => {
                // An errand on a stack of another size has come to its end; the loop runs on the common one.
                self.put_coroutine(on_duty);
                return Step::Busy;
            }
            Event::Idle | Event::Stop | Event::Turned | Event::Finished => {}
        }
        self.on_duty.set(Some(on_duty));
        self.mend(on_duty);
        match event {
            Event::Idle => {
                self.tidy(on_duty);
                Step::Idle
            }
            Event::Stop => Step::Stop,
            _ => Step::Busy,
        }
    }

    /// With nothing else to do: measures the stack that all handlers ran on, and gives back what a deep one used.
    #[cold]
    fn tidy(&self, on_duty: Handle) {
        if !self.core.is_simulated() {
            self.coroutines.mend(on_duty);
            self.scheduler.counters().stack_high_water.raise_to(self.coroutines.stack_peak() as u64);
        }
    }

    /// Publishes the wait of a coroutine that has left its stack; resumes it later if it need not wait.
    pub(crate) fn publish(&self, coroutine: Handle) {
        if !coroutine.arm() {
            self.scheduler.wake(coroutine.as_wake());
        }
    }

    /// Runs an errand on a stack of its own. If it suspends it goes on by itself; the coroutine that has it is given
    /// to `parted` before its wait is published.
    ///
    /// # Errors
    /// If no stack can be had; then the errand has not begun.
    #[inline]
    pub(crate) fn send<T, F>(
        &self,
        size: StackSize,
        errand: &mut Errand<T, F>,
        parted: impl FnOnce(&Coroutine),
    ) -> Result<(), CallError> {
        let messenger = self.take_coroutine(size)?;
        // SAFETY: from the pool, and this is its thread.
        if unsafe { messenger.send(errand) } == Event::Suspended {
            parted(&messenger);
            self.publish(messenger);
        } else {
            self.put_coroutine(messenger);
        }
        Ok(())
    }

    #[inline]
    fn take_coroutine(&self, size: StackSize) -> Result<Handle, CallError> {
        self.coroutines.take(self, size).map_err(CallError::no_stack)
    }

    #[inline]
    fn put_coroutine(&self, coroutine: Handle) {
        self.mend(coroutine);
        self.coroutines.put(coroutine);
    }

    /// Gives a coroutine that went into its yellow zone its guard back, now that it is shallow.
    #[inline]
    fn mend(&self, coroutine: Handle) {
        if coroutine.has_overflowed() {
            self.coroutines.mend(coroutine);
        }
    }

    /// The coroutine that asks, if it may suspend; `spare` coroutines are kept ready for those that go on.
    ///
    /// # Errors
    /// Where nothing may wait: while unwinding, where the handler [forbids](crate::refusal::Refusals::forbid) it, on the big
    /// stack, outside a handler; and when no stack can be had.
    ///
    /// # Panics
    /// If the handler has run into its yellow zone.
    #[inline]
    pub(crate) fn may_wait(&self, spare: usize) -> Result<&Coroutine, CallError> {
        let Some(coroutine) = self.coroutine() else {
            return Err(CallError::MayNotWait { why: "this code runs outside of a handler" });
        };
        if std::thread::panicking()
            || coroutine.refusals.are_any()
            || self.big_stack.is_current()
            || coroutine.has_overflowed()
            || self.has_orders()
        {
            self.look_twice(coroutine)?;
        }
        // One that suspends needs another to go on with the loop: better to know before.
        self.coroutines.keep_spare(self, spare).map_err(CallError::no_stack)?;
        Ok(coroutine)
    }

    /// Something may keep the handler from waiting.
    #[cold]
    fn look_twice(&self, coroutine: &Coroutine) -> Result<(), CallError> {
        if std::thread::panicking() || coroutine.refusals.are_any() {
            self.watch_refusal(coroutine);
            return Err(coroutine.refusals.error());
        }
        if self.big_stack.is_current() {
            return Err(CallError::MayNotWait { why: "this code runs on the big stack" });
        }
        self.heed(coroutine);
        Ok(())
    }

    /// Panics if the running handler has run into its yellow zone, or its actor is to be killed: every call into the
    /// machine asks.
    #[inline]
    pub(crate) fn check_stack(&self) {
        if let Some(coroutine) = self.coroutine()
            && (coroutine.has_overflowed() || self.has_orders())
            && !std::thread::panicking()
        {
            self.heed(coroutine);
        }
    }

    /// Calls by hand-off end no activation, nor does receiving what is there, so one who does that for ever would
    /// keep its core, and its machine: before every 64th time others go first, the machine's end among them.
    #[inline]
    pub(crate) fn breathe(&self, coroutine: &Coroutine) {
        match self.breath.get() {
            0 => {
                self.breath.set(CALLS_A_BREATH);
                let all = self.scheduler.scheduler();
                let has_work = self.scheduler.has_other_work() || self.scheduler.has_work_afar();
                if has_work || all.is_stopping() || self.core.options.has_environment {
                    give_way(coroutine);
                }
            }
            left => self.breath.set(left - 1),
        }
    }

    /// The coroutine whose code runs, if any.
    #[inline]
    pub(crate) fn coroutine(&self) -> Option<&Coroutine> {
        self.board.current().map(Handle::block)
    }

    pub(crate) fn big_stack(&self) -> &BigStack {
        &self.big_stack
    }

    /// Queues an actor, with the right to run it.
    #[inline]
    pub(crate) fn schedule(&self, runnable: Runnable, lane: Lane) {
        debug_assert_eq!(self.is_dedicated(), runnable.id.is_dedicated(), "each in its own queues");
        self.scheduler.schedule(runnable.into_job(), lane);
    }

    /// Wakes a coroutine of this worker, from any thread.
    pub(crate) fn wake_from_anywhere(&self, wake: Wake) {
        match current() {
            Some(here) if ptr::eq(here, self) => self.scheduler.wake(wake),
            Some(here) if Arc::ptr_eq(&here.core, &self.core) && !self.is_dedicated() => {
                self.scheduler.remote().wake(wake);
            }
            _ => {
                // Woken, this worker may end, and its scheduler with it, before the wake has returned.
                let machine = self.scheduler.scheduler().clone();
                machine.remote(self.scheduler.index()).wake(wake);
            }
        }
    }

    /// Whether the machine stops, and all that wait here are unwound.
    pub(crate) fn winds_down(&self) -> bool {
        self.winds_down.get()
    }

    /// After the stop: unwinds every suspended handler, then frees all stacks.
    pub(crate) fn wind_down(&self) {
        self.winds_down.set(true);
        let suspended = self.coroutines.suspended();
        for coroutine in suspended {
            if coroutine.cancel() {
                self.scheduler.wake(coroutine.as_wake());
            }
        }
        // Those that could not be cancelled are being woken by others, and unwind when they come in.
        while self.suspended.get() > 0 {
            if self.step() == Step::Stop {
                std::thread::yield_now();
            }
        }
        if let Some(coroutine) = self.on_duty.take() {
            self.put_coroutine(coroutine);
        }
        let _here = Here::enter(self);
        self.coroutines.destroy_all();
        self.core.queue_memory.take_over(&self.queue_balance);
    }
}
