//! The random numbers of the suite, which decide its inputs and so its answers.

/// The suite's own generator, of 16 bits: `v = v * 1309 + 13849 mod 65536`.
#[derive(Debug, Clone)]
pub struct Generator {
    value: u64,
}

impl Default for Generator {
    /// With the suite's default seed.
    fn default() -> Self {
        Self::new(74_755)
    }
}

impl Generator {
    /// As `new PseudoRandom(seed)`.
    pub fn new(seed: u64) -> Self {
        Self { value: seed }
    }

    /// From 0 to 65,535; the suite's `nextInt()` and `nextLong()`.
    pub fn next_whole(&mut self) -> u64 {
        self.value = self.value.wrapping_mul(1_309).wrapping_add(13_849) & 0xffff;
        self.value
    }

    /// The suite's `nextInt(bound)`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_whole() % bound
    }

    /// The suite's `nextDouble()`: in (0, 1], far from uniform.
    pub fn next_real(&mut self) -> f64 {
        1.0 / (self.next_whole() + 1) as f64
    }
}

/// `java.util.Random`, as its documentation defines it: a linear congruential generator of 48 bits (Knuth, *The Art of
/// Computer Programming*, vol. 2, 3.2.1).
#[derive(Debug, Clone)]
pub struct JavaRandom {
    state: u64,
}

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

impl JavaRandom {
    /// As `new Random(seed)`.
    pub fn new(seed: u64) -> Self {
        Self { state: (seed ^ MULTIPLIER) & MASK }
    }

    /// As `nextInt()`: any 32 bits.
    pub fn next_int(&mut self) -> i32 {
        self.next(32)
    }

    /// As `nextInt(bound)`: from 0 up to `bound`.
    pub fn below(&mut self, bound: i32) -> i32 {
        assert!(bound > 0, "a bound is positive, and {bound} is not");
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(self.next(31))) >> 31) as i32;
        }
        loop {
            let bits = self.next(31);
            let value = bits % bound;
            // Drops what would favour the small ones, by an overflow as in the original.
            if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value;
            }
        }
    }

    /// As `nextDouble()`: from 0 up to 1, of 53 random bits.
    pub fn next_real(&mut self) -> f64 {
        let bits = (i64::from(self.next(26)) << 27) + i64::from(self.next(27));
        bits as f64 / (1_i64 << 53) as f64
    }

    /// As `nextBoolean()`.
    pub fn coin(&mut self) -> bool {
        self.next(1) != 0
    }

    fn next(&mut self, bits: u32) -> i32 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(0xb) & MASK;
        (self.state >> (48 - bits)) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_random_gives_the_published_sequence_of_seed_42() {
        let mut random = JavaRandom::new(42);
        assert_eq!([random.next_int(), random.next_int()], [-1_170_105_035, 234_785_527]);
        let mut random = JavaRandom::new(42);
        assert_eq!([(); 5].map(|()| random.below(10)), [0, 3, 8, 4, 0]);
    }

    #[test]
    fn the_generator_has_sixteen_bits_and_follows_its_formula() {
        let mut generator = Generator::new(1);
        assert_eq!(generator.next_whole(), 1_309 + 13_849);
        assert!((0..1_000).all(|_| generator.next_whole() < 1 << 16));
    }
}
