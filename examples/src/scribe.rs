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
//! A scribe that renews its topics now and then asks its parent again, and forgets children that have not asked it for long:
//! so a tree grows together again when nodes have crashed, or the holder is another one.
//!
//! The tree of one topic climbs where that of another descends. So scribes ask each other in circles, by parallel methods.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

use greenroom::prelude::*;

use crate::chord::Peer;
use crate::roll::Roll;

/// How long a scribe waits for another.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child that has not asked for so many renewals is none any more.
const FORGOTTEN: u64 = 4;

/// A mistake in the protocol, for tests that want to see it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A scribe asks its parent only once, so that a parent that crashes loses its children.
    NeverRenews,
}

/// See the head of this file.
pub struct Scribe {
    /// The node that it stands beside.
    peer: Peer,
    all: Roll<Scribe>,
    /// Where the scribe of a node is.
    place_of: fn(u64) -> String,
    topics: BTreeMap<u64, Topic>,
    renewals: u64,
    patience: Duration,
    flaw: Option<Flaw>,
}

impl Scribe {
    /// Does without who does not answer for so long. Default: a minute.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// For tests.
    #[must_use]
    pub fn with_flaw(mut self, flaw: Option<Flaw>) -> Self {
        self.flaw = flaw;
        self
    }
}

/// What a scribe is to a topic.
#[derive(Default)]
struct Topic {
    /// It is a part of the tree, or is about to be.
    is_in_tree: bool,
    children: Group<Scribe>,
    /// At which of its own renewals a child has last asked.
    asked: Vec<(Ref<Scribe>, u64)>,
    is_subscribed: bool,
    heard: Vec<u64>,
    /// What it has passed on: what comes a second time goes no further.
    passed: BTreeSet<u64>,
}

#[actor]
impl Scribe {
    /// The scribe of a node, which finds the others by where they are.
    pub fn new(peer: Peer, all: Roll<Scribe>, place_of: fn(u64) -> String) -> Self {
        let (topics, renewals, patience, flaw) = (BTreeMap::new(), 0, PATIENCE, None);
        Scribe { peer, all, place_of, topics, renewals, patience, flaw }
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
            let now = scribe.renewals;
            let topic = scribe.topic(topic);
            topic.children.add(&child);
            topic.asked.retain(|(other, _)| *other != child);
            topic.asked.push((child, now));
            mem::replace(&mut topic.is_in_tree, true)
        });
        if was_in_tree { Ok(()) } else { grow(me, topic) }
    }

    /// Tells all subscribers of a topic. Says how many it has told.
    #[parallel]
    pub fn publish(me: &Me<Self>, topic: u64, publication: u64) -> Result<u64, CallError> {
        let (node, patience) = me.with(|scribe| (scribe.peer.node.clone(), scribe.patience));
        let root = node.find_successor(topic)?.peer;
        let Some(root) = me.with(|scribe| scribe.beside(&root)) else { return Ok(0) };
        root.within(patience).spread(topic, publication)
    }

    /// Hears a publication, and tells those below. Says how many have heard of it.
    #[parallel]
    pub fn spread(me: &Me<Self>, topic: u64, publication: u64) -> Result<u64, CallError> {
        let (is_subscribed, children, patience) = me.with(|scribe| {
            let patience = scribe.patience;
            let topic = scribe.topic(topic);
            if !topic.passed.insert(publication) {
                return (false, Group::new(), patience);
            }
            if topic.is_subscribed {
                topic.heard.push(publication);
            }
            (topic.is_subscribed, topic.children.clone(), patience)
        });
        let below = children.each_within(patience).spread(topic, publication).replies().answers;
        let below: u64 = below.into_iter().filter_map(|(_, heard)| heard.ok()).sum();
        Ok(u64::from(is_subscribed) + below)
    }

    /// Asks the parents in all trees again, and forgets children that have not asked for long.
    #[cast]
    #[parallel]
    pub fn renew(me: &Me<Self>) {
        for topic in me.with(Scribe::forget_children) {
            // If that fails, the next time may not.
            let _ = grow(me, topic);
        }
    }

    /// What it has heard on a topic as a subscriber, if it is one.
    pub fn heard(&self, topic: u64) -> Option<Vec<u64>> {
        self.topics.get(&topic).filter(|topic| topic.is_subscribed).map(|topic| topic.heard.clone())
    }

    /// Gives the topics whose trees it is still a part of.
    #[local]
    fn forget_children(&mut self) -> Vec<u64> {
        if self.flaw == Some(Flaw::NeverRenews) {
            return Vec::new();
        }
        self.renewals += 1;
        let oldest = self.renewals.saturating_sub(FORGOTTEN);
        for topic in self.topics.values_mut() {
            let gone = topic.asked.extract_if(.., |(_, asked)| *asked < oldest);
            for (child, _) in gone {
                topic.children.remove(&child);
            }
            topic.is_in_tree = topic.is_subscribed || !topic.asked.is_empty();
        }
        self.topics.iter().filter(|(_, topic)| topic.is_in_tree).map(|(key, _)| *key).collect()
    }

    #[local]
    fn beside(&self, peer: &Peer) -> Option<Ref<Scribe>> {
        self.all.find(&(self.place_of)(peer.id))
    }

    #[local]
    fn topic(&mut self, topic: u64) -> &mut Topic {
        self.topics.entry(topic).or_default()
    }
}

/// Asks the next scribe on the way to a topic's holder to be the parent.
fn grow(me: &Me<Scribe>, topic: u64) -> Result<(), CallError> {
    let (node, patience) = me.with(|scribe| (scribe.peer.node.clone(), scribe.patience));
    let Some(next) = node.next_hop(topic)? else { return Ok(()) };
    match me.with(|scribe| scribe.beside(&next)) {
        Some(parent) => parent.within(patience).adopt(topic, me.to_ref()),
        None => Ok(()),
    }
}
