//! Events: what the machine tells of, once somebody may want to know.
//!
//! Whoever calls these has asked [`hooks::are_any`] before, and nothing else. Where nobody can say of which machine a
//! message is, as when a reply comes from somewhere, all that are traced are asked: no two have a message at one place.

use std::fmt;
use std::sync::Arc;

use greenroom_scheduler::Time;

use crate::cell::Header;
use crate::core::{Core, worker_of};
use crate::coroutine::Coroutine;
use crate::error::{CallError, ExitReason};
use crate::hooks;
use crate::panics::Caught;
use crate::simulated;
use crate::trace::record::What;
use crate::trace::recording::{Done, Place, Recording, Running, Stamp};
use crate::trace::text;
use crate::worker::{self, Worker};

/// Now and here.
pub(crate) fn stamp(core: &Core) -> Stamp {
    stamp_by(core, worker_of(core.machine))
}

fn stamp_by(core: &Core, worker: Option<&Worker>) -> Stamp {
    let shared = worker.filter(|worker| !worker.is_dedicated());
    Stamp {
        at: core.scheduler().now().since(Time::ZERO),
        worker: shared.and_then(|worker| u16::try_from(worker.scheduler.index()).ok()),
    }
}

/// Has each recording record what it makes of it.
fn record(core: &Core, what: impl Fn(&Recording) -> Option<What>) {
    if !core.hooks.has(hooks::TRACED) {
        return;
    }
    let stamp = stamp(core);
    for recording in core.recordings.all().iter() {
        if let Some(what) = what(recording) {
            recording.push(stamp, what);
        }
    }
}

/// What a thread does that simulates machines is theirs, and what others do is not: a simulated machine is told of nothing
/// else, however many are simulated beside it.
fn record_anywhere(what: impl Fn(&Recording) -> Option<What>) {
    if !hooks::is_any_traced() {
        return;
    }
    match worker::current() {
        Some(worker) if worker.core.is_simulated() => record(&worker.core, what),
        _ if simulated::each_here(|core| record(core, &what)) => {}
        _ => Core::each_with(hooks::TRACED, |core| {
            if !core.is_simulated() {
                record(core, &what);
            }
        }),
    }
}

fn key(coroutine: &Coroutine) -> usize {
    (&raw const *coroutine).addr()
}

#[cold]
pub(crate) fn spawned(core: &Core, actor: &Header) {
    let by = worker::current().and_then(Worker::coroutine).and_then(|coroutine| coroutine.actor());
    let node = core.setting().and_then(|setting| {
        setting.with_network(|network| Some(network.node(network.node_of(actor.id)?).name.clone()))
    });
    record(core, |recording| {
        (recording.has(actor) || by.is_some_and(|by| recording.has(by))).then(|| What::Spawn {
            actor: actor.id,
            kind: actor.class.short_name(),
            by: by.map(|by| by.id),
            node: node.clone(),
        })
    });
}

#[cold]
pub(crate) fn named(core: &Core, actor: &Header, name: &Arc<str>) {
    record(core, |recording| {
        recording.note_name(actor.id, name);
        recording.has(actor).then(|| What::Name { actor: actor.id, name: Arc::clone(name) })
    });
}

/// A handler begins on a coroutine, with what lies at that place.
#[cold]
pub(crate) fn started(coroutine: &Coroutine, actor: &Header, place: Place, method: &'static str) {
    record(&coroutine.worker().core, |recording| {
        let message = recording.begin(place);
        let actor = (message.is_some() || recording.has(actor)).then_some(actor.id);
        recording.set_running(key(coroutine), actor.map(|actor| Running { actor, message }));
        Some(What::Start { actor: actor?, message, method })
    });
}

/// As [`started`], for the actor that runs on the coroutine.
#[cold]
pub(crate) fn started_here(coroutine: &Coroutine, place: Place, method: &'static str) {
    if let Some(actor) = coroutine.actor() {
        started(coroutine, actor, place, method);
    }
}

/// A process takes a message, with which it does what it likes.
#[cold]
pub(crate) fn received(worker: &Worker, actor: &Header, place: Place, method: &'static str) {
    let stamp = stamp(&worker.core);
    for recording in worker.core.recordings.all().iter() {
        let message = recording.begin(place);
        if message.is_some() || recording.has(actor) {
            recording.push(stamp, What::Start { actor: actor.id, message, method });
            recording.push(stamp, What::Finish { actor: actor.id, message });
        }
    }
}

/// What began on one coroutine goes on on another.
#[cold]
pub(crate) fn moved(from: &Coroutine, to: &Coroutine) {
    for recording in from.worker().core.recordings.all().iter() {
        recording.set_running(key(to), recording.take_running(key(from)));
    }
}

#[cold]
pub(crate) fn suspended(coroutine: &Coroutine) {
    record(&coroutine.worker().core, |recording| {
        let Running { actor, message } = recording.running(key(coroutine))?;
        Some(What::Suspend { actor, message })
    });
}

#[cold]
pub(crate) fn resumed(coroutine: &Coroutine) {
    record(&coroutine.worker().core, |recording| {
        let Running { actor, message } = recording.running(key(coroutine))?;
        Some(What::Resume { actor, message })
    });
}

/// The handler on a coroutine has come to its end.
#[cold]
pub(crate) fn finished(coroutine: &Coroutine) {
    record(&coroutine.worker().core, |recording| {
        let Running { actor, message } = recording.take_running(key(coroutine))?;
        Some(What::Finish { actor, message })
    });
}

/// What a visitor's handler answers comes to the slot of that address: its caller waits there from now on.
#[cold]
pub(crate) fn promoted(visitor: &Coroutine, slot: Place) {
    for recording in visitor.worker().core.recordings.all().iter() {
        if let Some(message) = recording.running(key(visitor)).and_then(|running| running.message) {
            recording.put_also(message, slot);
        }
    }
}

/// What lies at one place lies at another as well, or goes on from there.
#[cold]
pub(crate) fn also_at(place: Place, other: Place) {
    record_anywhere(|recording| {
        recording.put_also(recording.number_at(place)?, other);
        None
    });
}

/// How a reply is shown; an error is its own text.
pub(crate) type Answer<'a> = Result<&'a dyn Fn(&mut fmt::Formatter<'_>) -> fmt::Result, &'a CallError>;

fn outcome(recording: &Recording, answer: Answer<'_>) -> Result<Option<Arc<str>>, Arc<str>> {
    match answer {
        Ok(show) => Ok(if recording.filter.arguments { text::of(show) } else { None }),
        Err(error) => Err(error.to_string().into()),
    }
}

/// What lies at that place is answered.
#[cold]
pub(crate) fn replied(place: Place, answer: Answer<'_>) {
    record_anywhere(|recording| {
        let message = recording.end(place)?;
        Some(What::Reply { message, outcome: outcome(recording, answer) })
    });
}

/// What a visitor handles is answered in its caller's frame.
#[cold]
pub(crate) fn replied_in_frame(visitor: &Coroutine, answer: Answer<'_>) {
    record(&visitor.worker().core, |recording| {
        let message = recording.running(key(visitor))?.message?;
        Some(What::Reply { message, outcome: outcome(recording, answer) })
    });
}

/// What lies at that place will not be handled, as whoever waits for its reply is told.
#[cold]
pub(crate) fn refused(place: Place) {
    record_anywhere(|recording| {
        recording.forget(place);
        None
    });
}

/// Nobody will handle what lies at that place.
#[cold]
pub(crate) fn lost(place: Place, why: &dyn fmt::Display) {
    record_anywhere(|recording| {
        let message = recording.end(place)?;
        Some(What::Lost { message, why: why.to_string().into() })
    });
}

#[cold]
pub(crate) fn panicked(worker: &Worker, actor: &Header, caught: &Caught) {
    let handles = |recording: &Recording| {
        worker.coroutine().is_some_and(|coroutine| recording.running(key(coroutine)).is_some())
    };
    record(&worker.core, |recording| {
        (recording.has(actor) || handles(recording))
            .then(|| What::Panic { actor: actor.id, report: caught.reason().to_string().into() })
    });
}

#[cold]
pub(crate) fn restarted(core: &Core, actor: &Header, attempt: u32) {
    record(core, |recording| recording.has(actor).then_some(What::Restart { actor: actor.id, attempt }));
}

#[cold]
pub(crate) fn stopped(core: &Core, actor: &Header, reason: &ExitReason) {
    record(core, |recording| {
        recording.has(actor).then(|| What::Stop { actor: actor.id, reason: reason.clone() })
    });
}

/// Something was done to the simulated nodes, or to the network between them.
#[cold]
pub(crate) fn failed(core: &Core, text: &Arc<str>) {
    record(core, |_| Some(What::Fault { text: Arc::clone(text) }));
}

/// A worker has turned: records what it did to come by something to do.
#[cold]
pub(crate) fn turned(worker: &Worker) {
    if worker.is_dedicated() {
        return;
    }
    let now = Done {
        steals: worker.scheduler.counters().steals.get(),
        is_in_relief: worker.scheduler.is_in_relief(),
    };
    record(&worker.core, |recording| {
        let before =
            recording.filter.schedulers.then(|| recording.replace_done(worker.scheduler.index(), now))??;
        if before.is_in_relief != now.is_in_relief {
            return Some(What::Relief { begins: now.is_in_relief });
        }
        (before.steals != now.steals).then_some(What::Steal)
    });
}

/// A worker parks, and goes on.
#[cold]
pub(crate) fn park(worker: &Worker) {
    let tell = |what: What| {
        // A worker may be there before its machine is.
        if worker.is_dedicated() || !worker.core.hooks.has(hooks::TRACED) {
            return;
        }
        // Between two steps it runs nothing, and so nobody would find it here.
        let stamp = stamp_by(&worker.core, Some(worker));
        for recording in worker.core.recordings.all().iter().filter(|recording| recording.filter.schedulers) {
            recording.push(stamp, what.clone());
        }
    };
    tell(What::Park);
    worker.scheduler.park();
    tell(What::Unpark);
}
