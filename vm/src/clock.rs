//! The machine's clock: when a message of a timer is due, and who sends it then.
//!
//! It is not the clock of suspended handlers: their timers belong to their worker, and wait with it when it is stuck.
//! What is sent from here reaches an actor at rest however stuck any worker is. What a tick does it does not know: it is
//! given a function that sends it.
//!
//! | world     | who fires                                                | when                                     |
//! |-----------|----------------------------------------------------------|------------------------------------------|
//! | real      | a thread of its own, which the first timer starts        | it sleeps until the earliest deadline    |
//! | simulated | whoever drives the machine, before each step             | virtual time stops at every deadline     |
//!
//! The thread is never early, and without timers it sleeps without a limit. A new timer wakes it only if that is the
//! earliest; one that is cancelled does not, so at most one wake-up is in vain for each.
//!
//! **No lock is held while somebody else's code runs**: sending may drop a message, or an actor's last reference, and
//! so run any destructor, which may start and cancel timers.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use greenroom_scheduler::{Scheduler, Time};
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::attachments::Attachment;
use crate::builder::Options;
use crate::core::Core;
use crate::handle::Strong;
use crate::id::ActorId;
use crate::panics;
use crate::timer::{Ticket, Timer};
use crate::timetable::{Due, Key, Timetable};
use crate::worker;

/// See the head of this file.
pub(crate) struct Clock {
    name: String,
    is_simulated: bool,
    state: Mutex<State>,
    /// The thread sleeps on it.
    changed: Condvar,
}

struct State {
    timetable: Timetable<Sender>,
    thread: Option<JoinHandle<()>>,
    /// While the thread sleeps: until when, at the latest.
    sleeps_until: Option<Time>,
    /// The machine ends: nothing fires any more, nothing is entered.
    is_stopped: bool,
}

/// Sends a timer's message.
pub(crate) type Push = Box<dyn FnMut(&Strong, &Ticket) + Send>;

/// What a timer does when it is due.
struct Sender {
    ticket: Ticket,
    push: Push,
}

/// Starts a timer: `push` sends its message, first after `first`, then every `period` if there is one. It is called on
/// the clock's thread, so it must neither wait nor run what users wrote; what it sends is to ask the ticket, when it is
/// reached, whether it may [begin](Ticket::begin).
///
/// With a period and a `first` of zero, the first is sent by the caller, here: in order with whatever else it sends.
///
/// # Panics
/// If the period is zero, or the system gives no thread.
pub(crate) fn start(
    to: &Strong,
    first: Duration,
    period: Option<Duration>,
    push: impl FnMut(&Strong, &Ticket) + Send + 'static,
) -> Timer {
    assert!(
        period != Some(Duration::ZERO),
        "a timer with a period of zero would tick without end; give it a longer one, or have the actor send to itself"
    );
    let here = worker::current();
    if let Some(worker) = here {
        worker.check_stack();
    }
    let push = Box::new(push);
    match here.filter(|worker| worker.machine == to.id.machine()) {
        Some(worker) => start_on(&worker.core, to, first, period, push),
        // A machine that has ended has closed all its actors: if the number is another's by now, that is seen there.
        None => match Core::find(to.id.machine()) {
            Some(core) => start_on(&core, to, first, period, push),
            None => Timer::new(Ticket::over(to)),
        },
    }
}

fn start_on(
    core: &Core,
    to: &Strong,
    mut first: Duration,
    mut period: Option<Duration>,
    mut push: Push,
) -> Timer {
    if let Some(setting) = core.setting() {
        (first, period, push) = setting.timer(worker::current(), to.id, first, period, push);
    }
    let timer = core.clock.start(core.scheduler(), to, first, period, push);
    if core.registry.attach(to, Attachment::Timers).is_err() {
        core.clock.forget(to.id);
    }
    timer
}

impl Clock {
    pub(crate) fn new(options: &Options) -> Arc<Self> {
        let state =
            State { timetable: Timetable::new(), thread: None, sleeps_until: None, is_stopped: false };
        Arc::new(Clock {
            name: format!("{}-clock", options.name),
            is_simulated: options.is_simulated,
            state: Mutex::new(state),
            changed: Condvar::new(),
        })
    }

    fn start(
        self: &Arc<Self>,
        scheduler: &Scheduler,
        to: &Strong,
        first: Duration,
        period: Option<Duration>,
        push: Push,
    ) -> Timer {
        let mut state = self.state.lock();
        // Asked under the lock: who ends an actor closes it, and has it forgotten afterwards.
        if state.is_stopped || to.mailbox.is_closed() {
            drop(state);
            return Timer::new(Ticket::over(to));
        }
        if state.thread.is_none() && !self.is_simulated {
            match self.spawn_thread(scheduler) {
                Ok(thread) => state.thread = Some(thread),
                Err(error) => {
                    drop(state);
                    panic!("no thread is to be had for the clock of {}: {error}", self.name);
                }
            }
        }
        let key = state.timetable.enter(to.id, period);
        let ticket = Ticket::new(to, Arc::downgrade(self), Some(key), period.is_some());
        let sender = Sender { ticket: ticket.clone(), push };
        match period {
            Some(_) if first.is_zero() => {
                self.set(state, scheduler.now().after(period.unwrap_or_default()), key, None);
                self.fire(Due { key, content: sender });
            }
            _ => self.set(state, scheduler.now().after(first), key, Some(sender)),
        }
        Timer::new(ticket)
    }

    fn set(&self, mut state: MutexGuard<'_, State>, deadline: Time, key: Key, sender: Option<Sender>) {
        state.timetable.set(key, deadline, sender);
        let is_sooner = state.sleeps_until.is_some_and(|until| deadline < until);
        drop(state);
        if is_sooner {
            self.changed.notify_one();
        }
    }

    fn spawn_thread(self: &Arc<Self>, scheduler: &Scheduler) -> std::io::Result<JoinHandle<()>> {
        let (clock, scheduler) = (Arc::clone(self), scheduler.clone());
        thread::Builder::new().name(self.name.clone()).spawn(move || {
            // A worker may have started it, which is pinned.
            scheduler.unpin_thread();
            clock.run(&scheduler);
        })
    }

    /// The real world's thread.
    fn run(&self, scheduler: &Scheduler) {
        let mut state = self.state.lock();
        while !state.is_stopped {
            let now = scheduler.now();
            if let Some(due) = state.timetable.take_due(now) {
                MutexGuard::unlocked(&mut state, || self.fire(due));
                continue;
            }
            let earliest = state.timetable.earliest();
            state.sleeps_until = Some(earliest.unwrap_or(Time::NEVER));
            match earliest {
                Some(deadline) => {
                    self.changed.wait_for(&mut state, deadline.since(now));
                }
                None => self.changed.wait(&mut state),
            }
            state.sleeps_until = None;
        }
    }

    /// The simulated world: fires everything that is due.
    pub(crate) fn fire_due(&self, now: Time) {
        while let Some(due) = self.take_due(now) {
            self.fire(due);
        }
    }

    fn take_due(&self, now: Time) -> Option<Due<Sender>> {
        let mut state = self.state.lock();
        if state.is_stopped { None } else { state.timetable.take_due(now) }
    }

    /// When the next timer is due.
    pub(crate) fn earliest(&self) -> Option<Time> {
        self.state.lock().timetable.earliest()
    }

    /// Sends what is due, if its actor still lives. With that, or without, a timer that fires once has left the
    /// timetable; one that fires again is put back, if nobody has removed it meanwhile.
    fn fire(&self, due: Due<Sender>) {
        let Due { key, content: mut sender } = due;
        // Whatever panics here is a destructor, and has been reported; the clock goes on.
        let lives = panics::catch(|| {
            let Some(actor) = sender.ticket.actor().upgrade() else { return false };
            (sender.push)(&actor, &sender.ticket);
            !actor.mailbox.is_closed() && sender.ticket.is_active()
        });
        let left = if !lives.unwrap_or(false) {
            sender.ticket.end();
            let none = self.state.lock().timetable.remove(key);
            debug_assert!(none.is_none(), "its content is out");
            Some(sender)
        } else if sender.ticket.repeats() {
            self.state.lock().timetable.put_back(key, sender)
        } else {
            Some(sender)
        };
        let _ = panics::catch(|| drop(left));
    }

    /// Removes one timer, which was cancelled, and drops its message.
    pub(crate) fn remove(&self, key: Key) {
        let sender = self.state.lock().timetable.remove(key);
        drop(sender);
    }

    /// Removes all timers of an actor that ends. One that is entered after it finds no place in the registry, and has
    /// them forgotten once more.
    pub(crate) fn forget(&self, actor: ActorId) {
        let senders = self.state.lock().timetable.remove_all_of(actor);
        end_all(senders);
    }

    /// The machine's end begins: nothing fires any more. The thread ends by itself.
    pub(crate) fn stop(&self) {
        self.state.lock().is_stopped = true;
        self.changed.notify_one();
    }

    /// Drops what a stopped clock still holds, in a place where destructors may run.
    pub(crate) fn clear(&self) {
        let senders = self.state.lock().timetable.remove_all();
        end_all(senders);
    }

    /// Waits for the thread of a stopped clock.
    pub(crate) fn join(&self) {
        let thread = self.state.lock().thread.take();
        if let Some(thread) = thread {
            // It catches what panics under it.
            let _ = thread.join();
        }
    }

    pub(crate) fn owns_current_thread(&self) -> bool {
        let own = thread::current().id();
        self.state.lock().thread.as_ref().is_some_and(|thread| thread.thread().id() == own)
    }
}

/// A message's destructor may panic; the others must run all the same.
fn end_all(senders: Vec<Sender>) {
    for sender in senders {
        sender.ticket.end();
        let _ = panics::catch(|| drop(sender));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;
    use crate::{Actor, Handler, Message, Vm, World, sleep};

    struct Counter(u32);
    impl Actor for Counter {}

    #[derive(Clone)]
    struct Add(u32);
    impl Message for Add {
        type Reply = u32;
    }
    impl Handler<Add> for Counter {
        fn handle(&mut self, Add(by): Add) -> u32 {
            self.0 += by;
            self.0
        }
    }

    #[test]
    fn who_is_forgotten_has_no_timers_left_and_others_keep_theirs() {
        let vm = Vm::builder().workers(2).world(World::Simulated { seed: 1 }).build().unwrap();
        let (lost, kept) = (vm.spawn(Counter(0)), vm.spawn(Counter(0)));
        let second = Duration::from_secs(1);
        let start = |to: &crate::Ref<Counter>| {
            [
                to.send_after(second, Add(1)),
                to.send_every(second, Add(1)),
                to.send_after(Duration::MAX, Add(1)),
            ]
        };
        let (gone, stays) = (start(&lost), start(&kept));
        Core::find(lost.id().machine()).unwrap().clock.forget(lost.id());
        assert!(gone.iter().all(|timer| !timer.is_active() && !timer.cancel()));
        assert!(stays.iter().all(Timer::is_active));
        vm.run(move || sleep(second * 2 + second / 2)).unwrap().unwrap();
        assert_eq!((lost.ask(Add(0)), kept.ask(Add(0))), (Ok(0), Ok(3)));
    }
    #[test]
    fn the_thread_is_never_early() {
        let vm = Vm::builder().workers(1).build().unwrap();
        let actor = vm.spawn(Counter(0));
        let (tell, told) = mpsc::channel();
        // Looked at where it fires: on its way to an actor a message may lose more time than it gained.
        for number in 0..1000 {
            let (tell, begin) = (tell.clone(), Instant::now());
            let delay = Duration::from_micros(number * 37 % 20_000);
            start(&actor.to().raw(), delay, None, move |_, _| tell.send((begin.elapsed(), delay)).unwrap());
        }
        for _ in 0..1000 {
            let (elapsed, delay) = told.recv_timeout(Duration::from_secs(60)).unwrap();
            assert!(elapsed >= delay, "{elapsed:?} of {delay:?}");
        }
    }
}
