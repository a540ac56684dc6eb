//! [Sleeping Barber](crate::problems::barber).

use std::collections::VecDeque;

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::barber::Rounds;
use crate::tally::{Tally, Ticket};
use crate::work::busy;

struct Factory {
    room: Ref<Room>,
    customers: u64,
    done: u64,
    ended: &'static Tally,
    ticket: Ticket,
}

#[actor]
impl Factory {
    /// Makes all customers, and has no time for anything else until then.
    #[cast]
    fn produce(&mut self, mut arrivals: Rounds) {
        for _ in 0..self.customers {
            let factory = me::<Self>();
            let customer = spawn(Customer { factory, state: State::Unkempt, _ticket: self.ended.ticket() });
            sent(self.room.enter(customer));
            busy(arrivals.draw());
        }
    }

    #[cast]
    fn returned(&mut self, customer: Ref<Customer>) {
        sent(self.room.enter(customer));
    }

    #[cast]
    fn done(&mut self) {
        self.ticket.count(1);
        self.done += 1;
        if self.done == self.customers {
            sent(self.room.close());
            stop();
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Unkempt,
    InTheChair,
}

struct Customer {
    factory: Ref<Factory>,
    state: State,
    _ticket: Ticket,
}

#[actor]
impl Customer {
    #[cast]
    fn full(&mut self) {
        sent(self.factory.returned(me::<Self>()));
    }

    #[cast]
    fn sit_and_wait(&mut self) {
        assert_eq!(self.state, State::Unkempt, "who waits has not had a haircut");
    }

    #[cast]
    fn start(&mut self) {
        assert_eq!(self.state, State::Unkempt, "nobody has two haircuts");
        self.state = State::InTheChair;
    }

    #[cast]
    fn done(&mut self) {
        assert_eq!(self.state, State::InTheChair, "a haircut is done after it was begun");
        sent(self.factory.done());
        stop();
    }
}

struct Room {
    seats: usize,
    waiting: VecDeque<Ref<Customer>>,
    barber: Ref<Barber>,
    barber_sleeps: bool,
    closing: bool,
    _ticket: Ticket,
}

#[actor]
impl Room {
    #[cast]
    fn enter(&mut self, customer: Ref<Customer>) {
        if self.waiting.len() == self.seats {
            return sent(customer.full());
        }
        if self.barber_sleeps {
            self.barber_sleeps = false;
            sent(me::<Self>().next());
        } else {
            sent(customer.sit_and_wait());
        }
        self.waiting.push_back(customer);
    }

    #[cast]
    fn next(&mut self) {
        if let Some(customer) = self.waiting.pop_front() {
            return sent(self.barber.enter(customer, me::<Self>()));
        }
        self.barber_sleeps = true;
        sent(self.barber.sleep_and_wait());
        self.end_if_over();
    }

    /// The last haircut is done, though the barber may not have asked for the next customer yet.
    #[cast]
    fn close(&mut self) {
        assert!(self.waiting.is_empty(), "the room is closed while somebody waits");
        self.closing = true;
        self.end_if_over();
    }

    #[local]
    fn end_if_over(&self) {
        if self.closing && self.barber_sleeps {
            // The barber ends with the last reference, which is this actor's.
            stop();
        }
    }
}

struct Barber {
    haircuts: Rounds,
    _ticket: Ticket,
}

#[actor]
impl Barber {
    #[cast]
    fn enter(&mut self, customer: Ref<Customer>, room: Ref<Room>) {
        sent(customer.start());
        busy(self.haircuts.draw());
        sent(customer.done());
        sent(room.next());
    }

    #[cast]
    fn sleep_and_wait(&mut self) {}
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let customers = parameters["customers"];
    let ended = Tally::expecting(customers + 3);
    let barber = vm.spawn(Barber { haircuts: Rounds::new(parameters["haircut"]), _ticket: ended.ticket() });
    let room = vm.spawn(Room {
        seats: parameters["room"] as usize,
        waiting: VecDeque::new(),
        barber,
        barber_sleeps: true,
        closing: false,
        _ticket: ended.ticket(),
    });
    let factory = vm.spawn(Factory { room, customers, done: 0, ended, ticket: ended.ticket() });
    sent(factory.produce(Rounds::new(parameters["arrival"])));
    Answer::Whole(ended.wait())
}
