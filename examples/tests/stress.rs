//! The stress run, in small: nothing is missing, and it is silent about the panics that belong to it.

use std::process::{Command, Output};

fn stress(flags: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_greenroom-stress");
    Command::new(program).args(flags.split_whitespace()).output().unwrap()
}

#[test]
fn every_message_is_accounted_for_in_both_worlds() {
    for flags in ["--seconds 2 --seed 7", "--simulate 30 --seed 7"] {
        let output = stress(flags);
        let printed = String::from_utf8(output.stdout).unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{flags}\n{printed}{complaints}");
        assert!(printed.starts_with("seed 7\n"), "{printed}");
        assert!(printed.ends_with("every message is accounted for\n"), "{printed}");
        assert_eq!(complaints, "", "panics that belong to the game are not told");
        for line in ["dead letters", "returned to their sender", "a time-out", "handlers that panicked"] {
            let count =
                printed.lines().find(|text| text.contains(line)).and_then(|text| text.split(' ').next_back());
            assert!(count.is_some_and(|count| count != "0"), "{line} did not come about:\n{printed}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_simulated_run_twice() {
    let flags = "--simulate 5 --seed 11";
    assert_eq!(stress(flags).stdout, stress(flags).stdout);
}

#[test]
fn values_that_cannot_be_used_are_named() {
    for (flags, named) in
        [("--seconds soon", "'soon'"), ("--seed", "--seed has no value"), ("--forever", "'--forever'")]
    {
        let output = stress(flags);
        assert_eq!(output.status.code(), Some(2), "{flags}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(named), "{flags}");
    }
}
