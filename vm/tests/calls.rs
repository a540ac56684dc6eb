//! Calls: what they return, that they always end, and that they disturb nobody when they end early.

mod support;

use std::collections::HashMap;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::{ExitReason, World};
use support::{Flag, LOST, Object, Tally, ask, both_worlds, real, settle, sum, watched};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_call_sees_the_effect_of_what_its_caller_sent_before() {
    both_worlds(|vm| {
        let program = || {
            let counter = spawn(Object(0_u64));
            for _ in 0..1000 {
                counter.send(ask(|n: &mut u64| *n += 1)).unwrap();
            }
            counter.ask(ask(|n: &mut u64| *n)).unwrap()
        };
        assert_eq!(vm.run(program), Ok(1000));
    });
}

#[test]
fn a_send_returns_before_its_message_is_handled() {
    both_worlds(|vm| {
        let go = Flag::default();
        let slow = vm.spawn(Object(()));
        let (wait, raise) = (go.clone(), go);
        vm.run(move || {
            slow.send(ask(move |(): &mut ()| wait.wait())).unwrap();
            raise.raise();
            slow.ask(ask(|(): &mut ()| ())).unwrap();
        })
        .unwrap();
    });
}

#[test]
fn a_method_s_own_error_reaches_its_caller_unchanged() {
    both_worlds(|vm| {
        let parser = vm.spawn(Object(()));
        let parse = |text: &'static str| ask(move |(): &mut ()| text.parse::<u8>());
        assert_eq!(parser.ask(parse("7")), Ok(Ok(7)));
        assert_eq!(parser.ask(parse("x")), Ok("x".parse::<u8>()));
        assert_eq!(vm.run(move || parser.ask(parse("300"))), Ok(Ok("300".parse::<u8>())));
    });
}

#[test]
fn a_call_past_its_deadline_fails_and_its_late_reply_disturbs_nothing() {
    both_worlds(|vm| {
        let go = Flag::default();
        let slow = vm.spawn(Object(1_u64));
        vm.run(move || {
            let limit = Duration::from_millis(20);
            let wait = go.clone();
            let late = slow.ask_within(limit, ask(move |_: &mut u64| (wait.wait(), 666)));
            assert!(
                matches!(late, Err(CallError::Timeout { limit: said, elapsed, started: true }) if said == limit && elapsed >= limit),
                "{late:?}"
            );
            go.raise();
            assert_eq!(slow.ask(ask(|n: &mut u64| *n)), Ok(1), "the next call gets its own reply");
        })
        .unwrap();
        assert_eq!(sum(vm, |counted| counted.late_replies), 1);
    });
}

#[test]
fn a_call_that_had_not_begun_at_its_deadline_never_runs() {
    both_worlds(|vm| {
        let (go, ran) = (Flag::default(), Tally::default());
        let seen = ran.clone();
        vm.run(move || {
            let busy = spawn(Object(()));
            let wait = go.clone();
            let first = busy.send_request(ask(move |(): &mut ()| wait.wait()));
            let limit = Duration::from_millis(20);
            let given_up = busy.ask_within(limit, ask(move |(): &mut ()| ran.add_one()));
            assert!(
                matches!(given_up, Err(CallError::Timeout { elapsed, started: false, .. }) if elapsed >= limit),
                "{given_up:?}"
            );
            assert!(given_up.unwrap_err().is_unstarted());
            go.raise();
            first.wait().unwrap();
            busy.ask(ask(|(): &mut ()| ())).unwrap();
        })
        .unwrap();
        assert_eq!(seen.count(), 0);
        assert_eq!(sum(vm, |counted| counted.expired), 1);
    });
}

#[test]
fn parallel_calls_through_one_handle_each_get_their_own_answer() {
    both_worlds(|vm| {
        let echo = vm.spawn(Object(()));
        let callers: Vec<_> = (0..8).map(|_| vm.spawn(Object(echo.clone()))).collect();
        let promises: Vec<_> = (0_u64..)
            .zip(&callers)
            .map(|(caller, actor)| {
                actor.send_request(ask(move |echo: &mut Ref<Object<()>>| {
                    for number in caller * 1000..caller * 1000 + 100 {
                        let answer = echo.ask(ask(move |(): &mut ()| {
                            if number % 16 == 0 {
                                sleep(Duration::from_micros(number % 100)).unwrap();
                            }
                            number
                        }));
                        assert_eq!(answer, Ok(number));
                    }
                }))
            })
            .collect();
        for promise in promises {
            promise.wait().unwrap();
        }
    });
}

#[test]
fn plain_threads_call_in_parallel_and_each_gets_its_own_answer() {
    watched(|| {
        let vm = real();
        let echo = vm.spawn(Object(()));
        thread::scope(|scope| {
            for caller in 0..4_u64 {
                let echo = echo.clone();
                scope.spawn(move || {
                    for number in caller * 1000..caller * 1000 + 500 {
                        assert_eq!(echo.ask(ask(move |(): &mut ()| number)), Ok(number));
                    }
                });
            }
        });
    });
}

#[test]
fn an_actor_that_calls_itself_fails_at_once_with_the_path() {
    both_worlds(|vm| {
        let narcissus = vm.spawn(Object(()));
        let error = narcissus
            .ask(ask(|(): &mut ()| me::<Object<()>>().ask(ask(|(): &mut ()| ())).unwrap_err()))
            .unwrap();
        let CallError::Deadlock { path, started: false } = error else { panic!("{error}") };
        assert_eq!(path.first(), path.last());
        assert_eq!(path.len(), 2);
        assert!(path[0].starts_with(&format!("{narcissus:?}.")), "{path:?}");
    });
}

#[test]
fn two_actors_that_wait_for_each_other_end_by_the_deadline_and_live() {
    both_worlds(|vm| {
        let (a, b) = (vm.spawn(Object(())), vm.spawn(Object(())));
        let (to_a, to_b) = (a.clone(), b.clone());
        let inner = a.ask(ask(move |(): &mut ()| {
            let back =
                ask(move |(): &mut ()| to_a.ask_within(Duration::from_millis(20), ask(|(): &mut ()| ())));
            to_b.ask(back).unwrap()
        }));
        let error = inner.unwrap().unwrap_err();
        assert!(
            matches!(error, CallError::Timeout { started: false, .. } | CallError::Deadlock { .. }),
            "{error}"
        );
        assert_eq!(a.ask(ask(|(): &mut ()| 1)), Ok(1));
        assert_eq!(b.ask(ask(|(): &mut ()| 2)), Ok(2));
    });
}

#[test]
fn a_call_to_an_actor_that_has_ended_fails_at_once() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(()));
        actor.ask(ask(|(): &mut ()| stop())).unwrap();
        let refused = Err(CallError::Stopped { reason: ExitReason::Normal, started: false });
        assert_eq!(actor.ask_within(Duration::MAX, ask(|(): &mut ()| ())), refused);
        let again = actor.clone();
        assert_eq!(
            vm.run(move || again.ask_within(Duration::MAX, ask(|(): &mut ()| ()))),
            Ok(refused.clone())
        );
        assert_eq!(actor.send_request(ask(|(): &mut ()| ())).wait(), refused);
    });
}

#[test]
fn an_actor_that_waits_in_the_middle_of_a_message_begins_no_other() {
    both_worlds(|vm| {
        let actor = vm.spawn(Object(false));
        let promises: Vec<_> = (0..50)
            .map(|_| {
                actor.send_request(ask(|busy: &mut bool| {
                    assert!(!std::mem::replace(busy, true), "two messages at a time");
                    sleep(Duration::from_micros(100)).unwrap();
                    *busy = false;
                }))
            })
            .collect();
        for promise in promises {
            promise.wait().unwrap();
        }
    });
}

#[test]
fn a_handler_begins_and_ends_on_one_thread_with_what_it_has_on_its_stack() {
    both_worlds(|vm| {
        let promises: Vec<_> = (0..64)
            .map(|number| {
                vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    let unsendable = Rc::new(number);
                    let (thread, worker) = (thread::current().id(), current_worker());
                    for _ in 0..10 {
                        sleep(Duration::from_micros(50)).unwrap();
                        yield_now().unwrap();
                        spawn(Object(()))
                            .ask(ask(|(): &mut ()| sleep(Duration::from_micros(10))))
                            .unwrap()
                            .unwrap();
                        assert_eq!((thread::current().id(), current_worker()), (thread, worker));
                    }
                    assert_eq!(*unsendable, number);
                }))
            })
            .collect();
        for promise in promises {
            promise.wait().unwrap();
        }
    });
}

#[test]
fn a_chain_of_a_thousand_calls_returns_the_sum() {
    fn descend(left: u64) -> u64 {
        if left == 0 {
            return 0;
        }
        1 + spawn(Object(left)).ask(ask(|left: &mut u64| descend(*left - 1))).unwrap()
    }
    both_worlds(|vm| assert_eq!(vm.run(|| descend(1000)), Ok(1000)));
}

#[test]
fn a_chain_of_calls_whose_last_callee_waits_returns_as_well() {
    fn descend(left: u64) -> u64 {
        if left == 0 {
            sleep(Duration::from_millis(1)).unwrap();
            return 0;
        }
        1 + spawn(Object(left)).ask(ask(|left: &mut u64| descend(*left - 1))).unwrap()
    }
    both_worlds(|vm| assert_eq!(vm.run(|| descend(300)), Ok(300)));
}

#[test]
fn references_arrive_as_parameters_and_results_in_any_container() {
    type Bot = Object<&'static str>;
    both_worlds(|vm| {
        let names = vm
            .run(|| {
                let bots: Vec<Ref<Bot>> = ["bot1", "bot2"].map(|name| spawn(Object(name))).into();
                let echo = spawn(Object(HashMap::<&str, Ref<Bot>>::new()));
                let table = bots.iter().cloned().zip(["one", "two"]).map(|(bot, key)| (key, bot)).collect();
                echo.ask(ask(move |known: &mut HashMap<&str, Ref<Bot>>| *known = table)).unwrap();
                let found: (Option<Ref<Bot>>, Vec<Ref<Bot>>) = echo
                    .ask(ask(|known: &mut HashMap<&str, Ref<Bot>>| {
                        (known.get("one").cloned(), known.values().cloned().collect())
                    }))
                    .unwrap();
                assert_eq!(found.0.as_ref(), Some(&bots[0]));
                assert_eq!(found.1.len(), 2);
                // A bot passes itself on, and is called back.
                let (tell, said) = std::sync::mpsc::channel();
                bots[0]
                    .send(ask(move |_: &mut &str| {
                        let bot: Ref<Bot> = me();
                        let greet = ask(move |_: &mut HashMap<&str, Ref<Bot>>| {
                            let name = bot.ask(ask(|name: &mut &'static str| *name)).unwrap();
                            tell.send(format!("hi from {name}")).unwrap();
                        });
                        echo.send(greet).unwrap();
                    }))
                    .unwrap();
                said
            })
            .unwrap();
        let mut text = None;
        settle(vm, "the bot was greeted", || {
            text = text.take().or_else(|| names.try_recv().ok());
            text.is_some()
        });
        assert_eq!(text.as_deref(), Some("hi from bot1"));
    });
}

#[test]
fn queued_calls_with_time_enough_wait_for_a_long_one_and_then_come() {
    for seed in support::SEEDS {
        let vm = Vm::builder()
            .workers(2)
            .world(World::Simulated { seed })
            .call_deadline(20 * SECOND)
            .build()
            .unwrap();
        let log = workload(&vm, 5 * SECOND, 20 * SECOND);
        assert_eq!(log.len(), 11);
        assert_eq!(log[0], "file", "seed {seed}: {log:?}");
        assert!(log[1..].iter().all(|line| line == "list"), "seed {seed}: {log:?}");
    }
    watched(|| {
        let log = workload(&real(), SECOND / 20, LOST);
        assert_eq!(log.iter().filter(|line| *line == "list").count(), 10, "{log:?}");
    });
}

#[test]
fn queued_calls_with_too_little_time_end_before_the_long_one_does() {
    for seed in support::SEEDS {
        let log = workload(&support::simulated(seed), 5 * SECOND, SECOND);
        assert_eq!(log[..10], vec!["timeout"; 10], "seed {seed}");
        assert_eq!(log[10], "file", "seed {seed}");
    }
}

/// Asks a web server for a file, which it downloads for as long, and ten times for a list, with `limit`. Returns
/// who ended in which order.
fn workload(vm: &Vm, long: Duration, limit: Duration) -> Vec<String> {
    let log = vm.spawn(Object(Vec::<String>::new()));
    let told = log.clone();
    vm.run(move || {
        let file = spawn(Object(()));
        let web = spawn(Object(file));
        let download = ask(move |(): &mut ()| sleep(long).unwrap());
        let get_file = ask(move |file: &mut Ref<Object<()>>| file.ask_within(LOST, download).unwrap());
        let file_asked = web.send_request(get_file);
        let waiters: Vec<_> = (0..10)
            .map(|_| {
                let (web, log) = (web.clone(), told.clone());
                spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    let line = match web.ask_within(limit, ask(|_: &mut Ref<Object<()>>| "list")) {
                        Ok(line) => line,
                        Err(CallError::Timeout { .. }) => "timeout",
                        Err(error) => panic!("{error}"),
                    };
                    log.send(ask(move |lines: &mut Vec<String>| lines.push(line.to_owned()))).unwrap();
                }))
            })
            .collect();
        file_asked.wait().unwrap();
        told.send(ask(|lines: &mut Vec<String>| lines.push("file".to_owned()))).unwrap();
        for waiter in waiters {
            waiter.wait().unwrap();
        }
    })
    .unwrap();
    log.ask(ask(|lines: &mut Vec<String>| std::mem::take(lines))).unwrap()
}

#[test]
fn a_call_without_a_limit_of_its_own_gets_the_machine_s() {
    let limit = Duration::from_millis(30);
    let vm = Vm::builder().workers(1).pin(false).call_deadline(limit).build().unwrap();
    let go = Flag::default();
    let slow = vm.spawn(Object(()));
    let (wait, begin) = (go.clone(), Instant::now());
    let late = slow.ask(ask(move |(): &mut ()| wait.wait()));
    assert!(begin.elapsed() >= limit);
    assert!(matches!(late, Err(CallError::Timeout { limit: named, .. }) if named == limit), "{late:?}");
    go.raise();
}
