//! Links: what a network does to what is sent over it, when nobody meddles.

use std::collections::HashMap;

use greenroom::NodeId;

use crate::chance::Probability;
use crate::latency::Latency;

/// How one node reaches another.
///
/// What is sent by one node to another arrives in the order sent, after a millisecond, unless this says otherwise.
/// Within a node nothing is lost, and nothing takes time.
///
/// ```
/// use std::time::Duration;
/// use greenroom_simulation::{Latency, Link};
///
/// let ms = Duration::from_millis;
/// let wireless = Link::new().latency(ms(1)..=ms(50)).loss(0.05).duplication(0.01).reordering(true);
/// let across = Link::new().latency(Latency::long_tail(ms(40), ms(2000)));
/// # let _ = (wireless, across);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a link does nothing until a simulation has it"]
pub struct Link {
    pub(crate) latency: Latency,
    pub(crate) loss: Probability,
    pub(crate) duplication: Probability,
    pub(crate) reorders: bool,
}

impl Link {
    /// One that takes a millisecond, loses nothing, and keeps the order.
    pub fn new() -> Self {
        let latency = Latency::constant(greenroom::MILLISECOND);
        Link { latency, loss: Probability::default(), duplication: Probability::default(), reorders: false }
    }

    /// How long it takes to arrive.
    pub fn latency(mut self, latency: impl Into<Latency>) -> Self {
        self.latency = latency.into();
        self
    }

    /// With what probability a message or a reply is lost. Signals always come.
    ///
    /// # Panics
    /// If it is not between 0 and 1.
    pub fn loss(mut self, probability: f64) -> Self {
        self.loss = Probability::new(probability, "loss");
        self
    }

    /// With what probability a message that can be delivered twice is.
    ///
    /// # Panics
    /// If it is not between 0 and 1.
    pub fn duplication(mut self, probability: f64) -> Self {
        self.duplication = Probability::new(probability, "duplication");
        self
    }

    /// Whether what takes less long may overtake what was sent before. Default: no.
    pub fn reordering(mut self, reorders: bool) -> Self {
        self.reorders = reorders;
        self
    }
}

impl Default for Link {
    fn default() -> Self {
        Link::new()
    }
}

/// All links: what most are, and those that differ, by direction.
#[derive(Default)]
pub(crate) struct Network {
    pub(crate) common: Link,
    pub(crate) special: HashMap<(NodeId, NodeId), Link>,
}

impl Network {
    pub(crate) fn link(&self, from: NodeId, to: NodeId) -> &Link {
        match self.special.is_empty() {
            true => &self.common,
            false => self.special.get(&(from, to)).unwrap_or(&self.common),
        }
    }
}
