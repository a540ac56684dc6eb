//! Sequences: what is folded, what is shared, what is left out, and that nothing is left out in silence.

mod support;

use greenroom_trace::{
    Arrow, ArrowKind, Frame, Limits, Mark, NoteKind, Role, Row, Sequence, Trace, Way, What,
};
use support::{Story, a_day_at_the_bank, two_nodes};

fn drawn(trace: &Trace) -> Sequence {
    let sequence = trace.sequence(&Limits::default());
    assert_sound(&sequence);
    sequence
}

/// What the head of `sequence` promises of the rows of every sequence.
fn assert_sound(sequence: &Sequence) {
    let lines = sequence.lifelines.len();
    let mut bars = vec![0_u64; lines];
    let mut frames: Vec<Vec<u64>> = Vec::new();
    let mut is_there: Vec<bool> = sequence.lifelines.iter().map(|line| !line.is_created).collect();
    let mut is_gone = vec![false; lines];
    let mut last = 0;
    for (at, row) in sequence.rows.iter().enumerate() {
        assert!(row.at >= last, "row {at}: {} comes after {last}", row.at);
        last = row.at;
        if let Mark::Arrow(Arrow { kind: ArrowKind::Create, to, .. }) = &row.mark {
            assert!(!sequence.lifelines[to.0].is_created || !is_there[to.0], "row {at} creates anew");
            is_there[to.0] = true;
        }
        for who in named(&row.mark) {
            assert!(is_there[who] && !is_gone[who], "row {at} names one who is not there: {:?}", row.mark);
        }
        match &row.mark {
            Mark::Begin { who, .. } => bars[who.0] += 1,
            Mark::End { who } => {
                let within = frames.last().map_or(0, |bars| bars[who.0]);
                assert!(bars[who.0] > within, "row {at} ends a bar that did not begin here");
                bars[who.0] -= 1;
            }
            Mark::Destroy { who } => is_gone[who.0] = true,
            Mark::Open { .. } => frames.push(bars.clone()),
            Mark::Close => assert_eq!(frames.pop(), Some(bars.clone()), "row {at}"),
            _ => {}
        }
    }
    assert!(frames.is_empty() && bars.iter().all(|bars| *bars == 0), "{bars:?}");
    assert!(is_there.iter().all(|is_there| *is_there), "somebody is created by no row");
}

fn named(mark: &Mark) -> Vec<usize> {
    match mark {
        Mark::Arrow(arrow) => vec![arrow.from.0, arrow.to.0],
        Mark::Begin { who, .. } | Mark::End { who } | Mark::Destroy { who } => vec![who.0],
        Mark::Note { over: Some(who), .. } => vec![who.0],
        _ => Vec::new(),
    }
}

fn arrows(sequence: &Sequence) -> Vec<String> {
    let told = |row: &Row| match &row.mark {
        Mark::Arrow(Arrow { kind, from, to, text, .. }) => {
            let label = |at: usize| &sequence.lifelines[at].label;
            Some(format!("{kind:?} {} → {}: {text}", label(from.0), label(to.0)))
        }
        Mark::Open { frame, text } => Some(format!("{frame:?} {text}")),
        Mark::Close => Some("Close".into()),
        _ => None,
    };
    sequence.rows.iter().filter_map(told).collect()
}

fn notes(sequence: &Sequence, of: NoteKind) -> Vec<&str> {
    let mut notes = Vec::new();
    for row in &sequence.rows {
        if let Mark::Note { kind, text, .. } = &row.mark
            && *kind == of
        {
            notes.push(text.as_str());
        }
    }
    notes
}

/// How many events the gaps tell of.
fn left_out(sequence: &Sequence) -> u64 {
    sequence.rows.iter().map(|row| if let Mark::Gap { rows, .. } = row.mark { rows } else { 0 }).sum()
}

#[test]
fn the_rows_of_the_sample_runs_are_sound_folded_or_not_and_however_little_room_there_is() {
    for trace in [a_day_at_the_bank(), two_nodes(), Trace::default()] {
        for (rows, lifelines, fold) in
            [(400, 40, true), (400, 40, false), (30, 3, true), (10, 1, false), (1, 1, true), (0, 0, false)]
        {
            assert_sound(&trace.sequence(&Limits { rows, lifelines, fold }));
        }
    }
}

#[test]
fn a_row_said_over_and_over_is_a_loop() {
    let mut story = Story::new("drops");
    let (tap, basin) = (story.someone("Tap"), story.someone("Basin"));
    for _ in 0..100 {
        story.send(Way::Cast, Some(tap), basin, "drip");
    }
    assert_eq!(arrows(&drawn(&story.trace())), ["Loop(100) ", "Cast Tap#0.0 → Basin#0.1: drip", "Close"]);
}

#[test]
fn a_pattern_of_several_messages_is_a_loop_and_a_repetition_within_it_another() {
    let mut story = Story::new("rounds");
    let (a, b) = (story.someone("A"), story.someone("B"));
    for _ in 0..7 {
        story.call(None, a, "open", "1", "0");
        (0..9).for_each(|_| story.cast(Some(a), b, "add"));
        story.call(None, a, "close", "1", "0");
    }
    let expected = [
        "Loop(7) ",
        "Call [outside] → A#0.0: open(1)",
        "Reply A#0.0 → [outside]: 0",
        "Loop(9) ",
        "Cast A#0.0 → B#0.1: add",
        "Close",
        "Call [outside] → A#0.0: close(1)",
        "Reply A#0.0 → [outside]: 0",
        "Close",
    ];
    assert_eq!(arrows(&drawn(&story.trace())), expected);
}

#[test]
fn what_differs_from_time_to_time_is_left_open_in_a_loop() {
    let mut story = Story::new("sums");
    let adder = story.someone("Adder");
    (0..9).for_each(|n| story.call(None, adder, "add", &n.to_string(), "sum"));
    let expected =
        ["Loop(9) ", "Call [outside] → Adder#0.0: add(…)", "Reply Adder#0.0 → [outside]: sum", "Close"];
    assert_eq!(arrows(&drawn(&story.trace())), expected);
}

#[test]
fn two_times_and_another_method_are_no_repetition() {
    let mut story = Story::new("few");
    let clerk = story.someone("Clerk");
    for method in ["stamp", "stamp", "sign", "file"] {
        story.call(None, clerk, method, "", "done");
    }
    assert!(!arrows(&drawn(&story.trace())).iter().any(|arrow| arrow.starts_with("Loop")));
}

#[test]
fn a_message_to_each_of_a_group_stands_in_one_frame_though_handlers_began_in_between() {
    let mut story = Story::new("all hands");
    let boss = story.someone("Boss");
    let hands: Vec<_> = (0..3).map(|_| story.someone("Hand")).collect();
    let first = greenroom_trace::MessageIndex(0);
    for hand in &hands {
        let message = story.send_with(Way::Cast, Some(boss), *hand, "lift", None, Some(first));
        story.start(*hand, message, "lift").finish(*hand, message);
    }
    let told = arrows(&drawn(&story.trace()));
    assert_eq!(told[0], "Par lift to each of 3");
    assert!(told[1..4].iter().all(|arrow| arrow.ends_with(": lift")), "{told:?}");
    assert_eq!(told[4..], ["Close"]);
}

#[test]
fn a_deadlock_is_an_error_with_a_note_of_its_path() {
    let sequence = drawn(&a_day_at_the_bank());
    assert_eq!(notes(&sequence, NoteKind::Deadlock), ["deadlock: Bank#0.0.tick → Bank#0.0.balance"]);
}

#[test]
fn an_actor_that_begins_anew_is_not_destroyed_and_one_that_ends_is() {
    let sequence = drawn(&a_day_at_the_bank());
    let destroyed = |row: &Row| if let Mark::Destroy { who } = row.mark { Some(who) } else { None };
    let destroyed: Vec<_> = sequence.rows.iter().filter_map(destroyed).collect();
    let labels: Vec<_> = destroyed.iter().map(|who| sequence.lifelines[who.0].label.as_str()).collect();
    assert_eq!(labels, ["Account<u64>#0.1"], "the other was sent something later");
    assert_eq!(notes(&sequence, NoteKind::Stop), ["has ended: exited: closed"]);
    assert_eq!(notes(&sequence, NoteKind::Restart), ["begins anew, attempt 2"]);
}

#[test]
fn a_thousand_workers_share_a_lifeline_but_for_those_that_something_befell() {
    let mut story = Story::new("many hands");
    let boss = story.named("Boss", "boss");
    let workers: Vec<_> = (0..1000).map(|_| story.spawn(Some(boss), "Worker")).collect();
    for worker in &workers {
        story.call(Some(boss), *worker, "work", "1", "done");
    }
    story.tell(What::Panic { actor: workers[617], report: "tired".into() });
    let sequence = drawn(&story.trace());
    let heads: Vec<_> = sequence.lifelines.iter().map(|line| (line.label.as_str(), line.role)).collect();
    let expected = [("boss", Role::Actor), ("Worker ×999", Role::Many(999)), ("Worker#0.618", Role::Actor)];
    assert_eq!(heads, expected);
    assert_eq!(sequence.remarks, ["999 quiet actors share lifelines by type"]);
    assert_eq!(notes(&sequence, NoteKind::Panic), ["panicked: tired"]);
    assert!(sequence.rows.iter().any(|row| matches!(row.mark, Mark::Open { frame: Frame::Loop(617), .. })));
}

/// A hundred thousand events in no order that repeats, a crash in their midst.
fn a_busy_day() -> Trace {
    let mut story = Story::new("a busy day");
    let bank = story.named("Bank", "bank");
    let accounts: Vec<_> = (0..200).map(|_| story.spawn(Some(bank), "Account")).collect();
    let mut chance = 1_u64;
    for number in 0..25_000 {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let account = accounts[(chance >> 33) as usize % accounts.len()];
        let method = ["deposit", "withdraw", "balance"][(chance >> 20) as usize % 3];
        story.call(Some(bank), account, method, &number.to_string(), "ok");
        if number == 12_000 {
            story.tell(What::Panic { actor: account, report: "overdrawn".into() });
            story.stop(account, "overdrawn");
        }
    }
    story.trace()
}

#[test]
fn a_hundred_thousand_events_are_summarised_and_every_one_of_them_is_accounted_for() {
    let trace = a_busy_day();
    assert!(trace.events.len() > 100_000);
    let limits = Limits::default();
    let sequence = trace.sequence(&limits);
    assert_sound(&sequence);
    assert!(sequence.lifelines.len() <= limits.lifelines, "{}", sequence.lifelines.len());
    assert!(sequence.rows.len() <= limits.rows + limits.rows / 10, "{}", sequence.rows.len());

    assert_eq!(notes(&sequence, NoteKind::Panic), ["panicked: overdrawn"]);
    let gaps: Vec<_> = sequence.rows.iter().filter(|row| matches!(row.mark, Mark::Gap { .. })).collect();
    assert!(!gaps.is_empty());
    let Mark::Gap { text, .. } = &gaps[0].mark else { unreachable!() };
    assert!(text.contains("calls bank → Account ×199"), "{text}");
    let told = format!("{} of ", grouped(left_out(&sequence)));
    assert!(sequence.remarks.iter().any(|remark| remark.starts_with(&told)), "{:?}", sequence.remarks);

    // What is drawn and what the gaps tell is what there was: an event to a row, loops times their turns.
    let unfolded = trace.sequence(&Limits { rows: usize::MAX, fold: false, ..limits });
    let drawn = sequence.rows.len() - gaps.len();
    let in_loops: u64 = loops(&sequence);
    assert_eq!(drawn as u64 + in_loops + left_out(&sequence), unfolded.rows.len() as u64);
}

/// How many events loops stand for beyond the rows that draw them: less than none where they are frames' edges.
fn loops(sequence: &Sequence) -> u64 {
    let mut beyond = 0_i64;
    let mut times = vec![1_i64];
    for row in &sequence.rows {
        match &row.mark {
            Mark::Open { frame, .. } => {
                beyond -= 1;
                let within = if let Frame::Loop(times) = frame { *times as i64 } else { 1 };
                times.push(times.last().unwrap() * within);
            }
            Mark::Close => {
                beyond -= 1;
                times.pop();
            }
            Mark::Gap { .. } => {}
            _ => beyond += times.last().unwrap() - 1,
        }
    }
    beyond as u64
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let ends: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|part| str::from_utf8(part).unwrap()).collect();
    ends.join(",")
}

#[test]
fn what_the_recorder_dropped_is_remarked() {
    let trace = Trace { dropped: 1_234, ..a_day_at_the_bank() };
    assert_eq!(drawn(&trace).remarks, ["1,234 earlier events were not kept by the recorder"]);
}

#[test]
fn handlers_that_began_before_the_trace_and_those_that_outlast_it_leave_no_bar_half_drawn() {
    let mut story = Story::new("an excerpt");
    let worker = story.someone("Worker");
    story.tell(What::Finish { actor: worker, message: None });
    story.tell(What::Start { actor: worker, message: None, method: "work".into() });
    let sequence = drawn(&story.trace());
    let begin = |row: &Row| if let Mark::Begin { label, .. } = &row.mark { label.clone() } else { None };
    assert_eq!(sequence.rows.iter().find_map(begin).as_deref(), Some("work"), "no arrow says what it is");
    assert_eq!(sequence.rows.len(), 2);
}
