//! A roll: the names of those who belong together. Whoever bears one now is there; an actor that begins again takes its
//! name again.

use std::marker::PhantomData;
use std::sync::Arc;

use greenroom::{Actor, Group, lookup};

/// See the head of this file.
pub struct Roll<A> {
    names: Arc<[String]>,
    kind: PhantomData<fn() -> A>,
}

impl<A: Actor> Roll<A> {
    /// As many names of one kind: `acceptor 0`, `acceptor 1`, …
    pub fn of(kind: &str, count: usize) -> Self {
        Self::new((0..count).map(|number| format!("{kind} {number}")))
    }

    /// These names.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Roll { names: names.into_iter().map(Into::into).collect(), kind: PhantomData }
    }

    /// The names, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Those who are there, in the order of their names.
    pub fn present(&self) -> Group<A> {
        self.names.iter().filter_map(|name| lookup::<A>(name).ok()).collect()
    }
}

impl<A> Clone for Roll<A> {
    fn clone(&self) -> Self {
        Roll { names: Arc::clone(&self.names), kind: PhantomData }
    }
}
