//! tokio 1: a front is a task with an unbounded channel, and asks its back by sending a `oneshot` sender along.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::System;
use crate::load::{BACKS, FRONTS, Generator, Ledger, Load, Request, serve};

struct Work {
    reply: oneshot::Sender<()>,
}

pub(crate) struct Tokio {
    runtime: Runtime,
    fronts: Arc<[UnboundedSender<Request>]>,
}

impl System for Tokio {
    fn start(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(workers).build();
        let runtime = runtime.expect("the runtime starts");
        let inside = runtime.enter();
        let backs: Arc<[_]> = (0..BACKS)
            .map(|_| {
                let (back, inbox) = unbounded_channel();
                tokio::spawn(work(inbox));
                back
            })
            .collect();
        let fronts = (0..FRONTS)
            .map(|_| {
                let (front, inbox) = unbounded_channel();
                tokio::spawn(handle(inbox, backs.clone()));
                front
            })
            .collect();
        drop(inside);
        Self { runtime, fronts }
    }

    fn generate(&self, load: Load, ledger: &'static Ledger) {
        let fronts = self.fronts.clone();
        self.runtime.spawn(async move {
            let mut generator = Generator::begin(load, ledger);
            while !generator.is_done() {
                while let Some(request) = generator.next_due() {
                    fronts[request.front].send(request).expect("the front lives");
                }
                tokio::task::yield_now().await;
            }
        });
    }
}

async fn work(mut inbox: UnboundedReceiver<Work>) {
    while let Some(Work { reply }) = inbox.recv().await {
        serve();
        reply.send(()).expect("the front waits");
    }
}

async fn handle(mut inbox: UnboundedReceiver<Request>, backs: Arc<[UnboundedSender<Work>]>) {
    while let Some(request) = inbox.recv().await {
        let (reply, answer) = oneshot::channel();
        backs[request.back].send(Work { reply }).expect("the back lives");
        answer.await.expect("the back answers");
        request.served();
    }
}
