//! Timelines, read back as the viewers read them.

mod support;

use greenroom_trace::{ActorIndex, Event, MessageIndex, Trace, Way, What};
use serde_json::Value;
use support::{Story, a_day_at_the_bank};

fn events(trace: &Trace) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(&trace.to_timeline()).expect("a timeline is JSON");
    file["traceEvents"].as_array_mut().expect("a timeline has events").drain(..).collect()
}

/// Name, track, time and length of each slice, by their times.
fn slices(trace: &Trace) -> Vec<(String, u64, f64, f64)> {
    let slices = events(trace).into_iter().filter(|event| event["ph"] == "X");
    let mut slices: Vec<_> = slices
        .map(|slice| {
            let number = |key: &str| slice[key].as_f64().expect("a number");
            let name = slice["name"].as_str().expect("a name").to_owned();
            (name, slice["tid"].as_u64().expect("a track"), number("ts"), number("dur"))
        })
        .collect();
    slices.sort_by(|a, b| a.2.total_cmp(&b.2));
    slices
}

fn of_worker(worker: u16, events: Vec<(u64, What)>) -> Vec<Event> {
    events.into_iter().map(|(at, what)| Event { at, worker: Some(worker), what }).collect()
}

/// Two accounts, and nothing that happened.
fn accounts() -> (Trace, ActorIndex, ActorIndex) {
    let mut story = Story::new("accounts");
    let (one, other) = (story.someone("bank::Account"), story.someone("bank::Account"));
    (story.trace(), one, other)
}

#[test]
fn every_event_has_what_the_format_asks_for() {
    for event in events(&a_day_at_the_bank()) {
        let phase = event["ph"].as_str().expect("a phase");
        assert!(event["name"].is_string() && event["pid"].is_u64() && event["tid"].is_u64(), "{event}");
        assert!(phase == "M" || event["ts"].is_f64(), "{event}");
        match phase {
            "M" => assert!(event["args"].is_object(), "{event}"),
            "X" => assert!(event["dur"].as_f64().expect("a length") >= 0.0, "{event}"),
            "i" => assert!(["g", "p", "t"].contains(&event["s"].as_str().expect("a scope")), "{event}"),
            "s" => assert!(event["id"].is_u64(), "{event}"),
            "f" => assert!(event["id"].is_u64() && event["bp"] == "e", "{event}"),
            other => panic!("the phase {other} is unknown"),
        }
    }
}

#[test]
fn a_handler_that_waits_has_a_slice_before_and_one_after() {
    let (mut trace, one, _) = accounts();
    let message = Some(MessageIndex(0));
    trace.events = of_worker(
        3,
        vec![
            (1_000, What::Start { actor: one, message, method: "pay".into() }),
            (2_500, What::Suspend { actor: one, message }),
            (7_000, What::Resume { actor: one, message }),
            (9_000, What::Finish { actor: one, message }),
        ],
    );
    let pay = "Account.pay".to_owned();
    assert_eq!(slices(&trace), [(pay.clone(), 4, 1.0, 1.5), (pay, 4, 7.0, 2.0)]);
}

#[test]
fn of_two_that_wait_the_one_that_goes_on_is_told_by_its_message() {
    let (mut trace, one, _) = accounts();
    let start = |message, method: &str| What::Start {
        actor: one,
        message: Some(MessageIndex(message)),
        method: method.into(),
    };
    let suspend = |message| What::Suspend { actor: one, message: Some(MessageIndex(message)) };
    let resume = |message| What::Resume { actor: one, message: Some(MessageIndex(message)) };
    let finish = |message| What::Finish { actor: one, message: Some(MessageIndex(message)) };
    trace.events = of_worker(
        0,
        vec![
            (1_000, start(0, "slow")),
            (2_000, suspend(0)),
            (3_000, start(1, "quick")),
            (4_000, suspend(1)),
            (5_000, resume(1)),
            (6_000, suspend(1)),
            (7_000, resume(0)),
            (8_000, finish(0)),
            (9_000, resume(1)),
            (10_000, finish(1)),
        ],
    );
    let names: Vec<String> = slices(&trace).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["Account.slow", "Account.quick", "Account.quick", "Account.slow", "Account.quick"]);
}

#[test]
fn a_handler_that_is_handed_a_call_lies_within_its_caller() {
    let (mut trace, one, other) = accounts();
    let start = |actor, method: &str| What::Start { actor, message: None, method: method.into() };
    trace.events = of_worker(
        0,
        vec![
            (1_000, start(one, "outer")),
            (2_000, start(other, "inner")),
            (3_000, What::Finish { actor: other, message: None }),
            (4_000, What::Finish { actor: one, message: None }),
        ],
    );
    let expected = [("Account.outer".to_owned(), 1, 1.0, 3.0), ("Account.inner".to_owned(), 1, 2.0, 1.0)];
    assert_eq!(slices(&trace), expected);
}

#[test]
fn an_arrow_leads_from_where_a_message_was_sent_to_where_its_handler_begins() {
    let mut story = Story::new("arrows");
    let (one, other) = (story.someone("A"), story.someone("B"));
    let outer = story.send(Way::Cast, None, one, "begin");
    story.start(one, outer, "begin");
    let inner = story.send(Way::Cast, Some(one), other, "go");
    story.send(Way::Cast, Some(one), other, "never");
    story.finish(one, outer).start(other, inner, "go").finish(other, inner);
    let ends = |phase: &str| -> Vec<u64> {
        let events = events(&story.trace()).into_iter().filter(|event| event["ph"] == phase);
        events.map(|event| event["id"].as_u64().expect("a number")).collect()
    };
    assert_eq!(ends("s"), [inner.0], "the first was sent outside of all slices, and the last begins nowhere");
    assert_eq!(ends("f"), [inner.0]);
}

#[test]
fn a_worker_that_sleeps_has_a_slice_and_what_never_ends_ends_with_the_trace() {
    let (mut trace, one, _) = accounts();
    let start = What::Start { actor: one, message: None, method: "pay".into() };
    trace.events = of_worker(0, vec![(0, What::Park), (5_000, What::Unpark), (6_000, What::Steal)]);
    trace.events.extend(of_worker(1, vec![(7_000, start), (9_000, What::Relief { begins: true })]));
    assert_eq!(slices(&trace), [("parked".to_owned(), 1, 0.0, 5.0), ("Account.pay".to_owned(), 2, 7.0, 2.0)]);
    let instants = events(&trace).into_iter().filter(|event| event["ph"] == "i");
    let instants: Vec<String> = instants.map(|event| event["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(instants, ["steal", "relief begins"]);
}

#[test]
fn each_track_bears_the_name_of_its_worker() {
    let (mut trace, ..) = accounts();
    trace.events = of_worker(2, vec![(0, What::Steal)]);
    trace.events.push(Event { at: 1, worker: None, what: What::Fault { text: "node-1 crashes".into() } });
    let named = events(&trace).into_iter().filter(|event| event["name"] == "thread_name");
    let names: Vec<_> = named.map(|event| (event["tid"].as_u64(), event["args"]["name"].clone())).collect();
    assert_eq!(names, [(Some(0), "outside".into()), (Some(3), "worker 2".into())]);
}
