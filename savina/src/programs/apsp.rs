//! [All-Pairs Shortest Path](crate::problems::apsp).

use greenroom::prelude::*;

use super::sent;
use crate::problem::{Answer, Parameters};
use crate::problems::apsp::{Block, blocks};
use crate::tally::{Tally, Ticket};

/// Where a neighbour is.
#[derive(Debug, Clone, Copy)]
enum Line {
    /// In the same row, in this column of blocks.
    Row(usize),
    /// In the same column, in this row of blocks.
    Column(usize),
}

/// What has come for a phase, of which two blocks are to be kept.
#[derive(Default)]
struct Arrived {
    count: usize,
    of_row: Option<Block>,
    of_column: Option<Block>,
}

struct Part {
    block: Block,
    row: usize,
    column: usize,
    /// The other blocks of its row and its column, each with where it sees this one.
    neighbours: Vec<(Ref<Part>, Line)>,
    phases: u64,
    /// The phase that it gathers blocks for.
    phase: u64,
    /// For this phase and, of neighbours that are ahead, for the next one.
    arrived: [Arrived; 2],
    ticket: Ticket,
}

#[actor]
impl Part {
    fn meet(&mut self, neighbours: Vec<(Ref<Part>, Line)>) {
        self.neighbours = neighbours;
    }

    #[cast]
    fn start(&mut self) {
        self.share();
        self.go_on();
    }

    /// The block of a neighbour, before `phase`.
    #[cast]
    fn receive(&mut self, phase: u64, from: Line, block: Block) {
        self.keep(phase, from, block);
        self.go_on();
    }

    /// Gives its block to all that wait for it, and these include itself.
    #[local]
    fn share(&mut self) {
        for (neighbour, line) in &self.neighbours {
            sent(neighbour.receive(self.phase, *line, self.block.clone()));
        }
        self.keep(self.phase, Line::Row(self.column), self.block.clone());
        self.keep(self.phase, Line::Column(self.row), self.block.clone());
    }

    #[local]
    fn keep(&mut self, phase: u64, from: Line, block: Block) {
        let ahead = phase.checked_sub(self.phase).expect("no phase ends before all blocks have come");
        let arrived = self.arrived.get_mut(ahead as usize).expect("a neighbour is one phase ahead at most");
        arrived.count += 1;
        let place = block.place_of(phase);
        match from {
            Line::Row(column) if column == place => arrived.of_row = Some(block),
            Line::Column(row) if row == place => arrived.of_column = Some(block),
            _ => {}
        }
    }

    /// Computes the phases for which all blocks have come.
    #[local]
    fn go_on(&mut self) {
        while self.arrived[0].count == self.neighbours.len() + 2 {
            let [now, next] = std::mem::take(&mut self.arrived);
            let of_row = now.of_row.expect("one of its row has the node");
            let of_column = now.of_column.expect("one of its column has the node");
            self.block = self.block.after(self.phase, &of_row, &of_column);
            self.arrived[0] = next;
            self.phase += 1;
            if self.phase == self.phases {
                self.ticket.count(self.block.sum());
                stop();
            } else {
                self.share();
            }
        }
    }
}

pub(super) fn run(vm: &Vm, parameters: &Parameters) -> Answer {
    let blocks = blocks(parameters);
    let phases = parameters["nodes"];
    let ended = Tally::expecting((blocks.len() * blocks.len()) as u64);
    vm.run(move || {
        let part = |(row, column, block)| {
            spawn(Part {
                block,
                row,
                column,
                neighbours: Vec::new(),
                phases,
                phase: 0,
                arrived: Default::default(),
                ticket: ended.ticket(),
            })
        };
        let place = |row| move |(column, block)| (row, column, block);
        let parts: Vec<Vec<_>> = (0..)
            .zip(blocks)
            .map(|(row, blocks)| (0..).zip(blocks).map(place(row)).map(part).collect())
            .collect();
        acquaint(&parts);
        for part in parts.iter().flatten() {
            sent(part.start());
        }
    })
    .expect("all parts are started");
    Answer::Whole(ended.wait())
}

/// Tells each part of those in its row and its column.
fn acquaint(parts: &[Vec<Ref<Part>>]) {
    let all = 0..parts.len();
    for row in all.clone() {
        for column in all.clone() {
            let in_row = all.clone().filter(|&other| other != column);
            let in_row = in_row.map(|other| (parts[row][other].clone(), Line::Row(column)));
            let in_column = all.clone().filter(|&other| other != row);
            let in_column = in_column.map(|other| (parts[other][column].clone(), Line::Column(row)));
            parts[row][column].meet(in_row.chain(in_column).collect()).expect("the part lives");
        }
    }
}
