//! What does a further worker bring? Up to as many as there are cores, and then twice as many, which can bring nothing.

use std::hint;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom_savina::tally::{Tally, Ticket};

use super::{Sweep, machine, nanos_each};

pub(super) const SWEEP: Sweep = Sweep {
    name: "workers",
    question: "what work takes on so many workers; the last has two a core",
    counts: "workers",
    sizes: |cores| (1..=cores as u64).chain([2 * cores as u64]).collect(),
    figures: &[
        ("64 conversations", "ns a message"),
        ("a tree of 111,111", "ns an actor"),
        ("20 us of work", "ns a piece"),
    ],
    measure,
};

const PAIRS: u64 = 64;
const MESSAGES_A_PAIR: u64 = 50_000;
const BRANCHES: u64 = 10;
const LEAVES: u64 = 100_000;
const PIECES: u64 = 20_000;
const PIECE: Duration = Duration::from_micros(20);

fn measure(workers: u64, _: usize) -> Vec<f64> {
    let vm = machine(workers as usize);
    // Once to warm up, and once to count.
    [converse, grow, work].map(|run| [run(&vm), run(&vm)][1]).into()
}

/// Two that send to and fro.
struct Player {
    other: Option<Ref<Player>>,
    ticket: Ticket,
}

#[actor]
impl Player {
    #[cast]
    fn meet(&mut self, other: Ref<Player>) {
        self.other = Some(other);
    }

    #[cast]
    fn ball(&mut self, left: u64) {
        self.ticket.count(1);
        match &self.other {
            Some(other) if left > 0 => other.ball(left - 1).expect("the other plays"),
            // The other ends when this one, which holds its reference, is gone.
            _ => stop(),
        }
    }
}

fn converse(vm: &Vm) -> f64 {
    let gone = Tally::expecting(2 * PAIRS);
    let began = Instant::now();
    let serve = move || {
        for _ in 0..PAIRS {
            let one = spawn(Player { other: None, ticket: gone.ticket() });
            let other = spawn(Player { other: Some(one.clone()), ticket: gone.ticket() });
            one.meet(&other).expect("it lives");
            one.ball(MESSAGES_A_PAIR - 1).expect("it lives");
        }
    };
    vm.run(serve).expect("it does not panic");
    assert_eq!(gone.wait(), PAIRS * MESSAGES_A_PAIR, "every ball was hit");
    nanos_each(began.elapsed(), PAIRS * MESSAGES_A_PAIR)
}

/// A node of a tree whose leaves are numbered; each tells its parent what its leaves add up to.
struct Node {
    parent: Option<Ref<Node>>,
    waits_for: u64,
    sum: u64,
    gone: &'static Tally,
    ticket: Ticket,
}

#[actor]
impl Node {
    fn new(parent: Option<Ref<Node>>, gone: &'static Tally) -> Self {
        Node { parent, waits_for: 0, sum: 0, gone, ticket: gone.ticket() }
    }

    #[cast]
    fn grow(&mut self, first: u64, leaves: u64) {
        if leaves == 1 {
            return self.report(first);
        }
        self.waits_for = BRANCHES;
        let share = leaves / BRANCHES;
        for child in 0..BRANCHES {
            let node = spawn(Node::new(Some(me()), self.gone));
            node.grow(first + child * share, share).expect("it lives");
        }
    }

    #[cast]
    fn add(&mut self, sum: u64) {
        self.sum += sum;
        self.waits_for -= 1;
        if self.waits_for == 0 {
            self.report(self.sum);
        }
    }

    #[local]
    fn report(&mut self, sum: u64) {
        match &self.parent {
            Some(parent) => parent.add(sum).expect("the parent waits"),
            None => self.ticket.count(sum),
        }
        stop();
    }
}

fn grow(vm: &Vm) -> f64 {
    let nodes: u64 = (0..=LEAVES.ilog(BRANCHES)).map(|level| BRANCHES.pow(level)).sum();
    let gone = Tally::expecting(nodes);
    let began = Instant::now();
    let plant = move || {
        let root = spawn(Node::new(None, gone));
        root.grow(0, LEAVES).expect("it lives");
    };
    vm.run(plant).expect("it does not panic");
    assert_eq!(gone.wait(), (0..LEAVES).sum::<u64>(), "every leaf was counted");
    nanos_each(began.elapsed(), nodes)
}

struct Labourer {
    ticket: Ticket,
}

#[actor]
impl Labourer {
    #[cast]
    fn work(&mut self) {
        let began = Instant::now();
        while began.elapsed() < PIECE {
            hint::spin_loop();
        }
        self.ticket.count(1);
    }
}

fn work(vm: &Vm) -> f64 {
    let gone = Tally::expecting(PIECES);
    let began = Instant::now();
    let hire = move || {
        for _ in 0..PIECES {
            spawn(Labourer { ticket: gone.ticket() }).work().expect("it lives");
        }
    };
    vm.run(hire).expect("it does not panic");
    assert_eq!(gone.wait(), PIECES, "every piece was done");
    nanos_each(began.elapsed(), PIECES)
}
