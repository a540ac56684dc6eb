//! One measurement: the same work some rounds over, on one system, in a process of its own, of which the last is timed.
//!
//! The runner starts this program again for each, because several of the systems are global to their process. What is asked
//! for, and the line that comes out, are the same for programs in other languages.

use std::time::Instant;
use std::{panic, process};

use greenroom::Vm;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::programs;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::rivals::Rival;
use crate::rivals::actix::Actix;
use crate::rivals::may::May;
use crate::rivals::tokio::Tokio;
use crate::systems::System;

/// What is to be measured.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) system: System,
    pub(crate) workers: usize,
    /// At least one.
    pub(crate) rounds: u32,
    pub(crate) parameters: Parameters,
}

/// What came out; a line of JSON from the measuring process to the runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// What the last round took, from its first actor to the end of its last.
    pub(crate) seconds: f64,
    /// What it found out.
    pub(crate) answer: Number,
}

impl Job {
    /// What every measuring process is told, whatever its language: `PROBLEM workers=N rounds=N key=value ...`, in this order.
    pub(crate) fn contract(&self) -> Vec<String> {
        let Self { workers, rounds, parameters, .. } = self;
        let mut words = vec![
            parameters.problem().name.to_owned(),
            format!("workers={workers}"),
            format!("rounds={rounds}"),
        ];
        words.extend(parameters.iter().map(|(name, value)| format!("{name}={value}")));
        words
    }

    /// # Panics
    ///
    /// If the system is none of those in Rust, or has no such problem: the runner asks for none.
    pub(crate) fn measure(&self) -> Measurement {
        end_at_a_panic();
        match self.system {
            System::Greenroom => {
                let vm = Vm::builder().workers(self.workers).build().expect("the machine starts");
                self.last_of_rounds(|| programs::run(&vm, &self.parameters))
            }
            System::Tokio => self.measure_on::<Tokio>(),
            System::May => self.measure_on::<May>(),
            System::Actix => self.measure_on::<Actix>(),
            System::Erlang | System::Go | System::Caf => panic!("it is a program of its own"),
        }
    }

    fn measure_on<R: Rival>(&self) -> Measurement {
        let program = R::program(self.parameters.problem().name).expect("it has this problem");
        let rival = R::start(self.workers);
        self.last_of_rounds(|| program(&rival, &self.parameters))
    }

    fn last_of_rounds(&self, mut round: impl FnMut() -> Answer) -> Measurement {
        for _ in 1..self.rounds {
            round();
        }
        let began = Instant::now();
        let answer = round();
        let seconds = began.elapsed().as_secs_f64();
        let answer = match answer {
            Answer::Whole(answer) => answer.into(),
            Answer::Real(answer) => Number::from_f64(answer).expect("an answer is finite"),
        };
        Measurement { seconds, answer }
    }
}

/// A system that contains a panic, as most do, would leave the measurement waiting for an actor that is gone.
fn end_at_a_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        report(info);
        process::exit(1);
    }));
}
