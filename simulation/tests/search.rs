//! A search finds what is planted, shrinks it to what it needs, and replays it.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom_simulation::{Allowed, Broken, Fault, Faults, Link, Passing, Plan, Report, Search, Simulation};
use support::{Bell, Heard, ms, numbers};

/// A bell that must have been rung by everybody, over a link that loses one message in a hundred.
fn everybody_is_heard(sim: &mut Simulation) -> greenroom::Result {
    sim.network(Link::new().latency(ms(1)..=ms(9)).loss(0.01).reordering(true));
    let (near, far) = (sim.node("near"), sim.node("far"));
    let spare = sim.nodes("spare", 3);
    sim.faults(Faults::new().crashes(3, ms(20)).partitions(2, ms(5)..=ms(10)).skew(ms(5), 100).among(&spare));
    let rounds = sim.amount("rounds", 1..=60);
    let heard = Heard::default();
    let bell = sim.spawn_on(&far, Bell { heard: Heard::clone(&heard) });
    sim.start_on(&near, move || {
        for number in 0..rounds {
            bell.ring(number).unwrap();
            sleep(ms(1)).unwrap();
        }
    });
    sim.finally("everybody is heard", move || {
        let mut came = numbers(&heard);
        came.sort_unstable();
        let missing = (0..rounds).find(|number| came.binary_search(number).is_err());
        missing.map_or(Ok(()), |missing| Err(format!("nobody heard {missing}")))
    });
    sim.run_for(ms(200))?;
    Ok(())
}

fn search_for_silence() -> Search<impl Fn(&mut Simulation) -> greenroom::Result + Sync> {
    Search::new("silence", everybody_is_heard).without_files()
}

#[test]
fn the_minimal_plan_of_a_lost_message_is_that_loss_and_nothing_else() {
    let report = search_for_silence().run();
    let found = report.found().expect("one in a hundred is lost");
    assert!(found.run.happened.len() > 3, "there was more to leave out: {:?}", found.run.happened);
    assert_eq!(found.least_run.happened.len(), 1, "{report}");
    let Allowed::Only(faults) = &found.least.faults else { panic!("{report}") };
    let [Fault::Lost(Passing { from, to, number })] = faults.iter().copied().collect::<Vec<_>>()[..] else {
        panic!("{report}")
    };
    assert_eq!((from.0, to.0, number), (0, 1, 0));
    assert_eq!(found.least.amounts["rounds"], 1, "as many as it takes to lose that one: {report}");
    assert!(found.is_least && found.is_steady, "{report}");
}

#[test]
fn the_least_seed_that_fails_is_found_whatever_the_threads() {
    let found = |threads| {
        let report = search_for_silence().threads(threads).run();
        report.to_string()
    };
    let with_one = found(1);
    assert!((0..5).all(|_| found(4) == with_one));
}

#[test]
fn a_report_says_what_failed_what_it_takes_and_how_to_see_it_again() {
    let report = search_for_silence().run();
    let text = report.to_string();
    let found = report.found().unwrap();
    for part in ["does not hold: everybody is heard", "nobody heard", "is lost", "rounds is", "1 of "] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let replay = text.split("GREENROOM_REPLAY='silence ").nth(1).unwrap().trim_end_matches('\'');
    assert_eq!(replay.parse::<Plan>().unwrap(), found.least);
    assert_eq!(search_for_silence().once(&found.least), found.least_run);
}

#[test]
fn a_search_that_finds_nothing_says_how_much_it_tried() {
    let report = Search::new("calm", |sim: &mut Simulation| Ok(sim.run_for(ms(1))?)).seeds(3..13).run();
    report.assert_clean();
    assert_eq!(report.to_string(), "calm: no failure in 10 seeds, 10 runs");
}

fn only_run(scenario: fn(&mut Simulation) -> greenroom::Result) -> Report {
    Search::new("one", scenario).seeds(0..1).threads(1).without_files().run()
}

fn broken(report: &Report) -> (&Broken, &str) {
    let failure = report.found().expect("it fails").run.failure.as_ref().unwrap();
    (&failure.broken, &failure.found)
}

#[test]
fn an_invariant_is_checked_after_every_step() {
    let report = only_run(|sim| {
        let node = sim.node("node");
        let value = Arc::new(Mutex::new(0));
        let shown = Arc::clone(&value);
        sim.always("never 3", move || match *shown.lock().unwrap() {
            3 => Err("it is 3".to_owned()),
            _ => Ok(()),
        });
        sim.start_on(&node, move || {
            for _ in 0..10 {
                *value.lock().unwrap() += 1;
                sleep(SECOND).unwrap();
            }
        });
        sim.run_for(Duration::from_secs(20))?;
        panic!("it went on")
    });
    assert_eq!(broken(&report), (&Broken::Invariant("never 3".to_owned()), "it is 3"));
    let failure = report.found().unwrap().run.failure.clone().unwrap();
    assert!((Duration::from_secs(2)..Duration::from_secs(3)).contains(&failure.at), "{failure}");
}

#[test]
fn a_panic_of_an_actor_is_a_failure_unless_it_is_allowed() {
    fn panics(sim: &mut Simulation) -> greenroom::Result {
        let node = sim.node("node");
        sim.start_on(&node, || panic!("on purpose"));
        Ok(sim.run_for(SECOND)?)
    }
    let report = only_run(panics);
    let (Broken::Actor(_), found) = broken(&report) else { panic!("{report}") };
    assert!(found.contains("on purpose"), "{found}");
    only_run(|sim| {
        sim.allow_panics("on purpose");
        panics(sim)
    })
    .assert_clean();
}

#[test]
fn an_error_and_a_panic_of_the_scenario_are_failures() {
    assert_eq!(broken(&only_run(|_| Err("no luck".into()))), (&Broken::Scenario, "no luck"));
    assert_eq!(broken(&only_run(|_| panic!("no luck"))), (&Broken::Scenario, "panicked: no luck"));
}

#[test]
fn what_is_waited_for_ends_the_run_or_fails_by_its_name() {
    fn wait(sim: &mut Simulation, limit: Duration) -> greenroom::Result {
        let node = sim.node("node");
        let is_done = Arc::new(Mutex::new(false));
        let done = Arc::clone(&is_done);
        sim.start_on(&node, move || {
            sleep(SECOND).unwrap();
            *done.lock().unwrap() = true;
        });
        sim.run_until("it is done", limit, move || *is_done.lock().unwrap())?;
        assert!(sim.now() >= SECOND && sim.now() < SECOND + ms(1), "{:?}", sim.now());
        Ok(())
    }
    only_run(|sim| wait(sim, 10 * SECOND)).assert_clean();
    let report = only_run(|sim| wait(sim, ms(500)));
    assert_eq!(broken(&report).0, &Broken::Invariant("it is done".to_owned()));
}

#[test]
fn a_program_that_is_not_the_same_twice_is_called_so_and_not_shrunk() {
    let count = Mutex::new(0);
    let report = Search::new("whim", |sim: &mut Simulation| {
        let node = sim.node("node");
        let mut count = count.lock().unwrap();
        *count += 1;
        let times = *count;
        for _ in 0..times {
            sim.start_on(&node, || drop(sleep(ms(1))));
        }
        sim.run_for(ms(10))?;
        Err("always".into())
    })
    .threads(1)
    .without_files()
    .run();
    assert!(!report.found().unwrap().is_steady);
    assert!(report.to_string().contains("the same plan gave another run"), "{report}");
}
