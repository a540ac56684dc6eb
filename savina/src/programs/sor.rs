//! [Successive Over-Relaxation](crate::problems::sor).

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use greenroom::join_all;
use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::sor::{grid, is_red, neighbours, relax};
use crate::tally::{Tally, Ticket};

/// All cells, row by row.
type Cells = Vec<Vec<Ref<Cell>>>;

struct Cell {
    value: f64,
    is_red: bool,
    owner: Ref<Owner>,
    neighbours: Vec<Ref<Cell>>,
    /// The values of its neighbours that have come in this iteration, and how many they are.
    sum: f64,
    received: usize,
    /// Iterations to come.
    left: u64,
    _ticket: Ticket,
}

#[actor]
impl Cell {
    fn meet(&mut self, neighbours: Vec<Ref<Cell>>) {
        self.neighbours = neighbours;
    }

    /// For a red one.
    #[cast]
    fn begin(&mut self) {
        self.end_iteration();
    }

    #[cast]
    fn receive(&mut self, value: f64) {
        self.sum += value;
        self.received += 1;
        if self.received == self.neighbours.len() {
            self.value = relax(self.value, self.sum);
            self.sum = 0.0;
            self.received = 0;
            self.end_iteration();
        }
    }

    #[local]
    fn end_iteration(&mut self) {
        self.left -= 1;
        if self.is_red || self.left > 0 {
            for neighbour in &self.neighbours {
                sent(neighbour.receive(self.value));
            }
        }
        if self.left == 0 {
            sent(self.owner.result(self.value));
            stop();
        }
    }
}

/// Has the cells of some columns.
struct Owner {
    columns: Range<usize>,
    /// Cells that have not ended.
    left: usize,
    sum: f64,
    all_done: Option<Reply<f64>>,
    ticket: Ticket,
}

#[actor]
impl Owner {
    /// Makes its cells: a part of each row.
    fn settle(&mut self, grid: Arc<Vec<Vec<f64>>>, iterations: u64) -> Cells {
        self.left = grid.len() * self.columns.len();
        let cell = |row: usize, column| Cell {
            value: grid[row][column],
            is_red: is_red(row, column),
            owner: me(),
            neighbours: Vec::new(),
            sum: 0.0,
            received: 0,
            left: iterations,
            _ticket: self.ticket.another(),
        };
        let columns = || self.columns.clone();
        (0..grid.len()).map(|row| columns().map(|column| spawn(cell(row, column))).collect()).collect()
    }

    /// Tells its cells who their neighbours are, of whom some may be another owner's.
    fn acquaint(&self, cells: Arc<Cells>) {
        for row in 0..cells.len() {
            for column in self.columns.clone() {
                let places = neighbours(row, column, cells.len());
                let neighbours = places.map(|(row, column)| cells[row][column].clone()).collect();
                cells[row][column].meet(neighbours).expect("the cell lives");
            }
        }
    }

    /// Has its red cells begin. Is answered, with the sum of its cells' values, when all of them have ended.
    fn relax(&mut self, cells: Arc<Cells>, #[reply] all_done: Reply<f64>) {
        self.all_done = Some(all_done);
        for (row, cells) in cells.iter().enumerate() {
            for column in self.columns.clone().filter(|&column| is_red(row, column)) {
                sent(cells[column].begin());
            }
        }
    }

    #[cast]
    fn result(&mut self, value: f64) {
        self.sum += value;
        self.left -= 1;
        if self.left == 0 {
            self.all_done.take().expect("the last cell ends once").send(self.sum);
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let (size, iterations) = (parameters["size"] as usize, parameters["iterations"]);
    let grid = Arc::new(grid(parameters));
    let ended = Tally::expecting(2);
    let sums = vm.run(move || {
        let owners = [0..size / 2, size / 2..size].map(|columns| {
            spawn(Owner { columns, left: 0, sum: 0.0, all_done: None, ticket: ended.ticket() })
        });
        let mut cells = vec![Vec::new(); size];
        for owner in &owners {
            let parts = owner.within(Duration::MAX).settle(grid.clone(), iterations)?;
            cells.iter_mut().zip(parts).for_each(|(row, part)| row.extend(part));
        }
        let cells = Arc::new(cells);
        for owner in &owners {
            owner.within(Duration::MAX).acquaint(cells.clone())?;
        }
        join_all(owners.iter().map(|owner| owner.request().relax(cells.clone())))
    });
    let sums = sums.and_then(|sums| sums).expect("all cells come to an end");
    ended.wait();
    Answer::Real(sums.into_iter().sum())
}
