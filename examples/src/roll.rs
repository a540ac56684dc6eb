//! A roll: those who belong together, each alone on a computer that has a name. Whoever is there now is found by it; an actor
//! that begins again takes its place again.
//!
//! In a simulated machine the computers are its nodes. Elsewhere all are in one place, and bear the same names.

use std::marker::PhantomData;
use std::sync::Arc;

use greenroom::{Actor, Group, Ref, current_node, lookup_on, spawn_named};

/// See the head of this file.
pub struct Roll<A> {
    /// What an actor is called on its own computer.
    role: &'static str,
    nodes: Arc<[String]>,
    kind: PhantomData<fn() -> A>,
}

impl<A: Actor> Roll<A> {
    /// As many of one role: on `acceptor-0`, `acceptor-1`, …
    pub fn of(role: &'static str, count: usize) -> Self {
        Self::on(role, (0..count).map(|number| format!("{role}-{number}")))
    }

    /// One on each of these.
    pub fn on(role: &'static str, nodes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Roll { role, nodes: nodes.into_iter().map(Into::into).collect(), kind: PhantomData }
    }

    /// Where they are, in order.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// The one on that node, if it is there.
    pub fn find(&self, node: &str) -> Option<Ref<A>> {
        lookup_on(node, self.role).ok()
    }

    /// Those who are there, in order.
    pub fn present(&self) -> Group<A> {
        self.nodes.iter().filter_map(|node| self.find(node)).collect()
    }

    /// An actor takes its place.
    ///
    /// # Panics
    /// If there is one; and in a simulated node, if it is another.
    pub fn enter(&self, node: &str, actor: A) -> Ref<A> {
        let name = match current_node() {
            Some(here) => {
                assert_eq!(&*here, node, "the {} of {node} begins there", self.role);
                self.role.to_owned()
            }
            None => format!("{node}/{}", self.role),
        };
        spawn_named(name, actor).unwrap_or_else(|error| panic!("{} on {node}: {error}", self.role))
    }
}

impl<A> Clone for Roll<A> {
    fn clone(&self) -> Self {
        Roll { role: self.role, nodes: Arc::clone(&self.nodes), kind: PhantomData }
    }
}
