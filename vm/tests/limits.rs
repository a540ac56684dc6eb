//! What a machine cannot be built with: the error names the value and says what to use instead.

mod support;

use std::time::Duration;

use greenroom::{Builder, Vm, World};

#[test]
fn a_value_that_cannot_be_used_is_named_with_the_remedy() {
    let plain = || Vm::builder().workers(1).pin(false);
    let cases: [(Builder, &[&str]); 8] = [
        (plain().workers(0), &["workers is 0", "use 1 to"]),
        (plain().workers(5000), &["workers is 5000", "use 1 to"]),
        (plain().relief(5000), &["relief is 5000", "use at most"]),
        (plain().workers(200).relief(100), &["200", "100", "300", "use fewer than"]),
        (plain().name("a\0b"), &["name is", "zero byte", "remove"]),
        (plain().batch(0), &["batch is 0", "at least 1"]),
        (plain().blocking_threads(0), &["blocking_threads is 0", "at least 1"]),
        (plain().call_deadline(Duration::ZERO), &["call_deadline is 0", "Duration::MAX"]),
    ];
    for (builder, parts) in cases {
        for builder in [builder.clone(), builder.world(World::Simulated { seed: 1 })] {
            let text = builder.build().expect_err(parts[0]).to_string();
            for part in parts {
                assert!(text.contains(part), "{text:?} does not say {part:?}");
            }
        }
    }
}

#[test]
fn by_default_there_is_as_much_relief_as_there_is_room_for() {
    for workers in [85, 86, 200, 255] {
        for seed in 0..2 {
            let simulated = World::Simulated { seed };
            Vm::builder().workers(workers).world(simulated).build().expect("the relief is not its affair");
        }
    }
    let vm = Vm::builder().workers(86).pin(false).build().unwrap();
    assert_eq!((vm.workers(), vm.run(|| 5)), (86, Ok(5)));
    let error = Vm::builder().workers(256).build().unwrap_err().to_string();
    assert!(error.contains("workers (256)") && error.contains("fewer than 256"), "{error}");
}

#[test]
fn more_workers_than_cores_are_allowed() {
    let vm = Vm::builder().workers(9).relief(0).build().unwrap();
    assert_eq!((vm.workers(), vm.counters().len()), (9, 9));
    assert_eq!(vm.run(|| 5), Ok(5));
}

#[test]
fn a_machine_is_called_what_it_was_named() {
    let vm = Vm::builder().name("orders").workers(1).build().unwrap();
    let thread = vm.run(|| std::thread::current().name().map(str::to_owned)).unwrap();
    assert_eq!((vm.name(), thread.as_deref()), ("orders", Some("orders-0")));
}

#[test]
fn what_needs_a_handler_says_so_on_a_plain_thread() {
    for (what, call) in [
        ("spawn", (|| drop(greenroom::spawn(support::Object(())))) as fn()),
        ("process", || drop(greenroom::process(|_: greenroom::Inbox<()>| ()))),
        ("me", || drop(greenroom::me::<support::Object<()>>())),
        ("stop", greenroom::stop),
    ] {
        let panic = std::panic::catch_unwind(call).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains(what) && text.contains("plain thread"), "{text}");
    }
    assert_eq!((greenroom::current_actor(), greenroom::current_worker()), (None, None));
}
