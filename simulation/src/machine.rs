//! The simulated machine: the one file that builds and drives it.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use greenroom::{CallError, Crossing, Environment, NodeId, Ready, Route, Vm, World};

use crate::director::Director;

/// The machine's hold of its director.
pub(crate) struct Directed(pub(crate) Rc<RefCell<Director>>);

impl Environment for Directed {
    fn choose(&mut self, now: Duration, ready: &[Ready]) -> usize {
        self.0.borrow_mut().choose(now, ready)
    }

    fn draw(&mut self, below: usize) -> usize {
        self.0.borrow_mut().draw(below)
    }

    fn route(&mut self, now: Duration, crossing: &Crossing<'_>) -> Route {
        self.0.borrow_mut().route(now, crossing)
    }

    fn stepped(&mut self, now: Duration) -> ControlFlow<()> {
        self.0.borrow_mut().stepped(now)
    }
}

pub(crate) struct Machine {
    pub(crate) vm: Vm,
    nodes: RefCell<u32>,
}

impl Machine {
    pub(crate) fn new(director: &Rc<RefCell<Director>>) -> Self {
        let _directed = Directed(Rc::clone(director));
        let seed = director.borrow().plan.seed;
        let vm = Vm::builder()
            .workers(1)
            .world(World::Simulated { seed })
            .build()
            .expect("a machine can be built");
        director.borrow_mut().incidents = Some(vm.incidents(1 << 10));
        Machine { vm, nodes: RefCell::new(0) }
    }

    pub(crate) fn add_node(&self, _name: &str) -> NodeId {
        let mut nodes = self.nodes.borrow_mut();
        *nodes += 1;
        NodeId(*nodes - 1)
    }

    pub(crate) fn run_on<R: Send + 'static>(
        &self,
        _: NodeId,
        main: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, CallError> {
        self.vm.run(main)
    }

    pub(crate) fn start_on(&self, _: NodeId, main: impl FnOnce() + Send + 'static) {
        drop(self.vm.process::<()>(|_| main()));
    }

    pub(crate) fn crash(&self, _: NodeId) {}

    pub(crate) fn skew(&self, _: NodeId, _offset_nanos: i64, _rate_ppm: i32) {}

    pub(crate) fn note(&self, _: &str) {}

    pub(crate) fn run_for(&self, length: Duration) -> Result<(), CallError> {
        self.vm.run(move || greenroom::sleep(length)).and_then(|slept| slept)
    }
}
