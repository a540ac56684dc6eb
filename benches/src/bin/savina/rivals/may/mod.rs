//! `may` 0.3: an actor is a coroutine with an `mpsc` channel; a call waits on an `spsc` channel of its own. The
//! scheduler is global to the process and is configured once, with the default stack of 32 KiB.
//!
//! Each stack is two memory mappings (the stack and its guard), so a process holds about half of
//! `vm.max_map_count` coroutines: some 32,000 where that is at its default. Past it the process dies. So where the problem
//! leaves a choice, no more than [`AT_ONCE`] are made before others end, and where it does not, that size is
//! [refused](refusal).

mod astar;
mod banking;
mod barber;
mod big;
mod bndbuffer;
mod chameneos;
mod concdict;
mod count;
mod fib;
mod fjcreate;
mod fjthrput;
mod logmap;
mod nqueenk;
mod philosopher;
mod pingpong;
mod threadring;
mod uct;

use greenroom_benches::memory;
use greenroom_savina::problem::Parameters;
use may::coroutine::JoinHandle;
use may::go;
use may::sync::mpsc::Sender;
use may::sync::spsc;

use super::{Program, Rival};

pub(crate) struct May;

/// Coroutines that live at once where more are to come, about.
const AT_ONCE: usize = 1_000;

/// Ended coroutines whose stacks `may` keeps for reuse.
const POOLED: usize = AT_ONCE + 200;

/// Parameters that count actors which all live at once.
const ACTORS: &[&str] = &[
    "accounts",
    "actors",
    "consumers",
    "creatures",
    "customers",
    "nodes",
    "philosophers",
    "producers",
    "series",
    "workers",
];

impl Rival for May {
    fn start(workers: usize) -> Self {
        may::config().set_workers(workers).set_pool_capacity(POOLED);
        Self
    }

    fn program(name: &str) -> Option<Program<Self>> {
        Some(match name {
            "pingpong" => pingpong::run,
            "count" => count::run,
            "fjthrput" => fjthrput::run,
            "fjcreate" => fjcreate::run,
            "threadring" => threadring::run,
            "chameneos" => chameneos::run,
            "big" => big::run,
            "concdict" => concdict::run,
            "bndbuffer" => bndbuffer::run,
            "philosopher" => philosopher::run,
            "barber" => barber::run,
            "logmap" => logmap::run,
            "banking" => banking::run,
            "uct" => uct::run,
            "astar" => astar::run,
            "nqueenk" => nqueenk::run,
            "fib" => fib::run,
            _ => return None,
        })
    }
}

/// Why a run of this size would end the process, if it would.
pub(crate) fn refusal(parameters: &Parameters) -> Option<String> {
    let most = memory::most_guarded_stacks()?;
    let at_once = match parameters.problem().name {
        "fjcreate" => AT_ONCE as u64,
        _ => parameters.iter().filter(|(name, _)| ACTORS.contains(name)).map(|(_, count)| count).sum(),
    };
    (at_once > most).then(|| {
        format!(
            "{at_once} coroutines asked, at most {most} possible: two mappings a stack under vm.max_map_count"
        )
    })
}

impl May {
    /// Runs `work` as a coroutine and waits for it on the calling thread.
    fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        join(go!(work))
    }
}

fn join<T>(coroutine: JoinHandle<T>) -> T {
    coroutine.join().expect("no coroutine panics")
}

/// A message to an actor that must be there.
fn tell<M>(actor: &Sender<M>, message: M) {
    assert!(actor.send(message).is_ok(), "the receiver lives");
}

/// A message that carries where to reply, and the reply.
fn ask<M, T>(actor: &Sender<M>, message: impl FnOnce(spsc::Sender<T>) -> M) -> T {
    let (reply, answer) = spsc::channel();
    tell(actor, message(reply));
    answer.recv().expect("the actor answers")
}

/// The answer to what [`ask`] asked.
fn answer<T>(reply: spsc::Sender<T>, value: T) {
    assert!(reply.send(value).is_ok(), "the caller waits");
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom_savina::problem::Size;
    use greenroom_savina::problems;

    #[test]
    fn more_coroutines_than_the_process_can_map_are_refused() {
        let mut parameters = Parameters::new(problems::named("threadring").unwrap(), Size::Suite);
        assert_eq!(refusal(&parameters), None);
        parameters.set("actors", "10000000").unwrap();
        let reason = memory::most_guarded_stacks().map(|_| refusal(&parameters).unwrap());
        assert!(reason.is_none_or(|reason| reason.contains("10000000 coroutines asked")));
    }
}
