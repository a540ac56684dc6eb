//! What the tests' programs are made of.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenroom::prelude::*;

/// Milliseconds.
pub(crate) const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// What a bell heard, and when.
pub(crate) type Heard = Arc<Mutex<Vec<(u64, Duration)>>>;

/// Writes down whatever it is told.
pub(crate) struct Bell {
    pub(crate) heard: Heard,
}

#[actor]
impl Bell {
    #[cast]
    pub(crate) fn ring(&mut self, number: u64) {
        self.heard.lock().unwrap().push((number, greenroom::now()));
    }

    pub(crate) fn echo(&mut self, number: u64) -> u64 {
        self.ring(number);
        number
    }
}

#[allow(dead_code, reason = "not every test file looks")]
pub(crate) fn numbers(heard: &Heard) -> Vec<u64> {
    heard.lock().unwrap().iter().map(|(number, _)| *number).collect()
}
