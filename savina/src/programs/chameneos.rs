//! [Chameneos](crate::problems::chameneos).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::chameneos::Colour;
use crate::tally::{Tally, Ticket};

struct Mall {
    meetings: u64,
    waiting: Option<Ref<Creature>>,
    creatures: u64,
    ticket: Ticket,
}

#[actor]
impl Mall {
    /// The first of two waits, and is told of the second.
    #[cast]
    fn meet(&mut self, colour: Colour, creature: Ref<Creature>) {
        if self.meetings == 0 {
            sent(creature.close());
        } else if let Some(first) = self.waiting.take() {
            self.meetings -= 1;
            sent(first.meet(colour, creature));
        } else {
            self.waiting = Some(creature);
        }
    }

    /// From a creature that has left.
    #[cast]
    fn count(&mut self, meetings: u64) {
        self.ticket.count(meetings);
        self.creatures -= 1;
        if self.creatures == 0 {
            stop();
        }
    }
}

struct Creature {
    colour: Colour,
    meetings: u64,
    mall: Ref<Mall>,
    _ticket: Ticket,
}

#[actor]
impl Creature {
    #[cast]
    fn meet(&mut self, colour: Colour, other: Ref<Creature>) {
        let both = self.colour.complement(colour);
        sent(other.change(both));
        self.change(both);
    }

    #[cast]
    fn change(&mut self, colour: Colour) {
        self.colour = colour;
        self.meetings += 1;
        self.enter();
    }

    /// There will be no more meetings.
    #[cast]
    fn close(&mut self) {
        sent(self.mall.count(self.meetings));
        stop();
    }

    #[started]
    fn enter(&mut self) {
        sent(self.mall.meet(self.colour, me::<Self>()));
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (creatures, meetings) = (parameters["creatures"], parameters["meetings"]);
    let ended = Tally::expecting(creatures + 1);
    let mall = vm.spawn(Mall { meetings, waiting: None, creatures, ticket: ended.ticket() });
    for number in 0..creatures {
        let (colour, mall) = (Colour::of(number), mall.clone());
        vm.spawn(Creature { colour, meetings: 0, mall, _ticket: ended.ticket() });
    }
    Answer::Whole(ended.wait())
}
