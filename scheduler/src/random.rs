//! Chance as an argument: a small seeded generator for each worker.

use std::cell::Cell;

/// Marsaglia's xorshift64 (Xorshift RNGs, 2003). Good enough to pick victims, and the same for the same seed.
#[derive(Debug)]
pub(crate) struct Random {
    /// Never zero: zero would stay zero.
    state: Cell<u64>,
}

impl Random {
    /// A generator of its own for each stream of one seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        // The finisher of SplitMix64 spreads seeds that differ by one bit.
        let mut mixed = seed.wrapping_add((stream + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Random { state: Cell::new((mixed ^ (mixed >> 31)).max(1)) }
    }

    /// A number from 0 up to, not including, `below`; 0 if `below` is 0.
    pub(crate) fn below(&self, below: u32) -> u32 {
        let mut state = self.state.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.state.set(state);
        // Scaling the upper half by multiplication is even enough and needs no division.
        (((state >> 32) * u64::from(below)) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_stream_others() {
        let draw = |seed, stream| {
            let random = Random::new(seed, stream);
            (0..50).map(|_| random.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
    }

    #[test]
    fn every_number_below_the_bound_is_drawn_and_none_above() {
        let random = Random::new(0, 0);
        let mut drawn = [0_u32; 5];
        for _ in 0..5_000 {
            drawn[random.below(5) as usize] += 1;
        }
        assert!(drawn.iter().all(|&times| times > 800), "{drawn:?}");
        assert_eq!(random.below(0), 0);
    }
}
