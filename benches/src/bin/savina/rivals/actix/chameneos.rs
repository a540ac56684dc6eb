//! [Chameneos](greenroom_savina::problems::chameneos).

use actix::prelude::*;
use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::chameneos::Colour;
use greenroom_savina::tally::{Tally, Ticket};

use super::Actix;

/// Who wants to meet another, and in which colour.
struct Visitor {
    colour: Colour,
    address: Addr<Creature>,
}

enum ToMall {
    Meet(Visitor),
    Count(u64),
}

impl Message for ToMall {
    type Result = ();
}

enum ToCreature {
    Meet(Visitor),
    Change(Colour),
    Exit,
}

impl Message for ToCreature {
    type Result = ();
}

struct Mall {
    meetings: u64,
    /// Creatures who have not told their count.
    creatures: u64,
    waiting: Option<Visitor>,
    ticket: Ticket,
}

impl Actor for Mall {
    type Context = Context<Self>;
}

impl Handler<ToMall> for Mall {
    type Result = ();
    fn handle(&mut self, message: ToMall, context: &mut Self::Context) {
        match message {
            ToMall::Meet(visitor) if self.meetings == 0 => visitor.address.do_send(ToCreature::Exit),
            ToMall::Meet(visitor) => match self.waiting.take() {
                None => self.waiting = Some(visitor),
                Some(first) => {
                    self.meetings -= 1;
                    first.address.do_send(ToCreature::Meet(visitor));
                }
            },
            ToMall::Count(count) => {
                self.ticket.count(count);
                self.creatures -= 1;
                if self.creatures == 0 {
                    context.stop();
                }
            }
        }
    }
}

struct Creature {
    colour: Colour,
    mall: Addr<Mall>,
    count: u64,
    _ticket: Ticket,
}

impl Creature {
    fn go(&self, context: &Context<Self>) {
        self.mall.do_send(ToMall::Meet(Visitor { colour: self.colour, address: context.address() }));
    }
}

impl Actor for Creature {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        self.go(context);
    }
}

impl Handler<ToCreature> for Creature {
    type Result = ();
    fn handle(&mut self, message: ToCreature, context: &mut Self::Context) {
        match message {
            ToCreature::Meet(other) => {
                self.colour = self.colour.complement(other.colour);
                other.address.do_send(ToCreature::Change(self.colour));
            }
            ToCreature::Change(colour) => self.colour = colour,
            ToCreature::Exit => {
                self.mall.do_send(ToMall::Count(self.count));
                return context.stop();
            }
        }
        self.count += 1;
        self.go(context);
    }
}

pub(super) fn run(actix: &Actix, parameters: &Parameters) -> Answer {
    let [creatures, meetings] = ["creatures", "meetings"].map(|name| parameters[name]);
    let ended = Tally::expecting(creatures + 1);
    actix.run(async move {
        let mall = Mall { meetings, creatures, waiting: None, ticket: ended.ticket() }.start();
        for number in 0..creatures {
            let colour = Colour::of(number);
            Creature { colour, mall: mall.clone(), count: 0, _ticket: ended.ticket() }.start();
        }
    });
    Answer::Whole(ended.wait())
}
