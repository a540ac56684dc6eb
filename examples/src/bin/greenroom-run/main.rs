//! `greenroom-run`, the main job: a million actors on all cores, rings, ping-pong, skynet, a million calls suspended
//! in their middle; every result verified. `--help` says what each step does and what of it is timed.
//!
//! | file | what |
//! |---|---|
//! | `options` | the command line |
//! | `job` | one process for each step; the table at the end |
//! | `alone` | the inside of such a process |
//! | `stage` | the machine that a step runs on, and how its main thread waits |
//! | `steps/` | what the steps do |
//! | `tally`, `bar`, `memory`, `report` | counting, showing, weighing, telling |

mod alone;
mod bar;
mod job;
mod memory;
mod options;
mod report;
mod stage;
mod steps;
mod tally;

use std::process::ExitCode;

use greenroom_examples::flags::Asked;
use mimalloc::MiMalloc;

use crate::options::Options;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let asked = Options::read(std::env::args().skip(1));
    let options = match Asked::options(asked, "greenroom-run", &options::help()) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let status = if options.alone { alone::run(&options) } else { job::run(&options) };
    status.map_or_else(
        |error| {
            eprintln!("greenroom-run: {error}");
            ExitCode::FAILURE
        },
        ExitCode::from,
    )
}
