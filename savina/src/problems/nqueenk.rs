//! N-Queens: divide and conquer, with one master for all results.
//!
//! A worker that gets a board with fewer than `threshold` rows sends the master a new board for each place where the next queen
//! can stand. Of others it searches all that follows, and sends the master a message for each solution. The master gives boards to
//! the workers in turn. It is over when each of them is done.
//!
//! The suite's selectors prefer deep boards, by priority; mailboxes here have one order.

use crate::problem::{Expected, Kind, Parameter, Problem, never};

/// The largest board, so that one is a small value.
const LARGEST: usize = 16;

/// What is asked. The answer is the number of solutions, which is computed with bits here and with boards by the actors.
pub static PROBLEM: Problem = Problem {
    number: 28,
    name: "nqueenk",
    title: "N-Queens first K solutions",
    kind: Kind::Parallel,
    operation: "solution",
    parameters: &[
        Parameter {
            name: "size",
            meaning: "rows and columns of the board",
            suite: 12,
            small: 6,
            long: 13,
            // Smaller boards have no solution, or nothing to search.
            allowed: 4..=LARGEST as u64,
        },
        Parameter {
            name: "threshold",
            meaning: "queens on a board from which one worker searches alone",
            suite: 4,
            small: 2,
            long: 4,
            allowed: 0..=LARGEST as u64,
        },
        Parameter {
            name: "workers",
            meaning: "actors that search",
            suite: 20,
            small: 4,
            long: 20,
            allowed: 1..=100_000,
        },
    ],
    refusal: never,
    operations: |parameters| solutions(parameters["size"] as u32),
    expected: |parameters| Expected::Whole(solutions(parameters["size"] as u32)),
};

/// Queens in the first rows of a board, none of which attacks another.
#[derive(Debug, Clone, Copy)]
pub struct Board {
    size: u8,
    rows: u8,
    /// Of each queen, by row.
    columns: [u8; LARGEST],
}

impl Board {
    /// Without a queen.
    pub fn new(size: u64) -> Self {
        assert!(size <= LARGEST as u64, "a board of {size} rows is too large");
        Self { size: size as u8, rows: 0, columns: [0; LARGEST] }
    }

    /// How many queens there are.
    pub fn queens(&self) -> u64 {
        self.rows.into()
    }

    /// Whether a queen stands in every row.
    pub fn is_full(&self) -> bool {
        self.rows == self.size
    }

    /// With one queen more, in the next row: a board for each column where she can stand.
    pub fn successors(self) -> impl Iterator<Item = Self> {
        (0..self.size).filter(move |&column| self.is_safe(column)).map(move |column| {
            let mut next = self;
            next.columns[usize::from(self.rows)] = column;
            next.rows += 1;
            next
        })
    }

    /// Calls `found` for every solution that begins with these queens.
    pub fn search(self, found: &mut impl FnMut()) {
        if self.is_full() {
            return found();
        }
        for next in self.successors() {
            next.search(found);
        }
    }

    /// Whether no queen attacks that column of the next row.
    fn is_safe(&self, column: u8) -> bool {
        let queens = &self.columns[..usize::from(self.rows)];
        (1..).zip(queens.iter().rev()).all(|(distance, &other)| {
            let apart = other.abs_diff(column);
            apart != 0 && apart != distance
        })
    }
}

/// On a board of this size (Richards, *Backtracking algorithms in MCPL using bit patterns and recursion*, 1997).
fn solutions(size: u32) -> u64 {
    let all = (1 << size) - 1;
    place(all, 0, 0, 0)
}

/// In how many ways the rows that are left can be filled. Bits are columns of the next row: those with a queen above, and those
/// attacked along a diagonal from the right, and from the left.
fn place(all: u32, columns: u32, from_right: u32, from_left: u32) -> u64 {
    if columns == all {
        return 1;
    }
    let mut free = all & !(columns | from_right | from_left);
    let mut count = 0;
    while free != 0 {
        let queen = free & free.wrapping_neg();
        free ^= queen;
        count += place(all, columns | queen, (from_right | queen) << 1, (from_left | queen) >> 1);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_solutions_as_is_known() {
        let known = [1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2_680, 14_200];
        for (size, known) in (1..).zip(known) {
            assert_eq!(solutions(size), known, "size {size}");
        }
    }

    #[test]
    fn boards_find_what_bits_find() {
        for size in 1..=8 {
            let mut found = 0;
            Board::new(size).search(&mut || found += 1);
            assert_eq!(found, solutions(size as u32), "size {size}");
        }
    }

    #[test]
    fn the_suite_hands_out_4959_boards() {
        fn boards(board: Board) -> u64 {
            let further = if board.queens() < 4 { board.successors().map(boards).sum() } else { 0 };
            1 + further
        }
        assert_eq!(boards(Board::new(12)), 4_959);
    }
}
