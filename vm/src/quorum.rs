//! Why there is no quorum.

use std::fmt;

use crate::error::CallError;
use crate::refs::Ref;

/// Why [`Gather::quorum`](crate::Gather::quorum) or [`first`](crate::Gather::first) has not what was wanted.
#[non_exhaustive]
pub enum QuorumError<T: ?Sized, R, E = CallError> {
    /// More replies are wanted than there are members who have not given theirs.
    TooFewMembers {
        /// How many replies were asked for.
        wanted: usize,
        /// How many members there are to give one.
        members: usize,
    },
    /// Too many failed, or were late.
    NotReached {
        /// How many replies were asked for.
        wanted: usize,
        /// Who replied, in the order in which they did.
        answers: Vec<(Ref<T>, R)>,
        /// Who failed, and how, in the order in which they did.
        errors: Vec<(Ref<T>, E)>,
        /// Who has not answered.
        missing: Vec<Ref<T>>,
    },
}

impl<T: ?Sized, R, E: fmt::Display> fmt::Display for QuorumError<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuorumError::TooFewMembers { wanted, members } => {
                write!(f, "a quorum of {wanted} was asked of {members} members; ask for fewer, or add some")
            }
            QuorumError::NotReached { wanted, answers, errors, missing } => {
                write!(f, "{} of {wanted} wanted members replied", answers.len())?;
                for (member, error) in errors {
                    write!(f, "; {member:?} failed: {error}")?;
                }
                match missing.as_slice() {
                    [] => Ok(()),
                    missing => write!(f, "; without an answer: {missing:?}"),
                }
            }
        }
    }
}

impl<T: ?Sized, R, E: fmt::Debug> fmt::Debug for QuorumError<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuorumError::TooFewMembers { wanted, members } => {
                f.debug_struct("TooFewMembers").field("wanted", wanted).field("members", members).finish()
            }
            QuorumError::NotReached { wanted, answers, errors, missing } => f
                .debug_struct("NotReached")
                .field("wanted", wanted)
                .field("answers", &answers.iter().map(|(member, _)| member).collect::<Vec<_>>())
                .field("errors", errors)
                .field("missing", missing)
                .finish(),
        }
    }
}

impl<T: ?Sized, R, E: fmt::Debug + fmt::Display> std::error::Error for QuorumError<T, R, E> {}
