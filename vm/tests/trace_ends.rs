//! What a trace tells of ends: of waits that are deadlocks, of machines, and of actors between two lives.

mod support;

use greenroom::prelude::*;
use greenroom::trace::{Filter, Record, What};
use greenroom::{ActorId, Incident, Supervisor};
use support::gate::Gate;
use support::{Object, ask, both_worlds, in_simulations, settle, simulated};

/// Waits at the gate, and then calls the other one.
struct Peer {
    other: Option<Ref<Peer>>,
}

#[actor]
impl Peer {
    fn know(&mut self, other: Ref<Peer>) {
        self.other = Some(other);
    }
    fn meet(&mut self, gate: Ref<Gate>) -> Result<u64, CallError> {
        gate.pass()?;
        self.other.as_ref().expect("it knows one").answer()
    }
    fn answer(&self) -> u64 {
        7
    }
    fn fail(&mut self) {
        support::resume_quietly();
    }
}

/// What is said of a message.
fn told_of(message: u64, records: &[Record]) -> Vec<String> {
    let is_it = |what: &What| match what {
        What::Start { message: number, .. } | What::Finish { message: number, .. } => {
            *number == Some(message)
        }
        What::Suspend { message: number, .. } | What::Resume { message: number, .. } => {
            *number == Some(message)
        }
        What::Reply { message: number, .. } | What::Lost { message: number, .. } => *number == message,
        _ => false,
    };
    records.iter().filter(|record| is_it(&record.what)).map(|record| record.what.to_string()).collect()
}

/// The numbers of all messages of a method.
fn sent(method: &str, records: &[Record]) -> Vec<u64> {
    let number = |record: &Record| match record.what {
        What::Send { message, method: sent, .. } if sent == method => Some(message),
        _ => None,
    };
    records.iter().filter_map(number).collect()
}

#[test]
fn a_call_that_waits_for_itself_is_answered_with_the_deadlock_and_not_lost() {
    both_worlds(|vm| {
        let (gate, peers) = (vm.spawn(Gate::default()), [0, 1].map(|_| vm.spawn(Peer { other: None })));
        peers[0].know(&peers[1]).unwrap();
        peers[1].know(&peers[0]).unwrap();
        let session = vm.trace(Filter::everything());
        let calls = peers.each_ref().map(|peer| peer.request().meet(&gate));
        settle(vm, "both are at the gate", || gate.waiting() == Ok(2));
        gate.open().unwrap();
        let answers = calls.map(|call| call.wait());
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1, "{answers:?}");
        for peer in peers {
            // Whoever is told has come to the request of the other, too.
            peer.answer().unwrap();
        }
        let records = session.take();
        let told: Vec<_> =
            sent("answer", &records)[..2].iter().map(|&call| told_of(call, &records)).collect();
        let failed: Vec<_> = told.iter().flatten().filter(|line| line.contains("error")).collect();
        assert!(matches!(&failed[..], [line] if line.contains(".meet -> Peer#")), "{told:#?}");
        assert!(!told.iter().flatten().any(|line| line.contains("lost")), "{told:#?}");
        assert_eq!(told.iter().flatten().filter(|line| line.contains("start")).count(), 1, "{told:#?}");
    });
}

#[test]
fn a_handler_that_waits_and_goes_on_says_for_which_message() {
    in_simulations(|vm| {
        let (gate, peer) = (vm.spawn(Gate::default()), vm.spawn(Peer { other: None }));
        peer.know(&peer).unwrap();
        let session = vm.trace(Filter::everything());
        let call = peer.request().meet(&gate);
        settle(vm, "it is at the gate", || gate.waiting() == Ok(1));
        gate.open().unwrap();
        assert!(matches!(call.wait(), Err(CallError::Deadlock { .. })));
        let records = session.take();
        let told = told_of(sent("meet", &records)[0], &records);
        let words: Vec<_> = told.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(words[..3], ["start", "suspend", "resume"], "{told:#?}");
        assert!(words[3..].contains(&"finish"), "{told:#?}");
    });
}

#[test]
fn what_lies_in_a_mailbox_when_a_simulated_machine_ends_is_recorded_and_counted() {
    for seed in 0..3 {
        let vm = simulated(seed);
        let object = vm.spawn(Object(0_u32));
        let other = simulated(seed + 1);
        let (session, elsewhere) = (vm.trace(Filter::everything()), other.trace(Filter::everything()));
        let incidents = vm.incidents(10);
        object.send(ask(|count: &mut u32| *count += 1)).unwrap();
        let promise = object.send_request(ask(|count: &mut u32| *count));
        drop(vm);
        assert!(matches!(promise.wait(), Err(CallError::Stopped { started: false, .. })));
        let records = session.take();
        let told = [0, 1].map(|number| told_of(number, &records));
        assert!(told[0].len() == 1 && told[0][0].starts_with("lost [0] "), "{told:#?}");
        assert!(told[1].len() == 1 && told[1][0].starts_with("error [1] "), "{told:#?}");
        let is_it = |incident: &Incident| matches!(incident, Incident::DeadLetters { count: 1, .. });
        assert_eq!(incidents.iter().filter(is_it).count(), 1);
        assert_eq!(elsewhere.take(), [], "it is the other one's doing");
    }
}

#[test]
fn a_child_that_gets_no_other_life_stops_with_its_last_life_and_for_good() {
    in_simulations(|vm| {
        let supervisor =
            vm.spawn(Supervisor::one_for_one().intensity(0, SECOND).child("peer", || Peer { other: None }));
        let peer = supervisor.find::<Peer>("peer").unwrap();
        let session = vm.trace(Filter::everything());
        peer.fail().unwrap_err();
        settle(vm, "all have ended", || peer.exit_reason().is_some() && supervisor.exit_reason().is_some());
        let records = session.take();
        let stops = |of: ActorId| {
            records
                .iter()
                .filter(|record| matches!(record.what, What::Stop { actor, .. } if actor == of))
                .count()
        };
        assert_eq!((stops(peer.id()), stops(supervisor.id())), (2, 1));
    });
}
