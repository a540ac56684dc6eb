//! What a restart must neither lose nor carry over: the mailbox is kept, also when the new life waits before it begins;
//! and what was killed stays killed.
//!
//! The programs run in both worlds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ChildSpec, Supervisor, World, sleep};

/// Runs it with real workers, and in simulated worlds.
fn in_both_worlds(program: impl Fn() + Send + Sync + Clone + 'static) {
    let worlds = [World::Real].into_iter().chain((0..20).map(|seed| World::Simulated { seed }));
    for world in worlds {
        let vm = Vm::builder().workers(2).world(world).build().unwrap();
        vm.run(program.clone()).unwrap_or_else(|error| panic!("{world:?}: {error}"));
    }
}

/// A child that waits when it begins.
struct Sleeper {
    handled: Arc<AtomicU32>,
}

#[actor]
impl Sleeper {
    #[started]
    fn started(&mut self) {
        let _ = sleep(Duration::from_millis(1));
    }

    fn fail(&mut self) {
        std::panic::resume_unwind(Box::new("on purpose"));
    }

    fn count(&mut self) -> u32 {
        // ORDERING: SeqCst: a test, where the plainest order is the best.
        self.handled.fetch_add(1, Ordering::SeqCst)
    }

    fn doze(&mut self) {
        let _ = sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_was_read_before_a_life_ended_is_kept_also_when_the_next_one_waits_before_it_begins() {
    in_both_worlds(|| {
        let handled = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&handled);
        let child = ChildSpec::new("sleeper", move || Sleeper { handled: Arc::clone(&theirs) });
        let supervisor = spawn(Supervisor::one_for_one().intensity(9, SECOND).with(child));
        let sleeper = supervisor.find::<Sleeper>("sleeper").unwrap();
        // What comes while it dozes is read together.
        let dozing = sleeper.request().doze();
        sleeper.cast().fail().unwrap();
        let counted: Vec<_> = (0..5).map(|_| sleeper.request().count()).collect();
        dozing.wait().unwrap();
        for (place, mut counted) in (0..).zip(counted) {
            assert_eq!(counted.wait_for(20 * SECOND), Ok(place));
        }
    });
}
