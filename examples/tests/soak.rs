//! The soak, in small: a house full of actors leaks nothing, and what is leaked on purpose is found.

use std::process::{Child, Command, Output, Stdio};

fn start(flags: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_greenroom-soak");
    let mut command = Command::new(program);
    command.args(flags.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn soak(flags: &str) -> Output {
    start(flags).wait_with_output().unwrap()
}

#[test]
fn a_house_of_a_thousand_actors_who_come_and_go_leaks_nothing() {
    let output = soak("--seconds 5 --population 1000");
    let printed = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{printed}{complaints}");
    assert!(printed.ends_with("\nnothing is leaked\n"), "{printed}");
    assert!(printed.contains(" KiB/min (± "), "the slope is told: {printed}");
    assert_eq!(complaints, "", "panics that belong to the house are not told");
}

#[test]
fn what_is_leaked_on_purpose_is_found() {
    let leaks = ["memory", "threads", "descriptors", "actors"];
    // All at once, since they are slow.
    let soaks = leaks.map(|leak| start(&format!("--seconds 4 --population 500 --leak {leak}")));
    for (leak, soak) in leaks.into_iter().zip(soaks) {
        let output = soak.wait_with_output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{leak}\n{printed}");
        assert!(printed.contains(&format!("LEAKED: {leak}: ")), "{leak}\n{printed}");
    }
}

#[test]
fn values_that_cannot_be_used_are_named() {
    for (flags, named) in [
        ("--minutes soon", "'soon'"),
        ("--population 1", "'1'"),
        ("--leak oil", "'oil'"),
        ("--for-ever", "'--for-ever'"),
    ] {
        let output = soak(flags);
        assert_eq!(output.status.code(), Some(2), "{flags}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(named), "{flags}");
    }
}
