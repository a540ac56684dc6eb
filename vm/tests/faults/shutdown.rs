//! A machine's end in the midst of everything: it comes soon, and every message is handled, given back or dropped, once.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ExitReason, Timer, blocking};

use crate::support::child::{in_child, own_name};
use crate::support::{LOST, real_builder, wait_until};

/// Things that must go exactly once, however the machine ends.
#[derive(Default)]
struct Account {
    made: AtomicUsize,
    gone: AtomicUsize,
}

impl Account {
    fn letter(self: &Arc<Self>) -> Letter {
        self.made.fetch_add(1, Ordering::Relaxed);
        Letter(Arc::clone(self))
    }
}

/// Counted from its making to its drop.
struct Letter(Arc<Account>);

impl Drop for Letter {
    fn drop(&mut self) {
        self.0.gone.fetch_add(1, Ordering::Relaxed);
    }
}

impl Clone for Letter {
    fn clone(&self) -> Self {
        self.0.letter()
    }
}

/// Does whatever can be done, for as long as it may.
struct Busy {
    account: Arc<Account>,
    _state: Letter,
    peers: Vec<Ref<Busy>>,
}

#[actor]
impl Busy {
    #[cast]
    fn meet(&mut self, peers: Vec<Ref<Busy>>) {
        self.peers = peers;
    }

    fn take(&mut self, letter: Letter) -> usize {
        drop(letter);
        self.peers.len()
    }

    fn take_slowly(&mut self, letter: Letter) -> Result<(), CallError> {
        let _letter = letter;
        sleep(MILLISECOND)
    }

    /// Calls the next one, which calls the next, with something on every stack.
    #[parallel]
    fn pass(me: &Me<Self>, steps: usize, letter: Letter) -> Result<(), CallError> {
        let _on_stack = me.with(|busy| busy.account.letter());
        let next = me.with(|busy| busy.peers[steps % busy.peers.len()].clone());
        if steps > 0 { next.pass(steps - 1, letter) } else { sleep(MILLISECOND) }
    }

    /// Spawns one that spawns one, and so on without end.
    #[cast]
    fn breed(&mut self, letter: Letter) {
        let child =
            spawn(Busy { account: Arc::clone(&self.account), _state: letter.clone(), peers: Vec::new() });
        let _ = child.breed(letter);
    }

    fn block(&mut self, letter: Letter) -> Result<(), CallError> {
        blocking(move || {
            thread::sleep(Duration::from_micros(200));
            drop(letter);
        })
    }
}

/// What a thread does, again and again.
type Work = fn(&Ref<Busy>, Letter) -> Result<(), CallError>;

/// Threads that load the machine until they are refused or told to stop.
fn load(vm: &Vm, account: &Arc<Account>, end: &Arc<AtomicBool>) -> (Vec<JoinHandle<()>>, Vec<Timer>) {
    let new = || Busy { account: Arc::clone(account), _state: account.letter(), peers: Vec::new() };
    let actors: Vec<_> = (0..20).map(|_| vm.spawn(new())).collect();
    let own = vm.spawn_dedicated(new()).unwrap();
    for actor in actors.iter().chain([&own]) {
        actor.meet(actors.clone()).unwrap();
    }
    let timers = actors.iter().map(|actor| actor.every(MILLISECOND).take(account.letter())).collect();
    for actor in &actors {
        actor.breed(account.letter()).unwrap();
    }
    let works: [Work; 5] = [
        |actor, letter| actor.cast().take(letter),
        |actor, letter| actor.within(LOST).take(letter).map(drop),
        |actor, letter| actor.within(LOST).pass(5, letter),
        |actor, letter| actor.within(LOST).block(letter),
        |actor, letter| {
            // Begun, and left to itself.
            drop(actor.request().take_slowly(letter));
            Ok(())
        },
    ];
    let threads = works.map(|work| {
        let (actors, own) = (actors.clone(), own.clone());
        let (account, end) = (Arc::clone(account), Arc::clone(end));
        thread::spawn(move || {
            for actor in actors.iter().chain([&own]).cycle() {
                match work(actor, account.letter()) {
                    Ok(()) | Err(CallError::Timeout { .. }) => {}
                    Err(CallError::Stopped { reason: ExitReason::Shutdown, .. } | CallError::Unwinding) => {
                        break;
                    }
                    Err(other) => panic!("{other:?}"),
                }
                if end.load(Ordering::Relaxed) {
                    break;
                }
            }
        })
    });
    (threads.into(), timers)
}

#[test]
fn a_machine_under_full_load_ends_soon_and_every_message_is_gone_once() {
    let ended = in_child(own_name!(), &[], || {
        let threads_now = || fs::read_dir("/proc/self/task").unwrap().count();
        let before = threads_now();
        for round in 0..20 {
            let vm = real_builder().build().unwrap();
            let (account, end) = (Arc::new(Account::default()), Arc::new(AtomicBool::new(false)));
            let (threads, timers) = load(&vm, &account, &end);
            wait_until("all is going on", || account.gone.load(Ordering::Relaxed) > 2000 + 100 * round);
            drop(vm);
            end.store(true, Ordering::Relaxed);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert!(timers.iter().all(|timer| !timer.is_active()));
            drop(timers);
            let (made, gone) = (account.made.load(Ordering::Relaxed), account.gone.load(Ordering::Relaxed));
            assert_eq!(made, gone, "in round {round}");
        }
        wait_until("all threads are gone", || threads_now() == before);
    });
    ended.finished();
}
