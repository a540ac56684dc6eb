//! [A-Star Search](greenroom_savina::problems::astar).

use std::sync::Arc;

use greenroom_savina::problem::{Answer, Parameters};
use greenroom_savina::problems::astar::{Grid, Outcome};
use greenroom_savina::tally::{Tally, Ticket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Tokio, tell};

enum ToMaster {
    Search(u32),
    Found,
    Done,
}

async fn worker(
    mut inbox: UnboundedReceiver<u32>,
    grid: Arc<Grid>,
    master: UnboundedSender<ToMaster>,
    _ticket: Ticket,
) {
    while let Some(from) = inbox.recv().await {
        match grid.search(from) {
            Outcome::Found => tell(&master, ToMaster::Found),
            Outcome::Frontier(nodes) => {
                nodes.into_iter().for_each(|node| tell(&master, ToMaster::Search(node)));
            }
        }
        tell(&master, ToMaster::Done);
    }
}

/// Gives the workers nodes to go on from, in turn, until the target is found or nothing is left.
async fn master(mut inbox: UnboundedReceiver<ToMaster>, workers: Vec<UnboundedSender<u32>>, _ticket: Ticket) {
    let mut in_turn = workers.iter().cycle();
    let mut search = |from| tell(in_turn.next().expect("there is a worker"), from);
    search(Grid::ORIGIN);
    let mut left = 1;
    while left > 0 {
        match inbox.recv().await.expect("the workers live") {
            ToMaster::Search(from) => {
                left += 1;
                search(from);
            }
            ToMaster::Found => break,
            ToMaster::Done => left -= 1,
        }
    }
    // The workers come to an end, too; what they still have to say is heard until then.
    drop(workers);
    while inbox.recv().await.is_some() {}
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
