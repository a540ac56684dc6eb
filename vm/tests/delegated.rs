//! Reply tokens: whoever has one answers, whenever and from wherever, and dropping it fails the caller at once.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use greenroom::ExitReason;
use greenroom::prelude::*;
use support::{LOST, both_worlds, in_simulations, real, resume_quietly, settle, simulated, sum, watched};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Keeps what it is asked.
#[derive(Default)]
struct Desk {
    open: Vec<Reply<u32>>,
}

#[actor]
impl Desk {
    fn consult(&mut self, #[reply] reply: Reply<u32>) {
        self.open.push(reply);
    }

    fn consult_or_fail(&mut self, question: u32, #[reply] reply: Reply<Result<u32, Refused>>) {
        reply.send(if question == 0 { Err(Refused::Own) } else { Ok(question) });
    }

    /// Does with the token whatever it is told.
    fn hand_over(&mut self, to: impl FnOnce(Reply<u32>) + Send + 'static, #[reply] reply: Reply<u32>) {
        to(reply);
    }

    #[cast]
    fn take(&mut self, reply: Reply<u32>) {
        self.open.push(reply);
    }

    fn waiting(&self) -> usize {
        self.open.len()
    }

    fn unwanted(&self) -> usize {
        self.open.iter().filter(|reply| reply.is_unwanted()).count()
    }

    fn answer(&mut self, with: u32) -> usize {
        self.open.drain(..).map(|reply| reply.send(with)).count()
    }

    fn forget(&mut self) {
        self.open.clear();
    }

    fn leave(&mut self) {
        greenroom::exit("closed");
    }

    fn fail(&mut self) {
        resume_quietly();
    }
}

#[derive(Debug, PartialEq)]
enum Refused {
    Own,
    Call,
}

impl From<CallError> for Refused {
    fn from(_: CallError) -> Self {
        Refused::Call
    }
}

#[test]
fn a_token_may_be_kept_and_answered_later_while_the_actor_does_other_things() {
    both_worlds(|vm| {
        let desk = vm.spawn(Desk::default());
        let asked = desk.clone();
        let (first, second) = (desk.request().consult(), vm.spawn(Desk::default()));
        let inside =
            second.request().hand_over(move |reply| reply.send(asked.within(LOST).consult().unwrap()));
        settle(vm, "both are asked", || desk.waiting() == Ok(2));
        assert!(!first.is_done() && !inside.is_done());
        assert_eq!(desk.answer(5), Ok(2));
        assert_eq!((first.wait(), inside.wait()), (Ok(5), Ok(5)));
    });
}

#[test]
fn a_delegated_method_s_own_error_reaches_its_caller_unchanged() {
    both_worlds(|vm| {
        let desk = vm.spawn(Desk::default());
        assert_eq!((desk.consult_or_fail(1), desk.consult_or_fail(0)), (Ok(1), Err(Refused::Own)));
        desk.stop();
        assert_eq!(desk.consult_or_fail(1), Err(Refused::Call));
    });
}

#[test]
fn a_token_may_be_given_to_another_actor_which_answers_in_its_place() {
    both_worlds(|vm| {
        let (front, back) = (vm.spawn(Desk::default()), vm.spawn(Desk::default()));
        let (to, asked) = (back.clone(), front.clone());
        let answer = vm.spawn(Desk::default()).request().hand_over(move |reply| {
            let inner = asked.within(LOST).hand_over(move |reply| to.take(reply).unwrap());
            reply.send(inner.unwrap());
        });
        settle(vm, "the back has it", || back.waiting() == Ok(1));
        front.stop();
        assert_eq!(back.answer(9), Ok(1));
        assert_eq!(answer.wait(), Ok(9));
    });
}

#[test]
fn a_token_may_be_answered_from_a_thread() {
    watched(|| {
        let vm = real();
        let desk = vm.spawn(Desk::default());
        let (give, given) = mpsc::channel::<Reply<u32>>();
        let thread = thread::spawn(move || given.into_iter().zip(0..).for_each(|(reply, n)| reply.send(n)));
        for number in 0..200 {
            let give = give.clone();
            let (outside, asked) = (number % 2 == 0, desk.clone());
            let consult = move || asked.within(LOST).hand_over(move |reply| give.send(reply).unwrap());
            let answer = if outside { consult() } else { vm.run(consult).unwrap() };
            assert_eq!(answer, Ok(number));
        }
        drop(give);
        thread.join().unwrap();
    });
}

#[test]
fn a_token_that_is_dropped_fails_its_caller_at_once() {
    let lost = |reason: ExitReason| Err(CallError::Stopped { reason, started: true });
    both_worlds(|vm| {
        // At once, later, with its actor in each way, and by a panic of the method itself.
        let desk = vm.spawn(Desk::default());
        assert_eq!(desk.within(LOST).hand_over(drop), lost(ExitReason::Normal));
        let promise = desk.request().consult();
        desk.forget().unwrap();
        assert_eq!(promise.wait(), lost(ExitReason::Normal));
        let promise = desk.request().consult();
        desk.stop();
        assert_eq!(promise.wait(), lost(ExitReason::Normal));

        let ends: [fn(Ref<Desk>); 2] = [|desk| drop(desk.leave()), |desk| drop(desk.fail())];
        for end in ends {
            let desk = vm.spawn(Desk::default());
            let asked = desk.clone();
            let waits = vm.spawn(Desk::default()).request().hand_over(move |reply| {
                let answer = asked.within(LOST).consult();
                assert!(matches!(answer, Err(CallError::Stopped { started: true, .. })), "{answer:?}");
                reply.send(1);
            });
            settle(vm, "it is asked", || desk.waiting() == Ok(1));
            end(desk);
            assert_eq!(waits.wait(), Ok(1));
        }

        let desk = vm.spawn(Desk::default());
        let failed = desk.within(LOST).hand_over(|_reply| resume_quietly());
        assert!(
            matches!(&failed, Err(CallError::Panicked(report)) if report.message() == "on purpose"),
            "{failed:?}"
        );
        settle(vm, "it has ended", || desk.exit_reason().is_some());

        // One that was queued and never begun.
        let desk = vm.spawn(Desk::default());
        desk.exit("gone");
        let refused = desk.consult();
        assert!(matches!(refused, Err(CallError::Stopped { started: false, .. })), "{refused:?}");
    });
}

#[test]
fn a_method_that_catches_its_own_panic_fails_the_token_it_lost_in_it_and_others_theirs() {
    let lost = Err(CallError::Stopped { reason: ExitReason::Normal, started: true });
    both_worlds(|vm| {
        let desk = vm.spawn(Desk::default());
        // The actor lives: it has caught it.
        let caught = |reply: Reply<u32>| {
            let fails = AssertUnwindSafe(|| {
                let _reply = reply;
                resume_quietly();
            });
            assert!(catch_unwind(fails).is_err());
        };
        assert_eq!(desk.within(LOST).hand_over(caught), lost);
        // Two tokens in one unwinding: only its own is the method's.
        let kept = desk.request().consult();
        let (give, given) = mpsc::channel();
        let parked = desk.request().hand_over(move |reply| give.send(reply).unwrap());
        let own = desk.request().hand_over(move |reply| {
            let _both = (reply, given.recv().unwrap());
            resume_quietly();
        });
        assert!(matches!(own.wait(), Err(CallError::Panicked(_))));
        assert_eq!(parked.wait(), lost);
        assert!(matches!(kept.wait(), Err(CallError::Stopped { started: true, .. })));
    });
}

#[test]
fn tokens_that_a_machine_s_end_drops_fail_their_callers_in_another() {
    watched(|| {
        for seed in 0..6 {
            let (here, there) = (simulated(seed), simulated(seed));
            tokens_of_an_ended_machine(&here, there);
        }
        tokens_of_an_ended_machine(&real(), real());
    });
}

fn tokens_of_an_ended_machine(here: &Vm, there: Vm) {
    let desk = there.spawn(Desk::default());
    let asked = desk.clone();
    let waits = here.spawn(Desk::default()).request().hand_over(move |reply| {
        assert!(asked.within(LOST).consult().is_err());
        reply.send(1);
    });
    let outside = desk.request().consult();
    settle(here, "both are asked", || desk.waiting() == Ok(2));
    drop(there);
    assert!(matches!(outside.wait(), Err(CallError::Stopped { started: true, .. })));
    assert_eq!(waits.wait(), Ok(1));
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_is_dropped_and_the_token_knows() {
    both_worlds(|vm| {
        let desk = vm.spawn(Desk::default());
        let late = sum(vm, |counters| counters.late_replies);
        // A thread and a handler give up when it has begun.
        fn give_up(desk: &Ref<Desk>) -> Result<u32, CallError> {
            let mut promise = desk.request().consult();
            desk.within(LOST).waiting().unwrap();
            promise.wait_for(MILLISECOND)
        }
        let asked = desk.clone();
        for given_up in [give_up(&desk), vm.run(move || give_up(&asked)).unwrap()] {
            assert!(matches!(given_up, Err(CallError::Timeout { started: true, .. })), "{given_up:?}");
        }
        let wanted = desk.request().consult();
        assert_eq!((desk.waiting(), desk.unwanted()), (Ok(3), Ok(2)));
        assert_eq!(desk.answer(1), Ok(3));
        assert_eq!(wanted.wait(), Ok(1));
        assert_eq!(sum(vm, |counters| counters.late_replies), late + 2);
        // Cast, it has nobody who waits from the start.
        desk.cast().consult().unwrap();
        assert_eq!((desk.waiting(), desk.unwanted()), (Ok(1), Ok(1)));
        assert_eq!(desk.answer(1), Ok(1));
    });
}

#[test]
fn the_answer_of_a_token_counts_from_its_sending() {
    in_simulations(|vm| {
        let desk = vm.spawn(Desk::default());
        let promise = desk.request().hand_over(|reply| {
            reply.send(4);
            sleep(Duration::from_secs(100)).unwrap();
        });
        let mut promise = promise;
        assert_eq!(promise.wait_for(MILLISECOND), Ok(4));
        assert!(matches!(desk.within(MILLISECOND).waiting(), Err(CallError::Timeout { started: false, .. })));
    });
}
