//! The actors of every workload, at the level of messages: one `Handler` per message type.

use std::sync::mpsc;

use greenroom::prelude::*;

use super::SKYNET_BRANCHES;
use greenroom_savina::tally::{Tally, Ticket};

/// Sends to an actor that must be there.
pub(super) fn send<A: Handler<M>, M: Message>(actor: &Ref<A>, message: M) {
    assert!(actor.send(message).is_ok(), "the receiver lives");
}

pub(super) struct Touch;
impl Message for Touch {
    type Reply = ();
}

pub(super) struct Begin;
impl Message for Begin {
    type Reply = ();
}

pub(super) struct End;
impl Message for End {
    type Reply = ();
}

pub(super) struct Ball {
    pub(super) left: u64,
}
impl Message for Ball {
    type Reply = ();
}

pub(super) struct Token {
    pub(super) left: u64,
}
impl Message for Token {
    type Reply = ();
}

/// Closes a circle of actors: here is the one that you did not know when you were made.
pub(super) struct Meet<A: Actor>(pub(super) Ref<A>);
impl<A: Actor> Message for Meet<A> {
    type Reply = ();
}

pub(super) struct Increment(pub(super) u64);
impl Message for Increment {
    type Reply = u64;
}

/// Handle nothing else until something comes.
pub(super) struct Hold(pub(super) mpsc::Receiver<()>);
impl Message for Hold {
    type Reply = ();
}

/// What a part of skynet's tree adds up to.
pub(super) struct Sum(pub(super) u64);
impl Message for Sum {
    type Reply = ();
}

pub(super) struct Player {
    pub(super) other: Option<Ref<Player>>,
    pub(super) ticket: Ticket,
}

impl Actor for Player {}

impl Handler<Meet<Player>> for Player {
    fn handle(&mut self, Meet(other): Meet<Player>) {
        self.other = Some(other);
    }
}

impl Handler<Ball> for Player {
    fn handle(&mut self, Ball { left }: Ball) {
        self.ticket.count(1);
        match &self.other {
            Some(other) if left > 0 => send(other, Ball { left: left - 1 }),
            // The other player ends when this one, which holds its reference, is dropped.
            _ => stop(),
        }
    }
}

pub(super) struct Server;

impl Actor for Server {}

impl Handler<Increment> for Server {
    fn handle(&mut self, Increment(value): Increment) -> u64 {
        value + 1
    }
}

impl Handler<Hold> for Server {
    fn handle(&mut self, Hold(closed): Hold) {
        let opened = greenroom::blocking(move || closed.recv());
        opened.expect("the pool runs it").expect("the gate opens");
    }
}

pub(super) struct Node {
    pub(super) next: Option<Ref<Node>>,
    pub(super) arrived: &'static Tally,
    pub(super) ticket: Ticket,
}

impl Actor for Node {}

impl Handler<Meet<Node>> for Node {
    fn handle(&mut self, Meet(next): Meet<Node>) {
        self.next = Some(next);
    }
}

impl Handler<Token> for Node {
    fn handle(&mut self, Token { left }: Token) {
        self.ticket.count(1);
        match &self.next {
            Some(next) if left > 0 => send(next, Token { left: left - 1 }),
            _ => self.arrived.add(0),
        }
    }
}

impl Handler<End> for Node {
    fn handle(&mut self, End: End) {
        // The last node's next is the first, which is gone by then.
        let _ = self.next.take().map(|next| next.send(End));
        stop();
    }
}

pub(super) struct OneShot {
    pub(super) ticket: Ticket,
}

impl Actor for OneShot {}

impl Handler<Touch> for OneShot {
    fn handle(&mut self, Touch: Touch) {
        self.ticket.count(1);
        stop();
    }
}

/// Counts what it gets, for as long as somebody holds a reference to it.
pub(super) struct Idle {
    pub(super) touched: Option<&'static Tally>,
    pub(super) ticket: Ticket,
}

impl Actor for Idle {}

impl Handler<Touch> for Idle {
    fn handle(&mut self, Touch: Touch) {
        self.ticket.count(1);
        if let Some(touched) = self.touched {
            touched.add(0);
        }
    }
}

/// Sends all of its messages on its first, and ends.
pub(super) struct Source {
    pub(super) receiver: Ref<Idle>,
    pub(super) each: u64,
}

impl Actor for Source {}

impl Handler<Begin> for Source {
    fn handle(&mut self, Begin: Begin) {
        for _ in 0..self.each {
            send(&self.receiver, Touch);
        }
        stop();
    }
}

pub(super) struct Caller {
    pub(super) server: Ref<Server>,
    pub(super) calling: &'static Tally,
    pub(super) ticket: Ticket,
}

impl Actor for Caller {}

impl Handler<Touch> for Caller {
    fn handle(&mut self, Touch: Touch) {
        self.calling.add(0);
        self.ticket.count(self.server.ask(Increment(0)).expect("the server answers"));
    }
}

pub(super) enum Parent {
    Outside(mpsc::Sender<u64>),
    Inside(Ref<Branch>),
}

/// A node of skynet's tree; a leaf has `leaves == 1`.
pub(super) struct Branch {
    pub(super) parent: Parent,
    pub(super) first: u64,
    pub(super) leaves: u64,
    pub(super) waiting: u64,
    pub(super) sum: u64,
}

impl Branch {
    fn report(&self, sum: u64) {
        match &self.parent {
            Parent::Inside(parent) => send(parent, Sum(sum)),
            Parent::Outside(result) => result.send(sum).expect("the main thread waits"),
        }
        stop();
    }
}

impl Actor for Branch {}

impl Handler<Begin> for Branch {
    fn handle(&mut self, Begin: Begin) {
        if self.leaves == 1 {
            return self.report(self.first);
        }
        let share = self.leaves / SKYNET_BRANCHES;
        for child in 0..SKYNET_BRANCHES {
            let parent = Parent::Inside(me());
            let first = self.first + child * share;
            send(&spawn(Self { parent, first, leaves: share, waiting: SKYNET_BRANCHES, sum: 0 }), Begin);
        }
    }
}

impl Handler<Sum> for Branch {
    fn handle(&mut self, Sum(sum): Sum) {
        self.sum += sum;
        self.waiting -= 1;
        if self.waiting == 0 {
            self.report(self.sum);
        }
    }
}
