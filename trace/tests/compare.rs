//! Two runs: equal, or told apart at the first difference.

mod support;

use greenroom_trace::{By, Difference, Trace, What, compare};
use support::{a_day_at_the_bank, assert_golden, two_nodes};

fn difference(change: impl FnOnce(&mut Trace)) -> Option<Difference> {
    let mut other = a_day_at_the_bank();
    change(&mut other);
    compare(&a_day_at_the_bank(), &other, By::Times)
}

#[test]
fn equal_runs_do_not_differ() {
    assert_eq!(difference(|_| {}), None);
    assert_eq!(compare(&Trace::default(), &Trace::default(), By::Times), None);
}

#[test]
fn the_first_difference_is_told_as_a_person_wants_it() {
    let told = difference(|other| {
        let What::Reply { value, .. } = &mut other.events[16].what else { panic!("{:?}", other.events[16]) };
        *value = Some("true".into());
        other.events.truncate(20);
    });
    assert_golden("difference.txt", &told.unwrap().to_string());
}

#[test]
fn each_event_changed_by_itself_is_found_where_it_is() {
    for place in 0..a_day_at_the_bank().events.len() {
        let found = difference(|other| other.events[place].what = What::Steal).unwrap();
        assert_eq!((found.event, found.in_what), (place + 1, vec!["what happens"]));
        assert_eq!(found.before.len(), place.min(5));
        assert_eq!(
            found.second.unwrap().split("w0").nth(1).unwrap().trim(),
            "worker 0 takes an actor from another's queue"
        );
    }
}

#[test]
fn a_run_that_ends_early_differs_where_it_ends() {
    let found = difference(|other| other.events.truncate(7)).unwrap();
    assert_eq!((found.event, found.second.as_deref()), (8, None));
    assert_eq!(found.in_what, ["the length of the runs"]);
    let found = difference(|other| other.events.clear()).unwrap();
    assert_eq!((found.event, found.before.len()), (1, 0));
    let nothing = Trace::default();
    let said = compare(&nothing, &two_nodes(), By::Times).unwrap().to_string();
    assert!(said.contains("in the first: nothing more, it has ended"), "{said}");
}

#[test]
fn actors_of_one_number_may_be_of_two_types() {
    let found = difference(|other| other.actors[1].kind = "Vault".into()).unwrap();
    assert_eq!((found.event, found.in_what), (2, vec!["who it is"]));
    assert_eq!(found.whom, ["Bank#0.0", "Account<u64>#0.1", "Vault#0.1"]);
}

#[test]
fn times_and_workers_count_unless_only_the_order_does() {
    let mut other = a_day_at_the_bank();
    other.events[3].at += 1;
    other.events[3].worker = None;
    let found = compare(&a_day_at_the_bank(), &other, By::Times).unwrap();
    assert_eq!((found.event, found.in_what), (4, vec!["the time", "the worker"]));
    assert_eq!(compare(&a_day_at_the_bank(), &other, By::Order), None);
}
