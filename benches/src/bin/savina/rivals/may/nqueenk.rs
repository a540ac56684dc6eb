//! [N-Queens](greenroom_savina::problems::nqueenk).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::nqueenk::Board;
use greenroom_savina::tally::{Tally, Ticket};
use may::go;
use may::sync::mpsc::{Receiver, Sender, channel};

use super::{May, tell};

enum ToMaster {
    Work(Board),
    Solution,
    Done,
}

fn worker(inbox: Receiver<Board>, threshold: u64, master: Sender<ToMaster>, _ticket: Ticket) {
    while let Ok(board) = inbox.recv() {
        if board.queens() < threshold && !board.is_full() {
            board.successors().for_each(|next| tell(&master, ToMaster::Work(next)));
        } else {
            board.search(&mut || tell(&master, ToMaster::Solution));
        }
        tell(&master, ToMaster::Done);
    }
}

/// Gives the number of solutions.
fn master(inbox: Receiver<ToMaster>, workers: Vec<Sender<Board>>, size: u64, _ticket: Ticket) -> u64 {
    let mut in_turn = workers.iter().cycle();
    let mut assign = |board| tell(in_turn.next().expect("there is a worker"), board);
    assign(Board::new(size));
    let (mut left, mut solutions) = (1, 0);
    while left > 0 {
        match inbox.recv().expect("the workers live") {
            ToMaster::Work(board) => {
                left += 1;
                assign(board);
            }
            ToMaster::Solution => solutions += 1,
            ToMaster::Done => left -= 1,
        }
    }
    solutions
}

pub(super) fn run(may: &May, parameters: &Parameters) -> Answer {
    let [size, threshold, workers] = ["size", "threshold", "workers"].map(|name| parameters[name]);
    let ended = Tally::expecting(workers + 1);
    let solutions = may.run(move || {
        let (to_master, inbox) = channel();
        let spawn = |_| {
            let (address, inbox) = channel();
            let master = to_master.clone();
            go!(move || worker(inbox, threshold, master, ended.ticket()));
            address
        };
        let workers = (0..workers).map(spawn).collect();
        master(inbox, workers, size, ended.ticket())
    });
    ended.wait();
    Answer::Whole(solutions)
}
