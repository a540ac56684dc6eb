//! Work of a known amount, the same on every system, that no optimiser removes.

use std::hint::black_box;

/// `rounds` of a 32-bit xorshift (Marsaglia 2003), in place of the suite's calls of `Math.random()`: each depends on the one
/// before, so none can be left out. About a nanosecond a round.
pub fn busy(rounds: u64) {
    let mut state = black_box(0x9e37_79b9_u32);
    for _ in 0..rounds {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
    }
    black_box(state);
}

/// What the fork-join benchmarks compute for each message: `sin(37.2)` squared.
pub fn sine() -> f64 {
    let sine = black_box(37.2_f64).sin();
    black_box(sine * sine)
}
