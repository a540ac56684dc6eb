//! Traces in files: what comes back is what was saved, and what cannot be read says which line, and what to do.

mod support;

use std::time::Duration;

use greenroom::trace::{Record, Way, What};
use greenroom::{ExitReason, World, prelude::*};
use greenroom_trace::{StoreError, Trace};
use support::{a_day_at_the_bank, assert_golden, two_nodes};

fn written(trace: &Trace) -> String {
    let mut bytes = Vec::new();
    trace.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn complaint(text: &str) -> String {
    Trace::read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_is_read_is_what_was_written() {
    for trace in [Trace::default(), a_day_at_the_bank(), two_nodes()] {
        let text = written(&trace);
        let read = Trace::read(text.as_bytes()).unwrap();
        assert_eq!(read, trace);
        assert_eq!(written(&read), text);
    }
}

#[test]
fn a_file_holds_a_head_and_a_line_for_each_event() {
    assert_golden("bank.trace", &written(&a_day_at_the_bank()));
}

#[test]
fn a_file_saved_is_a_file_loaded() {
    let path = std::env::temp_dir().join(format!("greenroom-store-{}.trace", std::process::id()));
    let trace = two_nodes();
    trace.save(&path).unwrap();
    let loaded = Trace::load(&path);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(loaded.unwrap(), trace);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Trace::load("no/such/run.trace").unwrap_err();
    assert!(matches!(error, StoreError::File { .. }));
    assert!(error.to_string().starts_with("no/such/run.trace: "), "{error}");
}

#[test]
fn what_is_no_trace_says_so() {
    for text in ["", "\n", "hello", "{\"format\":\"another\",\"version\":1}", "[1,2]"] {
        assert!(matches!(Trace::read(text.as_bytes()), Err(StoreError::NotATrace)), "{text}");
        assert!(complaint(text).contains("give a file that Trace::save"));
    }
    assert!(matches!(Trace::read(&b"\xff\xfe\x00"[..]), Err(StoreError::NotATrace)));
}

#[test]
fn another_version_is_named_with_the_remedy() {
    let text = written(&two_nodes()).replacen("\"version\":1", "\"version\":7", 1);
    let said = complaint(&text);
    assert!(said.contains("version 7") && said.contains("record the run anew"), "{said}");
}

#[test]
fn a_file_that_breaks_off_says_in_which_line_wherever_it_breaks() {
    let text = written(&two_nodes());
    let lines = text.lines().count();
    let head = text.find('\n').unwrap() + 1;
    for end in head..text.len() - 1 {
        let at = text[..end].lines().count() + usize::from(text[..end].ends_with('\n'));
        // A line that is whole but for its end is read, and the next one is missing.
        let at = if text[end..].starts_with('\n') { at + 1 } else { at };
        match Trace::read(&text.as_bytes()[..end]) {
            Err(StoreError::CutOff { line, events }) => {
                assert_eq!((line, events), (at, lines - 1), "at {end}");
            }
            other => panic!("cut at {end}: {other:?}"),
        }
    }
}

#[test]
fn a_line_that_is_no_event_is_named() {
    let text = written(&two_nodes());
    let mut lines: Vec<&str> = text.lines().collect();
    lines[2] = "{\"at\":5,\"event\":\"teleport\",\"actor\":0}";
    let said = complaint(&lines.join("\n"));
    assert!(said.contains("line 3") && said.contains("teleport"), "{said}");
    lines[2] = "{\"at\":5,\"event\":\"suspend\",\"actor\":99}";
    let said = complaint(&lines.join("\n"));
    assert!(said.contains("line 3") && said.contains("actor 99"), "{said}");
}

#[test]
fn two_traces_in_one_file_are_one_too_many() {
    let text = written(&two_nodes());
    let said = complaint(&format!("{text}{text}"));
    let first = text.lines().count() + 1;
    assert!(said.contains(&format!("line {first} is one too many")), "{said}");
}

/// Nobody that does anything.
struct Idle;
impl Actor for Idle {}

/// What two actors of a machine might have recorded, the second of which is spawned so many actors later.
fn records(apart: usize) -> Vec<Record> {
    let vm = Vm::builder().world(World::Simulated { seed: 1 }).build().unwrap();
    let first = vm.spawn(Idle).id();
    for _ in 1..apart {
        vm.spawn(Idle);
    }
    let second = vm.spawn(Idle).id();
    let at = |micros| Duration::from_micros(micros);
    let record = |micros, what| Record { at: at(micros), worker: Some(0), what };
    vec![
        // Recorded by another worker, and so given after what came later.
        record(3, What::Stop { actor: second, reason: ExitReason::Custom("done".into()) }),
        record(1, What::Spawn { actor: first, kind: "Idle", by: None, node: Some("node-1".into()) }),
        record(1, What::Name { actor: first, name: "idle".into() }),
        record(
            2,
            What::Send {
                message: 40 + apart as u64,
                way: Way::Cast,
                from: Some(first),
                to: second,
                method: "rest",
                arguments: Some("8".into()),
                group: None,
            },
        ),
        record(2, What::Start { actor: second, message: Some(40 + apart as u64), method: "rest" }),
    ]
}

#[test]
fn records_become_a_trace_in_the_order_of_their_times() {
    let trace = Trace::from_records("two idlers", records(1), 3);
    assert_eq!((trace.dropped, trace.events.len()), (3, 4));
    let said: Vec<_> = trace.events.iter().map(|event| trace.sentences().of(event)).collect();
    let second = trace.label(greenroom_trace::ActorIndex(1));
    assert_eq!(
        said,
        [
            "[outside] spawns idle".to_owned(),
            format!("idle casts rest(8) to {second}"),
            format!("{second} begins rest for idle"),
            format!("{second} has ended: exited: done"),
        ]
    );
    assert_eq!(trace.actors[0].node.as_deref(), Some("node-1"));
}

#[test]
fn equal_runs_give_equal_traces_whatever_numbers_the_machine_gave() {
    let bytes = |apart| {
        let mut trace = Trace::from_records("two idlers", records(apart), 0);
        // Only the name that the machine prints may tell them apart.
        trace.actors.iter_mut().for_each(|actor| actor.id.clear());
        written(&trace)
    };
    assert_eq!(bytes(1), bytes(1));
    assert_eq!(bytes(1), bytes(9));
}
