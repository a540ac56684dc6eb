//! A watch that asks its members whether they live, with a deadline, and tells its owner by name who does not: the one
//! that has ended, of which every call says so at once, and the one that lives and does not answer.
//!
//! Prints:
//! ```text
//! round 1: ann, bob, cid and dan answer
//! round 2: ann, cid and dan answer
//!   told: bob has ended (exited: out to lunch)
//! round 3: ann and dan answer
//!   told: cid did not answer in time
//! round 4: ann and dan answer
//! ```

use std::collections::HashSet;
use std::time::Duration;

use greenroom::prelude::*;

/// Long enough for one that lives, also on a machine with other things to do.
const DEADLINE: Duration = Duration::from_millis(500);

struct Member;

#[actor]
impl Member {
    fn ping(&self) {}

    /// Keeps the member from answering anyone.
    #[cast]
    fn brood(&mut self) {
        // It is awoken, with an error, when the machine ends.
        let _ = sleep(Duration::MAX);
    }
}

/// Who wants to know.
#[derive(Default)]
struct Owner {
    told: Vec<String>,
}

#[actor]
impl Owner {
    fn failure_detected(&mut self, name: &'static str, end: Option<ExitReason>) {
        self.told.push(match end {
            Some(reason) => format!("{name} has ended ({reason})"),
            None => format!("{name} did not answer in time"),
        });
    }

    fn take_told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }
}

struct Watch {
    owner: Ref<Owner>,
    members: Vec<(&'static str, Ref<Member>)>,
}

#[actor]
impl Watch {
    /// Asks all of them at once, with one deadline, and goes on to watch those who answered.
    fn check(&mut self) -> Result<Vec<&'static str>, CallError> {
        let group: Group<Member> = self.members.iter().map(|(_, member)| member).collect();
        let pongs = group.each_within(DEADLINE).ping().filter(|(_, pong)| pong.is_ok());
        let alive: HashSet<Ref<Member>> = pongs.map(|(member, _)| member).collect();

        for (name, member) in self.members.extract_if(.., |(_, member)| !alive.contains(member)) {
            self.owner.failure_detected(name, member.exit_reason())?;
        }
        Ok(self.members.iter().map(|(name, _)| *name).collect())
    }
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let [ann, bob, cid, dan] = [(); 4].map(|()| spawn(Member));
        let members = vec![("ann", ann), ("bob", bob.clone()), ("cid", cid.clone()), ("dan", dan)];
        let owner = spawn(Owner::default());
        let watch = spawn(Watch { owner: owner.clone(), members });

        for round in 1..=4 {
            match round {
                2 => bob.exit("out to lunch"),
                3 => cid.brood()?,
                _ => {}
            }
            println!("round {round}: {} answer", listed(&watch.check()?));
            for told in owner.take_told()? {
                println!("  told: {told}");
            }
        }
        Ok(())
    })
}

fn listed(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}
