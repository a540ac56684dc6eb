//! How a program outside every system learns that all of its actors have ended, and adds up what they saw.
//!
//! The same for each system, so that none pays for bookkeeping that another is spared: one atomic addition per
//! actor, when it ends. It blocks the thread that waits, which is never a worker of the system that is measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};

/// Counts arrivals down to the last, sums their amounts, and then wakes one waiting thread.
#[derive(Debug)]
pub struct Tally {
    /// How many are still to arrive in the upper 24 bits, the sum of the amounts in the lower 40: one addition serves both.
    packed: AtomicU64,
    complete: Mutex<bool>,
    changed: Condvar,
}

const AMOUNT_BITS: u32 = 40;
const AMOUNT_MASK: u64 = (1 << AMOUNT_BITS) - 1;
const ARRIVAL: u64 = 1 << AMOUNT_BITS;

impl Tally {
    /// A tally that lives until the process ends: actors hold plain references to it, and no count of holders is
    /// kept on the path that is measured. A measuring process makes a handful of them.
    pub fn expecting(arrivals: u64) -> &'static Self {
        assert!(arrivals < 1 << (u64::BITS - AMOUNT_BITS), "a tally holds at most 2^24 arrivals");
        Box::leak(Box::new(Self {
            packed: AtomicU64::new(arrivals << AMOUNT_BITS),
            complete: Mutex::new(arrivals == 0),
            changed: Condvar::new(),
        }))
    }

    /// One arrival that brings `amount`.
    pub fn add(&self, amount: u64) {
        // ORDERING: AcqRel, so that what each arriving actor did happens before the last arrival wakes `wait`,
        // which reads the sum under the lock.
        let before = self.packed.fetch_add(amount.wrapping_sub(ARRIVAL), Ordering::AcqRel);
        if before >> AMOUNT_BITS == 1 {
            *self.complete.lock().expect("nothing panics under this lock") = true;
            self.changed.notify_all();
        }
    }

    /// Blocks the calling thread until all have arrived; gives the sum of their amounts.
    pub fn wait(&self) -> u64 {
        let complete = self.complete.lock().expect("nothing panics under this lock");
        let _complete = self.changed.wait_while(complete, |complete| !*complete).expect("nor here");
        // ORDERING: Relaxed: the lock that was just taken came after the last arrival's.
        self.packed.load(Ordering::Relaxed) & AMOUNT_MASK
    }

    /// Something to put into an actor's state: it arrives when the actor is gone and its state is dropped.
    pub fn ticket(&'static self) -> Ticket {
        Ticket { tally: self, amount: 0 }
    }
}

/// Held by an actor for its life; brings what was [counted](Ticket::count) to the tally when dropped.
#[derive(Debug)]
pub struct Ticket {
    tally: &'static Tally,
    amount: u64,
}

impl Ticket {
    /// Adds to what this actor will report when it ends.
    pub fn count(&mut self, amount: u64) {
        self.amount += amount;
    }

    /// One more, which the tally did not expect: for an actor that this one's actor spawns, where nobody knows beforehand how
    /// many there will be. The tally is not complete before it, for this one has not arrived.
    #[must_use]
    pub fn another(&self) -> Self {
        // ORDERING: Relaxed: it publishes nothing, and all changes of one word have one order, in which this one comes
        // before the arrival of the ticket that it is made from.
        let before = self.tally.packed.fetch_add(ARRIVAL, Ordering::Relaxed);
        assert!(before < u64::MAX - ARRIVAL, "a tally holds at most 2^24 who are still to arrive");
        self.tally.ticket()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.tally.add(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_tally_is_complete_only_when_every_ticket_is_dropped_and_sums_what_they_counted() {
        let tally = Tally::expecting(3);
        let mut tickets: Vec<_> = (0..3).map(|_| tally.ticket()).collect();
        for (amount, ticket) in (1..).zip(&mut tickets) {
            ticket.count(amount);
        }
        drop(tickets.pop());
        assert!(!*tally.complete.lock().unwrap());
        let droppers: Vec<_> = tickets.into_iter().map(|t| thread::spawn(move || drop(t))).collect();
        assert_eq!(tally.wait(), 6);
        for dropper in droppers {
            dropper.join().unwrap();
        }
    }

    #[test]
    fn a_tally_waits_for_tickets_that_were_made_of_others() {
        let tally = Tally::expecting(1);
        let first = tally.ticket();
        let mut second = first.another();
        second.count(5);
        drop(first);
        assert!(!*tally.complete.lock().unwrap());
        drop(second);
        assert_eq!(tally.wait(), 5);
    }

    #[test]
    fn a_tally_of_nobody_is_complete_at_once() {
        assert_eq!(Tally::expecting(0).wait(), 0);
    }
}
