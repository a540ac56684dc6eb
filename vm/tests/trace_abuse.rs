//! Traces of programs whose `Debug` uses the machine, and sessions that come and go while workers record.

mod support;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greenroom::prelude::*;
use greenroom::trace::{Filter, What};
use support::{both_worlds, watched};

#[derive(Default)]
struct Echo;

#[actor]
impl Echo {
    fn twice(&mut self, n: u64) -> u64 {
        2 * n
    }
}

/// Shows itself by sending, calling and panicking.
struct Rude(Ref<Echo>, u32);

impl Message for Rude {
    type Reply = Rude;

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1 > 0 {
            self.0.request().twice(1).detach();
            self.0.send_request(Rude(self.0.clone(), self.1 - 1)).detach();
            let _ = self.0.twice(3);
        }
        if self.1 == 2 {
            support::resume_quietly();
        }
        f.write_str("rude")
    }

    fn describe_reply(reply: &Rude, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        reply.describe(f)
    }
}

impl Handler<Rude> for Echo {
    fn handle(&mut self, rude: Rude) -> Rude {
        rude
    }
}

#[test]
fn what_shows_itself_by_using_the_machine_hurts_nobody() {
    both_worlds(|vm| {
        let session = vm.trace(Filter::everything().with_arguments());
        let echo = vm.spawn(Echo);
        let inside = echo.clone();
        assert!(vm.run(move || inside.ask(Rude(inside.clone(), 3)).is_ok()).unwrap());
        assert!(echo.ask(Rude(echo.clone(), 3)).is_ok());
        let panicked =
            |record: &greenroom::trace::Record| record.to_string().contains("its `Debug` panicked");
        assert!(session.take().iter().any(panicked));
    });
}

#[test]
fn sessions_come_and_go_while_workers_record_and_nothing_begins_before_it_was_sent() {
    watched(|| {
        let vm = support::real();
        let echos: Vec<_> = (0..4).map(|_| vm.spawn(Echo)).collect();
        let is_over = Arc::new(AtomicBool::new(false));
        let busy = |number: usize| {
            let (echos, is_over) = (echos.clone(), Arc::clone(&is_over));
            let process = vm.process(move |_: Inbox<()>| {
                while !is_over.load(Ordering::SeqCst) {
                    echos[number].twice(1).unwrap();
                    echos[(number + 1) % 4].request().twice(2).wait().unwrap();
                }
            });
            process.ended()
        };
        let ends: Vec<_> = (0..4).map(busy).collect();
        for round in 0..40 {
            let sessions =
                [Filter::everything().with_arguments(), Filter::only().kind("Echo")].map(|it| vm.trace(it));
            let mut records = Vec::new();
            support::wait_until("much is recorded", || {
                records.extend(sessions[round % 2].take());
                records.len() > 50
            });
            let sent =
                |what: &What| if let What::Send { message, .. } = what { Some(*message) } else { None };
            let all: HashSet<_> = records.iter().filter_map(|record| sent(&record.what)).collect();
            let mut seen = HashSet::new();
            for record in &records {
                seen.extend(sent(&record.what));
                if let What::Start { message: Some(message), .. } | What::Reply { message, .. } = &record.what
                {
                    assert!(!all.contains(message) || seen.contains(message), "before it was sent: {record}");
                }
            }
            std::thread::spawn(move || drop(sessions)).join().unwrap();
        }
        is_over.store(true, Ordering::SeqCst);
        ends.into_iter().for_each(|end| drop(end.wait()));
    });
}
