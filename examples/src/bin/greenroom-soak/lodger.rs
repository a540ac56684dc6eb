//! Those who come and go: what one does, and all the ways to come and to go.

use std::panic::resume_unwind;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ChildError, Supervisor, Timer, blocking, process, register, spawn_dedicated};
use greenroom_examples::chance::Chance;

/// An actor with something of its own.
pub(crate) struct Lodger {
    luggage: Vec<u8>,
    knocks: u64,
}

#[actor]
impl Lodger {
    pub(crate) fn new(luggage: usize) -> Self {
        Lodger { luggage: vec![0; luggage], knocks: 0 }
    }

    #[cast]
    pub(crate) fn knock(&mut self) {
        self.knocks += 1;
        if let Some(place) = self.luggage.get_mut(self.knocks as usize % 64) {
            *place += 1;
        }
    }

    pub(crate) fn knocks(&self) -> u64 {
        self.knocks
    }

    /// Without the hook, which would print it.
    #[cast]
    fn panic(&mut self) {
        resume_unwind(Box::new("on purpose"));
    }

    #[cast]
    fn leave(&mut self) {
        stop();
    }

    /// Sleeps, and has its end come meanwhile.
    #[cast]
    fn doze(&mut self) {
        drop(sleep(Duration::from_micros(300)));
    }

    #[parallel]
    fn rest(_: &Me<Self>) {
        drop(sleep(Duration::from_millis(100)));
    }

    #[parallel]
    fn dream(_: &Me<Self>) {
        drop(sleep(Duration::from_micros(300)));
    }
}

/// A room: who lives there, and what has to be known to have it go.
pub(crate) struct Room {
    number: u64,
    lodger: Ref<Lodger>,
    /// A name keeps whom it names.
    is_named: bool,
}

impl Room {
    /// Somebody new, with or without a name, a timer, and company.
    pub(crate) fn let_out(number: u64, chance: &mut Chance) -> Self {
        let lodger = spawn(Lodger::new(chance.below(256) as usize));
        let is_named = chance.once_in(8) && register(format!("lodger {number}"), &lodger).is_ok();
        let _: Option<Timer> = match chance.below(16) {
            0 => Some(lodger.every(chance.below_time(Duration::from_secs(2)) + SECOND).knock()),
            1 => Some(lodger.after(chance.below_time(SECOND)).knock()),
            _ => None,
        };
        let _ = lodger.knock();
        Room { number, lodger, is_named }
    }

    /// Somebody else lives there now. Whoever did has gone, or goes soon.
    pub(crate) fn change(&mut self, chance: &mut Chance) {
        let old = &self.lodger;
        match chance.below(12) {
            0 | 1 => drop(old.panic()),
            2 | 3 => drop(old.leave()),
            4 => drop(old.request().knocks()),
            5 => drop(old.knocks()),
            6 => drop(old.doze()),
            7 => old.request().dream().detach(),
            8 => {
                drop(old.doze());
                old.kill();
            }
            9 => old.kill(),
            _ => {}
        }
        // Nobody goes for want of references who has a name.
        if self.is_named || chance.once_in(4) {
            old.stop();
        }
        *self = Room::let_out(self.number, chance);
    }
}

/// Lodgers who are restarted when they fail, and whose supervisor goes with them.
pub(crate) struct Family {
    supervisor: Ref<Supervisor>,
    children: Vec<Ref<Lodger>>,
}

impl Family {
    const CHILDREN: [&str; 4] = ["the eldest", "the second", "the third", "the youngest"];

    /// How many actors one is.
    pub(crate) const ACTORS: u64 = Self::CHILDREN.len() as u64 + 1;

    /// As soon as all children are there.
    ///
    /// # Errors
    /// If they cannot be.
    pub(crate) fn found(chance: &mut Chance) -> Result<Self, ChildError> {
        let strategy = match chance.below(3) {
            0 => Supervisor::one_for_one(),
            1 => Supervisor::one_for_all(),
            _ => Supervisor::rest_for_one(),
        };
        let plan = strategy.intensity(u32::MAX, SECOND);
        let plan = Self::CHILDREN.into_iter().fold(plan, |plan, child| plan.child(child, || Lodger::new(64)));
        let supervisor = spawn(plan);
        let children =
            Self::CHILDREN.into_iter().map(|child| supervisor.find(child)).collect::<Result<_, _>>()?;
        Ok(Family { supervisor, children })
    }

    /// A child fails, and is there again, the same one; or the whole family makes room for another.
    ///
    /// # Errors
    /// If that is not so.
    pub(crate) fn go_on(&mut self, chance: &mut Chance) -> Result<(), ChildError> {
        let child = &self.children[chance.below(Self::CHILDREN.len() as u64) as usize];
        match chance.below(16) {
            0 => {
                self.supervisor.stop();
                *self = Family::found(chance)?;
                return Ok(());
            }
            1..6 => child.kill(),
            _ => child.panic()?,
        }
        child.knock()?;
        Ok(())
    }
}

/// What is done beside, now and then; it is over when this returns, or soon.
pub(crate) fn visit(rooms: &[Room], chance: &mut Chance) {
    match chance.below(8) {
        0..3 => {
            let guest = process(|inbox: Inbox<u64>| while inbox.recv_timeout(MILLISECOND).is_ok() {});
            (0..chance.below(4)).for_each(|number| drop(guest.send(number)));
        }
        3..7 => {
            let some = (0..chance.below(6)).map(|_| &rooms[chance.below(rooms.len() as u64) as usize].lodger);
            let group: Group<Lodger> = some.collect();
            group.cast().knock();
            drop(group.each_within(MILLISECOND).knocks().replies());
        }
        _ => drop(spawn_dedicated(Lodger::new(64)).map(|guest| guest.knocks())),
    }
}

/// Many at once, so that the machine has all the stacks that it keeps, and its memory does not go on growing to that.
pub(crate) fn have_all_sleep(rooms: &[Room]) {
    /// For each landlord.
    const MANY: usize = 1_000;
    rooms.iter().cycle().take(MANY).for_each(|room| room.lodger.request().rest().detach());
    drop(sleep(Duration::from_millis(200)));
}

/// Of all landlords one alone does this, so that its machine has one thread for it from beginning to end.
pub(crate) fn read_the_paper() {
    drop(blocking(|| std::fs::metadata("/")));
}
