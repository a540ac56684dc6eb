//! Actors without room that send to one another: what would wait for itself is told so, with the way round, and the others
//! go on.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use support::gate::Gate;
use support::{LOST, both_worlds, in_simulations, settle, sum, wait_until};

/// Until when a cycle is found, in milliseconds.
const SOON: u32 = 100;

/// Has room for one message, and lets its senders wait.
#[derive(Default)]
struct Peer {
    taken: u32,
}

#[actor(capacity = Capacity::of(1))]
impl Peer {
    #[cast]
    fn take(&mut self, value: u32) {
        self.taken += value;
    }

    fn taken(&self) -> u32 {
        self.taken
    }

    /// Fills the other's mailbox when the gate has opened, and sends once more.
    fn push(&mut self, gate: Ref<Gate>, other: Ref<Peer>) -> Result<(), CallError> {
        gate.within(LOST).pass()?;
        other.take(1)?;
        other.take(10)
    }

    fn run<R: Send + 'static>(&mut self, work: impl FnOnce() -> R + Send + 'static) -> R {
        work()
    }

    #[parallel]
    fn push_beside(me: &Me<Self>) -> Result<(), CallError> {
        let own = me.to_ref();
        own.take(1)?;
        own.take(10)?;
        own.take(100)
    }
}

fn meeting(vm: &Vm, count: usize) -> Ref<Gate> {
    let gate = vm.spawn(Gate::default());
    let opens = gate.clone();
    let _ = vm.process(move |_: Inbox<()>| {
        wait_until("all are there", || opens.within(LOST).waiting() == Ok(count));
        opens.cast().open().unwrap();
    });
    gate
}

fn path_of(error: &CallError) -> &[String] {
    let CallError::Deadlock { path, started: false } = error else { panic!("{error}") };
    path
}

#[test]
fn of_two_full_actors_that_send_to_each_other_one_is_told_and_both_go_on() {
    both_worlds(|vm| {
        for count in 2..5 {
            let peers: Vec<_> = (0..count).map(|_| vm.spawn(Peer::default())).collect();
            let gate = meeting(vm, count);
            let watch = peers.clone();
            let pushes: Vec<_> = (0..count)
                .map(|index| watch[index].request().push(&gate, &watch[(index + 1) % count]))
                .collect();
            let outcomes: Vec<_> = pushes.into_iter().map(|push| push.wait()).collect();
            let told: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
            assert!(!told.is_empty(), "somebody is told");
            assert!(told.len() < count, "one is enough to set another free");
            for error in &told {
                let path = path_of(error);
                assert_eq!(path.len(), count + 1, "{path:?}");
                assert_eq!(path.first(), path.last());
                assert!(path.iter().all(|step| step.ends_with(".push")), "{path:?}");
            }
            let sent = 11 * outcomes.len() - 10 * told.len();
            let taken: u32 = peers.iter().map(|peer| peer.within(LOST).taken().unwrap()).sum();
            assert_eq!(taken as usize, sent, "what was given back was not sent");
        }
    });
}

#[test]
fn a_cycle_of_senders_is_found_within_a_tenth_of_a_second() {
    // By the clock of the simulated world, where no other load makes it late.
    in_simulations(|vm| {
        let (one, other) = (vm.spawn(Peer::default()), vm.spawn(Peer::default()));
        let gate = meeting(vm, 2);
        let (first, second) = (one.request().push(&gate, &other), other.request().push(&gate, &one));
        let found = vm.run(move || {
            wait_until("they have met", || gate.is_open().unwrap());
            let tick = || sleep(Duration::from_millis(1)).unwrap();
            (0..SOON).take_while(|_| !first.is_done() && !second.is_done()).map(|_| tick()).count()
        });
        assert!(found.unwrap() < SOON as usize);
    });
}

#[test]
fn who_sends_to_its_own_full_mailbox_is_told_at_once() {
    both_worlds(|vm| {
        let peer = vm.spawn(Peer::default());
        let own = peer.clone();
        let error = peer
            .within(LOST)
            .run(move || {
                own.take(1).unwrap();
                own.take(10).unwrap_err()
            })
            .unwrap();
        let step = |method: &str| format!("Peer#{}.{method}", peer.id());
        assert_eq!(path_of(&error), [step("run"), step("take")]);
        assert_eq!(sum(vm, |counted| counted.waits_for_room), 0, "it never began to wait");
        assert_eq!(peer.within(LOST).taken(), Ok(1));
    });
}

#[test]
fn who_sends_to_a_full_actor_that_waits_for_it_is_told_at_once() {
    both_worlds(|vm| {
        let (first, second) = (vm.spawn(Peer::default()), vm.spawn(Peer::default()));
        let back = first.clone();
        let error = first
            .within(LOST)
            .run(move || {
                second.within(LOST).run(move || {
                    back.take(1).unwrap();
                    back.take(10).unwrap_err()
                })
            })
            .unwrap()
            .unwrap();
        assert_eq!(path_of(&error).len(), 3);
        assert_eq!(sum(vm, |counted| counted.waits_for_room), 0, "it never began to wait");
        assert_eq!(first.within(LOST).taken(), Ok(1));
    });
}

#[test]
fn a_parallel_method_may_fill_the_mailbox_of_its_own_actor() {
    both_worlds(|vm| {
        let peer = vm.spawn(Peer::default());
        peer.within(LOST).push_beside().unwrap();
        settle(vm, "all have come in", || peer.within(LOST).taken() == Ok(111));
    });
}
