//! [Online Facility Location](crate::problems::facloc).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::facloc::{Point, Quadrant, customers, opposite};
use crate::tally::{Tally, Ticket};

struct Producer {
    customers: Box<dyn Iterator<Item = Point> + Send>,
    root: Ref<Node>,
    _ticket: Ticket,
}

#[actor]
impl Producer {
    #[cast]
    fn next(&mut self) {
        match self.customers.next() {
            Some(customer) => sent(self.root.customer(customer, me::<Self>())),
            None => sent(self.root.leave()),
        }
    }
}

struct Node {
    quadrant: Quadrant,
    /// Its parent, and its own number there; the root has none.
    parent: Option<(Ref<Node>, usize)>,
    /// The quarters, once its facility is open.
    children: Option<[Ref<Node>; 4]>,
    /// The children were told to leave: nothing more is sent to them.
    is_leaving: bool,
    /// Of the children that have left.
    left: usize,
    facilities: u64,
    customers: u64,
    ticket: Ticket,
}

#[actor]
impl Node {
    fn new(quadrant: Quadrant, parent: Option<(Ref<Node>, usize)>, ticket: Ticket) -> Self {
        Node {
            quadrant,
            parent,
            children: None,
            is_leaving: false,
            left: 0,
            facilities: 0,
            customers: 0,
            ticket,
        }
    }

    /// The root asks for the next one.
    #[cast]
    fn customer(&mut self, customer: Point, producer: Ref<Producer>) {
        if let Some(children) = &self.children {
            sent(children[self.quadrant.quarter_of(customer)].customer(customer, &producer));
        } else {
            self.take_in(customer);
        }
        if self.parent.is_none() {
            sent(producer.next());
        }
    }

    #[local]
    fn take_in(&mut self, customer: Point) {
        self.quadrant.add(customer);
        if self.quadrant.is_too_dear() {
            self.tell_parent(self.quadrant.facility());
            let mut quarters = (0..).zip(self.quadrant.divide());
            self.children = Some(std::array::from_fn(|_| {
                let (number, quarter) = quarters.next().expect("there are four");
                spawn(Node::new(quarter, Some((me(), number)), self.ticket.another()))
            }));
        }
    }

    #[local]
    fn tell_parent(&self, facility: Point) {
        if let Some((parent, number)) = &self.parent {
            sent(parent.facility_below(facility, *number));
        }
    }

    /// One was opened in child `number`, or further below.
    #[cast]
    fn facility_below(&mut self, facility: Point, number: usize) {
        self.quadrant.learn(facility);
        self.tell_parent(facility);
        if let (Some(children), false) = (&self.children, self.is_leaving) {
            sent(children[opposite(number)].facility_above(facility));
        }
    }

    /// One was opened opposite to this one, or to one above it.
    #[cast]
    fn facility_above(&mut self, facility: Point) {
        self.quadrant.learn(facility);
        for child in self.children.iter().flatten() {
            sent(child.facility_above(facility));
        }
    }

    /// No more customers come.
    #[cast]
    fn leave(&mut self) {
        match &self.children {
            Some(children) => {
                self.is_leaving = true;
                children.iter().for_each(|child| sent(child.leave()));
            }
            None => self.confirm(self.quadrant.customers()),
        }
    }

    /// A child has left.
    #[cast]
    fn has_left(&mut self, facilities: u64, customers: u64) {
        self.left += 1;
        self.facilities += facilities;
        self.customers += customers;
        if self.left == 4 {
            self.facilities += 1;
            self.confirm(self.customers);
        }
    }

    #[local]
    fn confirm(&mut self, customers: u64) {
        match &self.parent {
            Some((parent, _)) => sent(parent.has_left(self.facilities, customers)),
            None => self.ticket.count(customers),
        }
        stop();
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let ended = Tally::expecting(2);
    let root = vm.spawn(Node::new(Quadrant::root(parameters), None, ended.ticket()));
    let customers = Box::new(customers(parameters));
    let producer = vm.spawn(Producer { customers, root, _ticket: ended.ticket() });
    sent(producer.next());
    drop(producer);
    Answer::Whole(ended.wait())
}
