//! A gate that handlers wait at, without a timer: those who wait are answered when it opens.

use greenroom::{Reply, actor};

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Gate {
    waiting: Vec<Reply<()>>,
    is_open: bool,
}

#[actor]
impl Gate {
    /// Returns when the gate is open.
    pub(crate) fn pass(&mut self, #[reply] reply: Reply<()>) {
        if self.is_open {
            reply.send(());
        } else {
            self.waiting.push(reply);
        }
    }

    /// How many wait, those included who have given up.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(crate) fn open(&mut self) {
        self.is_open = true;
        self.waiting.drain(..).for_each(|reply| reply.send(()));
    }
}
