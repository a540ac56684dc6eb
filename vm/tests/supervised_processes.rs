//! Supervised processes: what stays over a restart, what is gone, and how they are stopped.
//!
//! The programs run in both worlds.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ChildError, ChildSpec, ChildState, RecvError, Shutdown, Supervisor, sleep};
use support::{both_worlds, real_builder, watched};

/// What a process is sent.
#[derive(Debug, PartialEq)]
enum Order {
    /// To be received first, and answered.
    Urgent(u32),
    /// To be received after that, and answered.
    Plain(u32),
    Fail,
    Return,
    /// To hold on to, in the queue.
    Never(Held),
}

#[derive(Debug)]
struct Held(Arc<AtomicUsize>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Says what it does. Receives what is urgent first, and so has the rest in its own queue.
fn clerk(says: &mpsc::Sender<String>) -> ChildSpec<Inbox<Order>> {
    let says = says.clone();
    ChildSpec::process("clerk", move |inbox: Inbox<Order>| {
        let say = |what: String| says.send(what).unwrap();
        say("begins".into());
        loop {
            let is_wanted = |order: &Order| !matches!(order, Order::Plain(_) | Order::Never(_));
            let order = match inbox.recv_match_timeout(Duration::ZERO, is_wanted) {
                Err(RecvError::Timeout) => inbox.recv_match(|order| !matches!(order, Order::Never(_))),
                found => found,
            };
            match order {
                Ok(Order::Urgent(number)) => say(format!("urgent {number}")),
                Ok(Order::Plain(number)) => say(format!("plain {number}")),
                Ok(Order::Fail) => std::panic::resume_unwind(Box::new("on purpose")),
                Ok(Order::Return) => return,
                Ok(Order::Never(_)) => unreachable!("nobody asks for it"),
                Err(error) => {
                    say(format!("{error:?}"));
                    return;
                }
            }
        }
    })
}

fn watched_clerk(vm: &Vm, spec: impl Fn(ChildSpec<Inbox<Order>>) -> ChildSpec<Inbox<Order>>) -> Office {
    let (says, said) = mpsc::channel();
    let supervisor = vm.spawn(Supervisor::one_for_one().intensity(1000, 5 * SECOND).with(spec(clerk(&says))));
    let clerk = supervisor.find_process::<Order>("clerk").unwrap();
    Office { supervisor, clerk, said }
}

struct Office {
    supervisor: Ref<Supervisor>,
    clerk: ProcessRef<Order>,
    said: mpsc::Receiver<String>,
}

impl Office {
    #[track_caller]
    fn expect(&self, vm: &Vm, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.next(vm), *line);
        }
    }

    /// A simulated machine goes on only while somebody outside waits for it.
    #[track_caller]
    fn next(&self, vm: &Vm) -> String {
        vm.run(|| ()).unwrap();
        loop {
            match self.said.try_recv() {
                Ok(line) => return line,
                Err(_) => vm.run(|| sleep(MILLISECOND).unwrap()).unwrap(),
            }
        }
    }
}

#[test]
fn a_restarted_process_has_its_reference_and_receives_what_it_had_not_received() {
    both_worlds(|vm| {
        let office = watched_clerk(vm, |spec| spec);
        office.expect(vm, &["begins"]);
        let clerk = office.clerk.clone();
        // All at once, so that the clerk has the plain ones in its queue when it fails.
        vm.run(move || {
            clerk.send(Order::Plain(1)).unwrap();
            clerk.send(Order::Plain(2)).unwrap();
            clerk.send(Order::Urgent(3)).unwrap();
            clerk.send(Order::Fail).unwrap();
            clerk.send(Order::Plain(4)).unwrap();
            clerk.send(Order::Urgent(5)).unwrap();
        })
        .unwrap();
        let lines: Vec<_> = (0..6).map(|_| office.next(vm)).collect();
        let of = |what: &str| {
            lines.iter().filter(|line| line.starts_with(what)).cloned().collect::<Vec<_>>().join(", ")
        };
        assert_eq!(of("begins"), "begins", "once more: {lines:?}");
        assert_eq!(of("plain"), "plain 1, plain 2, plain 4", "each of them once and in order");
        assert_eq!(of("urgent"), "urgent 3, urgent 5");
        assert_eq!(office.supervisor.find_process::<Order>("clerk").unwrap(), office.clerk);
        assert_eq!(office.clerk.exit_reason(), None);
        assert_eq!(office.supervisor.which_children().unwrap()[0].restarts, 1);
    });
}

#[test]
fn what_is_passed_over_outlives_many_lives_and_is_dropped_and_counted_at_the_end() {
    both_worlds(|vm| {
        let office = watched_clerk(vm, |spec| spec);
        let dropped = Arc::new(AtomicUsize::new(0));
        office.expect(vm, &["begins"]);
        for life in 1..=50 {
            office.clerk.send(Order::Never(Held(Arc::clone(&dropped)))).unwrap();
            office.clerk.send(if life % 2 == 0 { Order::Fail } else { Order::Return }).unwrap();
            office.expect(vm, &["begins"]);
        }
        assert_eq!(dropped.load(Ordering::SeqCst), 0);
        let dead = |vm: &Vm| vm.counters().iter().map(|counted| counted.dead_letters).sum::<u64>();
        let before = dead(vm);
        office.supervisor.terminate_child("clerk").unwrap();
        assert_eq!(dropped.load(Ordering::SeqCst), 50);
        assert_eq!(dead(vm) - before, 50);
        assert_eq!(office.clerk.send(Order::Return).unwrap_err().message, Order::Return);
    });
}

#[test]
fn a_process_is_asked_to_end_and_killed_when_it_does_not() {
    both_worlds(|vm| {
        let office = watched_clerk(vm, |spec| spec);
        office.expect(vm, &["begins"]);
        for number in 0..3 {
            office.clerk.send(Order::Never(Held(Arc::default()))).unwrap();
            office.clerk.send(Order::Urgent(number)).unwrap();
        }
        office.expect(vm, &["urgent 0", "urgent 1", "urgent 2"]);
        office.supervisor.terminate_child("clerk").unwrap();
        office.expect(vm, &["Exit(Shutdown)"]);
        assert_eq!(office.clerk.exit_reason(), Some(ExitReason::Shutdown));

        let unwound = Arc::new(AtomicUsize::new(0));
        let held = Arc::clone(&unwound);
        let deaf = ChildSpec::process("deaf", move |inbox: Inbox<()>| {
            let _held = Held(Arc::clone(&held));
            loop {
                let _ = inbox.recv();
            }
        });
        let deaf = deaf.shutdown(Shutdown::Within(20 * MILLISECOND));
        let process = office.supervisor.start_child(deaf).unwrap();
        office.supervisor.terminate_child("deaf").unwrap();
        assert_eq!(unwound.load(Ordering::SeqCst), 1, "it was unwound where it waits");
        assert!(process.exit_reason().is_some());
    });
}

#[test]
fn a_killed_process_is_restarted_and_a_transient_one_that_returned_is_not() {
    both_worlds(|vm| {
        let office = watched_clerk(vm, ChildSpec::transient);
        office.expect(vm, &["begins"]);
        office.clerk.kill();
        office.expect(vm, &["begins"]);
        office.clerk.send(Order::Urgent(1)).unwrap();
        office.expect(vm, &["urgent 1"]);
        office.clerk.send(Order::Return).unwrap();
        while office.supervisor.which_children().unwrap()[0].state != ChildState::Ended {}
        assert_eq!(office.clerk.exit_reason(), Some(ExitReason::Normal));
        let ended = office.supervisor.find_process::<Order>("clerk");
        assert!(matches!(ended, Err(ChildError::Ended { .. })));
        office.supervisor.restart_child("clerk").unwrap();
        let again = office.supervisor.find_process::<Order>("clerk").unwrap();
        assert_ne!(again, office.clerk);
        let other = office.supervisor.find_process::<String>("clerk").unwrap_err();
        assert!(matches!(other, ChildError::OtherType { .. }), "{other}");
        assert!(matches!(office.supervisor.find::<Supervisor>("clerk"), Err(ChildError::OtherType { .. })));
    });
}

#[test]
fn a_process_that_is_killed_before_it_began_and_one_whose_supervisor_is_killed_leave_nothing_behind() {
    both_worlds(|vm| {
        let office = watched_clerk(vm, |spec| spec);
        for _ in 0..100 {
            office.clerk.kill();
        }
        office.clerk.send(Order::Urgent(1)).unwrap();
        while office.next(vm) != "urgent 1" {}
        office.supervisor.kill();
        while office.clerk.exit_reason().is_none() {
            vm.run(|| sleep(MILLISECOND).unwrap()).unwrap();
        }
        assert_eq!(office.clerk.exit_reason(), Some(ExitReason::Killed));
    });
}

#[test]
fn a_machine_may_be_dropped_while_processes_are_restarted() {
    watched(|| {
        for round in 0..20 {
            let vm = real_builder().build().unwrap();
            let dropped = Arc::new(AtomicUsize::new(0));
            let offices: Vec<_> = (0..4).map(|_| watched_clerk(&vm, |spec| spec)).collect();
            let mut sent = 0;
            for office in &offices {
                for _ in 0..20 + round {
                    sent += usize::from(office.clerk.send(Order::Never(Held(Arc::clone(&dropped)))).is_ok());
                    let _ = office.clerk.send(Order::Fail);
                }
            }
            drop(vm);
            assert!(offices.iter().all(|office| office.clerk.exit_reason().is_some()));
            assert_eq!(dropped.load(Ordering::SeqCst), sent, "round {round}");
        }
    });
}
