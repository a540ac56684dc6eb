//! A disk: what is left of an actor when its computer fails.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What a computer keeps while it has no power. Clones are the same disk.
///
/// ```
/// use greenroom_examples::disk::Disk;
/// let disk = Disk::new(vec![1]);
/// disk.clone().change(|kept| kept.push(2));
/// assert_eq!(disk.read(Vec::len), 2);
/// ```
#[derive(Default)]
pub struct Disk<S>(Arc<Mutex<S>>);

impl<S> Disk<S> {
    /// A disk with this on it.
    pub fn new(kept: S) -> Self {
        Disk(Arc::new(Mutex::new(kept)))
    }

    /// Looks at what is on it.
    pub fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is on it, all at once.
    pub fn change<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Clone for Disk<S> {
    fn clone(&self) -> Self {
        Disk(Arc::clone(&self.0))
    }
}

impl<S: fmt::Debug> fmt::Debug for Disk<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|kept| kept.fmt(f))
    }
}
