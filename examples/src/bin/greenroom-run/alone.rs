//! One step in this process, for the process that started it and reads its result.

use std::time::Duration;

use greenroom::Snapshot;
use greenroom_examples::{flags, interrupt};

use crate::memory;
use crate::options::Options;
use crate::report::{Report, fields};
use crate::stage::{Fault, Stage};
use crate::steps::{Measured, STEPS, Step};

/// Runs the step; gives the exit status.
pub(crate) fn run(options: &Options) -> std::io::Result<u8> {
    interrupt::listen(|| {})?;
    interrupt::end_with_stdin()?;
    let step = options.steps[0];
    let place = STEPS.iter().position(|other| other.name == step.name).unwrap_or(0) + 1;
    let stage = match Stage::build(options, format!("{place:>2}/{} {}", STEPS.len(), step.name)) {
        Ok(stage) => stage,
        Err(error) => {
            eprintln!("greenroom-run: {error}");
            return Ok(flags::USAGE);
        }
    };
    let report = match (step.run)(&stage) {
        Ok(measured) => report(step, &stage, measured),
        Err(Fault::Wrong(wrong)) => Report::of_fault(step.name, wrong),
        Err(Fault::Interrupted) => {
            stage.vm.shutdown();
            return Ok(interrupt::status());
        }
    };
    // Shut down before the result is told: a machine that cannot end is a wrong result too.
    stage.vm.shutdown();
    println!("{}", report.to_line());
    Ok(0)
}

fn report(step: &Step, stage: &Stage, measured: Measured) -> Report {
    let counters = stage.vm.counters();
    let sum = |field: fn(&Snapshot) -> u64| counters.iter().map(field).sum();
    let mut params = measured.params;
    params.push(("workers", stage.vm.workers() as u64));
    params.extend(stage.options.seed.map(|seed| ("seed", seed)));
    Report {
        step: step.name.to_owned(),
        params: fields(params),
        ops: measured.ops,
        seconds: measured.timed.as_secs_f64(),
        parts: fields(measured.parts.iter().map(|(name, time): &(_, Duration)| (*name, time.as_secs_f64()))),
        bytes_per_actor: measured.bytes_per_actor,
        peak_rss_bytes: memory::peak_bytes(),
        steals: sum(|counters| counters.steals),
        wakes: sum(|counters| counters.wakes),
        messages: sum(|counters| counters.messages),
        handoffs: sum(|counters| counters.handoffs),
        wrong: None,
    }
}
