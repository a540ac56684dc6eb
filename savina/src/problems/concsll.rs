//! Concurrent Sorted Linked List: as the concurrent dictionary, with requests that take long.
//!
//! Each worker sends a request to the list, and the next when it has the result. The list is walked from its head for each.

use crate::problem::{Expected, Kind, Parameter, Parameters, Problem};
use crate::random::Generator;

/// What is asked. The answer is the length of the list at the end, which was empty at the beginning.
pub static PROBLEM: Problem = Problem {
    number: 9,
    name: "concsll",
    title: "Concurrent Sorted Linked List",
    kind: Kind::Concurrency,
    operation: "request",
    parameters: &[
        Parameter {
            name: "workers",
            meaning: "actors that send requests",
            suite: 20,
            small: 5,
            long: 20,
            allowed: 1..=10_000,
        },
        Parameter {
            name: "requests",
            meaning: "requests of each of them, one after the other",
            suite: 8_000,
            small: 100,
            long: 2_000,
            allowed: 1..=1_000_000,
        },
        Parameter {
            name: "writes",
            meaning: "how many of a hundred requests insert",
            suite: 10,
            small: 10,
            long: 10,
            allowed: 0..=100,
        },
        Parameter {
            name: "sizes",
            meaning: "how many of a hundred ask for the length",
            suite: 1,
            small: 1,
            long: 1,
            allowed: 0..=100,
        },
    ],
    refusal: |parameters| {
        let (writes, sizes) = (parameters["writes"], parameters["sizes"]);
        (writes + sizes > 100).then(|| {
            format!(
                "writes={writes} and sizes={sizes} are parts of a hundred; together they are more than that"
            )
        })
    },
    operations: |parameters| parameters["workers"] * parameters["requests"],
    expected: |parameters| {
        let all = (0..parameters["workers"]).flat_map(|number| requests(parameters, number));
        Expected::Whole(all.filter(|request| matches!(request, Request::Insert(_))).count() as u64)
    },
};

/// What a worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// That this be in the list, once more if it is already.
    Insert(i32),
    /// Whether this is in the list.
    Contains(i32),
    /// How long it is.
    Size,
}

/// All requests of worker `number`, which counts from 0, in order.
pub fn requests(parameters: &Parameters, number: u64) -> impl Iterator<Item = Request> + Send + 'static {
    let (requests, writes, sizes) = (parameters["requests"], parameters["writes"], parameters["sizes"]);
    let mut random = Generator::new(number + requests + writes + sizes);
    (0..requests).map(move |_| match random.below(100) {
        part if part < sizes => Request::Size,
        part if part < sizes + writes => Request::Insert(random.next_whole() as i32),
        _ => Request::Contains(random.next_whole() as i32),
    })
}

/// Singly linked, in ascending order.
#[derive(Debug, Default)]
pub struct SortedList {
    head: Link,
}

type Link = Option<Box<Node>>;

#[derive(Debug)]
struct Node {
    item: i32,
    next: Link,
}

impl SortedList {
    /// What is asked for: 1 for an item that was inserted or is there, 0 for one that is not, or the length.
    pub fn serve(&mut self, request: Request) -> u64 {
        match request {
            Request::Insert(item) => {
                self.insert(item);
                1
            }
            Request::Contains(item) => self.contains(item).into(),
            Request::Size => self.len(),
        }
    }

    fn insert(&mut self, item: i32) {
        let mut link = &mut self.head;
        while link.as_ref().is_some_and(|node| node.item <= item) {
            link = &mut link.as_mut().expect("it was there a moment ago").next;
        }
        let next = link.take();
        *link = Some(Box::new(Node { item, next }));
    }

    /// As in the suite, which does not stop where the item would be.
    fn contains(&self, item: i32) -> bool {
        self.items().any(|found| found == item)
    }

    /// Counted each time, as in the suite. That is how long it is at the end, too.
    pub fn len(&self) -> u64 {
        self.items().count() as u64
    }

    /// Whether nothing was inserted.
    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// In ascending order.
    pub fn items(&self) -> impl Iterator<Item = i32> + '_ {
        std::iter::successors(self.head.as_deref(), |node| node.next.as_deref()).map(|node| node.item)
    }
}

impl Drop for SortedList {
    /// One node after the other: left to themselves, each would drop the next from within, and a long list overflow the stack.
    fn drop(&mut self) {
        let mut rest = self.head.take();
        while let Some(mut node) = rest {
            rest = node.next.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Size;

    #[test]
    fn the_requests_are_those_of_the_suite() {
        let parameters = Parameters::new(&PROBLEM, Size::Suite);
        let all = || (0..parameters["workers"]).flat_map(|number| requests(&parameters, number));
        assert_eq!(PROBLEM.expected(&parameters), Expected::Whole(16_126));
        assert_eq!(all().filter(|&request| request == Request::Size).count(), 10);
        assert_eq!(all().filter(|request| matches!(request, Request::Contains(_))).count(), 143_864);
    }

    #[test]
    fn the_list_is_sorted_and_keeps_what_is_inserted_twice() {
        let mut list = SortedList::default();
        assert!(list.is_empty());
        for item in [3, -1, 2, 3, i32::MIN, i32::MAX] {
            assert_eq!(list.serve(Request::Insert(item)), 1);
        }
        assert_eq!(list.items().collect::<Vec<_>>(), [i32::MIN, -1, 2, 3, 3, i32::MAX]);
        assert_eq!([-1, 3, 4].map(|item| list.serve(Request::Contains(item))), [1, 1, 0]);
        assert_eq!(list.serve(Request::Size), 6);
    }

    #[test]
    fn a_long_list_is_dropped_without_recursion() {
        let mut list = SortedList::default();
        for item in (0..1_000_000).rev() {
            list.insert(item);
        }
        assert_eq!(list.len(), 1_000_000);
    }

    #[test]
    fn parts_that_are_more_than_the_whole_are_refused() {
        let mut parameters = Parameters::new(&PROBLEM, Size::Suite);
        parameters.set("writes", "99").unwrap();
        assert_eq!(parameters.check(), Ok(()));
        parameters.set("writes", "100").unwrap();
        assert!(parameters.check().unwrap_err().contains("writes=100 and sizes=1"));
    }
}
