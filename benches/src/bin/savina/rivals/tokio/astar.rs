//! [A-Star Search](greenroom_savina::problems::astar).

use std::sync::Arc;

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::astar::{Grid, Outcome};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

async fn worker(
    mut inbox: UnboundedReceiver<u32>,
    grid: Arc<Grid>,
    master: UnboundedSender<Outcome>,
    _ticket: Ticket,
) {
    while let Some(origin) = inbox.recv().await {
        // Whether the master still waits for it, or has heard of the target, is all the same here.
        let _ = master.send(grid.search(origin));
    }
}

/// Returns when the target is found, or no work is left.
async fn master(
    mut inbox: UnboundedReceiver<Outcome>,
    workers: Vec<UnboundedSender<u32>>,
    _ticket: Ticket,
) {
    let mut in_turn = workers.iter().cycle();
    let mut assign = |origin| tell(in_turn.next().expect("there is a worker"), origin);
    assign(Grid::ORIGIN);
    let mut left = 1;
    while left > 0 {
        match inbox.recv().await.expect("the workers live") {
            Outcome::Found => break,
            Outcome::Frontier(nodes) => {
                left += nodes.len();
                nodes.into_iter().for_each(&mut assign);
            }
        }
        left -= 1;
    }
}

pub(super) fn run(tokio: &Tokio, parameters: &Parameters) -> Answer {
    let workers = parameters["workers"];
    let grid = Arc::new(Grid::new(parameters));
    let shared = Arc::clone(&grid);
    let ended = Tally::expecting(workers + 1);
    tokio.run(async move {
        let (to_master, inbox) = unbounded_channel();
        let spawn = |_| {
            let (address, inbox) = unbounded_channel();
            tokio::spawn(worker(inbox, Arc::clone(&shared), to_master.clone(), ended.ticket()));
            address
        };
        let workers = (0..workers).map(spawn).collect();
        drop(to_master);
        master(inbox, workers, ended.ticket()).await;
    });
    ended.wait();
    Answer::Whole(grid.start_of_path().into())
}
