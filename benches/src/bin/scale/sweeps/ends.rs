//! What does it cost to end a machine while actors rest in it, or wait in the middle of a handler?

use std::sync::Arc;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom_savina::tally::{Tally, Ticket};

use super::{Sweep, Throttle, decades, inside, machine, nanos_each};

pub(super) const RESTING: Sweep = Sweep {
    name: "resting",
    question: "what the shutdown of a machine costs in which so many actors rest",
    counts: "actors at rest",
    sizes: |_| decades(3, 6),
    figures: &[("shutdown", "ns an actor")],
    measure: resting,
};

pub(super) const SUSPENDED: Sweep = Sweep {
    name: "suspended",
    question: "what the shutdown of a machine costs in which so many handlers wait for a reply",
    counts: "suspended handlers",
    sizes: |_| decades(1, 4),
    figures: &[("shutdown", "ns a handler")],
    measure: suspended,
};

/// Keeps whoever asks waiting.
#[derive(Default)]
struct Silence {
    askers: Vec<Reply<()>>,
}

#[actor]
impl Silence {
    fn listen(&mut self, #[reply] reply: Reply<()>) {
        self.askers.push(reply);
    }

    fn askers(&self) -> u64 {
        self.askers.len() as u64
    }
}

/// Rests, or waits.
struct Waiter {
    silence: Ref<Silence>,
    gone: &'static Tally,
    _ticket: Ticket,
}

#[actor]
impl Waiter {
    #[cast]
    fn rest(&mut self) {
        assert!(self.silence.exit_reason().is_none(), "it lives as long as the machine does");
    }

    /// Until the machine ends: then what lies on this stack is dropped.
    #[cast]
    fn wait(&mut self) {
        let _on_stack = self.gone.ticket();
        let ended = self.silence.within(Duration::MAX).listen();
        assert!(ended.is_err(), "silence does not answer");
    }
}

fn resting(actors: u64, workers: usize) -> Vec<f64> {
    let vm = machine(workers);
    let gone = Tally::expecting(actors);
    let mut sender = Throttle::new(&vm);
    let (_, waiters) = inside(&vm, move || {
        let waiters = spawn_all(actors, &spawn(Silence::default()), gone);
        for waiter in &waiters {
            waiter.rest().expect("it lives");
            sender.sent(1);
        }
        sender.finish();
        waiters
    });
    vec![shut_down(vm, waiters, gone)]
}

fn suspended(actors: u64, workers: usize) -> Vec<f64> {
    let vm = machine(workers);
    // Each of them, and what lies on its stack.
    let gone = Tally::expecting(2 * actors);
    let (_, waiters) = inside(&vm, move || {
        let silence = spawn(Silence::default());
        let waiters = spawn_all(actors, &silence, gone);
        waiters.iter().for_each(|waiter| waiter.wait().expect("it lives"));
        while silence.askers().expect("it lives") < actors {
            yield_now().expect("a process may wait");
        }
        waiters
    });
    vec![shut_down(vm, waiters, gone)]
}

fn spawn_all(actors: u64, silence: &Ref<Silence>, gone: &'static Tally) -> Vec<Ref<Waiter>> {
    (0..actors).map(|_| spawn(Waiter { silence: silence.clone(), gone, _ticket: gone.ticket() })).collect()
}

/// Nanoseconds an actor, until all destructors have run and all threads are joined.
fn shut_down(vm: Arc<Vm>, waiters: Vec<Ref<Waiter>>, gone: &'static Tally) -> f64 {
    assert!(vm.actors() > waiters.len(), "they all live, and so does silence");
    let began = Instant::now();
    Arc::into_inner(vm).expect("nobody else holds it").shutdown();
    let elapsed = began.elapsed();
    assert_eq!(gone.wait(), 0, "what was to be dropped was dropped");
    nanos_each(elapsed, waiters.len() as u64)
}
