//! How often to measure, and in which order.
//!
//! In every round each system takes its turn, so that a machine which slows down or speeds up over the minutes does so for
//! all. The order turns by one system a round.

use std::time::{Duration, Instant};

/// How many runs of each system to take, and when to take no more than one: the median of few runs of a system that
/// takes seconds is sure enough, the whole has to end in time, and every row says of how many runs it is.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// At most.
    pub runs: u32,
    /// What one system may spend on one task before it begins another run of it.
    pub each: Duration,
    /// When everything that is not the first run of something is left out.
    pub until: Option<Instant>,
}

impl Effort {
    /// So many runs, however long they take.
    pub fn exactly(runs: u32) -> Self {
        Self { runs, each: Duration::MAX, until: None }
    }

    /// Gives each of `places` its runs, interleaved. `run` is told the round, from 1, and answers whether it ran: the time of
    /// one that did counts.
    pub fn interleave<T>(self, places: &mut [T], mut run: impl FnMut(u32, &mut T) -> bool) {
        let mut taken = vec![Taken::default(); places.len()];
        for round in 0..self.runs {
            for turn in 0..places.len() {
                let place = (round as usize + turn) % places.len();
                if !self.allows_another(taken[place]) {
                    continue;
                }
                let began = Instant::now();
                if run(round + 1, &mut places[place]) {
                    taken[place] = Taken { runs: round + 1, time: taken[place].time + began.elapsed() };
                }
            }
        }
    }

    fn allows_another(self, taken: Taken) -> bool {
        taken.runs == 0
            || taken.runs < self.runs
                && taken.time < self.each
                && self.until.is_none_or(|until| Instant::now() < until)
    }
}

/// What one place has had.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    runs: u32,
    time: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_run_is_always_taken_and_another_only_while_runs_and_time_are_left() {
        let effort = Effort { runs: 3, each: Duration::from_secs(5), until: None };
        let late = Effort { until: Some(Instant::now()), ..effort };
        let taken = |runs, seconds| Taken { runs, time: Duration::from_secs(seconds) };
        assert!(effort.allows_another(taken(0, 0)) && late.allows_another(taken(0, 0)));
        assert!(effort.allows_another(taken(2, 4)) && !late.allows_another(taken(2, 4)));
        assert!(!effort.allows_another(taken(1, 5)));
        assert!(!effort.allows_another(taken(3, 0)));
    }

    #[test]
    fn everyone_has_a_turn_in_every_round_and_nobody_is_always_first() {
        let mut order = Vec::new();
        Effort::exactly(2).interleave(&mut ['a', 'b', 'c'], |round, place| {
            order.push((round, *place));
            true
        });
        assert_eq!(order, [(1, 'a'), (1, 'b'), (1, 'c'), (2, 'b'), (2, 'c'), (2, 'a')]);
    }
}
