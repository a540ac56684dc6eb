//! A small environment for tests: it chooses by a list of numbers, and what is on its way goes as a function says.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use greenroom::{Crossing, Environment, MILLISECOND, Passage, Ready, Route, Vm};

/// What became of everything that was on its way, in order, as `from>to method Passage Route`.
pub(crate) type Trail = Rc<RefCell<Vec<String>>>;

/// See the head of this file.
pub(crate) struct Wire<F> {
    route: F,
    trail: Trail,
    /// How many steps are left.
    steps: usize,
    seed: u64,
}

impl<F: FnMut(&Crossing<'_>) -> Route + 'static> Wire<F> {
    /// Who was ready first goes on, and no call is handed off.
    pub(crate) fn calm(route: F) -> Self {
        Wire { route, trail: Trail::default(), steps: usize::MAX, seed: 0 }
    }

    /// Who goes on is drawn by seed.
    pub(crate) fn drawn(seed: u64, route: F) -> Self {
        Wire { seed: seed + 1, ..Wire::calm(route) }
    }

    /// Wants so many steps.
    pub(crate) fn for_steps(self, steps: usize) -> Self {
        Wire { steps, ..self }
    }

    pub(crate) fn build(self) -> (Vm, Trail) {
        let trail = Rc::clone(&self.trail);
        (Vm::builder().build_simulated(self).unwrap(), trail)
    }
}

impl<F> Wire<F> {
    fn number(&mut self, below: usize) -> usize {
        if self.seed == 0 {
            return below - 1;
        }
        self.seed = self.seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.seed >> 33) as usize % below
    }
}

impl<F: FnMut(&Crossing<'_>) -> Route> Environment for Wire<F> {
    fn choose(&mut self, _: Duration, ready: &[Ready]) -> usize {
        assert!(ready.len() > 1, "there is nothing to choose");
        if self.seed == 0 { 0 } else { self.number(ready.len()) }
    }

    fn draw(&mut self, below: usize) -> usize {
        self.number(below)
    }

    fn route(&mut self, _: Duration, crossing: &Crossing<'_>) -> Route {
        let route = (self.route)(crossing);
        let Crossing { from, to, passage, method, .. } = crossing;
        let method = method.rsplit("::").next().unwrap_or(method);
        let passage = match passage {
            Passage::Message { .. } => "message",
            Passage::Reply => "reply",
            Passage::Signal => "signal",
        };
        self.trail.borrow_mut().push(format!("{}>{} {method} {passage} {route:?}", from.0, to.0));
        route
    }

    fn stepped(&mut self, _: Duration) -> ControlFlow<()> {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        }
    }
}

/// Everything arrives ten milliseconds later.
pub(crate) fn ten_ms(_: &Crossing<'_>) -> Route {
    Route::Arrives(10 * MILLISECOND)
}

/// What is of that kind is lost, and everything else arrives ten milliseconds later.
pub(crate) fn without(lost: fn(&Passage) -> bool) -> impl FnMut(&Crossing<'_>) -> Route {
    move |crossing| if lost(&crossing.passage) { Route::Lost } else { ten_ms(crossing) }
}
