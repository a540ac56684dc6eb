//! A machine that bounds the memory of its queued messages, whatever the capacities of its actors are.

mod support;

use std::thread;

use greenroom::prelude::*;
use greenroom::{Actor, Builder, Handler, Message, QueueLimit, World};
use support::narrow::{DropNewest, Held, Narrow, Note};
use support::{Flag, SEEDS, Tally, named, real_builder, settle, sum, wait_until, watched};

const LIMIT: usize = 64 * 1024;

/// As `both_worlds`, for machines with a limit.
fn both_worlds(program: impl Fn(&Vm)) {
    watched(|| {
        named("the real world", || program(&real_builder().queue_memory(LIMIT).build().unwrap()));
        for seed in SEEDS {
            let builder = Vm::builder().workers(3).world(World::Simulated { seed }).queue_memory(LIMIT);
            named(&format!("the simulated world with seed {seed}"), || program(&builder.build().unwrap()));
        }
    });
}

/// Takes what it is sent, and waits first if it is told to.
#[derive(Default)]
struct Sink {
    taken: Tally,
}

impl Actor for Sink {}

/// As large as it says.
struct Brick(#[allow(dead_code, reason = "its size")] [u8; 1000]);

impl Message for Brick {
    type Reply = ();
}

impl Handler<Brick> for Sink {
    fn handle(&mut self, _: Brick) {
        self.taken.add_one();
    }
}

struct Pause {
    begun: Flag,
    go_on: Flag,
}

impl Message for Pause {
    type Reply = ();
}

impl Handler<Pause> for Sink {
    fn handle(&mut self, pause: Pause) {
        pause.begun.raise();
        pause.go_on.wait();
    }
}

/// A sink that handles nothing until it is told to.
fn busy(vm: &Vm) -> (Ref<Sink>, Tally, Flag) {
    let sink = Sink::default();
    let taken = sink.taken.clone();
    let sink = vm.spawn(sink);
    let (begun, go_on) = (Flag::default(), Flag::default());
    sink.send(Pause { begun: begun.clone(), go_on: go_on.clone() }).unwrap();
    settle(vm, "it is busy", || begun.is_raised());
    (sink, taken, go_on)
}

fn fill(sink: &Ref<Sink>) -> usize {
    (0..10 * LIMIT / 1000).take_while(|_| sink.send(Brick([0; 1000])).is_ok()).count()
}

fn is_out_of_memory(error: &CallError) -> bool {
    matches!(error, CallError::Overloaded { limit: QueueLimit::Bytes(LIMIT), .. })
}

/// A message of a thousand bytes with its envelope, and an eighth more or less.
const EXPECTED: std::ops::Range<usize> = LIMIT / 1000 * 3 / 4..LIMIT / 1000 * 9 / 8 + 1;

#[test]
fn what_would_go_over_comes_back_also_from_actors_without_a_capacity() {
    both_worlds(|vm| {
        let (sink, taken, go_on) = busy(vm);
        let sent = fill(&sink);
        assert!(EXPECTED.contains(&sent), "{sent}");
        let refused = sink.send(Brick([0; 1000])).unwrap_err();
        assert!(is_out_of_memory(&refused.error), "{refused}");
        assert!(refused.to_string().contains("queue_memory"), "{refused}");
        assert!(is_out_of_memory(&sink.ask(Brick([0; 1000])).unwrap_err()));
        assert!(is_out_of_memory(&sink.send_request(Brick([0; 1000])).wait().unwrap_err()));
        go_on.raise();
        settle(vm, "all is handled", || taken.count() == sent);
        let (sink, taken, go_on) = busy(vm);
        let sent = fill(&sink);
        assert!(EXPECTED.contains(&sent), "there is memory again, and no more than before: {sent}");
        go_on.raise();
        settle(vm, "all is handled", || taken.count() == sent);
    });
}

#[test]
fn the_bound_is_that_of_all_mailboxes_together_and_holds_under_contention() {
    watched(|| {
        let vm = real_builder().queue_memory(LIMIT).build().unwrap();
        let sinks: Vec<_> = (0..4).map(|_| busy(&vm)).collect();
        let sent: usize = thread::scope(|scope| {
            let mut senders = Vec::new();
            for (sink, ..) in &sinks {
                let (vm, to) = (&vm, sink.clone());
                senders.push(scope.spawn(move || vm.run(move || fill(&to)).unwrap()));
                senders.push(scope.spawn(|| fill(sink)));
            }
            senders.into_iter().map(|sender| sender.join().unwrap()).sum()
        });
        assert!(EXPECTED.contains(&sent), "{sent}");
        sinks.iter().for_each(|(.., go_on)| go_on.raise());
        wait_until("all is handled", || {
            sinks.iter().map(|(_, taken, _)| taken.count()).sum::<usize>() == sent
        });
    });
}

#[test]
fn memory_comes_back_from_whatever_ends_unhandled() {
    both_worlds(|vm| {
        for _ in 0..5 {
            let (sink, _, go_on) = busy(vm);
            let sent = fill(&sink);
            assert!(EXPECTED.contains(&sent), "{sent}");
            sink.stop();
            go_on.raise();
            settle(vm, "it has ended", || sink.exit_reason().is_some());
            // Behind the stop, they would be dead letters; before it, they are handled.
            assert!(sink.send(Brick([0; 1000])).is_err());
        }
        for _ in 0..5 {
            let (sink, _, go_on) = busy(vm);
            sink.stop();
            let sent = fill(&sink);
            assert!(EXPECTED.contains(&sent), "{sent}");
            go_on.raise();
            settle(vm, "it has ended", || sink.exit_reason().is_some());
        }
    });
}

#[test]
fn what_was_dropped_or_taken_back_for_want_of_room_takes_no_memory() {
    both_worlds(|vm| {
        let actor = vm.spawn(Narrow::<DropNewest, 2>::default());
        let held = Held::hold(&actor, |holds| settle(vm, "it is busy", holds));
        for number in 0..2000 {
            actor.send(Note(number)).unwrap();
        }
        assert_eq!(sum(vm, |counted| counted.dropped_newest), 1998);
        let (sink, taken, go_on) = busy(vm);
        let sent = fill(&sink);
        assert!(EXPECTED.contains(&sent), "{sent}");
        held.let_go();
        go_on.raise();
        settle(vm, "all is handled", || taken.count() == sent);
    });
}

#[test]
fn stops_and_calls_to_actors_at_rest_pass_where_there_is_no_memory() {
    both_worlds(|vm| {
        let (sink, _, go_on) = busy(vm);
        while sink.send(Pause { begun: Flag::default(), go_on: go_on.clone() }).is_ok() {}
        sink.stop();
        go_on.raise();
        settle(vm, "it has ended", || sink.exit_reason().is_some());
        assert_eq!(sink.exit_reason(), Some(ExitReason::Normal));
    });
}

#[test]
fn one_machine_s_limit_is_no_other_s() {
    watched(|| {
        let limited = real_builder().queue_memory(LIMIT).build().unwrap();
        let free = real_builder().build().unwrap();
        let (sink, taken, go_on) = busy(&free);
        let to = sink.clone();
        let sent = limited.run(move || fill(&to)).unwrap() + fill(&sink);
        assert_eq!(sent, 2 * (10 * LIMIT / 1000));
        go_on.raise();
        wait_until("all is handled", || taken.count() == sent);
        drop(limited);
    });
}

#[test]
fn a_limit_that_holds_no_message_is_refused() {
    let build = |builder: Builder| builder.build().unwrap_err().to_string();
    let text = build(Vm::builder().queue_memory(10));
    assert!(text.contains("queue_memory is 10") && text.contains("4096"), "{text}");
}
