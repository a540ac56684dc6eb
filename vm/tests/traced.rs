//! With the feature `tracing`, incidents are events of that crate as well: `cargo test --features tracing --test traced`.

#![cfg(feature = "tracing")]

mod support;

use std::fmt::Debug;
use std::hint::black_box;
use std::sync::Arc;

use greenroom::Incident;
use greenroom::prelude::*;
use parking_lot::Mutex;
use support::{Object, ask, real, simulated, watched};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// An event: its level, and its fields as text.
type Line = (Level, Vec<(&'static str, String)>);

/// Keeps what it is told of Greenroom, on more stack than a handler has.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Line>>>);

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "greenroom"
    }

    fn event(&self, event: &Event<'_>) {
        #[derive(Default)]
        struct Fields(Vec<(&'static str, String)>);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.0.push((field.name(), format!("{value:?}")));
            }
        }
        black_box([0_u8; 256 << 10]);
        let mut fields = Fields::default();
        event.record(&mut fields);
        let breaks = fields.0.iter().any(|(_, value)| value.contains("break the collector"));
        self.0.lock().push((*event.metadata().level(), fields.0));
        assert!(!breaks, "a collector that panics");
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Collector {
    /// What it was told of the incidents of that sort.
    fn lines(&self, incident: &str) -> Vec<Line> {
        let name = ("incident", format!("{incident:?}"));
        self.0.lock().iter().filter(|(_, fields)| fields.contains(&name)).cloned().collect()
    }
}

/// One test, for a process has one collector for all its threads.
#[test]
fn incidents_are_events_with_level_and_fields_and_a_collector_may_use_much_stack_and_panic() {
    watched(|| {
        let collector = Collector::default();
        tracing::subscriber::set_global_default(collector.clone()).unwrap();

        let vm = real();
        let actor = vm.spawn(Object(()));
        let error = actor.ask(ask(|(): &mut ()| panic!("out of apples"))).unwrap_err();
        assert!(matches!(error, CallError::Panicked(_)));
        support::wait_until("it is told", || !collector.lines("panic").is_empty());
        let (level, fields) = collector.lines("panic").remove(0);
        assert_eq!(level, Level::ERROR);
        for expected in [("actor", format!("{}", actor.id())), ("panic", "\"out of apples\"".to_owned())] {
            assert!(fields.contains(&expected), "{expected:?} is not in {fields:?}");
        }
        let (_, text) = fields.iter().find(|(name, _)| *name == "message").unwrap();
        assert!(text.starts_with("Object<()>#") && text.ends_with(": out of apples"), "{text}");

        // A subscriber is told all the same, and the handler is none the worse.
        let incidents = vm.incidents(10);
        let broken = vm.spawn(Object(()));
        let error = broken.ask(ask(|(): &mut ()| panic!("break the collector"))).unwrap_err();
        assert!(matches!(error, CallError::Panicked(_)));
        assert!(matches!(incidents.recv_timeout(support::LOST), Ok(Incident::Panic { .. })));
        assert_eq!(vm.run(|| 1), Ok(1));
        drop(vm);

        let vm = simulated(1);
        let actor = vm.spawn(Object(()));
        actor.send(ask(|(): &mut ()| ())).unwrap();
        drop(vm);
        let letters = collector.lines("dead_letters");
        let [(Level::WARN, fields)] = &letters[..] else { panic!("{letters:?}") };
        assert!(fields.contains(&("count", "1".to_owned())), "{fields:?}");
    });
}
