//! [Chameneos](greenroom_savina::problems::chameneos).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::chameneos::Colour;
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

/// Who wants to meet another, and in which colour.
struct Visitor {
    colour: Colour,
    address: UnboundedSender<ToCreature>,
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
async fn mall(
    mut inbox: UnboundedReceiver<ToMall>,
    mut meetings: u64,
    creatures: u64,
    _ticket: Ticket,
) -> u64 {
    let mut waiting: Option<Visitor> = None;
    let (mut counts, mut sum) = (0, 0);
    while counts < creatures {
        match inbox.recv().await.expect("the creatures live") {
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

async fn creature(mut colour: Colour, mall: UnboundedSender<ToMall>, _ticket: Ticket) {
    let (me, mut inbox) = unbounded_channel();
    let go = |colour| tell(&mall, ToMall::Meet(Visitor { colour, address: me.clone() }));
    let mut count = 0;
    go(colour);
    loop {
        match inbox.recv().await.expect("it holds its own address") {
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

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let [creatures, meetings] = ["creatures", "meetings"].map(|name| parameters[name]);
    let ended = Tally::expecting(creatures + 1);
    let sum = tokio.run(async move {
        let (to_mall, inbox) = unbounded_channel();
        for number in 0..creatures {
            tokio::spawn(creature(Colour::of(number), to_mall.clone(), ended.ticket()));
        }
        mall(inbox, meetings, creatures, ended.ticket()).await
    });
    ended.wait();
    Answer::Whole(sum)
}
