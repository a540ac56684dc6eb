//! The trouble of one replica, drawn by chance: a network that is slow and loses messages, and haste.

use std::time::Duration;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;

/// A vote takes up to so long.
const LONGEST: Duration = Duration::from_millis(30);

/// See the head of this file. The default is none.
#[derive(Default)]
pub(crate) struct Trouble(Option<Chance>);

impl Trouble {
    pub(crate) fn new(chance: Chance) -> Self {
        Trouble(Some(chance))
    }

    /// Whether a message is lost.
    pub(crate) fn loses(&mut self) -> bool {
        self.once_in(8)
    }

    /// Whether the replica wants to lead though it need not.
    pub(crate) fn is_hasty(&mut self) -> bool {
        self.once_in(40)
    }

    pub(crate) fn delay(&mut self) {
        if let Some(chance) = &mut self.0
            && chance.once_in(3)
        {
            sleep(chance.below_time(LONGEST)).expect("a handler may sleep");
        }
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.0.as_mut().is_some_and(|chance| chance.once_in(times))
    }
}
