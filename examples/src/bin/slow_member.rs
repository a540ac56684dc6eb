//! Calls to a group of which one member is slow, and one fails: all replies, those that come in time, a quorum, the first.
//!
//! In the simulated runs a group's size, who is slow and who fails, the deadline and the quorum are drawn by chance. What
//! is asserted: exactly those answer that are quick enough, exactly the others are named as missing, a quorum has the
//! quickest, nobody is called off who has begun, and one that is stopped leaves by itself.
//!
//! Prints:
//! ```text
//! cast to 4 members
//! waiting for all: ann 8, ben 8, cat 8, dot 8
//! within 500 ms: ann 8, ben 8, cat 8; missing: dot
//! a quorum of 3: ann 8, ben 8, cat 8
//! the first is not dot: 8
//! cat is broken: ann 8, ben 8, cat is out of order; missing: dot
//! a quorum of 4 is given up at once: cat is out of order
//! ben is stopped, and leaves: ann 8, cat is out of order; missing: dot
//! an empty group: 0 replies, at once
//! 200 simulated runs: who answers, who is missing and who is in a quorum is as the members' speed has it
//! ```

use std::fmt;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{QuorumError, Replies};
use greenroom_examples::chance::Chance;
use greenroom_examples::worlds;

/// Why a member gives no sum.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    OutOfOrder,
    Call(CallError),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::OutOfOrder => f.write_str("out of order"),
            Trouble::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        Trouble::Call(error)
    }
}

/// A member of the group.
struct Adder {
    takes: Duration,
    is_broken: bool,
    /// How many sums it has begun.
    begun: usize,
}

#[actor]
impl Adder {
    fn new(takes: Duration) -> Self {
        Adder { takes, is_broken: false, begun: 0 }
    }

    fn add(&mut self, a: u64, b: u64) -> Result<u64, Trouble> {
        self.begun += 1;
        sleep(self.takes)?;
        if self.is_broken { Err(Trouble::OutOfOrder) } else { Ok(a + b) }
    }

    fn begun(&self) -> usize {
        self.begun
    }

    #[cast]
    fn break_down(&mut self) {
        self.is_broken = true;
    }

    #[cast]
    fn take(&mut self, time: Duration) {
        self.takes = time;
    }
}

const NAMES: [&str; 4] = ["ann", "ben", "cat", "dot"];

/// A member whose reply never counts as late, and one that always is.
const QUICK: Duration = Duration::ZERO;
const SLOW: Duration = Duration::from_secs(1);

/// Between the two.
const LIMIT: Duration = Duration::from_millis(500);

fn main() -> greenroom::Result {
    greenroom::launch(four_members)?;
    let runs = worlds::simulate(some_members)?.len();
    println!(
        "{runs} simulated runs: who answers, who is missing and who is in a quorum is as the members' speed has it"
    );
    Ok(())
}

/// On real cores.
fn four_members() -> greenroom::Result {
    let members = NAMES.map(|_| spawn(Adder::new(SLOW)));
    let [_, ben, cat, dot] = &members;
    let group: Group<Adder> = members.iter().collect();
    let name = |member: &Ref<Adder>| NAMES[members.iter().position(|one| one == member).expect("a member")];

    println!("cast to {} members", group.cast().take(QUICK));
    println!("waiting for all: {}", told(&group.each().add(4, 4).replies(), name));

    dot.take(SLOW)?;
    println!("within 500 ms: {}", told(&group.each_within(LIMIT).add(4, 4).replies(), name));

    // Dot still works at the last sum, and is not waited for.
    let quorum = group.each().add(4, 4).quorum(3)?;
    let mut quorum: Vec<_> = quorum.iter().map(|(member, sum)| format!("{} {sum}", name(member))).collect();
    quorum.sort();
    println!("a quorum of 3: {}", quorum.join(", "));

    let (first, sum) = group.each().add(4, 4).first()?;
    println!("the first is {}dot: {sum}", if first == *dot { "" } else { "not " });

    cat.break_down()?;
    println!("cat is broken: {}", told(&group.each_within(LIMIT).add(4, 4).replies(), name));
    match group.each().add(4, 4).quorum(4) {
        Err(QuorumError::NotReached { errors, .. }) => {
            let failed: Vec<_> =
                errors.iter().map(|(member, trouble)| format!("{} is {trouble}", name(member))).collect();
            println!("a quorum of 4 is given up at once: {}", failed.join(", "));
        }
        other => println!("an unexpected quorum: {other:?}"),
    }

    ben.stop();
    while ben.exit_reason().is_none() {
        sleep(Duration::from_millis(1))?;
    }
    println!("ben is stopped, and leaves: {}", told(&group.each_within(LIMIT).add(4, 4).replies(), name));

    let nobody = Group::<Adder>::new().each_within(Duration::MAX).add(4, 4).all()?;
    println!("an empty group: {} replies, at once", nobody.len());
    Ok(())
}

/// Each member with what it answered, and the names of those who have not.
fn told(replies: &Replies<Adder, u64, Trouble>, name: impl Fn(&Ref<Adder>) -> &'static str) -> String {
    let told = |(member, answer): &(Ref<Adder>, Result<u64, Trouble>)| match answer {
        Ok(sum) => format!("{} {sum}", name(member)),
        Err(trouble) => format!("{} is {trouble}", name(member)),
    };
    let answers = replies.answers.iter().map(told).collect::<Vec<_>>().join(", ");
    match replies.missing.as_slice() {
        [] => answers,
        missing => format!("{answers}; missing: {}", missing.iter().map(name).collect::<Vec<_>>().join(", ")),
    }
}

/// What a simulated run knows of a member.
struct Known {
    member: Ref<Adder>,
    takes: Duration,
    is_broken: bool,
}

/// In a simulated run.
fn some_members(mut chance: Chance) {
    let group = Group::new();
    // No two take equally long, and the deadline is between two of them.
    let step = Duration::from_millis(10);
    let mut times: Vec<Duration> = (0..chance.below(8) as u32 + 1).map(|steps| step * steps).collect();
    let limit = step * chance.below(9) as u32 + step / 2;
    let mut known = Vec::new();
    while !times.is_empty() {
        let (takes, is_broken) = (chance.take(&mut times), chance.once_in(4));
        let member = spawn(Adder { takes, is_broken, begun: 0 });
        assert!(group.add(&member));
        known.push(Known { member, takes, is_broken });
    }

    expect_replies(&group, &known, limit);
    rest();
    let wanted = chance.below(known.len() as u64) as usize + 1;
    expect_quorum(&group, &mut known, wanted);
    rest();
    let begun = group.each().begun().all().expect("all are there");
    assert!(begun.iter().all(|begun| *begun == 2), "somebody was called off: {begun:?}");

    let stopped = chance.take(&mut known).member;
    stopped.stop();
    rest();
    assert!(!group.contains(&stopped));
    known.sort_by_key(|known| known.member.clone());
    expect_replies(&group, &known, limit);
}

/// As long as the slowest takes.
fn rest() {
    sleep(Duration::from_secs(1)).expect("a process may sleep");
}

fn expect_replies(group: &Group<Adder>, known: &[Known], limit: Duration) {
    let replies = group.each_within(limit).add(4, 4).replies();
    let is_quick = |known: &&Known| known.takes < limit;
    let reply = |known: &Known| {
        (known.member.clone(), if known.is_broken { Err(Trouble::OutOfOrder) } else { Ok(8) })
    };
    assert_eq!(replies.answers, known.iter().filter(is_quick).map(reply).collect::<Vec<_>>());
    let slow = known.iter().filter(|known| !is_quick(known)).map(|known| known.member.clone());
    assert_eq!(replies.missing, slow.collect::<Vec<_>>());
}

/// Those that work, the quickest first.
fn expect_quorum(group: &Group<Adder>, known: &mut [Known], wanted: usize) {
    known.sort_by_key(|known| known.takes);
    let (working, broken): (Vec<&Known>, Vec<&Known>) = known.iter().partition(|known| !known.is_broken);
    let member = |known: &&Known| known.member.clone();
    let quickest: Vec<_> = working.iter().take(wanted).map(member).collect();
    match group.each().add(4, 4).quorum(wanted) {
        Ok(quorum) => {
            assert!(quorum.iter().all(|(_, sum)| *sum == 8));
            assert_eq!(quorum.into_iter().map(|(member, _)| member).collect::<Vec<_>>(), quickest);
            assert_eq!(quickest.len(), wanted);
        }
        Err(QuorumError::NotReached { errors, .. }) => {
            assert!(quickest.len() < wanted, "there are enough: {}", quickest.len());
            // It is known as soon as too many have failed.
            let failed: Vec<_> = errors.into_iter().map(|(member, _)| member).collect();
            assert!(broken.iter().map(member).collect::<Vec<_>>().starts_with(&failed));
            assert_eq!(failed.len(), known.len() - wanted + 1);
        }
        Err(error) => panic!("{error:?}"),
    }
}
