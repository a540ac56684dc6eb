//! kameo 0.22 on tokio's multi-thread runtime: `tell` to the front, `ask` from front to back, unbounded mailboxes.

use std::sync::Arc;

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use tokio::runtime::{Builder, Runtime};

use super::System;
use crate::load::{BACKS, FRONTS, Generator, Ledger, Load, Request, serve};

struct Work;
struct Back;
struct Front {
    backs: Arc<[ActorRef<Back>]>,
}

impl Actor for Back {
    type Args = Self;
    type Error = Infallible;
    async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(state)
    }
}

impl Actor for Front {
    type Args = Self;
    type Error = Infallible;
    async fn on_start(state: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(state)
    }
}

impl Message<Work> for Back {
    type Reply = ();
    async fn handle(&mut self, Work: Work, _: &mut Context<Self, ()>) {
        serve();
    }
}

impl Message<Request> for Front {
    type Reply = ();
    async fn handle(&mut self, request: Request, _: &mut Context<Self, ()>) {
        self.backs[request.back].ask(Work).await.expect("the back answers");
        request.served();
    }
}

fn spawn<A: Actor<Args = A>>(state: A) -> ActorRef<A> {
    A::spawn_with_mailbox(state, mailbox::unbounded())
}

pub(crate) struct Kameo {
    runtime: Runtime,
    fronts: Arc<[ActorRef<Front>]>,
}

impl System for Kameo {
    fn start(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_time().build();
        let runtime = runtime.expect("the runtime starts");
        let inside = runtime.enter();
        let backs: Arc<[_]> = (0..BACKS).map(|_| spawn(Back)).collect();
        let fronts = (0..FRONTS).map(|_| spawn(Front { backs: backs.clone() })).collect();
        drop(inside);
        Self { runtime, fronts }
    }

    fn generate(&self, load: Load, ledger: &'static Ledger) {
        let fronts = self.fronts.clone();
        self.runtime.spawn(async move {
            let mut generator = Generator::begin(load, ledger);
            while !generator.is_done() {
                while let Some(request) = generator.next_due() {
                    let front = &fronts[request.front];
                    assert!(front.tell(request).try_send().is_ok(), "the front lives");
                }
                tokio::task::yield_now().await;
            }
        });
    }
}
