//! Every program of the suite at its small size, on one worker and on several: the answer is right, and no actor is left.

use std::thread;
use std::time::{Duration, Instant};

use greenroom::Vm;
use greenroom_savina::problem::{Parameters, Size};
use greenroom_savina::{problems, programs};

fn every_answer_is_right_on(workers: usize) {
    let vm = Vm::builder().workers(workers).build().unwrap();
    for problem in problems::ALL {
        let parameters = Parameters::new(problem, Size::Small);
        let answer = programs::run(&vm, &parameters);
        if let Err(wrong) = problem.expected(&parameters).check(answer) {
            panic!("{} with {parameters} on {workers} workers: {wrong}", problem.name);
        }
        // The state of the last one was dropped a moment before its place was given back.
        let deadline = Instant::now() + Duration::from_secs(10);
        while vm.actors() > 0 {
            assert!(Instant::now() < deadline, "{} leaves {} actors behind", problem.name, vm.actors());
            thread::yield_now();
        }
    }
}

#[test]
fn every_answer_is_right_on_one_worker() {
    every_answer_is_right_on(1);
}

#[test]
fn every_answer_is_right_on_two_workers() {
    every_answer_is_right_on(2);
}

#[test]
fn every_answer_is_right_on_more_workers_than_cores() {
    every_answer_is_right_on(7);
}

#[test]
fn the_problems_are_told_apart_and_every_size_is_allowed() {
    let mut names: Vec<_> = problems::ALL.iter().map(|problem| problem.name).collect();
    assert!(problems::ALL.is_sorted_by_key(|problem| problem.number));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), problems::ALL.len());
    for problem in problems::ALL {
        for size in [Size::Small, Size::Suite, Size::Long] {
            let mut parameters = Parameters::new(problem, size);
            let given: Vec<_> = parameters.iter().collect();
            for (name, value) in given {
                parameters.set(name, &value.to_string()).unwrap();
            }
            parameters.check().unwrap();
        }
    }
}
