//! The actors of every workload, as actix programs write them: one `Handler` per message type.

use actix::prelude::*;
use tokio::sync::oneshot;

use super::SKYNET_BRANCHES;
use greenroom_savina::tally::{Tally, Ticket};

pub(super) struct Touch;
impl Message for Touch {
    type Result = ();
}

pub(super) struct End;
impl Message for End {
    type Result = ();
}

pub(super) struct Ball {
    pub(super) left: u64,
}
impl Message for Ball {
    type Result = ();
}

pub(super) struct Token {
    pub(super) left: u64,
}
impl Message for Token {
    type Result = ();
}

/// Closes a circle of actors: here is the one that you did not know when you were made.
pub(super) struct Meet<A: Actor>(pub(super) Addr<A>);
impl<A: Actor> Message for Meet<A> {
    type Result = ();
}

pub(super) struct Increment(pub(super) u64);
impl Message for Increment {
    type Result = u64;
}

/// Handle nothing else until this resolves.
pub(super) struct Hold(pub(super) oneshot::Receiver<()>);
impl Message for Hold {
    type Result = ();
}

/// What a part of skynet's tree adds up to.
pub(super) struct Sum(pub(super) u64);
impl Message for Sum {
    type Result = ();
}

pub(super) struct Player {
    pub(super) other: Option<Addr<Player>>,
    pub(super) ticket: Ticket,
}

impl Actor for Player {
    type Context = Context<Self>;
}

impl Handler<Meet<Player>> for Player {
    type Result = ();
    fn handle(&mut self, Meet(other): Meet<Player>, _: &mut Self::Context) {
        self.other = Some(other);
    }
}

impl Handler<Ball> for Player {
    type Result = ();
    fn handle(&mut self, Ball { left }: Ball, context: &mut Self::Context) {
        self.ticket.count(1);
        match &self.other {
            Some(other) if left > 0 => other.do_send(Ball { left: left - 1 }),
            // The other player ends when this one, which holds its address, is dropped.
            _ => context.stop(),
        }
    }
}

pub(super) struct Server;

impl Actor for Server {
    type Context = Context<Self>;
}

impl Handler<Increment> for Server {
    type Result = u64;
    fn handle(&mut self, Increment(value): Increment, _: &mut Self::Context) -> u64 {
        value + 1
    }
}

impl Handler<Hold> for Server {
    type Result = ();
    fn handle(&mut self, Hold(closed): Hold, context: &mut Self::Context) {
        context.wait(closed.into_actor(self).map(|opened, _, _| opened.expect("the gate opens")));
    }
}

pub(super) struct Node {
    pub(super) next: Option<Addr<Node>>,
    pub(super) arrived: &'static Tally,
    pub(super) ticket: Ticket,
}

impl Actor for Node {
    type Context = Context<Self>;
}

impl Handler<Meet<Node>> for Node {
    type Result = ();
    fn handle(&mut self, Meet(next): Meet<Node>, _: &mut Self::Context) {
        self.next = Some(next);
    }
}

impl Handler<Token> for Node {
    type Result = ();
    fn handle(&mut self, Token { left }: Token, _: &mut Self::Context) {
        self.ticket.count(1);
        match &self.next {
            Some(next) if left > 0 => next.do_send(Token { left: left - 1 }),
            _ => self.arrived.add(0),
        }
    }
}

impl Handler<End> for Node {
    type Result = ();
    fn handle(&mut self, End: End, context: &mut Self::Context) {
        if let Some(next) = &self.next {
            next.do_send(End);
        }
        context.stop();
    }
}

pub(super) struct OneShot {
    pub(super) ticket: Ticket,
}

impl Actor for OneShot {
    type Context = Context<Self>;
}

impl Handler<Touch> for OneShot {
    type Result = ();
    fn handle(&mut self, Touch: Touch, context: &mut Self::Context) {
        self.ticket.count(1);
        context.stop();
    }
}

/// Counts what it gets, for as long as somebody holds its address.
pub(super) struct Idle {
    pub(super) touched: Option<&'static Tally>,
    pub(super) ticket: Ticket,
}

impl Actor for Idle {
    type Context = Context<Self>;
}

impl Handler<Touch> for Idle {
    type Result = ();
    fn handle(&mut self, Touch: Touch, _: &mut Self::Context) {
        self.ticket.count(1);
        if let Some(touched) = self.touched {
            touched.add(0);
        }
    }
}

/// Sends all of its messages when it starts, and ends.
pub(super) struct Source {
    pub(super) receiver: Addr<Idle>,
    pub(super) each: u64,
}

impl Actor for Source {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        for _ in 0..self.each {
            self.receiver.do_send(Touch);
        }
        context.stop();
    }
}

/// Handles nothing while it waits for the reply: `wait` is actix's way to say so.
pub(super) struct Caller {
    pub(super) server: Addr<Server>,
    pub(super) calling: &'static Tally,
    pub(super) ticket: Ticket,
}

impl Actor for Caller {
    type Context = Context<Self>;
}

impl Handler<Touch> for Caller {
    type Result = ();
    fn handle(&mut self, Touch: Touch, context: &mut Self::Context) {
        self.calling.add(0);
        let reply = self.server.send(Increment(0)).into_actor(self);
        context.wait(reply.map(|reply, caller, _| caller.ticket.count(reply.expect("the server answers"))));
    }
}

pub(super) enum Parent {
    Outside(Option<oneshot::Sender<u64>>),
    Inside(Addr<Branch>),
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
    fn report(&mut self, context: &mut Context<Self>) {
        match &mut self.parent {
            Parent::Inside(parent) => parent.do_send(Sum(self.sum)),
            Parent::Outside(result) => {
                let result = result.take().expect("the root reports once");
                result.send(self.sum).expect("the main thread waits");
            }
        }
        context.stop();
    }
}

impl Actor for Branch {
    type Context = Context<Self>;
    fn started(&mut self, context: &mut Self::Context) {
        if self.leaves == 1 {
            self.sum = self.first;
            return self.report(context);
        }
        let share = self.leaves / SKYNET_BRANCHES;
        for child in 0..SKYNET_BRANCHES {
            let parent = Parent::Inside(context.address());
            let first = self.first + child * share;
            Branch { parent, first, leaves: share, waiting: SKYNET_BRANCHES, sum: 0 }.start();
        }
    }
}

impl Handler<Sum> for Branch {
    type Result = ();
    fn handle(&mut self, Sum(sum): Sum, context: &mut Self::Context) {
        self.sum += sum;
        self.waiting -= 1;
        if self.waiting == 0 {
            self.report(context);
        }
    }
}
