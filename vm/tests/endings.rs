//! A machine's end in awkward moments: amid work without end, in handlers, on a thread that unwinds.

mod support;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use greenroom::RecvError;
use greenroom::prelude::*;
use support::{Flag, Object, Tally, ask, real, settle, simulated, wait_until, watched};

#[test]
fn an_inbox_in_a_destructor_fails_softly_while_a_machine_s_end_unwinds_its_process() {
    struct Asks(Inbox<u32>, mpsc::Sender<(usize, Option<RecvError>)>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let me = self.0.me();
            me.send(1).unwrap();
            let first = self.0.recv();
            assert_eq!(first, Ok(1));
            self.1.send((self.0.len(), self.0.recv().err())).unwrap();
        }
    }
    watched(|| {
        for vm in support::SEEDS.map(simulated).chain([real()]) {
            let (tell, told) = mpsc::channel();
            let begun = Flag::default();
            let begin = begun.clone();
            let process = vm.process(move |inbox: Inbox<u32>| {
                let asks = Asks(inbox, tell);
                begin.raise();
                let _ = asks.0.recv();
            });
            settle(&vm, "it waits", || begun.is_raised());
            drop(vm);
            assert_eq!(told.recv().unwrap(), (0, Some(RecvError::Unwinding)));
            drop(process);
        }
    });
}

#[test]
fn processes_that_answer_each_other_for_ever_do_not_keep_a_machine() {
    watched(|| {
        for _ in 0..5 {
            let vm = Vm::builder().workers(1).build().unwrap();
            let rounds = Tally::default();
            let (a, b) = (vm.process(player(rounds.clone())), vm.process(player(rounds.clone())));
            a.send(Ball(b)).unwrap();
            wait_until("they are at it", || rounds.count() > 100);
            drop(vm);
        }
    });
}
struct Ball(ProcessRef<Ball>);
fn player(rounds: Tally) -> impl FnOnce(Inbox<Ball>) + Send {
    move |inbox| {
        while let Ok(Ball(other)) = inbox.recv() {
            rounds.add_one();
            let _ = other.send(Ball(inbox.me()));
        }
    }
}

#[test]
fn a_process_that_always_finds_a_message_does_not_keep_a_machine_nor_its_core() {
    watched(|| {
        let vm = Vm::builder().workers(1).relief(0).build().unwrap();
        let rounds = Tally::default();
        let count = rounds.clone();
        drop(vm.process(move |inbox: Inbox<()>| {
            let me = inbox.me();
            loop {
                me.send(()).unwrap();
                if inbox.recv().is_err() {
                    break;
                }
                count.add_one();
            }
        }));
        wait_until("it is at it", || rounds.count() > 1000);
        assert_eq!(vm.run(|| sleep(Duration::from_millis(1))), Ok(Ok(())));
        drop(vm);
    });
}

#[test]
fn one_who_calls_without_end_does_not_keep_a_machine() {
    watched(|| {
        let vm = Vm::builder().workers(1).relief(0).build().unwrap();
        let (callee, rounds) = (vm.spawn(Object(0)), Tally::default());
        let count = rounds.clone();
        vm.spawn(Object(()))
            .send(ask(move |(): &mut ()| {
                loop {
                    callee.ask(ask(|n: &mut i32| *n += 1)).unwrap();
                    count.add_one();
                }
            }))
            .unwrap();
        wait_until("it is at it", || rounds.count() > 1000);
        drop(vm);
    });
}

#[test]
fn a_simulation_ends_in_order_while_its_thread_unwinds() {
    watched(|| {
        let dropped = Tally::default();
        let count = dropped.clone();
        thread::spawn(move || {
            let vm = simulated(2);
            let held = support::Dropped(count);
            vm.spawn(Object(()))
                .send(ask(move |(): &mut ()| {
                    let _held = held;
                    let _ = sleep(Duration::MAX);
                }))
                .unwrap();
            vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
            panic!("on purpose");
        })
        .join()
        .unwrap_err();
        assert_eq!(dropped.count(), 1);
    });
}

#[test]
fn a_machine_that_ends_in_a_handler_of_another_lets_no_destructor_wait_for_its_own_actors() {
    struct Waits(Ref<Object<u32>>, Tally);
    impl Drop for Waits {
        fn drop(&mut self) {
            assert_eq!(self.0.send_request(ask(|n: &mut u32| *n)).wait(), Err(CallError::Unwinding));
            self.1.add_one();
        }
    }
    watched(|| {
        let (outer, inner, refused) = (real(), real(), Tally::default());
        let actors: Vec<_> = (0..2).map(|_| inner.spawn(Object(1))).collect();
        let first = inner.spawn(Object(Waits(actors[0].clone(), refused.clone())));
        let (earlier, later) = (first, inner.spawn(Object(Waits(actors[1].clone(), refused.clone()))));
        let held = (earlier, later);
        outer.spawn(Object(Some(inner))).ask(ask(|inner: &mut Option<Vm>| drop(inner.take()))).unwrap();
        drop(held);
        assert!(refused.count() == 2);
    });
}

#[test]
fn references_of_machines_that_follow_one_another_are_ordered_as_they_are_equal() {
    watched(|| {
        let refs: Vec<_> = (0..3).map(|_| simulated(1).spawn(Object(1))).collect();
        for (place, one) in refs.iter().enumerate() {
            for (other_place, other) in refs.iter().enumerate() {
                assert_eq!(one == other, place == other_place);
                assert_eq!(one.cmp(other).is_eq(), one == other);
            }
        }
    });
}

#[test]
fn a_simulation_cannot_be_built_where_nobody_would_drive_it() {
    watched(|| {
        let vm = real();
        let built = vm.run(|| Vm::builder().world(greenroom::World::Simulated { seed: 1 }).build().err());
        assert!(built.unwrap().unwrap().to_string().contains("plain thread"));
    });
}
