//! [Sleeping Barber](greenroom_savina::problems::barber).

use std::collections::VecDeque;

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::barber::Rounds;
use greenroom_savina::tally::{Tally, Ticket};
use greenroom_savina::work::busy;
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

type Address = Sender<ToCustomer>;

enum ToFactory {
    Returned(Address),
    Done,
}

enum ToCustomer {
    Full,
    Wait,
    Start,
    Done,
}

enum ToRoom {
    Enter(Address),
    Next,
}

enum ToBarber {
    Enter(Address),
    Wait,
}

/// Makes all customers, and has no time for anything else until then.
fn factory(
    room: Sender<ToRoom>,
    customers: u64,
    mut arrivals: Rounds,
    ended: &'static Tally,
    mut ticket: Ticket,
) {
    let (me, inbox) = channel();
    for _ in 0..customers {
        let (address, inbox) = channel();
        tell(&room, ToRoom::Enter(address.clone()));
        let factory = me.clone();
        go!(move || customer(address, inbox, factory, ended.ticket()));
        busy(arrivals.draw());
    }
    let mut left = customers;
    while left > 0 {
        match inbox.recv().expect("it holds its own address") {
            ToFactory::Returned(customer) => tell(&room, ToRoom::Enter(customer)),
            ToFactory::Done => {
                ticket.count(1);
                left -= 1;
            }
        }
    }
}

fn customer(me: Address, inbox: Receiver<ToCustomer>, factory: Sender<ToFactory>, _ticket: Ticket) {
    let mut in_the_chair = false;
    loop {
        match inbox.recv().expect("it holds its own address") {
            ToCustomer::Full => tell(&factory, ToFactory::Returned(me.clone())),
            ToCustomer::Wait => assert!(!in_the_chair, "who waits has not had a haircut"),
            ToCustomer::Start => {
                assert!(!in_the_chair, "nobody has two haircuts");
                in_the_chair = true;
            }
            ToCustomer::Done => break,
        }
    }
    assert!(in_the_chair, "a haircut is done after it was begun");
    tell(&factory, ToFactory::Done);
}

struct Room {
    me: Sender<ToRoom>,
    seats: usize,
    waiting: VecDeque<Address>,
    barber: Sender<ToBarber>,
    barber_sleeps: bool,
    _ticket: Ticket,
}

impl Room {
    /// Until the last haircut of so many is done, and the barber has asked for the next customer.
    fn serve(mut self, inbox: Receiver<ToRoom>, haircuts: u64) {
        let mut left = haircuts;
        while left > 0 || !self.barber_sleeps {
            match inbox.recv().expect("it holds its own address") {
                ToRoom::Enter(customer) => self.enter(customer),
                ToRoom::Next => match self.waiting.pop_front() {
                    Some(customer) => {
                        left -= 1;
                        tell(&self.barber, ToBarber::Enter(customer));
                    }
                    None => {
                        self.barber_sleeps = true;
                        tell(&self.barber, ToBarber::Wait);
                    }
                },
            }
        }
    }

    fn enter(&mut self, customer: Address) {
        if self.waiting.len() == self.seats {
            return tell(&customer, ToCustomer::Full);
        }
        if self.barber_sleeps {
            self.barber_sleeps = false;
            tell(&self.me, ToRoom::Next);
        } else {
            tell(&customer, ToCustomer::Wait);
        }
        self.waiting.push_back(customer);
    }
}

/// Ends with the room.
fn barber(inbox: Receiver<ToBarber>, room: Sender<ToRoom>, mut haircuts: Rounds, _ticket: Ticket) {
    while let Ok(message) = inbox.recv() {
        if let ToBarber::Enter(customer) = message {
            tell(&customer, ToCustomer::Start);
            busy(haircuts.draw());
            tell(&customer, ToCustomer::Done);
            tell(&room, ToRoom::Next);
        }
    }
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let [customers, seats] = ["customers", "room"].map(|name| parameters[name]);
    let [arrivals, haircuts] = ["arrival", "haircut"].map(|name| Rounds::new(parameters[name]));
    let ended = Tally::expecting(customers + 3);
    may.run(move || {
        let (to_barber, barber_inbox) = channel();
        let (to_room, inbox) = channel();
        let room = to_room.clone();
        go!(move || barber(barber_inbox, room, haircuts, ended.ticket()));
        let room = Room {
            me: to_room.clone(),
            seats: seats as usize,
            waiting: VecDeque::new(),
            barber: to_barber,
            barber_sleeps: true,
            _ticket: ended.ticket(),
        };
        go!(move || room.serve(inbox, customers));
        go!(move || factory(to_room, customers, arrivals, ended, ended.ticket()));
    });
    Answer::Whole(ended.wait())
}
