//! Tracing: each incident is an event of the `tracing` crate as well, for those who collect such events anyway.
//!
//! A collector is foreign code that formats, allocates and writes, which a handler's stack has no room for: it runs on the
//! worker's big stack, and a panic of it goes no further. It may not wait for an actor, and whatever time it takes, its
//! worker takes, or the monitor. `untraced` stands in where the feature is off.

use tracing::level_filters::LevelFilter;
use tracing::{error, warn};

use crate::incident::Incident;
use crate::inside::on_big_stack;
use crate::panics;

/// Whether anyone collects what is as grave as this. A load.
#[inline]
pub(crate) fn is_on() -> bool {
    LevelFilter::current() >= LevelFilter::ERROR
}

pub(crate) fn trace(incident: &Incident) {
    if is_on() {
        let _ = panics::catch(|| on_big_stack(|| event(incident)));
    }
}

/// The fields are the incident's own, but for a message, which `tracing` takes for the text.
fn event(incident: &Incident) {
    const TARGET: &str = "greenroom";
    match incident {
        Incident::DeadLetters { actor, kind, message, count, reason } => {
            warn!(target: TARGET, incident = "dead_letters", %actor, kind, first = message, count, %reason, "{incident}");
        }
        Incident::Overload { actor, kind, what } => {
            warn!(target: TARGET, incident = "overload", %actor, kind, %what, "{incident}");
        }
        Incident::LongActivation { actor, kind, method, worker, running_for } => {
            warn!(
                target: TARGET, incident = "long_activation", %actor, kind, method, worker, ?running_for, "{incident}"
            );
        }
        Incident::Deadlock { path } => {
            error!(target: TARGET, incident = "deadlock", ?path, "{incident}");
        }
        Incident::Panic { actor, kind, report } => {
            error!(
                target: TARGET, incident = "panic", %actor, kind, panic = report.message(),
                location = report.location(), "{incident}"
            );
        }
        Incident::StackOverflow { actor, kind, stack } => {
            error!(target: TARGET, incident = "stack_overflow", %actor, kind, stack, "{incident}");
        }
        Incident::Restart { actor, kind, reason, attempt } => {
            warn!(target: TARGET, incident = "restart", %actor, kind, %reason, attempt, "{incident}");
        }
        Incident::RestartsExceeded { actor, kind, restarts, within, reason } => {
            error!(
                target: TARGET, incident = "restarts_exceeded", %actor, kind, restarts, ?within, %reason, "{incident}"
            );
        }
        Incident::RefusesToEnd { actor, kind, method } => {
            error!(target: TARGET, incident = "refuses_to_end", %actor, kind, method, "{incident}");
        }
    }
}
