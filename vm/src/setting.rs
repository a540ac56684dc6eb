//! The setting of a simulated machine that was given an environment: that, what is ready, and the network.
//!
//! Each step, in this order: what has arrived by now is delivered; all that is ready is handed over by the workers, behind
//! what was left; the environment chooses, and that one goes on. Nothing is borrowed while somebody else's code runs.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use greenroom_scheduler::Time;

use crate::cell::Header;
use crate::clock::Push;
use crate::core::Core;
use crate::coroutine::Coroutine;
use crate::crossing::Owing;
use crate::environment::{Crossing, Environment, NodeId, Passage, Ready, Route};
use crate::error::ExitReason;
use crate::handle::{Strong, Weak};
use crate::id::ActorId;
use crate::inbox::Inbox;
use crate::network::{Cargo, Deed, Network, Running, Way};
use crate::order::{self, Order};
use crate::panics;
use crate::process;
use crate::ready::Queue;
use crate::simulated;
use crate::timer::Ticket;
use crate::trace::events;
use crate::turns::Task;
use crate::worker::{self, Worker};

/// See the head of this file.
pub(crate) struct Setting {
    core: Arc<Core>,
    environment: RefCell<Box<dyn Environment>>,
    network: RefCell<Network>,
    queue: RefCell<Queue>,
    /// What is dropped now was lost, for this reason, and nobody is told.
    losing: Cell<Option<&'static str>>,
    /// How many messages and replies were lost on their way.
    lost: Cell<u64>,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is nothing to do now.
    None,
    Some,
    /// The environment wants no more.
    Ended,
}

impl Setting {
    pub(crate) fn new(core: Arc<Core>, environment: Box<dyn Environment>) -> Self {
        Setting {
            core,
            environment: RefCell::new(environment),
            network: RefCell::default(),
            queue: RefCell::default(),
            losing: Cell::new(None),
            lost: Cell::new(0),
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.core.scheduler().now()
    }

    pub(crate) fn machine(&self) -> usize {
        self.core.machine
    }

    /// One step of one worker. Whoever drives the machine may act as a node, or be the destructor of something that is
    /// lost; what happens in the step is neither.
    pub(crate) fn step(&self, workers: &[Worker]) -> Progress {
        let losing = self.losing.take();
        let progress = self.act_as(None, || self.do_step(workers));
        self.losing.set(losing);
        progress
    }

    fn do_step(&self, workers: &[Worker]) -> Progress {
        self.deliver_due();
        self.collect(workers);
        let Some((worker, task)) = self.choose() else { return Progress::None };
        workers[worker].do_task(task);
        let wanted = self.environment.borrow_mut().stepped(self.now().since(Time::ZERO));
        if wanted.is_break() { Progress::Ended } else { Progress::Some }
    }

    fn deliver_due(&self) {
        loop {
            let due = self.network.borrow_mut().take_due(self.now());
            match due {
                None => return,
                Some((Cargo::Message(afloat), true)) => afloat.land(),
                Some((Cargo::Deed(deed), true)) => deed(None),
                Some((cargo, false)) => self.lose_cargo("the node that it was for has crashed", cargo),
            }
        }
    }

    fn lose_cargo(&self, why: &'static str, cargo: Cargo) {
        match cargo {
            Cargo::Message(afloat) => {
                if let Some(place) = afloat.place() {
                    self.note_lost(place, &why);
                }
                self.lose(why, afloat);
            }
            // What it drops may panic, and that is no affair of the network.
            Cargo::Deed(deed) => drop(panics::catch(|| deed(Some(why)))),
        }
    }

    /// Drops something in a way that tells nobody. Its destructor may panic, and that is no affair of who drops it.
    pub(crate) fn lose<T>(&self, why: &'static str, lost: T) {
        let before = self.losing.replace(Some(why));
        let _ = panics::catch(|| drop(lost));
        self.losing.set(before);
    }

    /// The message that lay there, or its reply, was lost on its way: counted, and told to whoever records.
    pub(crate) fn note_lost(&self, place: usize, why: &dyn fmt::Display) {
        self.lost.update(|lost| lost + 1);
        events::lost(place, why);
    }

    /// How many were.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.get()
    }

    /// Why what ends now is lost, if it is.
    pub(crate) fn losing(&self) -> Option<&'static str> {
        self.losing.get()
    }

    fn collect(&self, workers: &[Worker]) {
        for (number, worker) in workers.iter().enumerate() {
            worker.hand_over(|task, actor| {
                let node = actor.and_then(|actor| self.network.borrow().node_of(actor));
                let is_resumed = matches!(task, Task::Resume(_));
                let ready = Ready { actor, node, is_resumed };
                self.queue.borrow_mut().push(ready, number, task);
            });
        }
    }

    fn choose(&self) -> Option<(usize, Task)> {
        let mut queue = self.queue.borrow_mut();
        let (ready, now) = (queue.ready(), self.now().since(Time::ZERO));
        let place = match ready.len() {
            0 => return None,
            1 => 0,
            _ => self.environment.borrow_mut().choose(now, ready),
        };
        let count = ready.len();
        assert!(place < count, "the environment chose place {place} of {count}: choose one that is ready");
        Some(queue.take(place))
    }

    /// The machine has ended: what was on its way comes to nobody, as what lies in a mailbox then.
    pub(crate) fn end(&self) {
        let all = self.network.borrow_mut().take_all();
        for cargo in all {
            match cargo {
                Cargo::Message(afloat) => afloat.end(&self.core),
                // Whoever waits for it is told as by any answer that is dropped.
                Cargo::Deed(deed) => drop(panics::catch(|| drop(deed))),
            }
        }
    }

    /// Gives back what was handed over, when the machine ends.
    pub(crate) fn give_back(&self, workers: &[Worker]) {
        let mut queue = self.queue.take();
        while !queue.ready().is_empty() {
            let (worker, task) = queue.take(0);
            workers[worker].take_back(task);
        }
    }

    /// When something arrives next.
    pub(crate) fn earliest(&self) -> Option<Time> {
        self.network.borrow().earliest()
    }

    pub(crate) fn draw(&self, below: usize) -> usize {
        let drawn = self.environment.borrow_mut().draw(below);
        assert!(drawn < below, "the environment drew {drawn}: draw a number below {below}");
        drawn
    }

    /// What becomes of something on that way. Signals are not lost, and what leaves a node that has crashed is.
    pub(crate) fn route(&self, way: Way, passage: Passage, method: &str) -> Route {
        let is_signal = passage == Passage::Signal;
        if !is_signal && !self.network.borrow().is_up(way.from) {
            return Route::Lost;
        }
        let number = self.network.borrow_mut().count(way);
        let crossing = Crossing { from: way.from, to: way.to, passage, method, number };
        let route = self.environment.borrow_mut().route(self.now().since(Time::ZERO), &crossing);
        let can_repeat = passage == Passage::Message { can_repeat: true };
        match route {
            Route::Lost if is_signal => Route::Arrives(Duration::ZERO),
            Route::ArrivesEach(delays) if !can_repeat => match delays.first() {
                Some(delay) => Route::Arrives(*delay),
                None if is_signal => Route::Arrives(Duration::ZERO),
                None => Route::Lost,
            },
            route => route,
        }
    }

    /// What is told of something that was lost on that way.
    pub(crate) fn loss(&self, way: Way) -> String {
        let network = self.network.borrow();
        let (from, to) = (&network.node(way.from).name, &network.node(way.to).name);
        match network.is_up(way.from) {
            true => format!("lost on its way from {from} to {to}"),
            false => format!("{from} has crashed"),
        }
    }

    pub(crate) fn ship(&self, way: Way, delay: Duration, is_signal: bool, cargo: Cargo) {
        let at = self.now().after(delay);
        self.network.borrow_mut().ship(way, at, is_signal, cargo);
    }

    /// Something is done elsewhere when a signal of it arrives.
    pub(crate) fn send_signal(&self, way: Way, method: &str, deed: Deed) {
        let delay = match self.route(way, Passage::Signal, method) {
            Route::Arrives(delay) => delay,
            Route::ArrivesEach(_) | Route::Lost => unreachable!("a signal arrives, and once"),
        };
        self.ship(way, delay, true, Cargo::Deed(deed));
    }

    pub(crate) fn is_up(&self, node: NodeId) -> bool {
        self.network.borrow().is_up(node)
    }

    pub(crate) fn keep_waiting(&self, owing: Box<dyn Owing>) {
        let over = self.network.borrow_mut().keep_waiting(owing);
        drop(over);
    }

    /// On whose node this runs.
    pub(crate) fn place(&self, here: Option<&Worker>) -> Option<NodeId> {
        self.network.borrow().place(running(here))
    }

    /// The way from here to an actor, if that leads to another node.
    pub(crate) fn way(&self, here: Option<&Worker>, to: ActorId) -> Option<Way> {
        self.network.borrow().way(running(here), to)
    }

    /// Does something on behalf of a node, or of none. It does not suspend: a handler [acts](Coroutine::act_on) by itself.
    pub(crate) fn act_as<R>(&self, node: Option<NodeId>, act: impl FnOnce() -> R) -> R {
        struct Before<'a>(&'a Setting, Option<NodeId>);
        impl Drop for Before<'_> {
            fn drop(&mut self) {
                self.0.network.borrow_mut().acting = self.1;
            }
        }
        let before = std::mem::replace(&mut self.network.borrow_mut().acting, node);
        let _before = Before(self, before);
        act()
    }

    /// Starts a process on a node.
    pub(crate) fn process_on(&self, node: NodeId, body: impl FnOnce(&Coroutine) + Send + 'static) {
        let body = move |_: Inbox<()>| {
            body(worker::current().and_then(Worker::coroutine).expect("a process has a coroutine"));
        };
        self.act_as(Some(node), || drop(process::spawn(&self.core, body)));
    }

    /// An actor was spawned here.
    pub(crate) fn settle(&self, here: Option<&Worker>, actor: &Header) {
        self.network.borrow_mut().settle(&Weak::of(actor), running(here));
    }

    /// An actor has ended.
    pub(crate) fn depart(&self, actor: ActorId) {
        self.network.borrow_mut().depart(actor);
    }

    pub(crate) fn with_network<R>(&self, use_it: impl FnOnce(&mut Network) -> R) -> R {
        use_it(&mut self.network.borrow_mut())
    }

    /// How long something takes by the machine's clock that takes `length` by that of a node.
    pub(crate) fn stretch(&self, node: Option<NodeId>, length: Duration) -> Duration {
        let stretch = |node| self.network.borrow().node(node).clock.stretch(length);
        node.map_or(length, stretch)
    }

    /// A timer that is started here for an actor: by the clock of that one's node, and what it sends it sends from here, as
    /// long as this node does not crash.
    pub(crate) fn timer(
        self: Rc<Self>,
        here: Option<&Worker>,
        to: ActorId,
        first: Duration,
        period: Option<Duration>,
        mut push: Push,
    ) -> (Duration, Option<Duration>, Push) {
        let node = self.with_network(|network| network.node_of(to));
        let by_clock = |length| self.stretch(node, length);
        let (first, period) = (by_clock(first), period.map(by_clock));
        let Some(way) = self.way(here, to) else { return (first, period, push) };
        let (machine, span) = (to.machine(), self.with_network(|network| network.span(way.from)));
        let push = Box::new(move |to: &Strong, ticket: &Ticket| {
            let Some(setting) = simulated::setting(machine) else { return push(to, ticket) };
            if setting.with_network(|network| network.span(way.from)) == span {
                setting.act_as(Some(way.from), || push(to, ticket));
            } else {
                ticket.end();
            }
        });
        (first, period, push)
    }

    /// Why an actor has ended, as others are told: that its node crashed, if it did.
    pub(crate) fn reason_told(&self, dead: ActorId) -> Option<ExitReason> {
        let network = self.network.borrow();
        let node = network.node_of(dead)?;
        (!network.is_up(node)).then(|| ExitReason::Custom(network.node(node).crash_report()))
    }

    /// Ends all actors of a node, at once, and without a word of theirs.
    pub(crate) fn crash(&self, workers: &[Worker], node: NodeId) {
        struct Until<'a>(&'a Setting);
        impl Drop for Until<'_> {
            fn drop(&mut self) {
                self.0.network.borrow_mut().end_crash();
            }
        }
        self.network.borrow_mut().begin_crash(node);
        let _until = Until(self);
        // One that is spawned by the end of another is found by the next look.
        loop {
            let living = self.network.borrow().living_on(node);
            for actor in &living {
                order::give(&actor.as_pusher(), Order::Kill);
            }
            drop(living);
            if !self.run_node(workers, node) {
                break;
            }
        }
    }

    /// Does what is ready on a node. False: there was nothing.
    fn run_node(&self, workers: &[Worker], node: NodeId) -> bool {
        let mut has_run = false;
        loop {
            self.collect(workers);
            let mut queue = self.queue.borrow_mut();
            let Some(place) = queue.ready().iter().position(|ready| ready.node == Some(node)) else {
                return has_run;
            };
            let (worker, task) = queue.take(place);
            drop(queue);
            workers[worker].do_task(task);
            has_run = true;
        }
    }
}

fn running(here: Option<&Worker>) -> Running {
    let running = |coroutine: &Coroutine| Running {
        actor: coroutine.actor().map(|actor| actor.id),
        acts_on: coroutine.acts_on.get(),
    };
    here.and_then(Worker::coroutine).map(running).unwrap_or_default()
}
