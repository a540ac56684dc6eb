//! Keepers: actors that each spawn and hold a thousand others, so that a multitude is made and addressed inside of
//! the machine, on all cores, by pieces of work that idle workers can steal.

use std::time::{Duration, Instant};

use greenroom::prelude::*;

use crate::stage::{Fault, Stage, send};
use crate::tally::{GROUP, Tally};

/// Makes the actor of a number.
pub(super) trait Maker<A>: Fn(u64) -> A + Clone + Send + 'static {}
impl<A, F: Fn(u64) -> A + Clone + Send + 'static> Maker<A> for F {}

pub(super) struct Keeper<A, F> {
    first: u64,
    size: u64,
    make: F,
    members: Vec<Ref<A>>,
}

impl<A: Actor, F: Maker<A>> Actor for Keeper<A, F> {}

/// Spawn your members, and report them to this tally.
struct Populate(&'static Tally);
impl Message for Populate {
    type Reply = ();
}

impl<A: Actor, F: Maker<A>> Handler<Populate> for Keeper<A, F> {
    fn handle(&mut self, Populate(born): Populate) {
        self.members =
            (self.first..self.first + self.size).map(|number| spawn((self.make)(number))).collect();
        born.arrive(self.first, self.size);
    }
}

/// What is done with each member and its number; it, or the member, reports to the tally.
type Act<A> = fn(u64, &Ref<A>, &'static Tally);

/// Do this with each of your members.
struct ForEach<A>(Act<A>, &'static Tally);
impl<A: Actor> Message for ForEach<A> {
    type Reply = ();
}

impl<A: Actor, F: Maker<A>> Handler<ForEach<A>> for Keeper<A, F> {
    fn handle(&mut self, ForEach(act, tally): ForEach<A>) {
        for (number, member) in (self.first..).zip(&self.members) {
            act(number, member, tally);
        }
    }
}

/// Drop your members.
struct Release;
impl Message for Release {
    type Reply = ();
}

impl<A: Actor, F: Maker<A>> Handler<Release> for Keeper<A, F> {
    fn handle(&mut self, _: Release) {
        self.members = Vec::new();
    }
}

/// Many actors, and those who keep them.
pub(super) struct Population<A, F> {
    keepers: Vec<Ref<Keeper<A, F>>>,
}

impl<A: Actor, F: Maker<A>> Population<A, F> {
    /// Spawns `size` actors; gives them with the time that it took.
    pub(super) fn create(stage: &Stage, size: u64, make: F) -> Result<(Self, Duration), Fault> {
        let born = Tally::of_many(size);
        let begun = Instant::now();
        let keepers = (0..size)
            .step_by(GROUP as usize)
            .map(|first| {
                let size = GROUP.min(size - first);
                let keeper = stage.vm.spawn(Keeper { first, size, make: make.clone(), members: Vec::new() });
                send(&keeper, Populate(born));
                keeper
            })
            .collect();
        let time = stage.wait("create", born, begun)?;
        Ok((Population { keepers }, time))
    }

    /// Has every keeper do something with its members; gives the time until `done` is complete.
    pub(super) fn for_each(
        &self,
        stage: &Stage,
        phase: &str,
        done: &'static Tally,
        act: Act<A>,
    ) -> Result<Duration, Fault> {
        let begun = Instant::now();
        self.keepers.iter().for_each(|keeper| send(keeper, ForEach(act, done)));
        stage.wait(phase, done, begun)
    }

    /// Drops all references; gives the time until `ended` is complete.
    pub(super) fn release(&self, stage: &Stage, ended: &'static Tally) -> Result<Duration, Fault> {
        let begun = Instant::now();
        self.keepers.iter().for_each(|keeper| send(keeper, Release));
        stage.wait("end", ended, begun)
    }

    pub(super) fn keepers(&self) -> usize {
        self.keepers.len()
    }
}
