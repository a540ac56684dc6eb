//! ractor 0.16 on tokio's multi-thread runtime: `cast` to the front, `call` with a reply port from front to back.

use std::sync::Arc;

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, ActorRuntime, RpcReplyPort};
use tokio::runtime::{Builder, Runtime};

use super::System;
use crate::load::{BACKS, FRONTS, Generator, Ledger, Load, Request, serve};

type Work = RpcReplyPort<()>;
type Backs = Arc<[ActorRef<Work>]>;
struct Back;
struct Front;

impl Actor for Back {
    type Msg = Work;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Work>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Work>, reply: Work, (): &mut ()) -> Result<(), ActorProcessingErr> {
        serve();
        Ok(reply.send(())?)
    }
}

impl Actor for Front {
    type Msg = Request;
    type State = Backs;
    type Arguments = Backs;

    async fn pre_start(&self, _: ActorRef<Request>, backs: Backs) -> Result<Backs, ActorProcessingErr> {
        Ok(backs)
    }

    async fn handle(
        &self,
        _: ActorRef<Request>,
        request: Request,
        backs: &mut Backs,
    ) -> Result<(), ActorProcessingErr> {
        match backs[request.back].call(|reply| reply, None).await {
            Ok(CallResult::Success(())) => request.served(),
            other => panic!("the back answers, but gave {other:?}"),
        }
        Ok(())
    }
}

fn spawn<A: Actor>(actor: A, state: A::Arguments) -> ActorRef<A::Msg> {
    ActorRuntime::spawn_instant(None, actor, state).expect("it has no name that could be taken").0
}

pub(crate) struct Ractor {
    runtime: Runtime,
    fronts: Arc<[ActorRef<Request>]>,
}

impl System for Ractor {
    fn start(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_time().build();
        let runtime = runtime.expect("the runtime starts");
        let inside = runtime.enter();
        let backs: Backs = (0..BACKS).map(|_| spawn(Back, ())).collect();
        let fronts = (0..FRONTS).map(|_| spawn(Front, backs.clone())).collect();
        drop(inside);
        Self { runtime, fronts }
    }

    fn generate(&self, load: Load, ledger: &'static Ledger) {
        let fronts = self.fronts.clone();
        self.runtime.spawn(async move {
            let mut generator = Generator::begin(load, ledger);
            while !generator.is_done() {
                while let Some(request) = generator.next_due() {
                    fronts[request.front].cast(request).expect("the front lives");
                }
                tokio::task::yield_now().await;
            }
        });
    }
}
