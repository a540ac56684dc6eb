//! Traces written by hand, event by event.

#![allow(dead_code)]

use std::path::PathBuf;

use greenroom_trace::{Actor, ActorIndex, Event, MessageIndex, Trace, Way, What};

/// A run that is told step by step; a microsecond passes with each.
pub(crate) struct Story {
    trace: Trace,
    now: u64,
    sent: u64,
}

impl Story {
    pub(crate) fn new(title: &str) -> Self {
        let trace = Trace { title: title.into(), ..Trace::default() };
        Story { trace, now: 0, sent: 0 }
    }

    pub(crate) fn tell(&mut self, what: What) -> &mut Self {
        self.now += 1_000;
        self.trace.events.push(Event { at: self.now, worker: Some(0), what });
        self
    }

    /// Somebody who was there before.
    pub(crate) fn someone(&mut self, kind: &str) -> ActorIndex {
        let number = self.trace.actors.len();
        let (id, kind) = (format!("0.{number}"), kind.to_owned());
        self.trace.actors.push(Actor { id, kind, name: None, node: None });
        ActorIndex(number as u32)
    }

    pub(crate) fn named(&mut self, kind: &str, name: &str) -> ActorIndex {
        let actor = self.someone(kind);
        self.trace.actors.last_mut().unwrap().name = Some(name.into());
        actor
    }

    pub(crate) fn on_node(&mut self, kind: &str, node: &str) -> ActorIndex {
        let actor = self.someone(kind);
        self.trace.actors.last_mut().unwrap().node = Some(node.into());
        actor
    }

    pub(crate) fn spawn(&mut self, by: Option<ActorIndex>, kind: &str) -> ActorIndex {
        let actor = self.someone(kind);
        self.tell(What::Spawn { actor, by });
        actor
    }

    pub(crate) fn send(
        &mut self,
        way: Way,
        from: Option<ActorIndex>,
        to: ActorIndex,
        method: &str,
    ) -> MessageIndex {
        self.send_with(way, from, to, method, None, None)
    }

    pub(crate) fn send_with(
        &mut self,
        way: Way,
        from: Option<ActorIndex>,
        to: ActorIndex,
        method: &str,
        arguments: Option<&str>,
        group: Option<MessageIndex>,
    ) -> MessageIndex {
        let message = MessageIndex(self.sent);
        self.sent += 1;
        let (method, arguments) = (method.to_owned(), arguments.map(str::to_owned));
        self.tell(What::Send { message, way, from, to, method, arguments, group });
        message
    }

    pub(crate) fn start(&mut self, actor: ActorIndex, message: MessageIndex, method: &str) -> &mut Self {
        self.tell(What::Start { actor, message: Some(message), method: method.into() })
    }

    pub(crate) fn finish(&mut self, actor: ActorIndex, message: MessageIndex) -> &mut Self {
        self.tell(What::Finish { actor, message: Some(message) })
    }

    pub(crate) fn reply(&mut self, message: MessageIndex, value: &str) -> &mut Self {
        self.tell(What::Reply { message, value: Some(value.into()), error: None })
    }

    pub(crate) fn fail(&mut self, message: MessageIndex, error: &str) -> &mut Self {
        self.tell(What::Reply { message, value: None, error: Some(error.into()) })
    }

    pub(crate) fn stop(&mut self, actor: ActorIndex, reason: &str) -> &mut Self {
        self.tell(What::Stop { actor, reason: reason.into() })
    }

    pub(crate) fn fault(&mut self, text: &str) -> &mut Self {
        self.tell(What::Fault { text: text.into() })
    }

    /// A call that is handled and answered at once.
    pub(crate) fn call(
        &mut self,
        from: Option<ActorIndex>,
        to: ActorIndex,
        method: &str,
        arguments: &str,
        value: &str,
    ) {
        let message = self.send_with(Way::Call, from, to, method, Some(arguments), None);
        self.start(to, message, method).reply(message, value).finish(to, message);
    }

    /// A message that is handled at once.
    pub(crate) fn cast(&mut self, from: Option<ActorIndex>, to: ActorIndex, method: &str) {
        let message = self.send(Way::Cast, from, to, method);
        self.start(to, message, method).finish(to, message);
    }

    pub(crate) fn trace(&self) -> Trace {
        self.trace.clone()
    }
}

/// Something of everything that a diagram can show.
pub(crate) fn a_day_at_the_bank() -> Trace {
    let mut story = Story::new("a day at the bank");
    let bank = story.spawn(None, "bank::Bank");
    let rich = story.spawn(Some(bank), "Account<u64>");
    let poor = story.named("Account<u64>", "poor");
    story.tell(What::Spawn { actor: poor, by: Some(bank) });

    let transfer = story.send_with(Way::Request, None, bank, "transfer", Some("(\"rich\", 5)"), None);
    story.start(bank, transfer, "transfer");
    story.call(Some(bank), rich, "withdraw", "5", "Ok(95)");
    let deposit = story.send_with(Way::HandOff, Some(bank), poor, "deposit", Some("5"), None);
    story.start(poor, deposit, "deposit");
    let report = "it is full; <b>sorry</b> #1\nbank.rs:7";
    story.tell(What::Panic { actor: poor, report: report.into() });
    story.stop(poor, report).fail(deposit, "the called actor panicked: it is full");
    story.tell(What::Restart { actor: poor, attempt: 2 });
    story.finish(bank, transfer).reply(transfer, "false");

    let first = story.send(Way::Cast, Some(bank), rich, "audit");
    let MessageIndex(number) = first;
    let audits = [first, MessageIndex(number + 1)];
    // The first was sent with the second: both bear its number.
    let Some(Event { what: What::Send { group, .. }, .. }) = story.trace.events.last_mut() else {
        unreachable!()
    };
    *group = Some(first);
    story.send_with(Way::Cast, Some(bank), poor, "audit", None, Some(first));
    for (account, audit) in [rich, poor].into_iter().zip(audits) {
        story.start(account, audit, "audit").finish(account, audit);
    }
    for cents in 1..=6 {
        story.call(None, rich, "deposit", &cents.to_string(), &(95 + cents).to_string());
    }
    let tick = story.send(Way::Timer, Some(bank), bank, "tick");
    let late = story.send(Way::Request, None, bank, "balance");
    story.start(bank, tick, "tick");
    let own = story.send(Way::Call, Some(bank), bank, "balance");
    story.fail(own, "the call waits for itself: Bank#0.0.tick -> Bank#0.0.balance").finish(bank, tick);
    story.start(bank, late, "balance").finish(bank, late).reply(late, "0");
    story.send(Way::Signal, Some(bank), poor, "exit");
    story.stop(poor, "exited: closed");
    story.stop(rich, "stopped");
    let gone = story.send(Way::Cast, Some(bank), poor, "add");
    story.tell(What::Lost { message: gone, why: "the actor has ended".into() });
    story.trace()
}

/// A run on two nodes of a simulation.
pub(crate) fn two_nodes() -> Trace {
    let mut story = Story::new("two nodes");
    let leader = story.on_node("Leader", "node-1");
    story.tell(What::Spawn { actor: leader, by: None });
    let follower = story.on_node("Follower", "node-2");
    story.tell(What::Spawn { actor: follower, by: Some(leader) });
    story.cast(Some(leader), follower, "append");
    story.fault("node-2 is cut off");
    let lost = story.send(Way::Cast, Some(leader), follower, "append");
    story.tell(What::Lost { message: lost, why: "the link lost it".into() });
    story.trace()
}

/// The text is what the golden file says. `UPDATE_GOLDEN=1` writes the file anew.
pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    if text == golden {
        return;
    }
    // A whole diagram is no message.
    let line = text.lines().zip(golden.lines()).take_while(|(one, other)| one == other).count();
    let (one, other) = (text.lines().nth(line), golden.lines().nth(line));
    panic!(
        "{name} differs from line {} on:\n  now    {one:?}\n  golden {other:?}\n\
         if that is right, run with UPDATE_GOLDEN=1 and look at the difference",
        line + 1
    );
}
