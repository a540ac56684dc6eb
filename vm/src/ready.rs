//! The queue of all that is ready in a simulated machine, from which an environment takes what it likes.
//!
//! It sees it as a slice, the longest ready first. Whatever is taken from a short queue leaves that order as it was, so that
//! who always takes the first starves nobody, and who tries all places finds the same ones again. In a long one it would
//! cost a move of half of it: there the place goes to the first.

use crate::environment::Ready;
use crate::turns::Task;

/// A queue is short up to here.
const SHORT: usize = 256;

/// See the head of this file.
#[derive(Default)]
pub(crate) struct Queue {
    /// Up to `first`, what was taken.
    ready: Vec<Ready>,
    /// The same places: what is to be done, and by which worker.
    tasks: Vec<Option<(usize, Task)>>,
    first: usize,
}

impl Queue {
    pub(crate) fn push(&mut self, ready: Ready, worker: usize, task: Task) {
        self.ready.push(ready);
        self.tasks.push(Some((worker, task)));
    }

    /// What there is to choose from.
    pub(crate) fn ready(&self) -> &[Ready] {
        &self.ready[self.first..]
    }

    /// Takes what is at a place among those.
    ///
    /// # Panics
    /// If there is nothing.
    pub(crate) fn take(&mut self, place: usize) -> (usize, Task) {
        let (first, at) = (self.first, self.first + place);
        let task = self.tasks[at].take().expect("what was taken is not offered");
        if self.ready.len() - first <= SHORT {
            self.ready.copy_within(first..at, first + 1);
            self.tasks[first..=at].rotate_right(1);
        } else {
            self.ready.swap(first, at);
            self.tasks.swap(first, at);
        }
        self.first += 1;
        // As many moves as were made room for by as many steps.
        if self.first > SHORT && self.first * 2 > self.ready.len() || self.first == self.ready.len() {
            self.ready.drain(..self.first);
            self.tasks.drain(..self.first);
            self.first = 0;
        }
        task
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::NonNull;

    use super::*;

    fn queue_of(count: usize) -> Queue {
        let mut queue = Queue::default();
        for number in 0..count {
            queue.push(
                Ready { actor: None, node: None, is_resumed: true },
                number,
                Task::Resume(NonNull::dangling()),
            );
        }
        queue
    }

    fn take_all(mut queue: Queue, mut choose: impl FnMut(usize) -> usize) -> Vec<usize> {
        let mut taken = Vec::new();
        while !queue.ready().is_empty() {
            let place = choose(queue.ready().len());
            taken.push(queue.take(place).0);
        }
        taken
    }

    #[test]
    fn who_takes_the_first_takes_all_in_the_order_in_which_they_came() {
        for count in [1, 10, SHORT, 5 * SHORT] {
            assert_eq!(take_all(queue_of(count), |_| 0), (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_taken_from_a_short_queue_leaves_the_others_in_order() {
        let mut queue = queue_of(6);
        assert_eq!((queue.take(4).0, queue.take(1).0), (4, 1));
        queue.push(Ready { actor: None, node: None, is_resumed: true }, 6, Task::Resume(NonNull::dangling()));
        assert_eq!(take_all(queue, |_| 0), [0, 2, 3, 5, 6]);
    }

    #[test]
    fn from_a_long_queue_each_is_taken_once_whatever_is_chosen() {
        let mut chance = 7_usize;
        let mut taken = take_all(queue_of(3 * SHORT), |left| {
            chance = chance.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (chance >> 33) % left
        });
        assert!(!taken.is_sorted());
        taken.sort_unstable();
        assert_eq!(taken, (0..3 * SHORT).collect::<Vec<_>>());
    }
}
