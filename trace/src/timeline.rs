//! What each worker did, as a trace that Perfetto and Chrome's viewer open.
//!
//! One track for each worker, and one for the threads outside. A handler is a slice from where it begins or goes on to
//! where it waits or returns, so that a handler that waits twice has three slices. An arrow leads from where a message was sent
//! to where its handler begins. The format is the Trace Event Format in its JSON object form; its times are microseconds.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::{Value, json};

use crate::model::{ActorIndex, Event, MessageIndex, Trace, What};
use crate::sentence::short_kind;

impl Trace {
    /// The timeline of the workers, to be opened at `ui.perfetto.dev` or in `chrome://tracing`.
    ///
    /// ```
    /// let json = greenroom_trace::Trace::default().to_timeline();
    /// assert!(json.contains("traceEvents"));
    /// ```
    #[must_use]
    pub fn to_timeline(&self) -> String {
        let mut timeline = Timeline::new(self);
        for event in &self.events {
            timeline.take(event);
        }
        timeline.finish()
    }
}

/// Threads outside of the machine share the first track, and worker 0 has the next.
const OUTSIDE: u32 = 0;

struct Timeline<'a> {
    trace: &'a Trace,
    written: Vec<Value>,
    tracks: HashMap<u32, Track>,
    /// Handlers that wait, by what they handle. Of those whose messages were sent before the trace began an actor that
    /// interleaves may have several: the one that has waited longest is taken to go on.
    waiting: HashMap<(ActorIndex, Option<MessageIndex>), VecDeque<Handler>>,
    /// What was sent, and what of it is handled at some time.
    sent: HashMap<MessageIndex, &'a What>,
    handled: HashSet<MessageIndex>,
    /// From whose sending an arrow leads.
    arrows: HashSet<MessageIndex>,
}

#[derive(Default)]
struct Track {
    /// What runs on it, the innermost last.
    open: Vec<Slice>,
    parked: Option<u64>,
}

#[derive(Clone)]
struct Handler {
    method: String,
    message: Option<MessageIndex>,
}

struct Slice {
    actor: ActorIndex,
    since: u64,
    handler: Handler,
}

impl<'a> Timeline<'a> {
    fn new(trace: &'a Trace) -> Self {
        let sent = trace.events.iter().filter_map(|event| match &event.what {
            What::Send { message, .. } => Some((*message, &event.what)),
            _ => None,
        });
        let handled = trace.events.iter().filter_map(|event| match event.what {
            What::Start { message, .. } => message,
            _ => None,
        });
        Timeline {
            trace,
            written: Vec::new(),
            tracks: HashMap::new(),
            waiting: HashMap::new(),
            sent: sent.collect(),
            handled: handled.collect(),
            arrows: HashSet::new(),
        }
    }

    fn take(&mut self, event: &Event) {
        let id = event.worker.map_or(OUTSIDE, |worker| u32::from(worker) + 1);
        let at = event.at;
        self.tracks.entry(id).or_default();
        match &event.what {
            What::Start { actor, message, method } => {
                let handler = Handler { method: method.clone(), message: *message };
                self.begin(id, at, *actor, handler);
                if let Some(message) = message.filter(|message| self.arrows.contains(message)) {
                    self.put(json!({
                        "ph": "f", "bp": "e", "cat": "message", "name": "message", "id": message.0,
                        "pid": 1, "tid": id, "ts": micros(at),
                    }));
                }
            }
            What::Suspend { actor, message } => {
                if let Some(handler) = self.end(id, at, *actor) {
                    self.waiting.entry((*actor, *message)).or_default().push_back(handler);
                }
            }
            What::Resume { actor, message } => {
                let longest = self.waiting.get_mut(&(*actor, *message)).and_then(VecDeque::pop_front);
                let unknown = Handler { method: "(goes on)".to_owned(), message: *message };
                self.begin(id, at, *actor, longest.unwrap_or(unknown));
            }
            What::Finish { actor, .. } => drop(self.end(id, at, *actor)),
            What::Send { message, method, to, .. } => self.send(id, at, *message, *to, method),
            What::Park => self.track(id).parked = Some(at),
            What::Unpark => {
                if let Some(since) = self.track(id).parked.take() {
                    self.put(slice(id, "parked", "scheduler", since, at, json!({})));
                }
            }
            What::Steal => self.instant(id, at, "steal", "scheduler", "t", json!({})),
            What::Relief { begins } => {
                let name = if *begins { "relief begins" } else { "relief ends" };
                self.instant(id, at, name, "scheduler", "t", json!({}));
            }
            What::Fault { text } => self.instant(id, at, text, "fault", "g", json!({})),
            What::Panic { actor, report } => {
                let name = format!("{} panics", self.trace.label(*actor));
                self.instant(id, at, &name, "actor", "t", json!({ "report": report }));
            }
            What::Restart { actor, attempt } => {
                let name = format!("{} begins anew", self.trace.label(*actor));
                self.instant(id, at, &name, "actor", "t", json!({ "attempt": attempt }));
            }
            What::Stop { actor, reason } => {
                let name = format!("{} ends", self.trace.label(*actor));
                self.instant(id, at, &name, "actor", "t", json!({ "reason": reason }));
            }
            What::Lost { message, why } => {
                let args = json!({ "message": message.0, "why": why });
                self.instant(id, at, "message lost", "actor", "t", args);
            }
            What::Spawn { .. } | What::Reply { .. } => {}
        }
    }

    /// Ends what is open where the trace ends, and names the tracks.
    fn finish(mut self) -> String {
        let last = self.trace.events.last().map_or(0, |event| event.at);
        let mut ids: Vec<u32> = self.tracks.keys().copied().collect();
        ids.sort_unstable();
        let title = if self.trace.title.is_empty() { "machine" } else { &self.trace.title };
        let mut named = vec![metadata("process_name", 0, json!({ "name": title }))];
        for id in ids {
            while let Some(actor) = self.track(id).open.last().map(|slice| slice.actor) {
                self.end(id, last, actor);
            }
            if let Some(since) = self.track(id).parked.take() {
                self.put(slice(id, "parked", "scheduler", since, last, json!({})));
            }
            let name = match id {
                OUTSIDE => "outside".to_owned(),
                _ => format!("worker {}", id - 1),
            };
            named.push(metadata("thread_name", id, json!({ "name": name })));
            named.push(metadata("thread_sort_index", id, json!({ "sort_index": id })));
        }
        let lines: Vec<String> = named.iter().chain(&self.written).map(Value::to_string).collect();
        format!("{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{}\n]}}\n", lines.join(",\n"))
    }

    fn begin(&mut self, id: u32, at: u64, actor: ActorIndex, handler: Handler) {
        self.track(id).open.push(Slice { actor, since: at, handler });
    }

    /// Ends the actor's innermost slice on this track.
    fn end(&mut self, id: u32, at: u64, actor: ActorIndex) -> Option<Handler> {
        let open = &mut self.track(id).open;
        let ended = open.remove(open.iter().rposition(|slice| slice.actor == actor)?);
        let Slice { since, handler, .. } = ended;
        let known = &self.trace.actors[actor.0 as usize];
        let kind = if known.kind.is_empty() { known.id.as_str() } else { &short_kind(&known.kind) };
        let mut args = json!({ "actor": self.trace.label(actor) });
        if let Some(message) = handler.message {
            args["message"] = json!(message.0);
            if let Some(What::Send { arguments: Some(arguments), .. }) = self.sent.get(&message) {
                args["arguments"] = json!(arguments);
            }
        }
        self.put(slice(id, &format!("{kind}.{}", handler.method), "actor", since, at, args));
        Some(handler)
    }

    /// An arrow can only begin within a slice: outside of all handlers an instant says what was sent.
    fn send(&mut self, id: u32, at: u64, message: MessageIndex, to: ActorIndex, method: &str) {
        let within = !self.track(id).open.is_empty();
        if within && self.handled.contains(&message) {
            self.arrows.insert(message);
            self.put(json!({
                "ph": "s", "cat": "message", "name": "message", "id": message.0,
                "pid": 1, "tid": id, "ts": micros(at),
            }));
        } else {
            let name = format!("send {method} to {}", self.trace.label(to));
            self.instant(id, at, &name, "message", "t", json!({ "message": message.0 }));
        }
    }

    fn instant(&mut self, id: u32, at: u64, name: &str, cat: &str, scope: &str, args: Value) {
        self.put(json!({
            "ph": "i", "s": scope, "cat": cat, "name": name, "pid": 1, "tid": id, "ts": micros(at), "args": args,
        }));
    }

    fn track(&mut self, id: u32) -> &mut Track {
        self.tracks.entry(id).or_default()
    }

    fn put(&mut self, event: Value) {
        self.written.push(event);
    }
}

fn slice(id: u32, name: &str, cat: &str, since: u64, until: u64, args: Value) -> Value {
    json!({
        "ph": "X", "cat": cat, "name": name, "pid": 1, "tid": id,
        "ts": micros(since), "dur": micros(until - since), "args": args,
    })
}

fn metadata(name: &str, id: u32, args: Value) -> Value {
    json!({ "ph": "M", "name": name, "pid": 1, "tid": id, "args": args })
}

/// The format counts in microseconds, and takes fractions of them.
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1_000.0
}
