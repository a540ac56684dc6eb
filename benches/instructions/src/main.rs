//! `instructions`: how many instructions the hot paths take, held against a table, so that none grows unnoticed.
//!
//! Times are noisy, and a nanosecond more a message drowns in them. Counts are not: valgrind executes the program one
//! instruction after the other, and counts those of the one worker's thread alone.
//!
//! | file | part |
//! |---|---|
//! | `paths` | what is counted, each path as a function of how often |
//! | `counting` | runs the paths under callgrind: the difference of two sizes, divided by the difference in operations |
//! | `table` | `counts.txt`: what was counted before, and by how much it may rise; the comparison |
//!
//! A count is that of one compiler, one C compiler (of the allocator) and one standard library: after an update of
//! these, and after a change that is worth what it costs, take them anew.

mod counting;
mod paths;
mod table;

use std::env;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use table::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.txt");

const HELP: &str = "\
instructions [--update]: counts the instructions of Greenroom's hot paths, and compares them with counts.txt
  --update   writes what was counted into counts.txt instead; the tolerances stay
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => check(),
        ["--update"] => update(),
        [counting::FLAG] => {
            counting::execute();
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            print!("{HELP}");
            return if arguments == ["--help"] { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("instructions: {error}");
        ExitCode::FAILURE
    })
}

/// Fails if some path takes more than the table allows.
fn check() -> Result<ExitCode, Box<dyn Error>> {
    let table: Table = fs::read_to_string(TABLE)?.parse()?;
    let report = table.compare(&counting::count_all()?);
    print!("{report}");
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes a new table.
fn update() -> Result<ExitCode, Box<dyn Error>> {
    let table: Table = fs::read_to_string(TABLE)?.parse()?;
    let counted = counting::count_all()?;
    print!("{}", table.compare(&counted));
    fs::write(TABLE, table.updated(&counted).to_string())?;
    println!("written: {TABLE}");
    Ok(ExitCode::SUCCESS)
}
