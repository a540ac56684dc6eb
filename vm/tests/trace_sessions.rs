//! Trace sessions: whom they record, what they keep, and that none knows of another.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use greenroom::prelude::*;
use greenroom::trace::{Filter, Record, Session, What};
use greenroom::{ActorId, World, yield_now};
use support::{LOST, both_worlds, real, real_builder, settle, simulated, sum, wait_until, watched};

#[derive(Default)]
struct Bank {
    cents: u64,
}

#[actor]
impl Bank {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }
    #[cast]
    fn add(&mut self, cents: u64) {
        self.cents += cents;
    }
}

#[derive(Default)]
struct Shop;

#[actor]
impl Shop {
    fn sell(&mut self, to: Ref<Bank>) -> u64 {
        to.deposit(1).unwrap()
    }
}

/// The numbers and receivers of what was sent by one of these methods.
fn sent(records: &[Record]) -> Vec<(u64, &'static str)> {
    let one = |record: &Record| match record.what {
        What::Send { message, method: method @ ("deposit" | "sell" | "add"), .. } => Some((message, method)),
        _ => None,
    };
    records.iter().filter_map(one).collect()
}

fn started(records: &[Record], of: ActorId) -> usize {
    records.iter().filter(|record| matches!(record.what, What::Start { actor, .. } if actor == of)).count()
}

#[test]
fn sessions_know_nothing_of_one_another() {
    both_worlds(|vm| {
        let (bank, shop) = (vm.spawn(Bank::default()), vm.spawn(Shop));
        let all = vm.trace(Filter::everything());
        shop.sell(&bank).unwrap();
        let late = vm.trace(Filter::everything().with_arguments());
        bank.deposit(2).unwrap();
        let of_shop = vm.trace(Filter::only().actor(shop.id()));
        bank.deposit(3).unwrap();
        shop.sell(&bank).unwrap();
        let deposit = |number| (number, "deposit");
        assert_eq!(
            sent(&all.take()),
            [(0, "sell"), deposit(1), deposit(2), deposit(3), (4, "sell"), deposit(5)]
        );
        assert_eq!(sent(&late.take()), [deposit(0), deposit(1), (2, "sell"), deposit(3)]);
        assert_eq!(sent(&of_shop.take()), [(0, "sell"), deposit(1)]);
        drop(all);
        bank.deposit(4).unwrap();
        assert_eq!(sent(&late.take()), [deposit(4)], "another one's end is nothing to it");
        assert_eq!(sent(&of_shop.take()), []);
    });
}

#[test]
fn another_machine_is_not_recorded() {
    watched(|| {
        let (one, other) = (real(), real());
        let session = one.trace(Filter::everything());
        let (here, there) = (one.spawn(Bank::default()), other.spawn(Bank::default()));
        there.deposit(1).unwrap();
        here.deposit(1).unwrap();
        let to = there.clone();
        one.run(move || to.deposit(1)).unwrap().unwrap();
        let records = session.take();
        assert_eq!(sent(&records), [(0, "deposit")]);
        assert_eq!((started(&records, here.id()), started(&records, there.id())), (1, 0));
    });
}

#[test]
fn a_filter_by_actor_or_type_takes_what_is_sent_from_and_to_it_and_what_becomes_of_that() {
    both_worlds(|vm| {
        let (bank, other, shop) = (vm.spawn(Bank::default()), vm.spawn(Bank::default()), vm.spawn(Shop));
        let filters =
            [Filter::only().actor(shop.id()), Filter::only().kind("Shop"), Filter::only().kind("S*p")];
        let sessions = filters.map(|filter| vm.trace(filter));
        let none = vm.trace(Filter::only().kind("Sho"));
        other.deposit(1).unwrap();
        shop.sell(&bank).unwrap();
        drop(vm.spawn(Shop));
        for session in sessions {
            let records = session.take();
            assert_eq!(sent(&records), [(0, "sell"), (1, "deposit")]);
            let handled = |of: ActorId| started(&records, of);
            assert_eq!([handled(shop.id()), handled(bank.id()), handled(other.id())], [1, 1, 0]);
            let replies = records.iter().filter(|record| matches!(record.what, What::Reply { .. })).count();
            assert_eq!(replies, 2);
        }
        assert_eq!(none.take(), []);
    });
}

#[test]
fn a_filter_by_name_finds_who_has_it_and_who_gets_it_later() {
    both_worlds(|vm| {
        let (early, late) = (vm.spawn_named("bank-1", Bank::default()).unwrap(), vm.spawn(Bank::default()));
        let session = vm.trace(Filter::only().name("bank-*"));
        early.deposit(1).unwrap();
        late.deposit(1).unwrap();
        vm.register("shop", &late).unwrap();
        late.deposit(1).unwrap();
        vm.register("bank-2", &late).unwrap();
        late.deposit(1).unwrap();
        let records = session.take();
        assert_eq!(sent(&records), [(0, "deposit"), (1, "deposit")]);
        let named = What::Name { actor: late.id(), name: "bank-2".into() };
        assert_eq!(records.iter().filter(|record| record.what == named).count(), 1);
        assert_eq!((started(&records, early.id()), started(&records, late.id())), (1, 1));
    });
}

#[test]
fn a_handler_may_trace_its_own_machine() {
    both_worlds(|vm| {
        let records = vm.run(|| {
            let session = greenroom::trace(Filter::everything());
            let bank = spawn(Bank::default());
            bank.deposit(1).unwrap();
            session.take()
        });
        assert_eq!(sent(&records.unwrap()), [(0, "deposit")]);
    });
}

#[test]
fn the_ring_keeps_the_newest_and_counts_the_rest() {
    let vm = simulated(1);
    let (few, all) = (vm.trace(Filter::everything().capacity(10)), vm.trace(Filter::everything()));
    let bank = vm.spawn(Bank::default());
    for _ in 0..100 {
        bank.deposit(1).unwrap();
    }
    let (kept, everything) = (few.take(), all.take());
    assert_eq!(kept.len() as u64 + few.dropped(), everything.len() as u64);
    assert_eq!(all.dropped(), 0);
    assert!(kept.len() <= 40, "ten of each of three workers, and of the outside");
    let newest = everything.iter().rev().find(|record| record.worker.is_none());
    assert_eq!(kept.iter().rev().find(|record| record.worker.is_none()), newest);
    let dropped = few.dropped();
    bank.deposit(1).unwrap();
    assert_eq!(few.dropped(), dropped, "there is room again");
}

#[test]
fn records_come_in_the_order_of_their_times_and_a_message_starts_after_it_was_sent() {
    watched(|| {
        let vm = real();
        let session = vm.trace(Filter::everything());
        load(&vm, 4, 500);
        check_order(&session.take());
    });
}

/// So many processes on all workers that send to one another's bank, and the sum of what all banks got.
fn load(vm: &Vm, senders: usize, rounds: u64) -> u64 {
    let banks: Vec<_> = (0..senders).map(|_| vm.spawn(Bank::default())).collect();
    let threads: Vec<_> = (0..senders)
        .map(|sender| {
            let banks = banks.clone();
            vm.process(move |_: Inbox<()>| {
                for round in 0..rounds {
                    let bank = &banks[(sender + round as usize) % banks.len()];
                    match round % 3 {
                        0 => bank.add(1).unwrap(),
                        1 => drop(bank.deposit(1).unwrap()),
                        _ => drop(bank.request().deposit(1).wait().unwrap()),
                    }
                }
            })
        })
        .collect();
    for process in threads {
        wait_until("all have sent", || process.exit_reason().is_some());
    }
    banks.iter().map(|bank| bank.deposit(0).unwrap()).sum()
}

/// Times never go back, and every message that starts, is answered or finished was sent before.
fn check_order(records: &[Record]) {
    assert!(records.is_sorted_by_key(|record| record.at));
    let (mut sent, mut started) = (std::collections::HashSet::new(), std::collections::HashSet::new());
    for record in records {
        match record.what {
            What::Send { message, .. } => assert!(sent.insert(message), "{message} is sent twice"),
            What::Start { message: Some(message), .. } => {
                assert!(sent.contains(&message) && started.insert(message), "{record}");
            }
            What::Finish { message: Some(message), .. } => assert!(started.contains(&message), "{record}"),
            What::Reply { message, .. } => assert!(started.contains(&message), "{record}"),
            _ => {}
        }
    }
}

#[test]
fn a_machine_under_load_loses_nothing_but_what_it_counts() {
    watched(|| {
        let vm = real();
        let (senders, rounds) = (6, 1000_u64);
        let (all, few) = (vm.trace(Filter::everything()), vm.trace(Filter::everything().capacity(100)));
        let before = thread::scope(|scope| {
            let noise = scope.spawn(|| {
                for _ in 0..200 {
                    let session = vm.trace(Filter::everything().with_arguments().with_schedulers());
                    thread::yield_now();
                    check_after_begin(&session);
                }
            });
            let total = load(&vm, senders, rounds);
            noise.join().unwrap();
            total
        });
        assert_eq!(before, senders as u64 * rounds);
        settle(&vm, "all is at rest", || true);
        drop(vm);
        let (all, dropped, kept) = (all.take(), few.dropped(), few.take());
        check_order(&all);
        let count = |is_it: fn(&What) -> bool| all.iter().filter(|record| is_it(&record.what)).count() as u64;
        let messages = senders as u64 * (rounds + 1);
        assert_eq!(sent(&all).len() as u64, messages);
        let is_ours = |method: &str| matches!(method, "add" | "deposit");
        let starts =
            all.iter().filter(|record| matches!(record.what, What::Start { method, .. } if is_ours(method)));
        assert_eq!(starts.count() as u64, messages);
        assert_eq!(
            count(|what| matches!(what, What::Start { .. })),
            count(|what| matches!(what, What::Finish { .. }))
        );
        assert_eq!(
            count(|what| matches!(what, What::Suspend { .. })),
            count(|what| matches!(what, What::Resume { .. }))
        );
        assert_eq!(
            count(|what| matches!(what, What::Reply { .. })),
            messages - senders as u64 * rounds.div_ceil(3)
        );
        assert_eq!(all.len() as u64, kept.len() as u64 + dropped);
        let rings = kept.iter().map(|record| record.worker).collect::<std::collections::HashSet<_>>().len();
        assert!(kept.len() <= 100 * rings, "{} of {rings}", kept.len());
    });
}

/// A session that begins in the midst knows nothing of what was sent before, and is right about the rest.
fn check_after_begin(session: &Session) {
    let records = session.take();
    assert!(records.is_sorted_by_key(|record| record.at));
}

/// Counts how often it is shown.
struct Shown;

static SHOWN: AtomicUsize = AtomicUsize::new(0);

impl Message for Shown {
    type Reply = Shown;
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SHOWN.fetch_add(1, Ordering::SeqCst);
        f.write_str("(a text)")
    }
    fn describe_reply(_: &Shown, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }
}

impl Handler<Shown> for Shop {
    fn handle(&mut self, shown: Shown) -> Shown {
        shown
    }
}

#[test]
fn messages_written_by_hand_say_what_is_shown_and_are_asked_only_while_a_session_wants_it() {
    both_worlds(|vm| {
        let shop = vm.spawn(Shop);
        let asked = || {
            let before = SHOWN.load(Ordering::SeqCst);
            shop.ask(Shown).unwrap();
            SHOWN.load(Ordering::SeqCst) - before
        };
        assert_eq!(asked(), 0);
        let plain = vm.trace(Filter::everything());
        assert_eq!(asked(), 0);
        let (one, two) = (
            vm.trace(Filter::everything().with_arguments()),
            vm.trace(Filter::everything().with_arguments()),
        );
        assert_eq!(asked(), 1, "once for all");
        let lines: Vec<_> = one.take().iter().map(|record| record.what.to_string()).collect();
        assert!(lines.iter().any(|line| line.contains("::Shown(a text) [0]")), "{lines:?}");
        assert!(lines.iter().any(|line| line == "reply [0] an answer"), "{lines:?}");
        drop((one, two));
        assert_eq!(asked(), 0);
        drop(plain);
        assert_eq!(asked(), 0);
    });
}

#[test]
fn workers_tell_of_parks_and_steals_where_they_are_asked_to() {
    watched(|| {
        let vm = real();
        let (with, without) = (vm.trace(Filter::only().with_schedulers()), vm.trace(Filter::everything()));
        let parks = || sum(&vm, |counted| counted.parks);
        vm.run(|| {
            // More than one worker has something to do, and what there is lies with one.
            let steals = || (0..64).map(|_| spawn(Bank::default())).for_each(|bank| bank.add(1).unwrap());
            for _ in 0..200 {
                steals();
                let _ = yield_now();
            }
        })
        .unwrap();
        let before = parks();
        wait_until("somebody parks", || parks() > before || parks() > 2);
        let stolen = sum(&vm, |counted| counted.steals);
        drop(vm);
        let records = with.take();
        let count = |what: What| records.iter().filter(|record| record.what == what).count();
        assert!(count(What::Park) > 0 && count(What::Unpark) > 0);
        assert!(stolen == 0 || count(What::Steal) > 0, "{stolen} were stolen");
        assert!(records.iter().all(|record| record.worker.is_some()), "all these are workers' doing");
        assert!(without.take().iter().all(|record| !matches!(record.what, What::Park | What::Steal)));
    });
}

#[test]
fn a_spare_worker_tells_when_it_stands_in_and_when_it_leaves_off() {
    watched(|| {
        let vm = real_builder().workers(1).build().unwrap();
        let session = vm.trace(Filter::only().with_schedulers());
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (tell, begun) = std::sync::mpsc::channel();
        let stuck = vm.process(move |_: Inbox<()>| {
            tell.send(()).unwrap();
            let _ = released.recv();
        });
        begun.recv_timeout(LOST).unwrap();
        // Nobody but a spare worker can handle this.
        assert_eq!(vm.spawn(Bank::default()).deposit(1), Ok(1));
        drop(release);
        wait_until("it goes on", || stuck.exit_reason().is_some());
        let mut relief = Vec::new();
        wait_until("the one that stood in first leaves off", || {
            // The regular worker turns again.
            let _ = vm.spawn(Bank::default()).deposit(1);
            relief.extend(session.take().into_iter().filter_map(|record| match record.what {
                What::Relief { begins } => Some((record.worker, begins)),
                _ => None,
            }));
            relief.first().is_some_and(|&(first, _)| relief.contains(&(first, false)))
        });
        // On a busy machine another one may stand in for that one meanwhile.
        for (at, &(worker, begins)) in relief.iter().enumerate() {
            let before = relief[..at].iter().filter(|(other, _)| *other == worker).count();
            assert_eq!(begins, before % 2 == 0, "{worker:?} begins and leaves off in turns: {relief:?}");
            assert!(worker > Some(0), "behind the regular ones");
        }
    });
}

#[test]
fn a_session_outlives_its_machine_and_has_its_end() {
    let vm = Vm::builder().workers(1).world(World::Simulated { seed: 5 }).build().unwrap();
    let session = vm.trace(Filter::everything());
    let bank = vm.spawn(Bank::default());
    session.note("the end is near");
    drop(vm);
    let records = session.take();
    let ends = |what: &What| matches!(what, What::Stop { actor, .. } if *actor == bank.id());
    assert!(records.iter().any(|record| ends(&record.what)));
    let notes: Vec<_> = records.iter().filter(|record| matches!(record.what, What::Fault { .. })).collect();
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].what.to_string(), "the end is near");
}
