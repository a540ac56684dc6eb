//! A walk around the ring, from a node to the last one before a key; and how a node asks another.

use std::mem;
use std::time::Duration;

use greenroom::prelude::*;

use super::node::{Node, Peer};

/// How far a search has come.
pub(super) struct Walk {
    pub(super) at: Peer,
    pub(super) successor: Peer,
    pub(super) hops: u32,
}

/// To the last node before a key. Those that it finds gone on its way it has forgotten by those who named them.
pub(super) fn walk(me: &Me<Node>, key: u64) -> Result<Walk, CallError> {
    let own = me.with(|node| node.own());
    let mut hops = 0;
    let (mut before, mut at) = (own.clone(), own.clone());
    loop {
        let way = match at == own {
            true => Some(me.with(|node| node.way_to(key))),
            false => known(me, |patience| at.node.within(patience).way_to(key))?,
        };
        match way {
            Some((_, Some(nearer))) if nearer != at => {
                before = mem::replace(&mut at, nearer);
                hops += 1;
            }
            Some((successor, _)) => return Ok(Walk { at, successor, hops }),
            None => {
                // From its own beginning: who named it knows better by then.
                match before == own {
                    true => me.with(|node| node.lose(&at)),
                    false => drop(before.node.forget(at)),
                }
                (before, at) = (own.clone(), own.clone());
            }
        }
    }
}

/// What another node answers; none from one that has left or crashed, or is silent for too long.
///
/// # Errors
/// Any other: above all when whoever asks this one has no more time, which says nothing about the other.
pub(super) fn known<R>(
    me: &Me<Node>,
    ask: impl FnOnce(Duration) -> Result<R, CallError>,
) -> Result<Option<R>, CallError> {
    let patience = me.with(|node| node.patience);
    match ask(patience) {
        Ok(answer) => Ok(Some(answer)),
        Err(CallError::Stopped { .. } | CallError::Panicked(_)) => Ok(None),
        Err(CallError::Timeout { limit, .. }) if limit >= patience => Ok(None),
        Err(error) => Err(error),
    }
}
