//! How a machine comes to its director.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use greenroom::{Crossing, Environment, Ready, Route, Vm};

use crate::director::Director;

/// The machine's hold of its director.
struct Directed(Rc<RefCell<Director>>);

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

/// How many incidents there is room for between two steps.
const INCIDENTS: usize = 1 << 10;

/// A machine that does as the director says.
///
/// # Panics
/// If the system has no memory for another one.
pub(crate) fn direct(director: &Rc<RefCell<Director>>) -> Vm {
    // A scenario is over when it says so: what actors do when they stop belongs to no run.
    let builder = Vm::builder().shutdown_limit(Duration::ZERO);
    let built = builder.build_simulated(Directed(Rc::clone(director)));
    let vm = built.unwrap_or_else(|error| panic!("no machine to simulate could be built: {error}"));
    director.borrow_mut().incidents = Some(vm.incidents(INCIDENTS));
    vm
}
