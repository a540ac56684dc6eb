//! A scribe: beside each node of the ring one that passes on what is published.
//!
//! Rowstron and others, "Scribe: the design of a large-scale event notification infrastructure" (2001). A topic is a key.
//! Who subscribes asks for it on the way to the topic's holder, and whoever is asked does so too, unless it has before: so the
//! ways grow into a tree with the holder as its root, and a publication goes down its branches.
//!
//! | what a scribe is to a topic | hears its publications | from |
//! |---|---|---|
//! | a subscriber | for itself | its parent |
//! | a parent | for its children | its own parent |
//! | the root: the scribe of the topic's holder | both | publishers |
//!
//! The tree of one topic climbs where that of another descends. So scribes ask each other in circles, by parallel methods.

use std::collections::BTreeMap;
use std::mem;

use crate::chord::Peer;
use greenroom::lookup;
use greenroom::prelude::*;

/// See the head of this file.
pub struct Scribe {
    /// The node that it stands beside.
    peer: Peer,
    topics: BTreeMap<u64, Topic>,
}

/// What a scribe is to a topic.
#[derive(Default)]
struct Topic {
    /// It is a part of the tree, or is about to be.
    is_in_tree: bool,
    children: Group<Scribe>,
    is_subscribed: bool,
    heard: Vec<u64>,
}

#[actor]
impl Scribe {
    /// The scribe of a node, under its [name](name_beside).
    pub fn new(peer: Peer) -> Self {
        Scribe { peer, topics: BTreeMap::new() }
    }

    /// Is told of all that is published on a topic, once this has returned.
    #[parallel]
    pub fn subscribe(me: &Me<Self>, topic: u64) -> Result<(), CallError> {
        let was_in_tree = me.with(|scribe| {
            let topic = scribe.topic(topic);
            topic.is_subscribed = true;
            mem::replace(&mut topic.is_in_tree, true)
        });
        if was_in_tree { Ok(()) } else { grow(me, topic) }
    }

    /// Passes all that is published on a topic on to another scribe.
    #[parallel]
    pub fn adopt(me: &Me<Self>, topic: u64, child: Ref<Scribe>) -> Result<(), CallError> {
        let was_in_tree = me.with(|scribe| {
            let topic = scribe.topic(topic);
            topic.children.add(child);
            mem::replace(&mut topic.is_in_tree, true)
        });
        if was_in_tree { Ok(()) } else { grow(me, topic) }
    }

    /// Tells all subscribers of a topic. Says how many it has told.
    #[parallel]
    pub fn publish(me: &Me<Self>, topic: u64, publication: u64) -> Result<u64, CallError> {
        let node = me.with(|scribe| scribe.peer.node.clone());
        let root = node.find_successor(topic)?.peer;
        beside(&root).spread(topic, publication)
    }

    /// Hears a publication, and tells those below. Says how many have heard of it.
    #[parallel]
    pub fn spread(me: &Me<Self>, topic: u64, publication: u64) -> Result<u64, CallError> {
        let (is_subscribed, children) = me.with(|scribe| {
            let topic = scribe.topic(topic);
            if topic.is_subscribed {
                topic.heard.push(publication);
            }
            (topic.is_subscribed, topic.children.clone())
        });
        let below = children.each().spread(topic, publication).all()?;
        Ok(u64::from(is_subscribed) + below.iter().sum::<u64>())
    }

    /// What it has heard on a topic as a subscriber, if it is one.
    pub fn heard(&self, topic: u64) -> Option<Vec<u64>> {
        self.topics.get(&topic).filter(|topic| topic.is_subscribed).map(|topic| topic.heard.clone())
    }

    #[local]
    fn topic(&mut self, topic: u64) -> &mut Topic {
        self.topics.entry(topic).or_default()
    }
}

/// Asks the next scribe on the way to a topic's holder to be the parent.
fn grow(me: &Me<Scribe>, topic: u64) -> Result<(), CallError> {
    let node = me.with(|scribe| scribe.peer.node.clone());
    match node.next_hop(topic)? {
        Some(next) => beside(&next).adopt(topic, me.to_ref()),
        None => Ok(()),
    }
}

/// What the scribe beside a node is called.
pub fn name_beside(id: u64) -> String {
    format!("scribe {id}")
}

fn beside(peer: &Peer) -> Ref<Scribe> {
    lookup(&name_beside(peer.id)).expect("there is a scribe beside every node")
}
