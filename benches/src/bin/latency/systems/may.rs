//! `may` 0.3: a front is a coroutine with an `mpsc` channel, and waits for its back on an `spsc` channel of its own.

use std::sync::Arc;

use may::coroutine::yield_now;
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};
use may::sync::spsc;

use super::System;
use crate::load::{BACKS, FRONTS, Generator, Ledger, Load, Request, serve};

struct Work {
    reply: spsc::Sender<()>,
}

pub(crate) struct May {
    fronts: Arc<[Sender<Request>]>,
}

impl System for May {
    fn start(workers: usize) -> Self {
        may::config().set_workers(workers);
        let backs: Arc<[_]> = (0..BACKS)
            .map(|_| {
                let (back, inbox) = channel();
                go!(move || work(&inbox));
                back
            })
            .collect();
        let fronts = (0..FRONTS)
            .map(|_| {
                let (front, inbox) = channel();
                let backs = backs.clone();
                go!(move || handle(&inbox, &backs));
                front
            })
            .collect();
        Self { fronts }
    }

    fn generate(&self, load: Load, ledger: &'static Ledger) {
        let fronts = self.fronts.clone();
        go!(move || {
            let mut generator = Generator::begin(load, ledger);
            while !generator.is_done() {
                while let Some(request) = generator.next_due() {
                    fronts[request.front].send(request).expect("the front lives");
                }
                yield_now();
            }
        });
    }
}

fn work(inbox: &Receiver<Work>) {
    while let Ok(Work { reply }) = inbox.recv() {
        serve();
        reply.send(()).expect("the front waits");
    }
}

fn handle(inbox: &Receiver<Request>, backs: &[Sender<Work>]) {
    while let Ok(request) = inbox.recv() {
        let (reply, answer) = spsc::channel();
        backs[request.back].send(Work { reply }).expect("the back lives");
        answer.recv().expect("the back answers");
        request.served();
    }
}
