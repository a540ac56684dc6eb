//! Models of relief: a relief worker gets its duty, and takes over what a stuck worker has queued.
//!
//! The owner's next-slot against the thief that relieves it; and the monitor that gives, or ends, a duty
//! against the relief worker that falls asleep.

use std::ptr::NonNull;
use std::sync::Arc;

use loom::sync::atomic::{Ordering, fence};
use loom::thread;

use crate::explore::{Guarded, canaries, models};
use crate::next_slot::NextSlot;
use crate::relief::Duty;
use crate::resume_list::ResumeList;

struct Job {
    /// How often it was run.
    runs: Guarded<u32>,
}

/// A stuck worker's slot, and the relief worker.
struct World {
    slot: NextSlot,
    jobs: [Job; 2],
    duty: Duty,
    parking: ResumeList,
}

impl World {
    fn new() -> Arc<Self> {
        let job = || Job { runs: Guarded::new(0) };
        Arc::new(World {
            slot: NextSlot::new(),
            jobs: [job(), job()],
            duty: Duty::off(),
            parking: ResumeList::new(),
        })
    }

    fn put(&self, index: usize) {
        let job = &self.jobs[index];
        job.runs.write(|runs| *runs = 0);
        self.slot.put(NonNull::from(job).cast());
    }

    fn run(&self, job: Option<NonNull<()>>) -> bool {
        let Some(job) = job else { return false };
        // SAFETY: every job of these models is one of the world's.
        let job = unsafe { job.cast::<Job>().as_ref() };
        job.runs.write(|runs| *runs += 1);
        true
    }

    /// As a relief worker falls asleep. True if it goes on because its duty changed.
    fn fall_asleep(&self, was_on: bool) -> bool {
        assert!(self.parking.try_sleep());
        fence(Ordering::SeqCst);
        if self.duty.is_on() == was_on {
            return false;
        }
        let _ = self.parking.take_sleeper();
        true
    }

    fn assert_ran(&self, runs: [u32; 2]) {
        let ran = self.jobs.each_ref().map(|job| job.runs.read(|runs| *runs));
        assert_eq!(ran, runs, "a job was lost or run twice");
    }
}

fn beside<T: 'static>(world: &Arc<World>, act: fn(&World) -> T) -> thread::JoinHandle<T> {
    let world = Arc::clone(world);
    thread::spawn(move || act(&world))
}

fn a_job_in_the_next_slot_is_run_by_its_owner_or_by_the_thief() {
    let world = World::new();
    let thief = beside(&world, |world| world.run(world.slot.steal()));
    world.put(0);
    let here = world.run(world.slot.take());
    assert!(thief.join().unwrap() != here, "not exactly one of them got the job");
    world.assert_ran([1, 0]);
}

fn a_thief_that_was_slow_takes_what_the_owner_put_next_or_nothing() {
    let world = World::new();
    world.put(0);
    let thief = beside(&world, |world| world.run(world.slot.steal()));
    world.run(world.slot.take());
    world.put(1);
    world.run(world.slot.take());
    assert!(world.slot.is_empty());
    thief.join().unwrap();
    world.assert_ran([1, 1]);
}

fn a_duty_against_falling_asleep_is_seen_by_one_of_the_two() {
    let world = World::new();
    let monitor = beside(&world, |world| {
        world.duty.begin(0);
        world.parking.take_sleeper()
    });
    let stays = world.fall_asleep(false);
    if !stays && !world.parking.is_sleeping() {
        assert!(world.duty.is_on(), "a relief worker was woken and does not see its duty");
    }
    let roused = monitor.join().unwrap();
    assert!(stays || roused, "a relief worker sleeps through its duty");
}

fn the_end_of_a_duty_against_falling_asleep_is_seen_by_one_of_the_two() {
    let world = World::new();
    world.duty.begin(0);
    let monitor = beside(&world, |world| {
        world.duty.end();
        world.parking.take_sleeper()
    });
    let stays = world.fall_asleep(true);
    let roused = monitor.join().unwrap();
    assert!(stays || roused, "a relief worker sleeps as if it were on duty");
}

fn a_relief_worker_on_duty_runs_what_the_stuck_worker_left_or_the_owner_does() {
    let world = World::new();
    world.put(0);
    let relief = beside(&world, |world| {
        if world.duty.is_on() {
            world.run(world.slot.steal());
        }
    });
    world.duty.begin(0);
    // The worker is stuck no more.
    world.run(world.slot.take());
    relief.join().unwrap();
    world.assert_ran([1, 0]);
}

fn a_job_is_written_after_it_was_put() {
    let world = World::new();
    let thief = beside(&world, |world| world.run(world.slot.steal()));
    world.slot.put(NonNull::from(&world.jobs[0]).cast());
    world.jobs[0].runs.write(|runs| *runs = 0);
    thief.join().unwrap();
}

fn a_duty_is_given_after_the_look_at_the_sleeper() {
    let world = World::new();
    let monitor = beside(&world, |world| {
        let roused = world.parking.take_sleeper();
        world.duty.begin(0);
        roused
    });
    let stays = world.fall_asleep(false);
    let roused = monitor.join().unwrap();
    assert!(stays || roused, "a relief worker sleeps through its duty");
}

models![
    a_job_in_the_next_slot_is_run_by_its_owner_or_by_the_thief,
    a_thief_that_was_slow_takes_what_the_owner_put_next_or_nothing,
    a_duty_against_falling_asleep_is_seen_by_one_of_the_two,
    the_end_of_a_duty_against_falling_asleep_is_seen_by_one_of_the_two,
    a_relief_worker_on_duty_runs_what_the_stuck_worker_left_or_the_owner_does,
];

canaries![
    a_job_is_written_after_it_was_put: "Causality violation",
    a_duty_is_given_after_the_look_at_the_sleeper: "a relief worker sleeps through its duty",
];
