//! The sleepers and searchers: who is woken, when, and in which state it wakes up.

use crate::sleep::Sleep;

/// Lowers no flag: the sleeper was on its way already.
fn already_awake(_: usize) -> bool {
    false
}

#[test]
fn nobody_is_woken_while_nobody_sleeps() {
    let sleep = Sleep::new(4);
    assert!(!sleep.wants_waking());
    assert_eq!(sleep.notify(|_| panic!("no worker to ask")), None);
}

#[test]
fn the_latest_sleeper_is_woken_and_goes_on_as_a_searcher() {
    let sleep = Sleep::new(4);
    sleep.announce(0, false);
    sleep.announce(1, false);
    assert!(sleep.wants_waking());
    assert_eq!(sleep.notify(|_| true), Some(1));
    assert!(sleep.withdraw(1, false), "a waker claimed it to search");
    assert!(!sleep.wants_waking(), "0 sleeps, but 1 searches");
}

#[test]
fn while_one_searches_no_other_is_woken_and_the_last_searcher_is_told() {
    let sleep = Sleep::new(4);
    sleep.announce(0, false);
    assert!(sleep.begin_search());
    assert_eq!(sleep.notify(|_| true), None);
    assert!(sleep.begin_search());
    assert!(!sleep.end_search(), "one still searches");
    assert!(sleep.end_search());
    assert_eq!(sleep.notify(|_| true), Some(0));
}

#[test]
fn at_most_half_of_the_workers_search_and_one_always_may() {
    let sleep = Sleep::new(5);
    assert!(sleep.begin_search() && sleep.begin_search());
    assert!(!sleep.begin_search());
    assert!(!sleep.end_search());
    assert!(sleep.begin_search());
    assert!(Sleep::new(1).begin_search());
}

#[test]
fn a_searcher_that_falls_asleep_searches_no_more() {
    let sleep = Sleep::new(2);
    assert!(sleep.begin_search());
    sleep.announce(0, true);
    assert!(sleep.wants_waking());
}

#[test]
fn a_sleeper_that_wakes_by_itself_leaves_and_searches_only_if_it_saw_work() {
    let sleep = Sleep::new(4);
    sleep.announce(0, false);
    assert!(!sleep.withdraw(0, false));
    assert_eq!(sleep.notify(|_| true), None, "nobody sleeps any more");
    sleep.announce(0, false);
    assert!(sleep.withdraw(0, true));
    assert!(sleep.end_search(), "it counted as searching");
}

#[test]
fn a_sleeper_that_is_on_its_way_already_is_passed_over() {
    let sleep = Sleep::new(4);
    sleep.announce(0, false);
    sleep.announce(1, false);
    assert_eq!(sleep.notify(|worker| worker == 0), Some(0));
    assert!(!sleep.withdraw(1, false), "1 was woken by something else, not to search");
    assert!(sleep.withdraw(0, false));
    sleep.announce(2, false);
    assert!(sleep.end_search());
    assert_eq!(sleep.notify(already_awake), None);
    assert!(!sleep.withdraw(2, false));
}
