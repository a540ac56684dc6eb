//! Models of the resume list: wakes from other threads against the owner that drains it and falls asleep.

use std::sync::Arc;

use loom::thread;

use crate::explore::{Guarded, canaries, models};
use crate::resume_list::{LocalResumes, ResumeList, WakeNode};
use crate::sync::AtomicPtr;

#[repr(C)]
struct Coroutine {
    node: WakeNode,
    /// What the waker leaves for the coroutine.
    answer: Guarded<u32>,
}

struct Worker {
    resumes: ResumeList,
    /// What a waker did before it took the sleeper.
    reason: Guarded<u32>,
    coroutines: [Coroutine; 2],
}

impl Worker {
    fn new() -> Arc<Self> {
        let coroutine = || Coroutine {
            node: WakeNode { next: AtomicPtr::new(std::ptr::null_mut()) },
            answer: Guarded::new(0),
        };
        Arc::new(Worker {
            resumes: ResumeList::new(),
            reason: Guarded::new(0),
            coroutines: [coroutine(), coroutine()],
        })
    }

    /// Wakes a coroutine from another thread. True if that thread must unpark the owner.
    fn wake(&self, index: usize) -> bool {
        let coroutine = &self.coroutines[index];
        coroutine.answer.write(|answer| *answer = 10 + index as u32);
        self.resumes.push(std::ptr::NonNull::from(coroutine).cast())
    }

    /// Resumes all that were woken, and returns their answers in that order.
    fn resume_all(&self) -> Vec<u32> {
        let local = LocalResumes::new();
        self.resumes.drain(&local);
        let mut answers = Vec::new();
        while let Some(node) = local.pop() {
            // SAFETY: every node of these models is the first field of a coroutine that outlives the threads.
            let coroutine = unsafe { node.cast::<Coroutine>().as_ref() };
            answers.push(coroutine.answer.read(|answer| *answer));
        }
        assert!(local.is_empty());
        answers
    }
}

fn beside<T: 'static>(worker: &Arc<Worker>, act: fn(&Worker) -> T) -> thread::JoinHandle<T> {
    let worker = Arc::clone(worker);
    thread::spawn(move || act(&worker))
}

fn wakes_of_one_waker_are_resumed_in_order_and_none_is_lost() {
    let worker = Worker::new();
    let waker = beside(&worker, |worker| [worker.wake(0), worker.wake(1)]);
    let mut answers = worker.resume_all();
    assert_eq!(waker.join().unwrap(), [false, false], "an owner that is awake was to be unparked");
    assert_eq!(worker.resumes.has_any(), answers.len() < 2);
    answers.extend(worker.resume_all());
    assert_eq!(answers, [10, 11], "a wake was lost");
}

fn two_wakers_lose_no_wake_and_one_of_them_unparks_the_owner() {
    let worker = Worker::new();
    assert!(worker.resumes.try_sleep());
    let other = beside(&worker, |worker| worker.wake(0));
    let here = worker.wake(1);
    assert!(other.join().unwrap() != here, "not exactly one waker unparks the owner");
    let mut answers = worker.resume_all();
    answers.sort_unstable();
    assert_eq!(answers, [10, 11], "a wake was lost");
}

fn a_wake_against_falling_asleep_keeps_the_owner_awake_or_unparks_it() {
    let worker = Worker::new();
    let waker = beside(&worker, |worker| worker.wake(0));
    if worker.resumes.try_sleep() {
        assert!(waker.join().unwrap(), "the owner sleeps though a wake waits");
    } else {
        assert_eq!(worker.resume_all(), [10], "nothing waits, and the owner may not sleep");
        assert!(!waker.join().unwrap(), "an owner that is awake was to be unparked");
    }
}

fn an_owner_that_is_up_again_finds_what_woke_it() {
    let worker = Worker::new();
    assert!(worker.resumes.try_sleep());
    let waker = beside(&worker, |worker| worker.wake(0));
    if !worker.resumes.is_sleeping() {
        assert_eq!(worker.resume_all(), [10], "the owner was woken for nothing");
    }
    assert!(waker.join().unwrap());
}

fn one_of_two_who_take_the_sleeper_unparks_it() {
    let worker = Worker::new();
    assert!(worker.resumes.try_sleep());
    let other = beside(&worker, |worker| worker.resumes.take_sleeper());
    let here = worker.resumes.take_sleeper();
    assert!(other.join().unwrap() != here, "not exactly one of them unparks the owner");
}

fn a_taken_sleeper_sees_what_its_waker_did_before() {
    let worker = Worker::new();
    assert!(worker.resumes.try_sleep());
    let waker = beside(&worker, |worker| {
        worker.reason.write(|reason| *reason = 1);
        worker.resumes.take_sleeper()
    });
    if !worker.resumes.is_sleeping() {
        assert_eq!(worker.reason.read(|reason| *reason), 1);
    }
    assert!(waker.join().unwrap());
}

fn an_answer_is_written_after_the_wake() {
    let worker = Worker::new();
    let waker = beside(&worker, |worker| {
        let unpark = worker.resumes.push(std::ptr::NonNull::from(&worker.coroutines[0]).cast());
        worker.coroutines[0].answer.write(|answer| *answer = 10);
        unpark
    });
    let _ = worker.resume_all();
    let _ = waker.join();
}

fn an_owner_sleeps_without_asking() {
    let worker = Worker::new();
    let waker = beside(&worker, |worker| worker.wake(0));
    let _ = worker.resumes.try_sleep();
    assert!(waker.join().unwrap(), "the owner sleeps though a wake waits");
}

models![
    wakes_of_one_waker_are_resumed_in_order_and_none_is_lost,
    two_wakers_lose_no_wake_and_one_of_them_unparks_the_owner,
    a_wake_against_falling_asleep_keeps_the_owner_awake_or_unparks_it,
    an_owner_that_is_up_again_finds_what_woke_it,
    one_of_two_who_take_the_sleeper_unparks_it,
    a_taken_sleeper_sees_what_its_waker_did_before,
];

canaries![
    an_answer_is_written_after_the_wake: "Causality violation",
    an_owner_sleeps_without_asking: "the owner sleeps though a wake waits",
];
