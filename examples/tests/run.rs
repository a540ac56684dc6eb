//! The main job's command line: results that parse and are right, values that are refused, an orderly end.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn run(flags: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_greenroom-run");
    Command::new(program).args(flags.split_whitespace()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The objects that a run with `--json` prints; it must succeed.
fn objects(flags: &str) -> Vec<Value> {
    let output = run(flags);
    assert!(output.status.success(), "{flags}: {}\n{}{}", output.status, stdout(&output), stderr(&output));
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All steps but for the two that need gigabytes or many seconds in an unoptimised build.
const SMALL: &str = "--actors 3000 \
     --steps spawn,message_all,pingpong_async,pingpong_sync,ring_1k,ring_100k,skynet,idle_memory,suspended_100k";

#[test]
fn every_step_gives_one_object_with_all_its_fields_and_a_verified_result() {
    let objects = objects(&format!("{SMALL} --workers 2 --json"));
    let names: Vec<_> = objects.iter().map(|object| object["step"].as_str().unwrap()).collect();
    assert_eq!(names.join(","), SMALL.rsplit(' ').next().unwrap());
    for object in &objects {
        assert_eq!(object["ok"], true, "{object}");
        assert_eq!(object["params"]["workers"], 2, "{object}");
        let (ops, seconds) = (object["ops"].as_u64().unwrap(), object["seconds"].as_f64().unwrap());
        assert!(ops > 0 && seconds > 0.0 && object["ns_per_op"].as_f64().unwrap() > 0.0, "{object}");
        assert!(object["peak_rss_bytes"].as_u64().unwrap() > 1 << 20, "{object}");
        assert!(object["bytes_per_actor"].is_null() || object["bytes_per_actor"].is_f64(), "{object}");
    }
    assert_eq!(objects[6]["params"]["sum"], 499_999_500_000_u64);
    let suspended = objects[8]["bytes_per_actor"].as_f64().unwrap();
    // Unoptimised code needs a third page, or nearly.
    assert!((4096.0..14_500.0).contains(&suspended), "a suspended actor has a page of stack: {suspended}");
}

#[test]
fn without_json_it_ends_with_a_table_of_a_row_for_each_step() {
    let output = run("--actors 100 --steps spawn,pingpong_sync");
    assert!(output.status.success(), "{}", stderr(&output));
    let table = stdout(&output);
    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 3, "{table}");
    assert_eq!((rows[1][0], rows[1][1], rows[2][0]), ("spawn", "100", "pingpong_sync"));
    assert!(rows[1..].iter().all(|row| row.last() == Some(&"ok")), "{table}");
}

#[test]
fn a_seed_gives_the_same_verified_results_twice() {
    let flags = "--actors 2000 --simulate 42 --json \
                 --steps spawn,message_all,pingpong_async,pingpong_sync,ring_1k,idle_memory";
    let told = |object: &Value| {
        let fields = ["step", "params", "ops", "ok", "messages", "handoffs", "steals"];
        fields.map(|field| object[field].clone())
    };
    let once: Vec<_> = objects(flags).iter().map(told).collect();
    let twice: Vec<_> = objects(flags).iter().map(told).collect();
    assert_eq!(once.len(), 6);
    assert_eq!(once, twice);
}

#[test]
fn another_seed_gives_another_run_of_the_same_results() {
    let steals = |seed: u32| {
        let objects = objects(&format!("--actors 2000 --steps message_all --json --simulate {seed}"));
        assert_eq!((&objects[0]["ok"], &objects[0]["ops"]), (&Value::Bool(true), &Value::from(2000)));
        objects[0]["steals"].as_u64().unwrap()
    };
    let first = steals(1);
    assert!((2..=6).any(|seed| steals(seed) != first), "six seeds, one schedule");
}

#[test]
fn values_that_cannot_be_used_are_named_with_the_remedy() {
    for (flags, named, remedy) in [
        ("--actors none", "--actors is 'none'", "give a whole number"),
        ("--actors 0", "--actors is '0'", "give a whole number from 1"),
        ("--actors -5", "--actors is '-5'", "give a whole number"),
        ("--actors 99999999999999999999999", "--actors is '99999999999999999999999'", "give a whole number"),
        ("--actors", "--actors has no value", "give a whole number"),
        ("--workers 0", "--workers is '0'", "give a whole number from 1"),
        ("--workers 1000 --steps spawn", "1000", "use fewer than"),
        ("--steps spawn,warp", "--steps names 'warp'", "give some of spawn,message_all"),
        ("--simulate dice", "--simulate is 'dice'", "give a whole number"),
        ("--json=yes", "--json takes no value", "leave '=yes' out"),
        ("--fast", "'--fast' is no flag", "--help lists them"),
        ("spawn", "'spawn' is no flag", "--help lists them"),
    ] {
        let output = run(flags);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{flags}: {said}");
        assert!(said.contains(named) && said.contains(remedy), "{flags}: {said}");
        assert_eq!(said.lines().count(), 1, "{flags}: {said}");
        assert_eq!(stdout(&output), "", "{flags}");
    }
}

#[test]
fn more_actors_than_the_memory_can_hold_are_refused_with_a_number_that_fits() {
    let output = run("--actors 1000000000 --steps idle_memory");
    // 67 GiB at least: a machine that has them may try.
    if output.status.code() == Some(2) {
        assert!(stderr(&output).contains("give --actors at most"), "{}", stderr(&output));
    }
}

#[test]
fn help_names_every_flag_and_every_step() {
    let output = run("--help");
    assert!(output.status.success());
    for word in ["--actors", "--workers", "--steps", "--simulate", "--json", "ring_1m", "suspended_1m"] {
        assert!(stdout(&output).contains(word), "{word}");
    }
}

#[test]
fn an_interrupt_ends_it_in_order_with_130() {
    for signal in ["INT", "TERM"] {
        let child = Command::new(env!("CARGO_BIN_EXE_greenroom-run"))
            // Hours of work, which begin at once.
            .args(["--actors", "1000000000", "--steps", "pingpong_sync"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let process = child.id();
        // Its own process for the step is there: so signals are listened to, and the step is about to begin.
        let children = format!("/proc/{process}/task/{process}/children");
        while std::fs::read_to_string(&children).unwrap().is_empty() {
            std::thread::yield_now();
        }
        assert!(
            Command::new("kill")
                .args([format!("-{signal}"), process.to_string()])
                .status()
                .unwrap()
                .success()
        );
        let output = child.wait_with_output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(if signal == "INT" { 130 } else { 143 }), "{said}");
        assert!(said.contains("interrupted in pingpong_sync") && said.contains("in order"), "{said}");
    }
}
