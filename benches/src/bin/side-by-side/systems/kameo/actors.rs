//! The actors of every workload, as kameo programs write them: one `Message` implementation per message type.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use tokio::sync::oneshot;

use super::SKYNET_BRANCHES;
use greenroom_savina::tally::{Tally, Ticket};

pub(super) fn spawn<A: Actor<Args = A>>(state: A) -> ActorRef<A> {
    A::spawn_with_mailbox(state, mailbox::unbounded())
}

pub(super) fn tell<A: Message<M>, M: Send + 'static>(actor: &ActorRef<A>, message: M) {
    assert!(actor.tell(message).try_send().is_ok(), "the receiver lives");
}

/// What `#[derive(Actor)]` writes: the state is made of the argument as it is.
macro_rules! actor {
    ($state:ty) => {
        impl Actor for $state {
            type Args = Self;
            type Error = Infallible;
            async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
                Ok(state)
            }
        }
    };
}

pub(super) struct Touch;
pub(super) struct End;

pub(super) struct Ball {
    pub(super) left: u64,
}

pub(super) struct Token {
    pub(super) left: u64,
}

/// Closes a circle of actors: here is the one that you did not know when you were made.
pub(super) struct Meet<A: Actor>(pub(super) ActorRef<A>);

pub(super) struct Increment(pub(super) u64);

/// Handle nothing else until this resolves.
pub(super) struct Hold(pub(super) oneshot::Receiver<()>);

/// What a part of skynet's tree adds up to.
pub(super) struct Sum(pub(super) u64);

pub(super) struct Player {
    pub(super) other: Option<ActorRef<Player>>,
    pub(super) ticket: Ticket,
}
actor!(Player);

impl Message<Meet<Player>> for Player {
    type Reply = ();
    async fn handle(&mut self, Meet(other): Meet<Player>, _: &mut Context<Self, ()>) {
        self.other = Some(other);
    }
}

impl Message<Ball> for Player {
    type Reply = ();
    async fn handle(&mut self, Ball { left }: Ball, context: &mut Context<Self, ()>) {
        self.ticket.count(1);
        match &self.other {
            Some(other) if left > 0 => tell(other, Ball { left: left - 1 }),
            // The other player ends when this one, which holds its reference, is dropped.
            _ => context.stop(),
        }
    }
}

pub(super) struct Server;
actor!(Server);

impl Message<Increment> for Server {
    type Reply = u64;
    async fn handle(&mut self, Increment(value): Increment, _: &mut Context<Self, u64>) -> u64 {
        value + 1
    }
}

impl Message<Hold> for Server {
    type Reply = ();
    async fn handle(&mut self, Hold(closed): Hold, _: &mut Context<Self, ()>) {
        closed.await.expect("the gate opens");
    }
}

pub(super) struct Node {
    pub(super) next: Option<ActorRef<Node>>,
    pub(super) arrived: &'static Tally,
    pub(super) ticket: Ticket,
}
actor!(Node);

impl Message<Meet<Node>> for Node {
    type Reply = ();
    async fn handle(&mut self, Meet(next): Meet<Node>, _: &mut Context<Self, ()>) {
        self.next = Some(next);
    }
}

impl Message<Token> for Node {
    type Reply = ();
    async fn handle(&mut self, Token { left }: Token, _: &mut Context<Self, ()>) {
        self.ticket.count(1);
        match &self.next {
            Some(next) if left > 0 => tell(next, Token { left: left - 1 }),
            _ => self.arrived.add(0),
        }
    }
}

impl Message<End> for Node {
    type Reply = ();
    async fn handle(&mut self, End: End, context: &mut Context<Self, ()>) {
        // The last node's next is the first, which is gone by then.
        let _ = self.next.as_ref().map(|next| next.tell(End).try_send());
        context.stop();
    }
}

pub(super) struct OneShot {
    pub(super) ticket: Ticket,
}
actor!(OneShot);

impl Message<Touch> for OneShot {
    type Reply = ();
    async fn handle(&mut self, Touch: Touch, context: &mut Context<Self, ()>) {
        self.ticket.count(1);
        context.stop();
    }
}

/// Counts what it gets, for as long as somebody holds a reference to it.
pub(super) struct Idle {
    pub(super) touched: Option<&'static Tally>,
    pub(super) ticket: Ticket,
}
actor!(Idle);

impl Message<Touch> for Idle {
    type Reply = ();
    async fn handle(&mut self, Touch: Touch, _: &mut Context<Self, ()>) {
        self.ticket.count(1);
        if let Some(touched) = self.touched {
            touched.add(0);
        }
    }
}

/// Sends all of its messages on its first, and ends.
pub(super) struct Source {
    pub(super) receiver: ActorRef<Idle>,
    pub(super) each: u64,
}
actor!(Source);

impl Message<Touch> for Source {
    type Reply = ();
    async fn handle(&mut self, Touch: Touch, context: &mut Context<Self, ()>) {
        for _ in 0..self.each {
            tell(&self.receiver, Touch);
        }
        context.stop();
    }
}

pub(super) struct Caller {
    pub(super) server: ActorRef<Server>,
    pub(super) calling: &'static Tally,
    pub(super) ticket: Ticket,
}
actor!(Caller);

impl Message<Touch> for Caller {
    type Reply = ();
    async fn handle(&mut self, Touch: Touch, _: &mut Context<Self, ()>) {
        self.calling.add(0);
        self.ticket.count(self.server.ask(Increment(0)).await.expect("the server answers"));
    }
}

pub(super) enum Parent {
    Outside(Option<oneshot::Sender<u64>>),
    Inside(ActorRef<Branch>),
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
    fn report(&mut self) {
        match &mut self.parent {
            Parent::Inside(parent) => tell(parent, Sum(self.sum)),
            Parent::Outside(result) => {
                let result = result.take().expect("the root reports once");
                result.send(self.sum).expect("the runner waits");
            }
        }
    }
}

impl Actor for Branch {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(mut state: Self, myself: ActorRef<Self>) -> Result<Self, Infallible> {
        if state.leaves == 1 {
            // Nobody holds a reference to a leaf, so it ends by itself.
            state.sum = state.first;
            state.report();
            return Ok(state);
        }
        let share = state.leaves / SKYNET_BRANCHES;
        for child in 0..SKYNET_BRANCHES {
            let parent = Parent::Inside(myself.clone());
            let first = state.first + child * share;
            spawn(Branch { parent, first, leaves: share, waiting: SKYNET_BRANCHES, sum: 0 });
        }
        Ok(state)
    }
}

impl Message<Sum> for Branch {
    type Reply = ();
    async fn handle(&mut self, Sum(sum): Sum, context: &mut Context<Self, ()>) {
        self.sum += sum;
        self.waiting -= 1;
        if self.waiting == 0 {
            self.report();
            context.stop();
        }
    }
}
