//! The log of one replica: what it has accepted for each slot, what was chosen there, and the store that this makes.
//!
//! Slots are numbered from 0. Each is decided on by itself, as in the example `paxos`; the store is what the chosen
//! commands make of it, in the order of the slots and without gaps.

use std::collections::BTreeMap;

use crate::store::{Answer, Command, CommandId, Store};

pub(crate) type Slot = u64;

/// An attempt to lead. Higher ones beat lower ones; no two replicas share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ballot {
    pub(crate) round: u64,
    pub(crate) replica: u64,
}

/// A command, and the ballot that proposed it.
pub(crate) type Accepted = (Ballot, Command);

#[derive(Default)]
pub(crate) struct Log {
    accepted: BTreeMap<Slot, Accepted>,
    chosen: BTreeMap<Slot, Command>,
    /// All slots before this one are chosen, and in the store.
    open: Slot,
    store: Store,
}

impl Log {
    pub(crate) fn accept(&mut self, slot: Slot, ballot: Ballot, command: Command) {
        self.accepted.insert(slot, (ballot, command));
    }

    /// What has been accepted for this slot and later ones.
    pub(crate) fn accepted_from(&self, slot: Slot) -> BTreeMap<Slot, Accepted> {
        self.accepted.range(slot..).map(|(slot, accepted)| (*slot, accepted.clone())).collect()
    }

    /// The first slot that is not known to be chosen.
    pub(crate) fn open(&self) -> Slot {
        self.open
    }

    pub(crate) fn chosen(&self) -> BTreeMap<Slot, Command> {
        self.chosen.clone()
    }

    /// A command was chosen. Gives back the answers of those that could now be carried out.
    ///
    /// # Panics
    /// If another one was chosen for the slot before, which must never be.
    pub(crate) fn choose(
        &mut self,
        slot: Slot,
        ballot: Ballot,
        command: Command,
    ) -> Vec<(CommandId, Answer)> {
        let before = self.chosen.entry(slot).or_insert_with(|| command.clone());
        assert_eq!(*before, command, "slot {slot} was chosen twice");
        // Who asks what was accepted has to hear of it, too.
        self.accepted.insert(slot, (ballot, command));
        let mut answers = Vec::new();
        while let Some(command) = self.chosen.get(&self.open) {
            answers.extend(self.store.apply(command).map(|answer| (command.id, answer)));
            self.open += 1;
        }
        answers
    }
}
