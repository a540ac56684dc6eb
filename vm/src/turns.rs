//! What a worker does with each of its turns: the loop, and what an environment chooses in place of the scheduler.
//!
//! | world                         | what comes next is decided by | and runs                                        |
//! |-------------------------------|-------------------------------|-------------------------------------------------|
//! | real                          | the worker's turn             | until there is nothing to do, or the stack waits |
//! | simulated                     | the same                      | one turn a step                                 |
//! | simulated, in an environment  | [`Environment::choose`](crate::Environment::choose), among all that [is ready](Worker::hand_over) | one turn a step |

use std::time::Duration;

use greenroom_scheduler::{Turn, Wake};

use crate::activation;
use crate::coroutine::{Coroutine, Handle};
use crate::errand::Event;
use crate::handle::{Runnable, Strong};
use crate::hooks;
use crate::id::ActorId;
use crate::trace::events;
use crate::worker::Worker;

/// What is ready to go on, and in no queue any more.
pub(crate) enum Task {
    /// An actor begins to handle a message.
    Run(Runnable),
    /// A handler goes on.
    Resume(Wake),
}

impl Worker {
    /// The loop, on the coroutine on duty. It comes back when the thread's own stack has something to do.
    pub(crate) fn run_loop(&self, coroutine: &Coroutine) -> Event {
        if self.core.is_simulated() {
            return self.run_simulated_turn(coroutine);
        }
        loop {
            self.orders_seen.set(self.core.orders.catch_up());
            if let Some(event) = self.take(self.scheduler.turn(), coroutine) {
                return event;
            }
        }
    }

    #[cold]
    fn run_simulated_turn(&self, coroutine: &Coroutine) -> Event {
        self.orders_seen.set(self.core.orders.catch_up());
        let turn = self.chosen.take().unwrap_or_else(|| self.scheduler.turn());
        self.take(turn, coroutine).unwrap_or(Event::Turned)
    }

    /// Does what a turn says. None: the loop goes on.
    #[inline(always)]
    fn take(&self, turn: Turn, coroutine: &Coroutine) -> Option<Event> {
        if hooks::are_any() {
            events::turned(self);
        }
        match turn {
            Turn::Run(job) => {
                // SAFETY: what is queued here was queued by `schedule` and `inject`.
                activation::run(self, coroutine, unsafe { Runnable::from_job(job) });
                if coroutine.has_overflowed() {
                    return Some(Event::Turned);
                }
            }
            Turn::Resume(wake) if wake == self.notices.herald() => self.read_notices(),
            Turn::Resume(wake) => return Some(self.resume_next(wake)),
            Turn::Expired(wake) => {
                // SAFETY: the scheduler gives back what this worker's coroutines gave it.
                if unsafe { Handle::from_wake(wake) }.time_out() {
                    return Some(self.resume_next(wake));
                }
            }
            Turn::Idle => return Some(Event::Idle),
            // Handlers that go on could wake one another for ever: they are cancelled first.
            Turn::Stop if !self.winds_down() => return Some(Event::Stop),
            Turn::Stop => match self.scheduler.drain() {
                Turn::Resume(wake) if wake == self.notices.herald() => self.read_notices(),
                Turn::Resume(wake) => return Some(self.resume_next(wake)),
                // What is still queued ends with its actor, when all threads have ended.
                Turn::Run(_) => {}
                _ => return Some(Event::Stop),
            },
        }
        None
    }

    fn resume_next(&self, wake: Wake) -> Event {
        // SAFETY: the scheduler gives back what this worker's coroutines gave it.
        self.next.set(Some(unsafe { Handle::from_wake(wake) }));
        Event::Resume
    }

    /// Gives out all that is ready here, and whose it is. What is not to be chosen is done at once: who is to be killed is
    /// woken, and whose time is up goes on whatever comes afterwards.
    pub(crate) fn hand_over(&self, mut take: impl FnMut(Task, Option<ActorId>)) {
        let mut was_told = true;
        while std::mem::take(&mut was_told) {
            self.scheduler.hand_over(&mut |turn| match turn {
                Turn::Run(job) => {
                    // SAFETY: what is queued here was queued by `schedule` and `inject`.
                    let runnable = unsafe { Runnable::from_job(job) };
                    let actor = runnable.id;
                    take(Task::Run(runnable), Some(actor));
                }
                // It may wake others of this worker.
                Turn::Resume(wake) if wake == self.notices.herald() => was_told = true,
                Turn::Resume(wake) => take(Task::Resume(wake), Self::actor_of(wake)),
                Turn::Expired(wake) => {
                    // SAFETY: the scheduler gives back what this worker's coroutines gave it.
                    if unsafe { Handle::from_wake(wake) }.time_out_ahead() {
                        take(Task::Resume(wake), Self::actor_of(wake));
                    }
                }
                Turn::Idle | Turn::Stop => unreachable!("nothing that is ready"),
            });
            if was_told {
                self.read_notices();
            }
        }
    }

    fn actor_of(wake: Wake) -> Option<ActorId> {
        // SAFETY: the scheduler gives back what this worker's coroutines gave it.
        unsafe { Handle::from_wake(wake) }.actor().map(|actor| actor.id)
    }

    /// Does what has been handed over.
    pub(crate) fn do_task(&self, task: Task) {
        let is_resumed = matches!(task, Task::Resume(_));
        self.chosen.set(Some(match task {
            Task::Run(runnable) => Turn::Run(runnable.into_job()),
            Task::Resume(wake) => Turn::Resume(wake),
        }));
        let _ = self.step();
        if is_resumed {
            // The first has only changed the coroutine on duty.
            let _ = self.step();
        }
    }

    /// Gives back what was handed over, and not done when the machine ends.
    pub(crate) fn take_back(&self, task: Task) {
        match task {
            // It ends with its actor.
            Task::Run(_) => {}
            Task::Resume(wake) => self.scheduler.wake(wake),
        }
    }

    /// Whether a call may go straight to a callee at rest. The simulated world draws lots, so that both ways are
    /// taken in every order.
    #[inline]
    pub(crate) fn may_hand_off(&self, to: &Strong) -> bool {
        !self.core.is_simulated() || self.is_drawn_to_hand_off(to)
    }

    #[cold]
    fn is_drawn_to_hand_off(&self, to: &Strong) -> bool {
        let setting = self.core.setting();
        let is_far = setting.is_some_and(|setting| setting.way(Some(self), to.id).is_some());
        !is_far && self.draw(2) == 0
    }

    /// How long something takes by the machine's clock that takes `length` by the clock of the running handler's node.
    #[inline]
    pub(crate) fn by_node_clock(&self, length: Duration) -> Duration {
        match self.core.setting() {
            None => length,
            Some(setting) => setting.stretch(setting.place(Some(self)), length),
        }
    }

    /// A number below `below`, by chance.
    pub(crate) fn draw(&self, below: u32) -> u32 {
        match self.core.setting() {
            Some(setting) => setting.draw(below as usize) as u32,
            None => self.scheduler.random(below),
        }
    }
}
