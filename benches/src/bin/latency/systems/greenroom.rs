//! Greenroom: the front calls the back as it would call a function. Once without bounds, and once with both that there
//! are: each front has room for few, and the machine for the messages of a few hundred requests.

use std::sync::Arc;

use greenroom::prelude::*;

use super::System;
use crate::load::{BACKS, FRONTS, Generator, Ledger, Load, Request, serve};

struct Back;

#[actor]
impl Back {
    fn work(&mut self) {
        serve();
    }
}

/// `ROOM` is how many requests may wait for it; 0 for as many as memory holds.
struct Front<const ROOM: usize> {
    backs: Arc<[Ref<Back>]>,
}

const fn room_for(requests: usize) -> Capacity {
    if requests == 0 { Capacity::UNBOUNDED } else { Capacity::of(requests).when_full(WhenFull::Fail) }
}

#[actor(capacity = room_for(ROOM))]
impl<const ROOM: usize> Front<ROOM> {
    #[cast]
    fn handle(&mut self, request: Request) {
        match self.backs[request.back].work() {
            Ok(()) => request.served(),
            // The request is dropped, and so it is refused.
            Err(CallError::Overloaded { .. }) => {}
            Err(error) => panic!("the back answers, but: {error}"),
        }
    }
}

/// A machine with its fronts.
pub(crate) struct Machine<const ROOM: usize> {
    vm: Vm,
    fronts: Arc<[Ref<Front<ROOM>>]>,
}

/// Every message is taken.
pub(crate) type Greenroom = Machine<0>;

/// What there is no room for is refused.
pub(crate) type GreenroomBounded = Machine<ROOM>;

const ROOM: usize = 4;

/// What all queued messages may take: some hundred requests of about 100 bytes. It is this that bounds how long a request
/// waits: so many at 20 microseconds each.
const QUEUE_MEMORY: usize = 48 << 10;

impl<const ROOM: usize> System for Machine<ROOM> {
    fn start(workers: usize) -> Self {
        let builder = Vm::builder().workers(workers);
        let builder = if ROOM == 0 { builder } else { builder.queue_memory(QUEUE_MEMORY) };
        let vm = builder.build().expect("the VM starts");
        let backs: Arc<[_]> = (0..BACKS).map(|_| vm.spawn(Back)).collect();
        let fronts = (0..FRONTS).map(|_| vm.spawn(Front { backs: backs.clone() })).collect();
        Self { vm, fronts }
    }

    fn generate(&self, load: Load, ledger: &'static Ledger) {
        let fronts = self.fronts.clone();
        let generator = move || {
            let mut generator = Generator::begin(load, ledger);
            while !generator.is_done() {
                while let Some(request) = generator.next_due() {
                    match fronts[request.front].handle(request) {
                        Ok(()) | Err(CallError::Overloaded { .. }) => {}
                        Err(error) => panic!("the front lives, but: {error}"),
                    }
                }
                yield_now()?;
            }
            Ok(())
        };
        let ended: Result<(), CallError> = self.vm.run(generator).expect("the generator does not panic");
        ended.expect("a process may wait");
    }
}
