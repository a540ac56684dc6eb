//! Subscribers and publishers, all at once, on a ring that has settled.

use std::collections::BTreeSet;
use std::fmt;

use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::chord::{Circle, Network, Peer};
use greenroom_examples::roll::Roll;
use greenroom_examples::scribe::Scribe;

const TOPICS: usize = 4;
const PUBLICATIONS: u64 = 3;

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spread {
    pub(crate) subscriptions: u64,
    pub(crate) publications: u64,
    pub(crate) heard: u64,
}

impl Spread {
    /// Both together.
    pub(crate) fn and(self, other: Spread) -> Spread {
        Spread {
            subscriptions: self.subscriptions + other.subscriptions,
            publications: self.publications + other.publications,
            heard: self.heard + other.heard,
        }
    }
}

/// As in `8 subscribers and 3 publications, heard 24 times: by each who should, once`.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread { subscriptions, publications, heard } = self;
        write!(f, "{subscriptions} subscribers and {publications} publications, ")?;
        write!(f, "heard {heard} times: by each who should, once")
    }
}

/// Scribes beside all nodes subscribe at once to topics of their choice; then all publish at once.
///
/// # Errors
/// If a call fails, above all by a deadlock.
///
/// # Panics
/// Unless every subscriber hears every publication exactly once, and nobody anything else.
pub(crate) fn spread(network: &Network, circle: Circle, chance: &mut Chance) -> greenroom::Result<Spread> {
    let all = Roll::on("scribe", network.ids().into_iter().map(place_of));
    let beside = |id: &u64| {
        let peer = Peer { id: *id, node: network.node(*id).clone() };
        all.enter(&place_of(*id), Scribe::new(peer, all.clone(), place_of))
    };
    let scribes: Vec<_> = network.ids().iter().map(beside).collect();
    let mut topics = BTreeSet::new();
    while topics.len() < TOPICS {
        topics.insert(circle.key(chance.below(u64::MAX)));
    }

    let mut subscriptions = vec![];
    for scribe in &scribes {
        for topic in &topics {
            if chance.once_in(2) {
                subscriptions.push(scribe.request().subscribe(*topic));
            }
        }
    }
    let mut all = Spread { subscriptions: subscriptions.len() as u64, ..Spread::default() };
    for subscription in subscriptions {
        subscription.wait()?;
    }

    let mut told = vec![];
    for publication in 0..PUBLICATIONS {
        for topic in &topics {
            let publisher = &scribes[chance.below(scribes.len() as u64) as usize];
            told.push(publisher.request().publish(*topic, publication));
        }
    }
    all.publications = told.len() as u64;
    for told in told {
        all.heard += told.wait()?;
    }
    assert_eq!(all.heard, all.subscriptions * PUBLICATIONS, "who subscribes is told");
    assert_eq!(subscribers(&scribes, &topics)?, all.subscriptions);
    Ok(all)
}

fn place_of(id: u64) -> String {
    format!("node-{id}")
}

/// How many subscribers there are, to all topics together.
///
/// # Panics
/// Unless each has heard every publication exactly once.
fn subscribers(scribes: &[Ref<Scribe>], topics: &BTreeSet<u64>) -> Result<u64, CallError> {
    let mut subscribers = 0;
    for scribe in scribes {
        for topic in topics {
            if let Some(mut heard) = scribe.heard(*topic)? {
                heard.sort_unstable();
                assert!(heard.iter().copied().eq(0..PUBLICATIONS), "{scribe:?} has heard {heard:?}");
                subscribers += 1;
            }
        }
    }
    Ok(subscribers)
}
