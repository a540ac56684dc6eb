//! A sequence diagram before it is drawn: who stands side by side, and what happens between them, row by row from the top.
//!
//! It knows no picture and no syntax. `plantuml`, `mermaid` and `picture` draw it, each in one pass over the rows.
//!
//! | file | what |
//! |---|---|
//! | `lifelines` | who has a lifeline to itself, and who shares one |
//! | `draft`, `ahead`, `wording` | the events of a trace as rows |
//! | `fold` | repetitions become loops |
//! | `condense` | too many rows become fewer, and what was left out is told |
//!
//! What holds of the rows of every sequence:
//! - Times never fall.
//! - Each `End` ends the innermost bar of its lifeline that is open, and each `Begin` has an `End`.
//! - Each `Open` has a `Close`; a bar that begins in a frame ends in that frame.
//! - A lifeline that is created has one `Create` arrow to it, and no row above that names it. It is destroyed at most once.

mod ahead;
mod condense;
mod draft;
mod fold;
mod lifelines;
mod wording;

use crate::model::Trace;

use condense::{condense, grouped, told};
use draft::Node;
use lifelines::Lifelines;

/// See the head of this file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// Of what run.
    pub title: String,
    /// Who takes part, from left to right. Those of one node stand side by side.
    pub lifelines: Vec<Lifeline>,
    /// What happens, from the top.
    pub rows: Vec<Row>,
    /// What a reader must know of what is not drawn, a sentence each: events that the recorder dropped, lifelines that
    /// share one, rows that were condensed.
    pub remarks: Vec<String>,
}

/// How large a diagram may become before it is summarised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At most so many rows.
    pub rows: usize,
    /// At most so many lifelines.
    pub lifelines: usize,
    /// Whether repetitions become loops.
    pub fold: bool,
}

impl Default for Limits {
    /// 400 rows and 40 lifelines, folded.
    fn default() -> Self {
        Limits { rows: 400, lifelines: 40, fold: true }
    }
}

/// The place of a lifeline in [`Sequence::lifelines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LifelineIndex(pub usize);

/// Someone who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifeline {
    /// What stands at its head: a registered name, `Bank#0.7`, `Worker ×1000`, or `[outside]`.
    pub label: String,
    /// The type of the actor, without its path; empty if it is not known.
    pub kind: String,
    /// The simulated node that it lives on.
    pub node: Option<String>,
    /// Who that is.
    pub role: Role,
    /// Whether a row creates it: then its head stands there, and not at the top.
    pub is_created: bool,
}

/// Whom a lifeline stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The plain threads, outside of the machine.
    Outside,
    /// One actor.
    Actor,
    /// So many actors, of whom none has a lifeline to itself.
    Many(usize),
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When, in nanoseconds since the machine began.
    pub at: u64,
    /// What.
    pub mark: Mark,
}

/// What is drawn in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// An arrow from one lifeline to another, or to itself.
    Arrow(Arrow),
    /// A handler begins: a bar on its lifeline.
    Begin {
        /// Whose.
        who: LifelineIndex,
        /// What is handled, where the arrows above leave that open.
        label: Option<String>,
    },
    /// The innermost bar of a lifeline ends.
    End {
        /// Whose.
        who: LifelineIndex,
    },
    /// An actor has ended, and its lifeline with it.
    Destroy {
        /// Whose.
        who: LifelineIndex,
    },
    /// Words beside a lifeline.
    Note {
        /// Whose; none for what concerns all of them.
        over: Option<LifelineIndex>,
        /// Of what sort.
        kind: NoteKind,
        /// What it says; may have several lines.
        text: String,
    },
    /// A frame begins, around all rows up to its `Close`.
    Open {
        /// What kind.
        frame: Frame,
        /// What stands at its head, behind the kind.
        text: String,
    },
    /// The innermost frame ends.
    Close,
    /// Rows were left out here.
    Gap {
        /// How many.
        rows: u64,
        /// When the last of them happened.
        until: u64,
        /// What they were, as in `98,112 events: 31,000 calls Bank#0.7 → Account ×8`.
        text: String,
    },
}

/// A message, or the answer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// What sort.
    pub kind: ArrowKind,
    /// From whom.
    pub from: LifelineIndex,
    /// To whom; may be the same.
    pub to: LifelineIndex,
    /// The method with its arguments, the value, or the error.
    pub text: String,
    /// When its handler began, if it did, which may be long after it was sent.
    pub arrives: Option<u64>,
}

/// The sorts of arrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArrowKind {
    /// An actor is spawned. If its lifeline is created, it begins here; otherwise it is of a crowd, or was named before.
    Create,
    /// Nobody waits for a reply.
    Cast,
    /// The sender waits for the reply.
    Call,
    /// A reply is promised, and the sender goes on.
    Request,
    /// A timer sent it.
    Timer,
    /// An exit, a stop, or what a monitor tells.
    Signal,
    /// The answer to a call or a request.
    Reply,
    /// The answer is an error.
    Error,
    /// A message that nobody handled.
    Lost,
}

/// The sorts of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// A handler panicked.
    Panic,
    /// A call would have waited for itself.
    Deadlock,
    /// Why an actor has ended, where that is no ordinary end.
    Stop,
    /// A supervisor began an actor anew.
    Restart,
    /// Something happened to a node, or between nodes.
    Fault,
    /// Anything else, such as why a message was lost.
    Remark,
}

/// The sorts of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// One message to each of a group.
    Par,
    /// The rows within happened so many times, one time after the other.
    Loop(u64),
}

impl Trace {
    /// The sequence diagram of it, within these limits.
    ///
    /// ```
    /// use greenroom_trace::{Limits, Trace};
    /// let diagram = Trace::default().sequence(&Limits::default());
    /// assert!(diagram.rows.is_empty());
    /// ```
    pub fn sequence(&self, limits: &Limits) -> Sequence {
        let mut lifelines = Lifelines::new(self, limits);
        let nodes = draft::draft(self, &mut lifelines);
        let nodes = if limits.fold { fold::fold(nodes) } else { nodes };
        let all: u64 = nodes.iter().map(told).sum();
        let (nodes, left_out) = condense(nodes, limits.rows, &lifelines.lines);

        let mut sequence = Sequence {
            title: self.title.clone(),
            lifelines: lifelines.lines,
            rows: Vec::new(),
            remarks: Vec::new(),
        };
        nodes.into_iter().for_each(|node| sequence.draw(node));
        sequence.drop_unborn();
        sequence.remark(self.dropped, left_out, all);
        sequence
    }
}

impl Sequence {
    fn draw(&mut self, node: Node) {
        match node {
            Node::Row(draft) => self.rows.push(draft.row),
            Node::Frame { at, frame, text, inside } => {
                self.rows.push(Row { at, mark: Mark::Open { frame, text } });
                inside.into_iter().for_each(|node| self.draw(node));
                let at = self.rows.last().map_or(at, |row| row.at);
                self.rows.push(Row { at, mark: Mark::Close });
            }
        }
    }

    /// A lifeline whose creation was left out is there from the start.
    fn drop_unborn(&mut self) {
        let mut born = vec![false; self.lifelines.len()];
        for row in &self.rows {
            if let Mark::Arrow(Arrow { kind: ArrowKind::Create, to, .. }) = &row.mark {
                born[to.0] = true;
            }
        }
        for (line, born) in self.lifelines.iter_mut().zip(born) {
            line.is_created &= born;
        }
    }

    fn remark(&mut self, dropped: u64, left_out: u64, all: u64) {
        if dropped > 0 {
            self.remarks.push(format!("{} earlier events were not kept by the recorder", grouped(dropped)));
        }
        let shared = self.lifelines.iter().filter_map(|line| match line.role {
            Role::Many(actors) => Some(actors as u64),
            _ => None,
        });
        let shared: u64 = shared.sum();
        if shared > 0 {
            self.remarks.push(format!("{} quiet actors share lifelines by type", grouped(shared)));
        }
        if left_out > 0 {
            let (left_out, all) = (grouped(left_out), grouped(all));
            self.remarks.push(format!("{left_out} of {all} events are summarised where they were"));
        }
    }
}
