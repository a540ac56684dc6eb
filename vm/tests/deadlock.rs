//! Deadlock: a call that would wait for its own caller fails at once, and a cycle across chains of calls is found
//! while its handlers wait. Either way one of them is told the way round, and the others go on.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use support::gate::Gate;
use support::{LOST, SEEDS, both_worlds, in_simulations, named, real, settle, simulated, watched};

const MILLISECOND: Duration = Duration::from_millis(1);

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

    fn keep(&mut self, #[reply] reply: Reply<u32>) {
        self.kept.push(reply);
    }

    #[parallel]
    fn beside<R: Send + 'static>(me: &Me<Self>, work: impl Fn(&Me<Relay>) -> R + Send + 'static) -> R {
        work(me)
    }
}

/// Has all of a ring wait for the next one at the same time; one of them is told so, within that time.
fn close_ring(vm: &Vm, nodes: &[Ref<Node>], gate: &Ref<Gate>, way: Way, within: Duration) {
    let mut calls: Vec<_> = nodes.iter().map(|node| node.request().meet(gate, way)).collect();
    settle(vm, "all are at the gate", || gate.waiting() == Ok(nodes.len()));
    gate.open().unwrap();
    vm.run(move || sleep(within)).unwrap().unwrap();
    let answers: Vec<_> = calls.iter_mut().map(|call| call.wait_for(LOST)).collect();
    let mut failed = 0;
    for answer in &answers {
        match answer {
            Ok(1) => {}
            Err(CallError::Deadlock { path, .. }) => {
                failed += 1;
                assert_eq!(path.first(), path.last());
                for node in nodes {
                    assert!(path.iter().any(|at| at.starts_with(&format!("Node#{}.", node.id()))), "{path:?}");
                }
            }
            other => panic!("{way:?}: {other:?}"),
        }
    }
    assert_eq!(failed, 1, "{way:?}: {answers:?}");
    let sum: u32 = nodes.iter().map(|node| node.add(0).unwrap()).sum();
    assert_eq!(sum as usize, nodes.len() - 1);
}

#[test]
fn a_cycle_across_chains_is_found_within_a_tenth_of_a_second_and_only_one_is_told() {
    in_simulations(|vm| {
        for length in 2..6 {
            for way in [Way::Call, Way::Request, Way::Parallel, Way::Patience] {
                let begun = vm.spawn(Gate::default());
                let nodes = ring(vm, length);
                let calls: Vec<_> = nodes.iter().map(|node| node.request().meet(&begun, way)).collect();
                settle(vm, "all are at the gate", || begun.waiting() == Ok(length));
                begun.open().unwrap();
                vm.run(|| sleep(100 * MILLISECOND)).unwrap().unwrap();
                assert!(calls.iter().all(Promise::is_done_or), "{way:?}");
                drop(calls);
                close_ring(vm, &ring(vm, length), &vm.spawn(Gate::default()), way, 100 * MILLISECOND);
            }
        }
    });
}

#[test]
fn the_real_world_finds_cycles_as_well() {
    watched(|| {
        let vm = real();
        for length in 2..6 {
            for way in [Way::Call, Way::Request, Way::Parallel] {
                close_ring(&vm, &ring(&vm, length), &vm.spawn(Gate::default()), way, MILLISECOND);
            }
        }
    });
}

#[test]
fn a_cycle_across_two_machines_is_found() {
    watched(|| {
        for seed in SEEDS {
            let machines = [simulated(seed), simulated(seed + 1)];
            named(&format!("seed {seed}"), || across(&machines, 100 * MILLISECOND));
        }
        across(&[real(), real()], MILLISECOND);
    });
}

fn across(machines: &[Vm; 2], within: Duration) {
    for length in [2, 4] {
        let nodes: Vec<_> = (0..length).map(|n| machines[n % 2].spawn(Node::default())).collect();
        for (node, next) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
            node.set_next(next).unwrap();
        }
        for way in [Way::Call, Way::Request] {
            close_ring(&machines[0], &nodes, &machines[0].spawn(Gate::default()), way, within);
            for node in &nodes {
                node.add(0).unwrap();
            }
            nodes.iter().for_each(|node| drop(node.reset()));
        }
    }
}

#[actor(more)]
impl Node {
    fn reset(&mut self) {
        self.value = 0;
    }
}

#[test]
fn a_cycle_through_a_process_is_found() {
    both_worlds(|vm| {
        let relay = vm.spawn(Relay::default());
        let (gate, asked) = (vm.spawn(Gate::default()), relay.clone());
        // The relay waits for the reply that the process would give after it has had the relay's.
        let (tell, told) = std::sync::mpsc::channel();
        let server = vm.process(move |inbox: Inbox<Reply<u32>>| {
            let owed = inbox.recv().unwrap();
            let error = asked.within(Duration::from_millis(200)).count().unwrap_err();
            tell.send(error).unwrap();
            owed.send(1);
        });
        let keeper = vm.spawn(Relay::default());
        let outcome = relay.request().run(move || {
            keeper.within(LOST).delegate(move |reply| drop(server.send(reply)))
        });
        // Who has the token is not known, so it ends by the deadline, and no one is blamed.
        let answer = outcome.wait().unwrap();
        assert_eq!(answer, Ok(1));
        assert!(matches!(told.recv().unwrap(), CallError::Timeout { started: false, .. }));
        drop(gate);
    });
}
