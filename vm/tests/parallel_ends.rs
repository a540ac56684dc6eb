//! Parallel methods: what they may do, and what becomes of them and of their actor when something goes wrong.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, exit};
use support::gate::Gate;
use support::{Dropped, LOST, Tally, both_worlds, real, resume_quietly, settle, simulated, watched};

/// How it goes about its state.
#[derive(Default)]
struct Shop {
    sold: u32,
    _held: Option<Dropped>,
    /// What its destructor passes.
    last: Option<Ref<Gate>>,
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some(gate) = self.last.take() {
            let _ = gate.within(LOST).pass();
        }
    }
}

#[actor]
impl Shop {
    fn sold(&self) -> u32 {
        self.sold
    }

    #[cast]
    fn sell(&mut self, count: u32) {
        self.sold += count;
    }

    fn stand_by(&mut self, gate: Ref<Gate>) -> Result<(), CallError> {
        gate.within(LOST).pass()
    }

    /// Runs anything beside the others.
    #[parallel]
    fn beside<R: Send + 'static>(me: &Me<Self>, work: impl Fn(&Me<Shop>) -> R + Send + 'static) -> R {
        work(me)
    }

    /// Has something run beside this very handler.
    fn call_beside<R: Send + 'static>(
        &mut self,
        work: impl Fn(&Me<Shop>) -> R + Send + 'static,
    ) -> Result<R, CallError> {
        me::<Shop>().beside(work)
    }

    /// The same, on the way through another actor.
    fn call_beside_through<R: Send + 'static>(
        &mut self,
        other: Ref<Relay>,
        work: impl Fn(&Me<Shop>) -> R + Send + 'static,
    ) -> Result<R, CallError> {
        let me = me::<Shop>();
        other.run(move || me.beside(work))?
    }
}

struct Relay;

#[actor]
impl Relay {
    fn run<R: Send + 'static>(&mut self, work: impl FnOnce() -> R + Send + 'static) -> R {
        work()
    }
}

/// Has `work` run beside by a call, which may be a visit, by a request, and after it has waited.
fn in_every_way<R: Send + 'static>(
    vm: &Vm,
    work: impl Fn(&Me<Shop>) -> R + Clone + Send + 'static,
    check: impl Fn(&Ref<Shop>, Result<R, CallError>),
) {
    for _ in 0..4 {
        let shop = vm.spawn(Shop::default());
        let (called, asked) = (shop.clone(), work.clone());
        check(&shop, vm.run(move || called.beside(asked)).unwrap());

        let shop = vm.spawn(Shop::default());
        let answer = shop.request().beside(work.clone()).wait();
        check(&shop, answer);

        let shop = vm.spawn(Shop::default());
        let (called, asked) = (shop.clone(), work.clone());
        let later = move |me: &Me<Shop>| {
            sleep(Duration::from_millis(1)).unwrap();
            asked(me)
        };
        check(&shop, vm.run(move || called.beside(later)).unwrap());

        // Its turn comes behind a message that takes its time.
        let shop = vm.spawn(Shop::default());
        let (start, gate) = (vm.spawn(Gate::default()), vm.spawn(Gate::default()));
        let (asked, begin) = (work.clone(), start.clone());
        let answer = shop.request().beside(move |me| {
            begin.within(LOST).pass().unwrap();
            asked(me)
        });
        settle(vm, "it waits", || start.waiting() == Ok(1));
        let busy = shop.request().stand_by(&gate);
        settle(vm, "the shop is busy", || gate.waiting() == Ok(1));
        start.open().unwrap();
        let opener = gate.after(Duration::from_millis(2)).open();
        check(&shop, answer.wait());
        busy.wait().unwrap();
        drop(opener);
    }
}

#[test]
fn nothing_waits_inside_of_with() {
    both_worlds(|vm| {
        let relay = vm.spawn(Relay);
        in_every_way(
            vm,
            move |me| {
                me.with(|shop| {
                    let refused = [
                        me.try_with(|_| ()).unwrap_err(),
                        relay.run(|| ()).unwrap_err(),
                        relay.request().run(|| ()).wait_for(Duration::from_millis(1)).unwrap_err(),
                        sleep(Duration::from_millis(1)).unwrap_err(),
                        yield_now().unwrap_err(),
                        me.to_ref().sold().unwrap_err(),
                    ];
                    // What nobody waits for may be sent.
                    me.to_ref().sell(1).unwrap();
                    shop.sold += 1;
                    refused
                })
            },
            |shop, refused| {
                for error in refused.unwrap() {
                    assert!(
                        matches!(error, CallError::MayNotWait { why } if why.contains("`with`")),
                        "{error:?}"
                    );
                }
                assert_eq!(shop.sold(), Ok(2));
            },
        );
    });
}

#[test]
fn a_panic_inside_of_with_ends_the_actor_and_tells_its_caller() {
    both_worlds(|vm| {
        in_every_way(
            vm,
            |me| {
                me.with(|shop| shop.sold += 1);
                me.with(|_| resume_quietly());
            },
            |shop, answer| {
                let Err(CallError::Panicked(report)) = answer else { panic!("{answer:?}") };
                assert_eq!(report.message(), "on purpose");
                settle(vm, "it has ended", || shop.exit_reason().is_some());
                assert_eq!(shop.exit_reason(), Some(ExitReason::Panicked(report)));
                assert!(matches!(shop.sold(), Err(CallError::Stopped { started: false, .. })));
            },
        );
    });
}

#[test]
fn a_panic_outside_of_with_fails_that_call_and_nothing_else() {
    both_worlds(|vm| {
        in_every_way(
            vm,
            |me| {
                me.with(|shop| shop.sold += 1);
                resume_quietly();
            },
            |shop, answer| {
                assert!(matches!(answer, Err(CallError::Panicked(_))), "{answer:?}");
                assert_eq!((shop.sold(), shop.exit_reason()), (Ok(1), None));
            },
        );
    });
}

#[test]
fn one_who_catches_the_panic_of_with_goes_on_without_the_actor() {
    both_worlds(|vm| {
        let relay = vm.spawn(Relay);
        in_every_way(
            vm,
            move |me| {
                let caught = catch_unwind(AssertUnwindSafe(|| me.with(|_| resume_quietly())));
                assert!(caught.is_err());
                assert_eq!(relay.run(|| 1), Ok(1));
                me.try_with(|_| ())
            },
            |_, answer| {
                let Ok(Err(CallError::Stopped { reason: ExitReason::Panicked(_), started: true })) = answer
                else {
                    panic!("{answer:?}")
                };
            },
        );
    });
}

#[test]
fn one_whose_actor_waits_in_its_destructor_goes_on_with_what_it_has_on_its_stack() {
    both_worlds(|vm| {
        for _ in 0..4 {
            let (gate, relay) = (vm.spawn(Gate::default()), vm.spawn(Relay));
            let shop = vm.spawn(Shop { sold: 0, _held: None, last: Some(gate.clone()) });
            let caller = vm.spawn(Relay).request().run(move || {
                shop.within(Duration::from_millis(2)).beside(move |me| {
                    let caught = catch_unwind(AssertUnwindSafe(|| me.with(|_| resume_quietly())));
                    assert!(caught.is_err());
                    // Its caller has gone by now, and the frame that it waited in.
                    let _ = relay.within(LOST).run(|| sleep(Duration::from_millis(1)));
                    relay.request().run(|| ()).wait().unwrap();
                })
            });
            // Queued, it begins on the stack of its actor's batch, which ends the actor when the method is done.
            let given_up = caller.wait().unwrap();
            assert!(
                matches!(given_up, Ok(()) | Err(CallError::Timeout { started: true, .. })),
                "{given_up:?}"
            );
            gate.open().unwrap();
            settle(vm, "all has ended", || vm.actors() <= 1);
        }
    });
}

#[test]
fn stopping_inside_of_a_parallel_method_ends_the_actor_behind_what_was_sent_before() {
    both_worlds(|vm| {
        in_every_way(
            vm,
            |me| {
                exit("sold out");
                me.with(|_| exit("another reason"));
                me.to_ref().sell(1).unwrap();
                me.to_ref().request().sold()
            },
            |shop, answer| {
                let sold = answer.unwrap().wait();
                assert_eq!(sold, Ok(1));
                settle(vm, "it has ended", || shop.exit_reason().is_some());
                assert_eq!(shop.exit_reason(), Some(ExitReason::Custom("sold out".into())));
            },
        );
    });
}

#[test]
fn a_method_whose_actor_was_stopped_meanwhile_goes_on_without_it() {
    both_worlds(|vm| {
        let gate = vm.spawn(Gate::default());
        let shop = vm.spawn(Shop::default());
        let wait = |gate: Ref<Gate>| move |_: &Me<Shop>| gate.within(LOST).pass().unwrap();
        let (passed, tried) = (wait(gate.clone()), wait(gate.clone()));
        let with = shop.request().beside(move |me| {
            passed(me);
            me.with(|shop| shop.sold)
        });
        let without = shop.request().beside(move |me| {
            tried(me);
            me.try_with(|shop| shop.sold).map_err(|error| error.to_string())
        });
        settle(vm, "both wait", || gate.waiting() == Ok(2));
        shop.exit("closed");
        let reason = ExitReason::Custom("closed".into());
        settle(vm, "it has ended", || shop.exit_reason() == Some(reason.clone()));
        assert!(!with.is_done() && !without.is_done());
        gate.open().unwrap();
        assert_eq!(with.wait(), Err(CallError::Stopped { reason, started: true }));
        assert!(without.wait().unwrap().unwrap_err().contains("closed"));
    });
}

#[test]
fn one_that_waits_for_its_turn_is_told_when_the_actor_ends() {
    both_worlds(|vm| {
        let (start, gate, shop) =
            (vm.spawn(Gate::default()), vm.spawn(Gate::default()), vm.spawn(Shop::default()));
        let begin = start.clone();
        let waits = shop.request().beside(move |me| {
            begin.within(LOST).pass().unwrap();
            me.with(|shop| shop.sold)
        });
        settle(vm, "it has begun", || start.waiting() == Ok(1));
        let busy = shop.request().stand_by(&gate);
        settle(vm, "the shop is busy", || gate.waiting() == Ok(1));
        shop.stop();
        start.open().unwrap();
        vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
        gate.open().unwrap();
        assert_eq!(waits.wait(), Err(CallError::Stopped { reason: ExitReason::Normal, started: true }));
        busy.wait().unwrap();
    });
}

#[test]
fn a_handler_calls_its_own_parallel_methods_but_not_for_the_state_that_it_has() {
    both_worlds(|vm| {
        let (shop, relay) = (vm.spawn(Shop::default()), vm.spawn(Relay));
        assert_eq!(shop.call_beside(|_| 1), Ok(1));
        assert_eq!(shop.call_beside_through(&relay, |_| 2), Ok(2));
        let asked = relay.clone();
        let waits = shop.call_beside_through(&relay, move |_| {
            sleep(Duration::from_millis(1)).unwrap();
            asked.run(|| 3).unwrap_err()
        });
        assert!(matches!(waits, Ok(CallError::Deadlock { .. })), "{waits:?}");
        for state in [
            shop.call_beside(|me| me.with(|shop| shop.sold)),
            shop.call_beside_through(&relay, |me| me.with(|shop| shop.sold)),
        ] {
            let Err(CallError::Deadlock { path, started: true }) = state else { panic!("{state:?}") };
            let id = shop.id();
            assert_eq!(path.last(), Some(&format!("Shop#{id}.with")), "{path:?}");
            assert!(path[0].starts_with(&format!("Shop#{id}.call_beside")), "{path:?}");
        }
        assert_eq!(shop.sold(), Ok(0));
    });
}

/// Leaves behind whatever waits in a parallel method, and gives what is to be dropped once each.
fn leave_waiting(vm: Vm, dropped: &Tally) -> usize {
    let held = || Dropped(dropped.clone());
    let (never, start) = (vm.spawn(Gate::default()), vm.spawn(Gate::default()));
    let shop = vm.spawn(Shop { sold: 0, _held: Some(held()), last: None });
    let mut answers = vec![];
    for way in 0..4 {
        let (gate, begin, dropped) = (never.clone(), start.clone(), dropped.clone());
        answers.push(shop.request().beside(move |me| {
            let _held = Dropped(dropped.clone());
            match way {
                0 => sleep(LOST).unwrap(),
                1 => drop(gate.within(LOST).pass()),
                2 => drop(me.to_ref().within(LOST).beside(|_| sleep(LOST).unwrap())),
                _ => {
                    begin.within(LOST).pass().unwrap();
                    me.with(|_| ());
                }
            }
        }));
    }
    settle(&vm, "they wait", || (never.waiting(), start.waiting()) == (Ok(1), Ok(1)));
    let busy = shop.request().stand_by(&never);
    settle(&vm, "the shop is busy", || never.waiting() == Ok(2));
    start.open().unwrap();
    vm.run(|| sleep(Duration::from_millis(1))).unwrap().unwrap();
    assert!(answers.iter().all(|answer| !answer.is_done()) && !busy.is_done());
    drop(vm);
    for answer in answers {
        answer.wait().unwrap_err();
    }
    5
}

#[test]
fn a_machine_s_end_unwinds_parallel_methods_wherever_they_wait() {
    watched(|| {
        for vm in (0..6).map(simulated).chain((0..3).map(|_| real())) {
            let dropped = Tally::default();
            let expected = leave_waiting(vm, &dropped);
            assert_eq!(dropped.count(), expected);
        }
    });
}
