//! Why a supervisor cannot do what it is asked.

use std::fmt;
use std::sync::Arc;

use crate::error::CallError;
use crate::id::ActorId;

/// Why a supervisor cannot do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChildError {
    /// There is no child of that name.
    Unknown {
        /// The name.
        id: Arc<str>,
    },
    /// There is a child of that name already.
    Taken {
        /// The name.
        id: Arc<str>,
    },
    /// The child is not of the type that was asked for.
    OtherType {
        /// Its name.
        id: Arc<str>,
        /// Its type.
        is: &'static str,
        /// The other one.
        asked: &'static str,
    },
    /// The child lives, or is about to be restarted: terminate it first.
    Alive {
        /// Its name.
        id: Arc<str>,
    },
    /// The child has ended.
    Ended {
        /// Its name.
        id: Arc<str>,
    },
    /// The supervisor has as many children as it may have.
    Full {
        /// How many that is.
        max_children: usize,
    },
    /// It is no child of that supervisor, or not any more.
    Stranger {
        /// The actor.
        actor: ActorId,
    },
    /// The child cannot be as it is specified.
    Invalid {
        /// Its name.
        id: Arc<str>,
        /// What does not go together.
        why: &'static str,
    },
    /// The child did not start.
    Failed {
        /// Its name.
        id: Arc<str>,
        /// What its factory or its beginning said.
        why: String,
    },
    /// The supervisor did not answer.
    Call(CallError),
}

impl From<CallError> for ChildError {
    fn from(error: CallError) -> Self {
        ChildError::Call(error)
    }
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChildError::Unknown { id } => write!(f, "the supervisor has no child {id:?}"),
            ChildError::Taken { id } => {
                write!(f, "the supervisor has a child {id:?} already; delete it first")
            }
            ChildError::OtherType { id, is, asked } => write!(f, "the child {id:?} is a {is}, not a {asked}"),
            ChildError::Alive { id } => write!(f, "the child {id:?} lives; terminate it first"),
            ChildError::Ended { id } => {
                write!(f, "the child {id:?} has ended; restart_child starts it again")
            }
            ChildError::Invalid { id, why } => {
                write!(f, "the child {id:?} cannot be as it is specified: {why}")
            }
            ChildError::Full { max_children } => {
                write!(f, "the supervisor has all the children that its max_children allows: {max_children}")
            }
            ChildError::Stranger { actor } => write!(f, "the actor {actor} is no child of the supervisor"),
            ChildError::Failed { id, why } => write!(f, "the child {id:?} did not start: {why}"),
            ChildError::Call(error) => write!(f, "the supervisor did not answer: {error}"),
        }
    }
}

impl std::error::Error for ChildError {}
