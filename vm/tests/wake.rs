//! A message that is sent around a suspend or a resume always wakes its receiver.

mod support;

use std::env;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use support::{LOST, Object, ask, real, watched};

/// How long a stretch of a soak is. What is lost in it would be waited for in vain, and [`watched`] reports that.
const STRETCH: Duration = Duration::from_millis(1500);
/// How long each soak goes on, in seconds; one stretch, if nobody says. `make stress` does.
const SECONDS: &str = "GREENROOM_SOAK_SECONDS";

/// The longest that a wake may take. It is a bound of real time, so it is asked of the median alone; that none is
/// lost is asked of all.
const PROMPT: Duration = Duration::from_secs(2);

fn soak(mut round: impl FnMut(u64)) {
    let seconds = env::var(SECONDS).map_or(0, |seconds| seconds.parse().expect("a number of seconds"));
    let (whole, mut number) = (Instant::now(), 0);
    loop {
        watched(|| {
            let (begin, mut times) = (Instant::now(), Vec::new());
            while begin.elapsed() < STRETCH {
                let start = Instant::now();
                round(number);
                times.push(start.elapsed());
                number += 1;
            }
            times.sort_unstable();
            assert!(times.len() >= 2, "the soak made {} rounds", times.len());
            assert!(times[times.len() / 2] < PROMPT);
        });
        if whole.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
    }
}

#[test]
fn a_process_that_is_sent_to_while_it_goes_to_wait_is_woken() {
    let vm = real();
    let (tell, told) = mpsc::channel();
    let echo = vm.process(move |inbox: Inbox<u64>| {
        while let Ok(number) = inbox.recv() {
            tell.send(number).unwrap();
        }
    });
    soak(|number| {
        // A little later each time, so that it meets every step of the way to sleep.
        for _ in 0..number % 200 {
            std::hint::spin_loop();
        }
        echo.send(number).unwrap();
        assert_eq!(told.recv_timeout(LOST), Ok(number));
    });
}

#[test]
fn a_process_whose_limit_passes_as_a_message_comes_loses_neither() {
    let vm = real();
    let (tell, told) = mpsc::channel();
    let echo = vm.process(move |inbox: Inbox<u64>| {
        loop {
            match inbox.recv_timeout(Duration::from_micros(60)) {
                Ok(number) => tell.send(number).unwrap(),
                Err(greenroom::RecvError::Timeout) => {}
                Err(_) => break,
            }
        }
    });
    soak(|number| {
        thread::sleep(Duration::from_micros(40 + number % 40));
        echo.send(number).unwrap();
        assert_eq!(told.recv_timeout(LOST), Ok(number));
    });
}

#[test]
fn callers_on_both_workers_and_outside_are_all_woken_by_their_replies() {
    let vm = real();
    let relay = vm.spawn(Object(vm.spawn(Object(0_u64))));
    soak(|_| {
        // The relay suspends on a callee that suspends: its queue is full of callers meanwhile.
        let callers: Vec<_> = (0..20_u64)
            .map(|number| {
                let relay = relay.clone();
                vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    relay.ask(ask(move |callee: &mut Ref<Object<u64>>| {
                        callee.ask(ask(move |n: &mut u64| {
                            if number % 3 == 0 {
                                yield_now().unwrap();
                            }
                            *n += 1;
                            number
                        }))
                    }))
                }))
            })
            .collect();
        for (number, caller) in (0..).zip(callers) {
            assert_eq!(caller.wait(), Ok(Ok(Ok(number))));
        }
    });
}

#[test]
fn a_reply_that_meets_the_deadline_of_its_caller_is_either_taken_or_late() {
    let vm = real();
    let callee = vm.spawn(Object(()));
    let caller = vm.spawn(Object(callee));
    soak(|number| {
        let limit = Duration::from_micros(50 + number % 30);
        let result = caller.ask(ask(move |callee: &mut Ref<Object<()>>| {
            callee
                .ask_within(limit, ask(move |(): &mut ()| sleep(Duration::from_micros(60)).map(|()| number)))
        }));
        match result.unwrap() {
            Ok(reply) => assert_eq!(reply, Ok(number)),
            Err(CallError::Timeout { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    });
}

#[test]
fn a_machine_that_has_gone_to_sleep_wakes_for_what_comes_from_outside() {
    let vm = real();
    let actors: Vec<_> = (0..8).map(|_| vm.spawn(Object(0_u64))).collect();
    soak(|number| {
        // From busy to fast asleep and back.
        if number % 50 == 0 {
            thread::sleep(Duration::from_millis(3));
        }
        for _ in 0..number % 100 {
            std::hint::spin_loop();
        }
        let actor = &actors[number as usize % 8];
        actor.ask_within(LOST, ask(|n: &mut u64| *n += 1)).unwrap();
    });
}

#[test]
fn work_given_to_one_worker_while_the_other_goes_to_sleep_is_not_left_lying() {
    let vm = real();
    soak(|number| {
        let width = 1 + number % 5;
        let sum = vm.run(move || {
            let tasks: Vec<_> = (0..width)
                .map(|task| {
                    spawn(Object(task)).send_request(ask(|task: &mut u64| {
                        let next = spawn(Object(*task));
                        next.send_request(ask(|task: &mut u64| *task)).wait().unwrap()
                    }))
                })
                .collect();
            tasks.into_iter().map(|task| task.wait().unwrap()).sum::<u64>()
        });
        assert_eq!(sum, Ok(width * (width - 1) / 2));
    });
}
