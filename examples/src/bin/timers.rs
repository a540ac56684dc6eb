//! Methods that are called later, once or again and again, until somebody says otherwise. On the simulated clock every
//! count is exact, and an hour takes no time.
//!
//! Prints:
//! ```text
//! every second: 3 ticks after 3.9 s
//! now and every second: 4 ticks after 3.9 s
//! cancelled, and looked at a minute later: 4 ticks
//! once, in a minute: 0 ticks after 59 s, 1 after 61 s, 1 after an hour
//! come due while the actor was busy, then cancelled: 0 ticks
//! the actor has stopped: the timer is over
//! ```

use std::time::Duration;

use greenroom::World;
use greenroom::prelude::*;

#[derive(Default)]
struct Clock {
    ticks: u32,
}

#[actor]
impl Clock {
    fn tick(&mut self) {
        self.ticks += 1;
    }

    fn ticks(&self) -> u32 {
        self.ticks
    }

    /// Keeps everything waiting that comes meanwhile.
    fn be_busy(&mut self, time: Duration) -> Result<(), CallError> {
        sleep(time)
    }
}

fn again_and_again() -> Result<(), CallError> {
    let (clock, other) = (spawn(Clock::default()), spawn(Clock::default()));
    let timers = [clock.every(SECOND).tick(), other.now_and_every(SECOND).tick()];
    sleep(3_900 * MILLISECOND)?;
    println!("every second: {} ticks after 3.9 s", clock.ticks()?);
    println!("now and every second: {} ticks after 3.9 s", other.ticks()?);

    // Dropping a timer would change nothing: it is cancelled, or goes on until its actor ends.
    for timer in timers {
        timer.cancel();
    }
    sleep(60 * SECOND)?;
    println!("cancelled, and looked at a minute later: {} ticks", other.ticks()?);
    Ok(())
}

fn once() -> Result<(), CallError> {
    let clock = spawn(Clock::default());
    clock.after(60 * SECOND).tick();
    let look_after = |time: Duration| sleep(time).and_then(|()| clock.ticks());
    let (early, late, later) =
        (look_after(59 * SECOND)?, look_after(2 * SECOND)?, look_after(3_600 * SECOND)?);
    println!("once, in a minute: {early} ticks after 59 s, {late} after 61 s, {later} after an hour");
    Ok(())
}

fn never() -> Result<(), CallError> {
    let clock = spawn(Clock::default());
    let busy = clock.request().be_busy(10 * SECOND);
    let timer = clock.after(SECOND).tick();
    sleep(5 * SECOND)?;
    // The tick lies in the mailbox by now. A cancel is final all the same.
    timer.cancel();
    busy.wait()?;
    println!("come due while the actor was busy, then cancelled: {} ticks", clock.ticks()?);

    let timer = clock.every(SECOND).tick();
    clock.stop();
    // A call tells when it has ended.
    assert!(clock.ticks().is_err());
    println!("the actor has stopped: the timer is {}", if timer.is_active() { "active" } else { "over" });
    Ok(())
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().world(World::Simulated { seed: 1 }).build()?;
    vm.run(|| again_and_again().and_then(|()| once()).and_then(|()| never()))??;
    Ok(())
}
