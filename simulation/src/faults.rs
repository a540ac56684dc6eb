//! The faults that chance is to bring over nodes: how many, and how long they last. When and where is drawn by seed.

use std::time::Duration;

use crate::latency::Latency;
use crate::node::Node;

/// What is to go against the nodes during the next [`run_for`](crate::Simulation::run_for), at times that chance draws.
///
/// What goes against messages is a matter of their [`Link`](crate::Link).
///
/// ```
/// use std::time::Duration;
/// use greenroom_simulation::Faults;
///
/// let ms = Duration::from_millis;
/// let faults = Faults::new().partitions(2, ms(100)).crashes(1, ms(10)..=ms(50)).skew(ms(20), 200);
/// # let _ = faults;
/// ```
#[derive(Clone, Debug)]
#[must_use = "faults do nothing until a simulation has them"]
pub struct Faults {
    pub(crate) partitions: u32,
    pub(crate) parted_for: Latency,
    pub(crate) crashes: u32,
    pub(crate) down_for: Latency,
    pub(crate) skew: Duration,
    pub(crate) drift_ppm: u32,
    pub(crate) among: Option<Vec<Node>>,
}

impl Faults {
    /// None yet.
    pub fn new() -> Self {
        let never = Latency::constant(Duration::ZERO);
        Faults {
            partitions: 0,
            parted_for: never.clone(),
            crashes: 0,
            down_for: never,
            skew: Duration::ZERO,
            drift_ppm: 0,
            among: None,
        }
    }

    /// So many times, some nodes, half of them at most, are cut off from all others for so long.
    pub fn partitions(mut self, times: u32, lasting: impl Into<Latency>) -> Self {
        (self.partitions, self.parted_for) = (times, lasting.into());
        self
    }

    /// So many times, a node crashes, and is down for so long. One that is down already does not crash.
    pub fn crashes(mut self, times: u32, down_for: impl Into<Latency>) -> Self {
        (self.crashes, self.down_for) = (times, down_for.into());
        self
    }

    /// Each node's clock is off by up to `most`, ahead or behind, and gains or loses up to so many parts in a million.
    pub fn skew(mut self, most: Duration, drift_ppm: u32) -> Self {
        (self.skew, self.drift_ppm) = (most, drift_ppm);
        self
    }

    /// These nodes only are crashed, cut off, or skewed. Default: all.
    pub fn among<'a>(mut self, nodes: impl IntoIterator<Item = &'a Node>) -> Self {
        self.among = Some(nodes.into_iter().cloned().collect());
        self
    }
}

impl Default for Faults {
    fn default() -> Self {
        Faults::new()
    }
}
