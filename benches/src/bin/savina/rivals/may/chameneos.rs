//! [Chameneos](greenroom_savina::problems::chameneos).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::chameneos::Colour;
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

/// Who wants to meet another, and in which colour.
struct Visitor {
    colour: Colour,
    address: Sender<ToCreature>,
}

enum ToMall {
    Meet(Visitor),
    Count(u64),
}

enum ToCreature {
    Meet(Visitor),
    Change(Colour),
    Exit,
}

/// Gives what the creatures counted.
fn mall(inbox: Receiver<ToMall>, mut meetings: u64, creatures: u64, _ticket: Ticket) -> u64 {
    let mut waiting: Option<Visitor> = None;
    let (mut counts, mut sum) = (0, 0);
    while counts < creatures {
        match inbox.recv().expect("the creatures live") {
            ToMall::Meet(visitor) if meetings == 0 => tell(&visitor.address, ToCreature::Exit),
            ToMall::Meet(visitor) => match waiting.take() {
                None => waiting = Some(visitor),
                Some(first) => {
                    meetings -= 1;
                    tell(&first.address, ToCreature::Meet(visitor));
                }
            },
            ToMall::Count(count) => {
                counts += 1;
                sum += count;
            }
        }
    }
    sum
}

fn creature(mut colour: Colour, mall: Sender<ToMall>, _ticket: Ticket) {
    let (me, inbox) = channel();
    let go = |colour| tell(&mall, ToMall::Meet(Visitor { colour, address: me.clone() }));
    let mut count = 0;
    go(colour);
    loop {
        match inbox.recv().expect("it holds its own address") {
            ToCreature::Meet(other) => {
                colour = colour.complement(other.colour);
                tell(&other.address, ToCreature::Change(colour));
            }
            ToCreature::Change(changed) => colour = changed,
            ToCreature::Exit => break,
        }
        count += 1;
        go(colour);
    }
    tell(&mall, ToMall::Count(count));
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let [creatures, meetings] = ["creatures", "meetings"].map(|name| parameters[name]);
    let ended = Tally::expecting(creatures + 1);
    let sum = may.run(move || {
        let (to_mall, inbox) = channel();
        for number in 0..creatures {
            let mall = to_mall.clone();
            go!(move || creature(Colour::of(number), mall, ended.ticket()));
        }
        mall(inbox, meetings, creatures, ended.ticket())
    });
    ended.wait();
    Answer::Whole(sum)
}
