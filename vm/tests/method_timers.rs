//! Timers of methods: `after`, `every` and `now_and_every` send what a call would, later, and again and again.

mod support;

use std::time::Duration;

use greenroom::Timer;
use greenroom::prelude::*;
use support::{LOST, Tally, both_worlds, in_simulations, settle};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Clockwork {
    ticks: Vec<u32>,
    timer: Option<Timer>,
    _gone: Option<Gone>,
}

struct Gone(Tally);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.add_one();
    }
}

#[actor]
impl Clockwork {
    #[cast]
    fn tick(&mut self, number: u32) {
        self.ticks.push(number);
    }

    /// What it answers goes nowhere.
    fn tick_and_tell(&mut self, number: u32) -> Result<usize, CallError> {
        self.ticks.push(number);
        Ok(self.ticks.len())
    }

    #[parallel]
    fn tick_beside(me: &Me<Self>, number: u32) {
        sleep(MILLISECOND).unwrap();
        me.with(|clockwork| clockwork.ticks.push(number));
    }

    fn tick_by_token(&mut self, number: u32, #[reply] reply: Reply<u32>) {
        assert!(reply.is_unwanted());
        self.ticks.push(number);
    }

    fn ticks(&self) -> Vec<u32> {
        self.ticks.clone()
    }

    /// Has a timer of its own, and stops it after so many.
    fn wind(&mut self) {
        self.timer = Some(me::<Self>().every(MILLISECOND).unwind(3));
    }

    fn unwind(&mut self, last: u32) {
        self.ticks.push(last);
        if self.ticks.len() as u32 == last {
            assert!(self.timer.take().unwrap().cancel());
        }
    }
}

/// What has come after so long.
fn after(vm: &Vm, clockwork: &Ref<Clockwork>, time: Duration) -> Vec<u32> {
    vm.run(move || sleep(time)).unwrap().unwrap();
    clockwork.ticks().unwrap()
}

#[test]
fn every_second_with_a_start_at_once_ticks_four_times_when_stopped_just_before_four_seconds() {
    in_simulations(|vm| {
        let clockwork = vm.spawn(Clockwork::default());
        let timer = clockwork.now_and_every(SECOND).tick(1);
        assert_eq!(after(vm, &clockwork, 4 * SECOND - 10 * MILLISECOND).len(), 4);
        assert!(timer.cancel());
        assert_eq!(after(vm, &clockwork, 10 * SECOND).len(), 4);
    });
}

#[test]
fn every_ticks_first_after_a_period_and_after_once() {
    in_simulations(|vm| {
        let clockwork = vm.spawn(Clockwork::default());
        let _every = clockwork.every(SECOND).tick(1);
        let once = clockwork.after(SECOND / 2).tick(2);
        assert_eq!(after(vm, &clockwork, SECOND / 4), []);
        assert_eq!(after(vm, &clockwork, SECOND / 2), [2]);
        assert_eq!(after(vm, &clockwork, SECOND), [2, 1]);
        assert!(!once.is_active() && !once.cancel());
        assert_eq!(after(vm, &clockwork, SECOND), [2, 1, 1]);
    });
}

#[test]
fn methods_of_every_kind_may_be_sent_later() {
    both_worlds(|vm| {
        let clockwork = vm.spawn(Clockwork::default());
        let _kept = [
            clockwork.after(MILLISECOND).tick(1),
            clockwork.after(2 * MILLISECOND).tick_and_tell(2),
            clockwork.after(3 * MILLISECOND).tick_beside(3),
            clockwork.after(Duration::ZERO).tick_by_token(4),
        ];
        settle(vm, "all have come", || clockwork.ticks().is_ok_and(|ticks| ticks.len() == 4));
        let mut ticks = clockwork.ticks().unwrap();
        ticks.sort_unstable();
        assert_eq!(ticks, [1, 2, 3, 4]);
        let _every = [
            clockwork.every(MILLISECOND).tick(5),
            clockwork.every(MILLISECOND).tick_and_tell(6),
            clockwork.now_and_every(MILLISECOND).tick_beside(7),
            clockwork.now_and_every(MILLISECOND).tick_by_token(8),
        ];
        settle(vm, "all come again and again", || {
            let ticks = clockwork.within(LOST).ticks().unwrap();
            (5..9).all(|kind| ticks.iter().filter(|tick| **tick == kind).count() >= 3)
        });
    });
}

#[test]
fn a_cancel_in_the_method_itself_is_final() {
    both_worlds(|vm| {
        let clockwork = vm.spawn(Clockwork::default());
        clockwork.wind().unwrap();
        settle(vm, "it has run down", || clockwork.ticks() == Ok(vec![3; 3]));
        assert_eq!(after(vm, &clockwork, 10 * MILLISECOND), [3; 3]);
    });
}

#[test]
fn a_timer_of_a_method_keeps_no_actor_and_goes_with_it() {
    both_worlds(|vm| {
        let gone = Tally::default();
        let clockwork = vm.spawn(Clockwork { _gone: Some(Gone(gone.clone())), ..Clockwork::default() });
        let timers = [clockwork.every(SECOND).tick(1), clockwork.after(LOST).tick(2)];
        drop(clockwork);
        settle(vm, "the actor is gone", || gone.count() == 1);
        settle(vm, "the timers are, too", || !timers.iter().any(Timer::is_active));
    });
}
