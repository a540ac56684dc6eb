//! The actors of every workload, as ractor programs write them: one message enum and one `handle` per actor type.

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, ActorRuntime, RpcReplyPort};
use tokio::sync::oneshot;

use super::SKYNET_BRANCHES;
use greenroom_savina::tally::{Tally, Ticket};

/// An actor's state is made of its arguments as they are.
pub(super) fn spawn<A: Actor>(actor: A, state: A::Arguments) -> ActorRef<A::Msg> {
    ActorRuntime::spawn_instant(None, actor, state).expect("it has no name that could be taken").0
}

pub(super) fn cast<M: ractor::Message>(actor: &ActorRef<M>, message: M) {
    actor.cast(message).expect("the receiver lives");
}

pub(super) async fn call(server: &ActorRef<Request>, value: u64) -> u64 {
    match server.call(|reply| Request::Increment { value, reply }, None).await {
        Ok(CallResult::Success(answer)) => answer,
        other => panic!("the server answers, but gave {other:?}"),
    }
}

pub(super) type Handled = Result<(), ActorProcessingErr>;

/// What every actor here begins with: the state that it was given.
macro_rules! state {
    ($message:ty, $state:ty) => {
        type Msg = $message;
        type State = $state;
        type Arguments = $state;
        async fn pre_start(
            &self,
            _: ActorRef<$message>,
            state: $state,
        ) -> Result<$state, ActorProcessingErr> {
            Ok(state)
        }
    };
}

pub(super) struct Touch;

pub(super) enum Play {
    Meet(ActorRef<Play>),
    Ball { left: u64 },
}

pub(super) enum Pass {
    Meet(ActorRef<Pass>),
    Token { left: u64 },
    End,
}

pub(super) enum Request {
    Increment { value: u64, reply: RpcReplyPort<u64> },
    Hold(oneshot::Receiver<()>),
}

/// What a part of skynet's tree adds up to.
pub(super) struct Sum(pub(super) u64);

pub(super) struct Player;

pub(super) struct PlayerState {
    pub(super) other: Option<ActorRef<Play>>,
    pub(super) ticket: Ticket,
}

impl Actor for Player {
    state!(Play, PlayerState);

    async fn handle(&self, myself: ActorRef<Play>, play: Play, state: &mut PlayerState) -> Handled {
        match (play, &state.other) {
            (Play::Meet(other), _) => state.other = Some(other),
            (Play::Ball { left }, Some(other)) if left > 0 => {
                state.ticket.count(1);
                cast(other, Play::Ball { left: left - 1 });
            }
            (Play::Ball { .. }, other) => {
                state.ticket.count(1);
                if let Some(other) = other {
                    other.stop(None);
                }
                myself.stop(None);
            }
        }
        Ok(())
    }
}

pub(super) struct Server;

impl Actor for Server {
    state!(Request, ());

    async fn handle(&self, _: ActorRef<Request>, request: Request, (): &mut ()) -> Handled {
        match request {
            Request::Increment { value, reply } => reply.send(value + 1)?,
            Request::Hold(closed) => closed.await?,
        }
        Ok(())
    }
}

pub(super) struct Node;

pub(super) struct NodeState {
    pub(super) next: Option<ActorRef<Pass>>,
    pub(super) arrived: &'static Tally,
    pub(super) ticket: Ticket,
}

impl Actor for Node {
    state!(Pass, NodeState);

    async fn handle(&self, myself: ActorRef<Pass>, pass: Pass, state: &mut NodeState) -> Handled {
        match pass {
            Pass::Meet(next) => state.next = Some(next),
            Pass::Token { left } => {
                state.ticket.count(1);
                match &state.next {
                    Some(next) if left > 0 => cast(next, Pass::Token { left: left - 1 }),
                    _ => state.arrived.add(0),
                }
            }
            Pass::End => {
                // The last node's next is the first, which is gone by then.
                let _ = state.next.as_ref().map(|next| next.cast(Pass::End));
                myself.stop(None);
            }
        }
        Ok(())
    }
}

pub(super) struct OneShot;

impl Actor for OneShot {
    state!(Touch, Ticket);

    async fn handle(&self, myself: ActorRef<Touch>, Touch: Touch, ticket: &mut Ticket) -> Handled {
        ticket.count(1);
        myself.stop(None);
        Ok(())
    }
}

pub(super) struct Idle;

impl Actor for Idle {
    state!(Touch, (&'static Tally, Ticket));

    async fn handle(
        &self,
        _: ActorRef<Touch>,
        Touch: Touch,
        (touched, ticket): &mut (&'static Tally, Ticket),
    ) -> Handled {
        ticket.count(1);
        touched.add(0);
        Ok(())
    }
}

/// Sends all of its messages when it starts, and ends.
pub(super) struct Source;

impl Actor for Source {
    type Msg = ();
    type State = ();
    type Arguments = (ActorRef<Touch>, u64);

    async fn pre_start(&self, myself: ActorRef<()>, (receiver, each): (ActorRef<Touch>, u64)) -> Handled {
        for _ in 0..each {
            cast(&receiver, Touch);
        }
        myself.stop(None);
        Ok(())
    }
}

pub(super) struct Caller;

pub(super) struct CallerState {
    pub(super) server: ActorRef<Request>,
    pub(super) calling: &'static Tally,
    pub(super) ticket: Ticket,
}

impl Actor for Caller {
    state!(Touch, CallerState);

    async fn handle(&self, myself: ActorRef<Touch>, Touch: Touch, state: &mut CallerState) -> Handled {
        state.calling.add(0);
        state.ticket.count(call(&state.server, 0).await);
        myself.stop(None);
        Ok(())
    }
}

pub(super) enum Parent {
    Outside(Option<oneshot::Sender<u64>>),
    Inside(ActorRef<Sum>),
}

/// A node of skynet's tree; a leaf has `leaves == 1`.
pub(super) struct Branch;

pub(super) struct BranchState {
    pub(super) parent: Parent,
    pub(super) first: u64,
    pub(super) leaves: u64,
    pub(super) waiting: u64,
    pub(super) sum: u64,
}

impl BranchState {
    fn report(&mut self, myself: &ActorRef<Sum>) {
        match &mut self.parent {
            Parent::Inside(parent) => cast(parent, Sum(self.sum)),
            Parent::Outside(result) => {
                let result = result.take().expect("the root reports once");
                result.send(self.sum).expect("the runner waits");
            }
        }
        myself.stop(None);
    }
}

impl Actor for Branch {
    type Msg = Sum;
    type State = BranchState;
    type Arguments = BranchState;

    async fn pre_start(
        &self,
        myself: ActorRef<Sum>,
        mut state: BranchState,
    ) -> Result<BranchState, ActorProcessingErr> {
        if state.leaves == 1 {
            state.sum = state.first;
            state.report(&myself);
            return Ok(state);
        }
        let share = state.leaves / SKYNET_BRANCHES;
        for child in 0..SKYNET_BRANCHES {
            let parent = Parent::Inside(myself.clone());
            let first = state.first + child * share;
            spawn(Branch, BranchState { parent, first, leaves: share, waiting: SKYNET_BRANCHES, sum: 0 });
        }
        Ok(state)
    }

    async fn handle(&self, myself: ActorRef<Sum>, Sum(sum): Sum, state: &mut BranchState) -> Handled {
        state.sum += sum;
        state.waiting -= 1;
        if state.waiting == 0 {
            state.report(&myself);
        }
        Ok(())
    }
}
