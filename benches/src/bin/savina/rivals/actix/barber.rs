//! [Sleeping Barber](greenroom_savina::problems::barber).

use std::collections::VecDeque;

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::barber::Rounds;
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::busy;

use super::Actix;

enum ToFactory {
    Produce(Rounds),
    Returned(Addr<Customer>),
    Done,
}

impl Message for ToFactory {
    type Result = ();
}

enum ToCustomer {
    Full,
    Wait,
    Start,
    Done,
}

impl Message for ToCustomer {
    type Result = ();
}

enum ToRoom {
    Enter(Addr<Customer>),
    Next,
    Close,
}

impl Message for ToRoom {
    type Result = ();
}

enum ToBarber {
    Enter(Addr<Customer>, Addr<Room>),
    Wait,
}

impl Message for ToBarber {
    type Result = ();
}

struct Factory {
    room: Addr<Room>,
    customers: u64,
    done: u64,
    ended: &'static Tally,
    ticket: Ticket,
}

impl Actor for Factory {
    type Context = Context<Self>;
}

impl Handler<ToFactory> for Factory {
    type Result = ();
    fn handle(&mut self, message: ToFactory, context: &mut Self::Context) {
        match message {
            ToFactory::Produce(mut arrivals) => {
                for _ in 0..self.customers {
                    let (factory, _ticket) = (context.address(), self.ended.ticket());
                    let customer = Customer { factory, in_the_chair: false, _ticket }.start();
                    self.room.do_send(ToRoom::Enter(customer));
                    busy(arrivals.draw());
                }
            }
            ToFactory::Returned(customer) => self.room.do_send(ToRoom::Enter(customer)),
            ToFactory::Done => {
                self.ticket.count(1);
                self.done += 1;
                if self.done == self.customers {
                    self.room.do_send(ToRoom::Close);
                    context.stop();
                }
            }
        }
    }
}

struct Customer {
    factory: Addr<Factory>,
    in_the_chair: bool,
    _ticket: Ticket,
}

impl Actor for Customer {
    type Context = Context<Self>;
}

impl Handler<ToCustomer> for Customer {
    type Result = ();
    fn handle(&mut self, message: ToCustomer, context: &mut Self::Context) {
        match message {
            ToCustomer::Full => self.factory.do_send(ToFactory::Returned(context.address())),
            ToCustomer::Wait => assert!(!self.in_the_chair, "who waits has not had a haircut"),
            ToCustomer::Start => {
                assert!(!self.in_the_chair, "nobody has two haircuts");
                self.in_the_chair = true;
            }
            ToCustomer::Done => {
                assert!(self.in_the_chair, "a haircut is done after it was begun");
                self.factory.do_send(ToFactory::Done);
                context.stop();
            }
        }
    }
}

struct Room {
    seats: usize,
    waiting: VecDeque<Addr<Customer>>,
    barber: Addr<Barber>,
    barber_sleeps: bool,
    closing: bool,
    _ticket: Ticket,
}

impl Room {
    fn enter(&mut self, customer: Addr<Customer>, context: &Context<Self>) {
        if self.waiting.len() == self.seats {
            return customer.do_send(ToCustomer::Full);
        }
        if self.barber_sleeps {
            self.barber_sleeps = false;
            context.address().do_send(ToRoom::Next);
        } else {
            customer.do_send(ToCustomer::Wait);
        }
        self.waiting.push_back(customer);
    }
}

impl Actor for Room {
    type Context = Context<Self>;
}

impl Handler<ToRoom> for Room {
    type Result = ();
    fn handle(&mut self, message: ToRoom, context: &mut Self::Context) {
        match message {
            ToRoom::Enter(customer) => self.enter(customer, context),
            ToRoom::Next => match self.waiting.pop_front() {
                Some(customer) => self.barber.do_send(ToBarber::Enter(customer, context.address())),
                None => {
                    self.barber_sleeps = true;
                    self.barber.do_send(ToBarber::Wait);
                }
            },
            ToRoom::Close => {
                assert!(self.waiting.is_empty(), "the room is closed while somebody waits");
                self.closing = true;
            }
        }
        // The last haircut may be done before the barber asks for the next customer.
        if self.closing && self.barber_sleeps {
            context.stop();
        }
    }
}

/// Ends with the room.
struct Barber {
    haircuts: Rounds,
    _ticket: Ticket,
}

impl Actor for Barber {
    type Context = Context<Self>;
}

impl Handler<ToBarber> for Barber {
    type Result = ();
    fn handle(&mut self, message: ToBarber, _: &mut Self::Context) {
        if let ToBarber::Enter(customer, room) = message {
            customer.do_send(ToCustomer::Start);
            busy(self.haircuts.draw());
            customer.do_send(ToCustomer::Done);
            room.do_send(ToRoom::Next);
        }
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let [customers, seats] = ["customers", "room"].map(|name| parameters[name]);
    let [arrivals, haircuts] = ["arrival", "haircut"].map(|name| Rounds::new(parameters[name]));
    let ended = Tally::expecting(customers + 3);
    actix.run(async move {
        let barber = Barber { haircuts, _ticket: ended.ticket() }.start();
        let (seats, waiting) = (seats as usize, VecDeque::new());
        let (barber_sleeps, closing) = (true, false);
        let room = Room { seats, waiting, barber, barber_sleeps, closing, _ticket: ended.ticket() }.start();
        let factory = Factory { room, customers, done: 0, ended, ticket: ended.ticket() }.start();
        factory.do_send(ToFactory::Produce(arrivals));
    });
    Answer::Whole(ended.wait())
}
