//! Deadlock: a call that would wait for its own caller fails at once, and a cycle across chains of calls is found
//! while its handlers wait. Either way one of them is told the way round, and the others go on.

mod support;

use std::sync::mpsc;
use std::time::Duration;

use greenroom::prelude::*;
use support::gate::Gate;
use support::{LOST, SEEDS, both_worlds, in_simulations, named, real, settle, simulated, watched};

const MILLISECOND: Duration = Duration::from_millis(1);
/// Until when a cycle is found.
const SOON: Duration = Duration::from_millis(100);

/// Calls where it is told to.
#[derive(Default)]
struct Node {
    next: Option<Ref<Node>>,
    value: u32,
}

#[actor]
impl Node {
    fn set_next(&mut self, next: Ref<Node>) {
        self.next = Some(next);
    }

    fn add(&mut self, by: u32) -> u32 {
        self.value += by;
        self.value
    }

    fn take(&mut self) -> u32 {
        std::mem::take(&mut self.value)
    }

    /// Goes along the chain, and adds at its end.
    fn walk(&mut self, steps: u32) -> Result<u32, CallError> {
        let next = self.next.clone().unwrap();
        if steps == 0 { next.add(1) } else { next.walk(steps - 1) }
    }

    /// Calls the next one when the gate has opened; so all of a ring do that at the same time.
    fn meet(&mut self, gate: Ref<Gate>, way: Way) -> Result<u32, CallError> {
        gate.within(LOST).pass()?;
        let next = self.next.clone().unwrap();
        match way {
            Way::Call => next.within(LOST).add(1),
            Way::Request => next.request().add(1).wait(),
            Way::Parallel => next.within(LOST).add_beside(1),
            Way::Patience => next.request().add(1).wait_for(LOST),
        }
    }

    #[parallel]
    fn add_beside(me: &Me<Self>, by: u32) -> u32 {
        sleep(MILLISECOND).unwrap();
        me.with(|node| node.add(by))
    }
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Call,
    Request,
    Parallel,
    Patience,
}

fn ring(vm: &Vm, length: usize) -> Vec<Ref<Node>> {
    let nodes: Vec<_> = (0..length).map(|_| vm.spawn(Node::default())).collect();
    for (node, next) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
        node.set_next(next).unwrap();
    }
    nodes
}

#[test]
fn a_chain_of_calls_that_comes_back_fails_at_once_with_its_path() {
    both_worlds(|vm| {
        for length in 1..6_usize {
            let nodes = ring(vm, length);
            let first = nodes[0].clone();
            let error = vm.run(move || first.within(LOST).walk(length as u32 - 1)).unwrap().unwrap_err();
            let CallError::Deadlock { path, started: false } = &error else { panic!("{error}") };
            let mut expected: Vec<_> = nodes.iter().map(|node| format!("Node#{}.walk", node.id())).collect();
            expected.push(format!("Node#{}.add", nodes[0].id()));
            assert_eq!(path, &expected);
            assert!(error.is_unstarted() && error.to_string().contains(&path.join(" -> ")));
            for node in nodes {
                assert_eq!(node.add(1), Ok(1));
            }
        }
    });
}

#[test]
fn a_chain_whose_handlers_have_waited_before_is_known_as_well() {
    both_worlds(|vm| {
        let relay = vm.spawn(Relay::default());
        let back = relay.clone();
        let error = relay
            .run(move || {
                sleep(MILLISECOND).unwrap();
                let other = spawn(Relay::default());
                other.run(move || {
                    sleep(MILLISECOND).unwrap();
                    let third = spawn(Relay::default());
                    third.run(move || back.count().unwrap_err())
                })
            })
            .unwrap()
            .unwrap()
            .unwrap();
        let CallError::Deadlock { path, started: false } = error else { panic!("{error}") };
        assert_eq!(path.len(), 4, "{path:?}");
        assert_eq!(path[0], format!("Relay#{}.run", relay.id()));
        assert_eq!(path[3], format!("Relay#{}.count", relay.id()));
    });
}

/// Runs what it is told.
#[derive(Default)]
struct Relay {
    count: u32,
    kept: Vec<Reply<u32>>,
}

#[actor]
impl Relay {
    fn run<R: Send + 'static>(&mut self, work: impl FnOnce() -> R + Send + 'static) -> R {
        self.count += 1;
        work()
    }

    fn count(&self) -> u32 {
        self.count
    }

    /// Answers itself, in its own time.
    fn delegate(&mut self, work: impl FnOnce(Reply<u32>) + Send + 'static, #[reply] reply: Reply<u32>) {
        work(reply);
    }

    fn keep(&mut self, reply: Reply<u32>) {
        self.kept.push(reply);
    }

    /// Answers all that it keeps, and says how many.
    fn answer(&mut self, with: u32) -> usize {
        self.kept.drain(..).map(|reply| reply.send(with)).count()
    }

    #[parallel]
    fn beside<R: Send + 'static>(me: &Me<Self>, work: impl Fn(&Me<Relay>) -> R + Send + 'static) -> R {
        work(me)
    }
}

/// Has all of a ring wait for the next one at the same time. One of them is told so, and the others go on, all of it
/// within that time.
fn close_ring(vm: &Vm, nodes: &[Ref<Node>], way: Way, within: Duration) {
    let gate = vm.spawn(Gate::default());
    let mut calls: Vec<_> = nodes.iter().map(|node| node.request().meet(&gate, way)).collect();
    settle(vm, "all are at the gate", || gate.waiting() == Ok(nodes.len()));
    gate.open().unwrap();
    let mut answers: Vec<_> = calls.iter_mut().map(|call| call.wait_for(within)).collect();
    let told = |answer: &Result<u32, CallError>| matches!(answer, Err(CallError::Deadlock { .. }));
    let failed = answers.iter().position(told).unwrap_or_else(|| panic!("{way:?}: {answers:?}"));
    let Err(CallError::Deadlock { path, .. }) = answers.swap_remove(failed) else { unreachable!() };
    assert_eq!(path.first(), path.last());
    for node in nodes {
        let name = format!("Node#{}.", node.id());
        assert!(path.iter().any(|at| at.starts_with(&name)), "{way:?}: {path:?}");
    }
    assert_eq!(answers, vec![Ok(1); nodes.len() - 1], "{way:?}");
    let sum: u32 = nodes.iter().map(|node| node.take().unwrap()).sum();
    assert_eq!(sum as usize, nodes.len() - 1);
}

#[test]
fn a_cycle_across_chains_is_found_within_a_tenth_of_a_second_and_only_one_is_told() {
    const WAYS: [Way; 4] = [Way::Call, Way::Request, Way::Parallel, Way::Patience];
    in_simulations(|vm| {
        for (length, way) in (2..6).flat_map(|length| WAYS.map(|way| (length, way))) {
            close_ring(vm, &ring(vm, length), way, SOON);
        }
    });
    watched(|| {
        let vm = real();
        for (length, way) in (2..6).flat_map(|length| WAYS.map(|way| (length, way))) {
            close_ring(&vm, &ring(&vm, length), way, LOST);
        }
    });
}

#[test]
fn a_cycle_across_two_machines_is_found() {
    fn across(machines: [Vm; 2], within: Duration) {
        for length in [2, 4] {
            let nodes: Vec<_> = (0..length).map(|n| machines[n % 2].spawn(Node::default())).collect();
            for (node, next) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
                node.set_next(next).unwrap();
            }
            for way in [Way::Call, Way::Request, Way::Parallel] {
                close_ring(&machines[length % 2], &nodes, way, within);
            }
        }
    }
    watched(|| {
        for seed in SEEDS {
            named(&format!("seed {seed}"), || across([simulated(seed), simulated(seed + 1)], SOON));
        }
        across([real(), real()], LOST);
    });
}

// ---- What only looks like a cycle ----

#[test]
fn a_caller_whose_token_was_given_away_may_be_called_back() {
    both_worlds(|vm| {
        let (first, middle, keeper) =
            (vm.spawn(Relay::default()), vm.spawn(Relay::default()), vm.spawn(Relay::default()));
        let (tell, told) = mpsc::channel();
        let (back, kept) = (first.clone(), keeper.clone());
        let answer = first.request().run(move || {
            middle.within(LOST).delegate(move |reply| {
                kept.keep(reply).unwrap();
                // This waits for the first, which waits for the keeper.
                tell.send(back.within(LOST).count()).unwrap();
            })
        });
        vm.run(|| sleep(200 * MILLISECOND)).unwrap().unwrap();
        settle(vm, "the keeper has the token", || keeper.answer(7) == Ok(1));
        assert_eq!(answer.wait(), Ok(Ok(7)));
        settle(vm, "the first was called back", || told.try_recv() == Ok(Ok(1)));
    });
}

#[test]
fn a_caller_that_has_its_answer_may_be_called_back_by_who_gave_it() {
    both_worlds(|vm| {
        let (first, middle, gate) =
            (vm.spawn(Relay::default()), vm.spawn(Relay::default()), vm.spawn(Gate::default()));
        let (tell, told) = mpsc::channel();
        let (back, held) = (first.clone(), gate.clone());
        let answer = first.request().run(move || {
            middle.within(LOST).delegate(move |reply| {
                reply.send(3);
                held.within(LOST).pass().unwrap();
                tell.send(back.within(LOST).count()).unwrap();
            })
        });
        assert_eq!(answer.wait(), Ok(Ok(3)));
        settle(vm, "the middle waits", || gate.waiting() == Ok(1));
        // The first is busy with something else when it is called back.
        let later = vm.spawn(Gate::default());
        let (busy, opened) = (later.clone(), gate);
        let other = first.request().run(move || {
            opened.open().unwrap();
            busy.within(LOST).pass().unwrap();
        });
        settle(vm, "the first is busy", || later.waiting() == Ok(1));
        vm.run(|| sleep(100 * MILLISECOND)).unwrap().unwrap();
        later.open().unwrap();
        other.wait().unwrap();
        settle(vm, "the first was called back", || told.try_recv() == Ok(Ok(2)));
    });
}

#[test]
fn a_caller_that_has_given_up_is_no_part_of_the_chain_any_more() {
    both_worlds(|vm| {
        let (first, gate, later) =
            (vm.spawn(Relay::default()), vm.spawn(Gate::default()), vm.spawn(Gate::default()));
        let held = gate.clone();
        let (tell, told) = mpsc::channel();
        let given_up = first.run(move || {
            let limit = 5 * MILLISECOND;
            me::<Relay>().within(limit).beside(move |me| {
                // Nobody waits for this, which asks until the gate is open.
                while held.request().is_open().wait() != Ok(true) {
                    sleep(MILLISECOND).unwrap();
                }
                tell.send(me.try_with(|relay| relay.count)).unwrap();
            })
        });
        assert!(matches!(given_up, Ok(Err(CallError::Timeout { started: true, .. }))), "{given_up:?}");
        let (busy, opened) = (later.clone(), gate);
        let other = first.request().run(move || {
            opened.open().unwrap();
            busy.within(LOST).pass().unwrap();
        });
        settle(vm, "the first is busy", || later.waiting() == Ok(1));
        vm.run(|| sleep(100 * MILLISECOND)).unwrap().unwrap();
        later.open().unwrap();
        other.wait().unwrap();
        settle(vm, "the method had its turn", || told.try_recv() == Ok(Ok(2)));
    });
}

#[test]
fn a_process_that_holds_the_token_is_not_known_to_be_waited_for() {
    both_worlds(|vm| {
        let (relay, keeper) = (vm.spawn(Relay::default()), vm.spawn(Relay::default()));
        let (asked, (tell, told)) = (relay.clone(), mpsc::channel());
        let server = vm.process(move |inbox: Inbox<Reply<u32>>| {
            let owed = inbox.recv().unwrap();
            tell.send(asked.within(200 * MILLISECOND).count()).unwrap();
            owed.send(1);
        });
        let answer = relay
            .request()
            .run(move || keeper.within(LOST).delegate(move |reply| server.send(reply).unwrap()));
        // It is a cycle, but ends by its deadline.
        assert_eq!(answer.wait(), Ok(Ok(1)));
        let told = told.recv().unwrap();
        assert!(matches!(told, Err(CallError::Timeout { started: false, .. })), "{told:?}");
    });
}
