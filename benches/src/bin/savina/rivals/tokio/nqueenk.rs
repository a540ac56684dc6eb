//! [N-Queens](greenroom_savina::problems::nqueenk).

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::nqueenk::Board;
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

enum ToMaster {
    Work(Board),
    Solution,
    Done,
}

async fn worker(
    mut inbox: UnboundedReceiver<Board>,
    threshold: u64,
    master: UnboundedSender<ToMaster>,
    _ticket: Ticket,
) {
    while let Some(board) = inbox.recv().await {
        if board.queens() < threshold && !board.is_full() {
            board.successors().for_each(|next| tell(&master, ToMaster::Work(next)));
        } else {
            board.search(&mut || tell(&master, ToMaster::Solution));
        }
        tell(&master, ToMaster::Done);
    }
}

/// Gives the number of solutions.
async fn master(
    mut inbox: UnboundedReceiver<ToMaster>,
    workers: Vec<UnboundedSender<Board>>,
    size: u64,
    _ticket: Ticket,
) -> u64 {
    let mut in_turn = workers.iter().cycle();
    let mut assign = |board| tell(in_turn.next().expect("there is a worker"), board);
    assign(Board::new(size));
    let (mut left, mut solutions) = (1, 0);
    while left > 0 {
        match inbox.recv().await.expect("the workers live") {
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

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let [size, threshold, workers] = ["size", "threshold", "workers"].map(|name| parameters[name]);
    let ended = Tally::expecting(workers + 1);
    let solutions = tokio.run(async move {
        let (to_master, inbox) = unbounded_channel();
        let spawn = |_| {
            let (address, inbox) = unbounded_channel();
            tokio::spawn(worker(inbox, threshold, to_master.clone(), ended.ticket()));
            address
        };
        let workers = (0..workers).map(spawn).collect();
        master(inbox, workers, size, ended.ticket()).await
    });
    ended.wait();
    Answer::Whole(solutions)
}
