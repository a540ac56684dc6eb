//! `greenroom-soak`: a house of actors who come and go without end: spawned, named, with timers, called, stopped, in panic,
//! in the midst of something. The process holds no more at the end than when it was warm.
//!
//! | file | what |
//! |---|---|
//! | `options` | the command line |
//! | `house` | landlords, who change their lodgers without end |
//! | `lodger` | who comes and goes, and how |
//! | `leak` | what is leaked on purpose, to see that it is found |
//! | `gauges` | what the process holds |
//! | `verdict` | whether that grows |

mod gauges;
mod house;
mod leak;
mod lodger;
mod options;
mod verdict;

use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use greenroom::Vm;
use greenroom_examples::flags::Asked;
use greenroom_examples::interrupt;
use mimalloc::MiMalloc;

use crate::gauges::{Gauges, resident_kib};
use crate::house::House;
use crate::options::Options;
use crate::verdict::{Sample, Trend};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// When nothing has changed for so long, all is at rest. What is not then is leaked.
const STILL: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let asked = Options::read(std::env::args().skip(1));
    let options = match Asked::options(asked, "greenroom-soak", options::HELP) {
        Ok(options) => options,
        Err(status) => return status,
    };
    match interrupt::listen(|| {}).map_err(Into::into).and_then(|()| soak(&options)) {
        Ok(_) if interrupt::is_asked() => {
            eprintln!("greenroom-soak: interrupted; the machine was shut down in order");
            ExitCode::from(interrupt::status())
        }
        Ok(leaks) if leaks.is_empty() => {
            println!("nothing is leaked");
            ExitCode::SUCCESS
        }
        Ok(leaks) => {
            leaks.iter().for_each(|leak| println!("LEAKED: {leak}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("greenroom-soak: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Gives what is leaked.
fn soak(options: &Options) -> Result<Vec<String>, Box<dyn Error>> {
    println!("{} actors, seed {}", options.population, options.seed);
    let alone = Gauges::read(0)?;
    // None that may be started at any time: threads that stand by for stuck ones would look like leaked ones.
    let vm = Vm::builder().name("soak").relief(0).build()?;
    let house = House::open(&vm, options);
    let begun = Instant::now();
    wait_until(|| begun.elapsed() >= options.length / 3);
    let warm = at_rest(&vm, &house, options, |_| true)?;
    println!("warm: {warm}");

    let (moves, measured) = (house.moves(), Instant::now());
    let samples = sample(options.length * 2 / 3)?;
    let moves = (house.moves() - moves) as f64 / measured.elapsed().as_secs_f64();
    let end = at_rest(&vm, &house, options, |gauges| verdict::more(&warm, gauges).is_empty())?;
    println!("end:  {end}");
    let trend = Trend::of(&samples);
    println!("memory: {trend}; {moves:.0} actors replaced a second");
    house.close();
    vm.shutdown();
    let wanted = Gauges { actors: House::inhabitants(options), ..warm };
    let mut leaks = verdict::more(&wanted, &end);
    leaks.extend(trend.leak());
    // Mappings are the allocator's as well, which keeps some.
    let left = Gauges {
        mappings: alone.mappings,
        ..settled(|| Gauges::read(0), |left| left.threads <= alone.threads)?
    };
    leaks.extend(
        verdict::more(&alone, &left).into_iter().map(|leak| format!("after the machine's end: {leak}")),
    );
    Ok(leaks)
}

/// Memory over time, while the house is full of life.
fn sample(length: Duration) -> Result<Vec<Sample>, Box<dyn Error>> {
    /// Enough for a slope, however short it is; not so many that they are a load.
    const SAMPLES: u32 = 240;
    let begun = Instant::now();
    let mut samples = Vec::new();
    while begun.elapsed() < length && !interrupt::is_asked() {
        thread::sleep(length / SAMPLES);
        samples.push(Sample { minutes: begun.elapsed().as_secs_f64() / 60.0, kib: resident_kib()? });
    }
    Ok(samples)
}

/// What the process holds when all landlords rest and all who were to go have gone; as soon as that is as `wanted`.
fn at_rest(
    vm: &Vm,
    house: &House,
    options: &Options,
    wanted: impl Fn(&Gauges) -> bool,
) -> Result<Gauges, Box<dyn Error>> {
    house.set_rest(true);
    let inhabitants = House::inhabitants(options);
    wait_until(|| house.is_at_rest());
    let read = || Gauges::read(vm.actors() as u64);
    let gauges = settled(read, |gauges| gauges.actors <= inhabitants && wanted(gauges));
    house.set_rest(false);
    gauges
}

/// What `read` gives when it is as `wanted`, or at last.
fn settled(
    read: impl Fn() -> std::io::Result<Gauges>,
    wanted: impl Fn(&Gauges) -> bool,
) -> Result<Gauges, Box<dyn Error>> {
    let (mut last, mut since) = (Gauges::default(), Instant::now());
    loop {
        // Threads that have been joined may be on their way out still.
        thread::sleep(Duration::from_millis(100));
        let gauges = read()?;
        if gauges != last {
            (last, since) = (gauges, Instant::now());
        }
        if wanted(&gauges) || since.elapsed() > STILL || interrupt::is_asked() {
            return Ok(gauges);
        }
    }
}

fn wait_until(holds: impl Fn() -> bool) {
    while !holds() && !interrupt::is_asked() {
        thread::sleep(Duration::from_millis(20));
    }
}
