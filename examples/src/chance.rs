//! Chance by a seed, for programs that make trouble for themselves: the same seed, the same trouble.

use std::time::Duration;

/// A source of chance, by the generator splitmix64 (Steele, Lea and Flood 2014).
///
/// ```
/// use greenroom_examples::chance::Chance;
/// let (mut one, mut other) = (Chance::new(7), Chance::new(7));
/// assert_eq!(one.below(1000), other.below(1000));
/// assert!(one.split().below(6) < 6);
/// ```
#[derive(Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// All that follows is drawn by `seed`.
    pub fn new(seed: u64) -> Self {
        Chance { state: seed }
    }

    /// A source of its own, for someone else: what either draws does not depend on when the other does.
    pub fn split(&mut self) -> Self {
        Chance { state: self.draw() }
    }

    /// A number for [`new`](Self::new), elsewhere.
    pub fn seed(&mut self) -> u64 {
        self.draw()
    }

    /// A number below `limit`.
    ///
    /// # Panics
    /// If `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.draw() % limit
    }

    /// True once in so many times.
    ///
    /// # Panics
    /// If `times` is 0.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A while shorter than `limit`.
    ///
    /// # Panics
    /// If `limit` is less than a microsecond.
    pub fn below_time(&mut self, limit: Duration) -> Duration {
        Duration::from_micros(self.below(limit.as_micros() as u64))
    }

    /// One of several, taken out.
    ///
    /// # Panics
    /// If there is none.
    pub fn take<T>(&mut self, from: &mut Vec<T>) -> T {
        let place = self.below(from.len() as u64) as usize;
        from.swap_remove(place)
    }

    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
