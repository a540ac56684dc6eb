//! Parallel methods: what flows while they wait, and what they see of their actor's state.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::{Filter, Record, What};
use greenroom::{World, join_all};
use support::gate::Gate;
use support::{LOST, SEEDS, both_worlds, in_simulations, settle, sum, watched};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// What the two workloads ask: it has what it serves from elsewhere.
struct Web {
    served: Vec<u32>,
    gate: Ref<Gate>,
}

#[actor]
impl Web {
    fn new(gate: &Ref<Gate>) -> Self {
        Web { served: vec![], gate: gate.clone() }
    }

    fn list_files(&self) -> Vec<u32> {
        self.served.clone()
    }

    #[cast]
    fn note(&mut self, number: u32) {
        self.served.push(number);
    }

    /// Serves `number` when the gate has opened.
    #[parallel]
    fn get_file(me: &Me<Self>, number: u32) -> Result<u32, CallError> {
        let gate = me.with(|web| web.gate.clone());
        gate.within(LOST).pass()?;
        me.with(|web| web.served.push(number));
        Ok(number)
    }

    /// The same, for itself.
    fn get_file_alone(&mut self, number: u32) -> Result<u32, CallError> {
        self.gate.within(LOST).pass()?;
        self.served.push(number);
        Ok(number)
    }

    /// Answers after a while.
    #[parallel]
    fn echo(_: &Me<Self>, number: u32, after: Duration) -> u32 {
        sleep(after).unwrap();
        number
    }

    /// Notes after a while.
    #[parallel]
    fn note_later(me: &Me<Self>, number: u32, after: Duration) {
        sleep(after).unwrap();
        me.with(|web| web.served.push(number));
    }

    /// Notes at once.
    #[parallel]
    fn note_beside(me: &Me<Self>, number: u32) -> usize {
        me.with(|web| {
            web.served.push(number);
            web.served.len()
        })
    }

    /// Is never at rest from now on.
    #[cast]
    fn go_round(&mut self, until: u32) {
        if (self.served.len() as u32) < until {
            me::<Web>().cast().go_round(until).unwrap();
        }
    }

    /// Does nothing else until the gate opens.
    fn stand_by(&mut self, gate: Ref<Gate>) -> Result<(), CallError> {
        gate.within(LOST).pass()
    }

    #[parallel]
    fn note_often(me: &Me<Self>, times: u32) {
        for time in 0..times {
            me.with(|web| web.served.push(time));
            yield_now().unwrap();
        }
    }
}

fn web(vm: &Vm) -> (Ref<Web>, Ref<Gate>) {
    let gate = vm.spawn(Gate::default());
    (vm.spawn(Web::new(&gate)), gate)
}

#[test]
fn lists_flow_during_a_parallel_download() {
    both_worlds(|vm| {
        let (web, gate) = web(vm);
        let file = web.request().get_file(7);
        for _ in 0..10 {
            assert_eq!(web.list_files(), Ok(vec![]));
        }
        assert!(!file.is_done());
        gate.open().unwrap();
        assert_eq!(file.wait(), Ok(7));
        assert_eq!(web.list_files(), Ok(vec![7]));
    });
}

/// Asks for a file that takes five seconds, and from another actor ten times for a list, each with `limit`.
/// Gives what came, in order.
fn workloads(seed: u64, limit: Duration) -> Vec<&'static str> {
    let vm =
        Vm::builder().workers(2).world(World::Simulated { seed }).call_deadline(20 * SECOND).build().unwrap();
    let (web, gate) = web(&vm);
    let log = Arc::new(Mutex::new(vec![]));
    let (told, asked) = (Arc::clone(&log), web.clone());
    let file = vm.process(move |_: Inbox<()>| {
        asked.get_file_alone(7).unwrap();
        told.lock().unwrap().push("file");
    });
    settle(&vm, "the download has begun", || gate.waiting() == Ok(1));
    let told = Arc::clone(&log);
    let lists = vm.process(move |_: Inbox<()>| {
        for _ in 0..10 {
            let line = match web.within(limit).list_files() {
                Ok(_) => "list",
                Err(CallError::Timeout { started: false, .. }) => "timeout",
                Err(error) => panic!("{error}"),
            };
            told.lock().unwrap().push(line);
        }
        drop(file);
    });
    let timer = gate.after(9 * SECOND / 2).open();
    vm.run(|| sleep(20 * SECOND)).unwrap().unwrap();
    drop((timer, lists));
    let log = log.lock().unwrap();
    log.clone()
}

#[test]
fn without_parallel_the_lists_wait_for_the_download_and_then_come() {
    for seed in SEEDS {
        let mut expected = vec!["file"];
        expected.extend(["list"; 10]);
        let mut log = workloads(seed, 20 * SECOND);
        // The first list and the file come at the same moment.
        let file = log.iter().position(|line| *line == "file").unwrap();
        log[..=file].rotate_right(1);
        assert!(file <= 2, "seed {seed}: {log:?}");
        assert_eq!(log, expected, "seed {seed}");
    }
}

#[test]
fn without_parallel_nor_patience_the_lists_time_out_until_the_download_is_done() {
    for seed in SEEDS {
        let log = workloads(seed, SECOND);
        assert_eq!(log.iter().filter(|line| **line == "timeout").count(), 4, "seed {seed}: {log:?}");
        assert_eq!(log[..4], ["timeout"; 4], "seed {seed}: {log:?}");
        assert_eq!(log.iter().filter(|line| **line == "list").count(), 6, "seed {seed}: {log:?}");
    }
}

#[test]
fn replies_of_parallel_calls_through_one_handle_never_cross() {
    both_worlds(|vm| {
        let (web, _) = web(vm);
        let slow = web.request().echo(1, 20 * MILLISECOND);
        let fast = web.request().echo(2, MILLISECOND);
        assert_eq!((fast.wait(), slow.wait()), (Ok(2), Ok(1)));
        let many: Vec<_> = (0..50).map(|n| web.request().echo(n, (50 - n) * MILLISECOND / 5)).collect();
        assert!(join_all(many).unwrap().into_iter().eq(0..50));
    });
}

#[test]
fn five_parallel_calls_of_two_seconds_take_two_seconds_together_and_work_is_checked_meanwhile() {
    in_simulations(|vm| {
        let (web, _) = web(vm);
        let five: Vec<_> = (0..5).map(|n| web.request().echo(n, 2 * SECOND)).collect();
        vm.run(move || {
            sleep(SECOND).unwrap();
            assert_eq!(web.within(MILLISECOND).list_files(), Ok(vec![]));
            sleep(SECOND - MILLISECOND).unwrap();
        })
        .unwrap();
        assert!(five.iter().all(|echo| !echo.is_done()));
        vm.run(|| sleep(2 * MILLISECOND)).unwrap().unwrap();
        assert!(five.iter().all(Promise::is_done));
    });
}

#[test]
fn the_state_may_change_while_a_parallel_method_waits_and_only_there() {
    both_worlds(|vm| {
        let (web, gate) = web(vm);
        let file = web.request().get_file(7);
        let asked = web.clone();
        // Another actor has it print six times meanwhile.
        vm.run(move || (0..6).for_each(|number| asked.call().note(number).unwrap())).unwrap();
        assert!(!file.is_done());
        gate.open().unwrap();
        file.wait().unwrap();
        assert_eq!(web.list_files(), Ok(vec![0, 1, 2, 3, 4, 5, 7]));
    });
}

#[test]
fn a_parallel_method_that_does_not_wait_comes_in_the_order_sent() {
    both_worlds(|vm| {
        let (web, _) = web(vm);
        let asked = web.clone();
        vm.run(move || {
            let mut promises = vec![];
            for number in (0..60).step_by(3) {
                asked.note(number).unwrap();
                match number % 4 {
                    0 => assert_eq!(asked.note_beside(number + 1), Ok(number as usize + 2)),
                    1 => promises.push(asked.request().note_beside(number + 1)),
                    _ => asked.cast().note_beside(number + 1).unwrap(),
                }
                asked.note(number + 2).unwrap();
            }
            join_all(promises).unwrap();
        })
        .unwrap();
        assert!(web.list_files().unwrap().into_iter().eq(0..60));
    });
}

#[test]
fn an_actor_that_is_never_at_rest_lets_its_parallel_methods_have_their_turns() {
    both_worlds(|vm| {
        let (web, _) = web(vm);
        web.go_round(150).unwrap();
        let methods: Vec<_> = (0..3).map(|_| web.request().note_often(50)).collect();
        join_all(methods).unwrap();
        assert_eq!(web.list_files().unwrap().len(), 150);
    });
}

#[test]
fn a_message_that_waits_has_its_turn_between_the_turns_of_parallel_methods() {
    both_worlds(|vm| {
        let (web, _) = web(vm);
        let methods: Vec<_> = (0..4).map(|_| web.request().note_often(100)).collect();
        let mut lengths = vec![];
        while !methods.iter().all(Promise::is_done) {
            lengths.push(web.within(LOST).list_files().unwrap().len());
        }
        assert!(lengths.is_sorted());
        assert_eq!(web.list_files().unwrap().len(), 400);
    });
}

/// A call to oneself is handled beside the handler that makes it; so is one by the machine's counts and events.
#[test]
fn a_call_beside_the_handler_that_waits_for_it_is_counted_and_recorded_as_any() {
    struct Alone;
    #[actor]
    impl Alone {
        #[parallel]
        fn beside(_: &Me<Self>) -> u32 {
            7
        }
        fn call_yourself(&mut self) -> Result<u32, CallError> {
            me::<Alone>().beside()
        }
    }
    let vm = Vm::builder().workers(1).world(World::Simulated { seed: 1 }).build().unwrap();
    let session = vm.trace(Filter::everything());
    let alone = vm.spawn(Alone);
    let before = sum(&vm, |counted| counted.messages);
    assert_eq!(vm.run(move || alone.call_yourself()).unwrap().unwrap(), 7);
    assert_eq!(sum(&vm, |counted| counted.messages) - before, 2);
    let records = session.take();
    let handled = |record: &&Record| matches!(record.what, What::Start { method: "beside", .. });
    assert_eq!(records.iter().filter(handled).count(), 1);
}

/// In both worlds, and on a thread of the actor's own.
#[test]
fn a_parallel_method_of_an_actor_with_its_own_thread_has_the_state_before_and_after_it_waits() {
    both_worlds(|vm| {
        let gate = vm.spawn(Gate::default());
        let web = vm.spawn_dedicated(Web::new(&gate)).unwrap();
        let files: Vec<_> = (0..3).map(|number| web.request().get_file(number)).collect();
        assert_eq!(web.list_files(), Ok(vec![]), "it is there for others meanwhile");
        settle(vm, "all three wait", || gate.waiting() == Ok(3));
        gate.open().unwrap();
        for (number, file) in (0..3).zip(files) {
            assert_eq!(file.wait(), Ok(number));
        }
        let mut served = web.list_files().unwrap();
        served.sort_unstable();
        assert_eq!(served, [0, 1, 2]);
    });
}

fn many(vm: &Vm, count: u32) {
    let (web, gate) = web(vm);
    let files: Vec<_> = (0..count).map(|number| web.request().get_file(number)).collect();
    settle(vm, "all wait", || gate.waiting() == Ok(count as usize));
    assert_eq!(web.list_files(), Ok(vec![]));
    gate.open().unwrap();
    for (number, file) in (0..count).zip(files) {
        assert_eq!(file.wait(), Ok(number));
    }
    let mut served = web.list_files().unwrap();
    served.sort_unstable();
    assert!(served.into_iter().eq(0..count));
}

#[test]
fn ten_thousand_parallel_calls_wait_at_once() {
    watched(|| many(&support::real(), 10_000));
    in_simulations(|vm| many(vm, 500));
}

#[test]
fn a_parallel_method_has_its_turn_also_when_its_caller_waits_no_more() {
    both_worlds(|vm| {
        let (web, _) = web(vm);
        let hold = vm.spawn(Gate::default());
        let asked = web.clone();
        let late = move || asked.within(5 * MILLISECOND).note_later(7, 20 * MILLISECOND);
        let given_up = vm.run(late).unwrap();
        assert!(matches!(given_up, Err(CallError::Timeout { started: true, .. })), "{given_up:?}");
        // Its turn comes behind a message that takes its time.
        let alone = web.request().stand_by(&hold);
        settle(vm, "the web is busy", || hold.waiting() == Ok(1));
        vm.run(|| sleep(20 * MILLISECOND)).unwrap().unwrap();
        hold.open().unwrap();
        alone.wait().unwrap();
        settle(vm, "the method had its turn", || web.list_files() == Ok(vec![7]));
    });
}
