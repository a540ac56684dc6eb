//! Producer-Consumer with a Bounded Buffer: flow control between many producers and many consumers.
//!
//! Producers work on an item, each on its own, and send it to a manager, who keeps a [`Buffer`] and says when they may make the
//! next. Consumers get an item, work on it, and tell the manager that they are free.

use std::collections::VecDeque;

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};
use crate::random::Generator;

/// What is asked. The answer is how many items were consumed.
pub static PROBLEM: Problem = Problem {
    number: 10,
    name: "bndbuffer",
    title: "Producer-Consumer with a Bounded Buffer",
    kind: Kind::Concurrency,
    operation: "item",
    parameters: &[
        Parameter {
            name: "capacity",
            meaning: "how many items the buffer holds",
            suite: 50,
            small: 10,
            long: 50,
            allowed: 2..=1_000_000,
        },
        Parameter {
            name: "producers",
            meaning: "actors that make items",
            suite: 40,
            small: 5,
            long: 40,
            allowed: 1..=10_000,
        },
        Parameter {
            name: "consumers",
            meaning: "actors that use them up",
            suite: 40,
            small: 5,
            long: 40,
            allowed: 1..=10_000,
        },
        Parameter {
            name: "items",
            meaning: "items that each producer makes",
            suite: 1_000,
            small: 20,
            long: 2_000,
            allowed: 1..=10_000_000,
        },
        Parameter {
            name: "cost",
            meaning: "hundreds of logarithms to make an item, and to use one up",
            suite: 25,
            small: 1,
            long: 1,
            allowed: 0..=1_000_000,
        },
    ],
    refusal: |parameters| {
        let (capacity, producers) = (parameters["capacity"], parameters["producers"]);
        (capacity <= producers).then(|| {
            format!("capacity={capacity} must be more than producers={producers}, for each may have an item on its way")
        })
    },
    operations: items,
    expected: |parameters| Expected::Whole(items(parameters)),
};

fn items(parameters: &Parameters) -> u64 {
    parameters["producers"] * parameters["items"]
}

/// The work on an item, to make one from the last as well as to use one up: a hundred logarithms for each unit of `cost`.
pub fn process(item: f64, cost: u64) -> f64 {
    let mut random = Generator::new(cost);
    (0..100 * cost).fold(item, |item, _| item + (random.next_real() + 0.01).ln())
}

/// What the manager keeps: items that wait for a consumer, consumers (`C`) that wait for an item, and producers (`P`) that wait
/// until there is room.
///
/// | items | free consumers | waiting producers |
/// |---|---|---|
/// | none | some | none |
/// | some, fewer than the limit | none | none or some |
/// | up to the capacity | none | some |
///
/// The limit is the capacity less one for each producer: so many items can be on their way when it is reached.
#[derive(Debug)]
pub struct Buffer<P, C> {
    capacity: usize,
    limit: usize,
    items: VecDeque<f64>,
    producers: VecDeque<P>,
    consumers: VecDeque<C>,
}

/// Who goes on, now that something has changed.
#[derive(Debug, PartialEq)]
#[must_use]
pub struct Next<P, C> {
    /// Gets this item.
    pub consumer: Option<(C, f64)>,
    /// May make another.
    pub producer: Option<P>,
}

impl<P, C> Buffer<P, C> {
    /// Without items; all consumers are free, and all producers at work.
    pub fn new(parameters: &Parameters, consumers: impl IntoIterator<Item = C>) -> Self {
        let (capacity, producers) = (parameters["capacity"] as usize, parameters["producers"] as usize);
        Self {
            capacity,
            limit: capacity - producers,
            items: VecDeque::with_capacity(capacity),
            producers: VecDeque::with_capacity(producers),
            consumers: consumers.into_iter().collect(),
        }
    }

    /// Takes what a producer has made.
    ///
    /// # Panics
    ///
    /// If there are more items than the buffer holds.
    pub fn put(&mut self, item: f64, producer: P) -> Next<P, C> {
        let consumer = match self.consumers.pop_front() {
            Some(consumer) => Some((consumer, item)),
            None => {
                self.items.push_back(item);
                None
            }
        };
        assert!(self.items.len() <= self.capacity, "the buffer overflows");
        if self.items.len() < self.limit {
            return Next { consumer, producer: Some(producer) };
        }
        self.producers.push_back(producer);
        Next { consumer, producer: None }
    }

    /// Gives a free consumer an item, or remembers it.
    pub fn take(&mut self, consumer: C) -> Next<P, C> {
        match self.items.pop_front() {
            Some(item) => Next { consumer: Some((consumer, item)), producer: self.producers.pop_front() },
            None => {
                self.consumers.push_back(consumer);
                Next { consumer: None, producer: None }
            }
        }
    }

    /// Those who wait for an item.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = &C> {
        self.consumers.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    fn small(capacity: u64) -> Parameters {
        let mut parameters = Parameters::new(&PROBLEM, Size::Small);
        parameters.set("capacity", &capacity.to_string()).unwrap();
        parameters
    }

    #[test]
    fn producers_wait_at_the_limit_and_each_item_that_is_taken_releases_one() {
        let mut buffer = Buffer::new(&small(7), [0]);
        assert_eq!(buffer.put(0.5, 'a'), Next { consumer: Some((0, 0.5)), producer: Some('a') });
        assert_eq!(buffer.put(1.5, 'a'), Next { consumer: None, producer: Some('a') });
        assert_eq!(buffer.put(2.5, 'a'), Next { consumer: None, producer: None });
        assert_eq!(buffer.put(3.5, 'b'), Next { consumer: None, producer: None });
        assert_eq!(buffer.take(0), Next { consumer: Some((0, 1.5)), producer: Some('a') });
        assert_eq!(buffer.take(0), Next { consumer: Some((0, 2.5)), producer: Some('b') });
        assert_eq!(buffer.take(0), Next { consumer: Some((0, 3.5)), producer: None });
        assert_eq!(buffer.take(0), Next { consumer: None, producer: None });
        assert_eq!(buffer.consumers().collect::<Vec<_>>(), [&0]);
    }

    #[test]
    fn a_buffer_that_every_producer_could_overflow_is_refused() {
        assert_eq!(small(6).check(), Ok(()));
        assert!(small(5).check().unwrap_err().contains("more than producers=5"));
    }

    #[test]
    fn the_work_on_an_item_depends_on_the_item_and_on_nothing_else() {
        assert_eq!(process(1.0, 0), 1.0);
        assert_eq!(process(0.0, 25), process(0.0, 25));
        assert!(process(0.0, 25) < -2_500.0);
    }
}
