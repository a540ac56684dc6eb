//! Order: what one sender sends to one receiver arrives as it was sent, whatever it is.

mod support;

use std::thread;

use greenroom::prelude::*;
use greenroom::{ExitReason, RecvError};
use support::{Object, ask, both_worlds, real, wait_until, watched};

type Log = Object<Vec<(usize, u32)>>;

fn note(sender: usize, number: u32) -> support::Ask<Vec<(usize, u32)>, u32> {
    ask(move |log: &mut Vec<(usize, u32)>| {
        log.push((sender, number));
        number
    })
}

fn assert_in_order(log: &[(usize, u32)], senders: usize, each: u32) {
    for sender in 0..senders {
        let numbers: Vec<u32> = log.iter().filter(|(from, _)| *from == sender).map(|(_, n)| *n).collect();
        assert!(numbers.iter().copied().eq(0..each), "of sender {sender} came {numbers:?}");
    }
    assert_eq!(log.len(), senders * each as usize);
}

#[test]
fn sends_requests_and_calls_of_one_sender_arrive_in_the_order_sent() {
    const EACH: u32 = 200;
    both_worlds(|vm| {
        let log: Ref<Log> = vm.spawn(Object(Vec::new()));
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let log = log.clone();
                vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    let mut promises = Vec::new();
                    for number in 0..EACH {
                        match (number + sender as u32) % 7 {
                            0 => assert_eq!(log.ask(note(sender, number)), Ok(number)),
                            1 | 2 => promises.push((number, log.send_request(note(sender, number)))),
                            _ => log.send(note(sender, number)).unwrap(),
                        }
                    }
                    for (number, promise) in promises {
                        assert_eq!(promise.wait(), Ok(number));
                    }
                }))
            })
            .collect();
        for sender in senders {
            sender.wait().unwrap();
        }
        let log = log.ask(ask(|log: &mut Vec<(usize, u32)>| log.clone())).unwrap();
        assert_in_order(&log, 4, EACH);
    });
}

#[test]
fn what_plain_threads_send_arrives_in_their_order() {
    const EACH: u32 = 5000;
    watched(|| {
        let vm = real();
        let log: Ref<Log> = vm.spawn(Object(Vec::new()));
        thread::scope(|scope| {
            for sender in 0..3 {
                let log = log.clone();
                scope.spawn(move || {
                    for number in 0..EACH {
                        log.send(note(sender, number)).unwrap();
                    }
                    log.ask(ask(|_: &mut Vec<(usize, u32)>| ())).unwrap();
                });
            }
        });
        let log = log.ask(ask(|log: &mut Vec<(usize, u32)>| log.clone())).unwrap();
        assert_in_order(&log, 3, EACH);
    });
}

#[test]
fn an_exit_between_messages_lets_the_earlier_ones_be_handled_and_no_later_one() {
    fn rounds(vm: &Vm, count: usize) {
        for _ in 0..count {
            let log = vm.spawn(Object(Vec::new()));
            let seen = vm.spawn(Object((log, Vec::new())));
            let subject = seen.clone();
            vm.run(move || {
                for number in 0..3 {
                    seen.send(number_to_log(number)).unwrap();
                }
                seen.exit("enough");
                for number in 3..6 {
                    // Whether it comes back or goes nowhere depends on who is faster.
                    let _ = seen.send(number_to_log(number));
                }
                let refused = seen.ask(ask(|_: &mut Subject| ()));
                assert!(matches!(refused, Err(CallError::Stopped { started: false, .. })), "{refused:?}");
            })
            .unwrap();
            assert_eq!(subject.exit_reason(), Some(ExitReason::Custom("enough".into())));
        }
    }
    type Subject = (Ref<Log>, Vec<u32>);
    fn number_to_log(number: u32) -> support::Ask<Subject, ()> {
        ask(move |(log, seen): &mut Subject| {
            assert!(number < 3, "a message behind the exit was handled");
            log.send(note(0, number)).unwrap();
            seen.push(number);
            if number == 2 {
                assert_eq!(*seen, [0, 1, 2]);
            }
        })
    }
    watched(|| rounds(&real(), 1000));
    support::in_simulations(|vm| rounds(vm, 100));
}

#[test]
fn messages_sent_before_an_exit_precede_it_in_a_process_s_inbox() {
    both_worlds(|vm| {
        for _ in 0..100 {
            let (tell, told) = std::sync::mpsc::channel();
            let process = vm.process(move |inbox: Inbox<u32>| {
                let mut seen = Vec::new();
                loop {
                    match inbox.recv() {
                        Ok(number) => seen.push(number),
                        Err(RecvError::Exit(reason)) => break tell.send((seen, reason)).unwrap(),
                        Err(error) => panic!("{error}"),
                    }
                }
            });
            vm.run(move || {
                for number in 0..3 {
                    process.send(number).unwrap();
                }
                process.exit("done");
                for number in 3..6 {
                    let _ = process.send(number);
                }
                wait_until("the process has ended", || process.exit_reason().is_some());
            })
            .unwrap();
            assert_eq!(told.recv().unwrap(), (vec![0, 1, 2], ExitReason::Custom("done".into())));
        }
    });
}

#[test]
fn a_process_receives_in_the_order_of_each_sender() {
    const EACH: u32 = 300;
    both_worlds(|vm| {
        let log = vm
            .run(|| {
                let (tell, told) = std::sync::mpsc::channel();
                let receiver = process(move |inbox: Inbox<(usize, u32)>| {
                    let all = (0..3 * EACH).map(|_| inbox.recv().unwrap()).collect::<Vec<_>>();
                    tell.send(all).unwrap();
                });
                for sender in 0..3 {
                    let receiver = receiver.clone();
                    process(move |_: Inbox<()>| {
                        for number in 0..EACH {
                            receiver.send((sender, number)).unwrap();
                            if number % 50 == 0 {
                                yield_now().unwrap();
                            }
                        }
                    });
                }
                wait_until("the receiver has them all", || receiver.exit_reason().is_some());
                told
            })
            .unwrap();
        assert_in_order(&log.recv().unwrap(), 3, EACH);
    });
}
