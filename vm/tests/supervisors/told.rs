//! What is told of supervisors: trees, restarts, and that there were too many.

use super::*;

#[test]
fn a_tree_is_drawn() {
    let vm = Vm::builder().workers(1).build().unwrap();
    let diary = Diary::default();
    let inner = diary.clone();
    let supervisor =
        Supervisor::one_for_all().with(ward("a", &diary).transient()).child("family", move || {
            Supervisor::rest_for_one()
                .intensity(2, SECOND)
                .with(ward("b", &inner))
                .with(ward("c", &inner).temporary())
        });
    let supervisor = vm.spawn(supervisor.intensity(2, SECOND));
    let family = supervisor.find::<Supervisor>("family").unwrap();
    family.find::<Ward>("b").unwrap().fail().unwrap_err();
    assert_eq!(family.find::<Ward>("b").unwrap().work(), Ok(1));
    let drawn = supervisor.tree().unwrap().to_string();
    // Without the numbers.
    let drawn: String = drawn
        .split('#')
        .enumerate()
        .map(|(n, part)| {
            if n == 0 {
                part.to_owned()
            } else {
                part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned()
            }
        })
        .collect();
    let expected = "Supervisor one-for-all\n|- a: Ward transient\n`- family: Supervisor permanent\n   `- b: Ward permanent, restarted 1 time";
    assert_eq!(drawn, expected);
}

#[test]
fn restarts_are_told_of_counted_and_stop_when_they_are_too_many() {
    let vm = Vm::builder().workers(1).build().unwrap();
    let incidents = vm.incidents(100);
    let diary = Diary::default();
    let supervisor = vm.spawn(Supervisor::one_for_one().intensity(2, 5 * SECOND).with(ward("a", &diary)));
    let a = supervisor.find::<Ward>("a").unwrap();
    for _ in 0..2 {
        a.fail().unwrap_err();
        assert_eq!(a.work(), Ok(1));
    }
    a.fail().unwrap_err();
    while supervisor.exit_reason().is_none() {
        std::thread::yield_now();
    }
    let told: Vec<_> = incidents.try_iter().collect();
    let attempts = told.iter().filter_map(|incident| match incident {
        Incident::Restart { actor, attempt, reason: ExitReason::Panicked(_), .. } if *actor == a.id() => {
            Some(*attempt)
        }
        _ => None,
    });
    assert_eq!(attempts.collect::<Vec<_>>(), [1, 2]);
    let gives_up = |incident: &Incident| matches!(incident, Incident::RestartsExceeded { actor, restarts: 2, .. } if *actor == supervisor.id());
    assert!(told.iter().any(gives_up), "{told:?}");
    assert_eq!(vm.counters()[0].restarts, 2);
}
