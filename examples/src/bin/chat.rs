//! A chat room with backpressure: nobody is kept waiting by a member who reads slowly, nor by one who floods the room.
//!
//! | mailbox  | has room for | when it is full                                                                            |
//! |----------|--------------|--------------------------------------------------------------------------------------------|
//! | a member | 3 lines      | the oldest line is dropped: who reads slowly misses some, and the room never waits for him |
//! | the room | 8 lines      | the speaker is told that the room is overloaded, and the line is not heard                 |
//!
//! A member that ends is known to the room by its monitor, and leaves it. What happened at full mailboxes is told by the
//! machine's incidents.
//!
//! In the simulated runs it is drawn by chance how quickly each member reads, how often it is spoken to, and who goes when.
//! What is asserted: each line was heard by the room or refused, and each that was heard was read by each member or
//! dropped, all counted; and in the end the room has exactly those who live.
//!
//! Prints:
//! ```text
//! ann says 20 lines in 2 seconds
//!   at once: ann has read 20, cid has read 20
//!   a minute later: bob has read 6: [1, 7, 16, 18, 19, 20]
//!   dropped for want of room: 14 lines for bob, none for others
//! a flood of 100 lines at once: 8 are heard, 92 are refused: its mailbox is full with 8 messages
//! bob has gone (exited: connection lost); in the room are ann, cid
//! 200 simulated runs: each line is read, dropped or refused, and counted; the room has those who live
//! ```

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ActorId, Down, Incident, Overload, World, incidents};
use greenroom_examples::chance::Chance;
use greenroom_examples::worlds;

struct Member {
    /// How long a line takes to read.
    takes: Duration,
    lines: Vec<u32>,
}

#[actor(capacity = Capacity::of(3).when_full(WhenFull::DropOldest))]
impl Member {
    fn new(takes: Duration) -> Self {
        Member { takes, lines: Vec::new() }
    }

    #[cast]
    fn hear(&mut self, line: u32) {
        // A sleep is cut short when the machine ends: then it has not been read.
        if sleep(self.takes).is_ok() {
            self.lines.push(line);
        }
    }

    fn lines(&self) -> Vec<u32> {
        self.lines.clone()
    }
}

#[derive(Default)]
struct Room {
    members: BTreeMap<ActorId, (&'static str, Ref<Member>)>,
    heard: usize,
}

#[actor(capacity = Capacity::of(8).when_full(WhenFull::Fail))]
impl Room {
    fn enter(&mut self, name: &'static str, member: Ref<Member>) {
        me::<Self>().monitor(&member);
        self.members.insert(member.id(), (name, member));
    }

    #[cast]
    fn say(&mut self, line: u32) {
        self.heard += 1;
        for (_, member) in self.members.values() {
            // One that has ended just now leaves when we are told.
            let _ = member.hear(line);
        }
    }

    fn heard(&self) -> usize {
        self.heard
    }

    fn names(&self) -> Vec<&'static str> {
        self.members.values().map(|(name, _)| *name).collect()
    }
}

impl Handler<Down> for Room {
    fn handle(&mut self, down: Down) {
        self.members.remove(&down.actor);
    }
}

/// How often each actor's mailbox was full.
fn overloads(told: impl Iterator<Item = Incident>) -> HashMap<ActorId, usize> {
    let mut overloads = HashMap::new();
    for incident in told {
        if let Incident::Overload { actor, what: Overload::DroppedOldest | Overload::Refused, .. } = incident
        {
            *overloads.entry(actor).or_default() += 1;
        }
    }
    overloads
}

/// Longer than any member needs for what lies in its mailbox.
fn rest() -> Result<(), CallError> {
    sleep(60 * SECOND)
}

/// How much a member has read.
fn read((name, member): &(&str, Ref<Member>)) -> Result<String, CallError> {
    Ok(format!("{name} has read {}", member.lines()?.len()))
}

fn an_evening() -> greenroom::Result {
    let told = incidents(1_000);
    let room = spawn(Room::default());
    // On the clock of the simulated world this is exact.
    let members = [("ann", Duration::ZERO), ("bob", 870 * MILLISECOND), ("cid", 20 * MILLISECOND)]
        .map(|(name, takes)| (name, spawn(Member::new(takes))));
    for (name, member) in &members {
        room.enter(name, member)?;
    }

    for line in 1..=20 {
        room.say(line)?;
        sleep(100 * MILLISECOND)?;
    }
    println!("ann says 20 lines in 2 seconds");
    let [ann, bob, cid] = &members;
    println!("  at once: {}, {}", read(ann)?, read(cid)?);
    rest()?;
    println!("  a minute later: {}: {:?}", read(bob)?, bob.1.lines()?);
    let missed = overloads(told.try_iter());
    println!("  dropped for want of room: {} lines for bob, none for others", missed[&bob.1.id()]);
    assert_eq!(missed.len(), 1);

    let before = room.heard()?;
    let refused: Vec<CallError> = (0..100).filter_map(|line| room.say(line).err()).collect();
    // A question would be refused as well, now.
    sleep(MILLISECOND)?;
    let heard = room.heard()? - before;
    if let Some(CallError::Overloaded { limit, .. }) = refused.first() {
        // The rest of its text is advice.
        let why = limit.to_string();
        let why = why.split(':').next().unwrap_or_default();
        println!("a flood of 100 lines at once: {heard} are heard, {} are refused: {why}", refused.len());
    }

    rest()?;
    bob.1.exit("connection lost");
    println!("bob has gone ({}); in the room are {}", bob.1.ended().wait()?, room.names()?.join(", "));
    Ok(())
}

/// In a simulated run.
fn some_evening(mut chance: Chance) -> greenroom::Result {
    let told = incidents(1_000);
    let room = spawn(Room::default());
    let mut members = Vec::new();
    for name in ["ann", "bob", "cid", "dot", "eve"] {
        let takes = chance.below_time(100 * MILLISECOND);
        let member = spawn(Member::new(takes));
        room.enter(name, &member)?;
        members.push((name, member));
    }

    let (mut taken, mut refused) = (0, 0);
    for line in 0..40 {
        match room.say(line) {
            Ok(()) => taken += 1,
            Err(CallError::Overloaded { .. }) => refused += 1,
            Err(error) => return Err(error.into()),
        }
        if chance.once_in(4) {
            sleep(chance.below_time(100 * MILLISECOND))?;
        }
    }
    rest()?;
    let overloads = overloads(told.try_iter());
    let overloads_of = |actor| overloads.get(&actor).copied().unwrap_or_default();
    assert_eq!(room.heard()?, taken, "lines that the room took");
    assert_eq!(overloads_of(room.id()), refused, "lines that it refused");
    for (name, member) in &members {
        let (read, dropped) = (member.lines()?, overloads_of(member.id()));
        assert!(read.is_sorted(), "{name} has read {read:?}");
        assert_eq!(read.len() + dropped, taken, "{name} has read {read:?}, and {dropped} were dropped");
    }

    // Some go at once, others when they have read what they have.
    for line in 40..=40 + chance.below(3) as u32 {
        room.say(line)?;
        let (_, member) = chance.take(&mut members);
        if chance.once_in(2) { member.kill() } else { member.exit("connection lost") }
    }
    rest()?;
    let mut names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let mut in_the_room = room.names()?;
    in_the_room.sort_unstable();
    assert_eq!(in_the_room, names);
    Ok(())
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().world(World::Simulated { seed: 1 }).build()?;
    vm.run(an_evening)??;
    let runs = worlds::simulate(|chance| some_evening(chance).expect("the room lives"))?.len();
    println!(
        "{runs} simulated runs: each line is read, dropped or refused, and counted; the room has those who live"
    );
    Ok(())
}
