//! The circle that keys and nodes lie on. It knows no node.

/// Keys from 0 to `2^bits - 1`, after which 0 comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circle {
    bits: u32,
}

impl Circle {
    /// A circle of `2^bits` keys.
    ///
    /// # Panics
    /// Unless there are 1 to 63 bits.
    pub fn of_bits(bits: u32) -> Self {
        assert!((1..64).contains(&bits), "a circle of {bits} bits; choose 1 to 63");
        Circle { bits }
    }

    /// How many fingers a node has.
    pub fn fingers(self) -> usize {
        self.bits as usize
    }

    /// Any number, as a key.
    pub fn key(self, number: u64) -> u64 {
        number % (1 << self.bits)
    }

    /// Where the part of the circle begins that a node's finger stands for: `id + 2^finger`.
    pub fn start(self, id: u64, finger: usize) -> u64 {
        self.key(id + (1 << finger))
    }

    /// Whether a key lies strictly between two others, going up from the first. From a key to itself is once around.
    pub fn is_between(self, key: u64, after: u64, before: u64) -> bool {
        if after < before {
            after < key && key < before
        } else {
            after < key || key < before || after == before
        }
    }

    /// As [`is_between`](Self::is_between), or at the end.
    pub fn is_up_to(self, key: u64, after: u64, end: u64) -> bool {
        key == end || self.is_between(key, after, end)
    }
}

#[cfg(test)]
mod tests {
    use super::Circle;

    #[test]
    fn what_lies_between_may_go_through_zero() {
        let circle = Circle::of_bits(6);
        assert!(circle.is_between(10, 8, 14));
        assert!(!circle.is_between(8, 8, 14) && !circle.is_between(14, 8, 14));
        assert!(circle.is_between(60, 56, 1) && circle.is_between(0, 56, 1));
        assert!(!circle.is_between(30, 56, 1) && !circle.is_between(1, 56, 1));
        assert!(circle.is_up_to(1, 56, 1) && !circle.is_up_to(56, 56, 1));
    }

    #[test]
    fn from_a_key_to_itself_is_once_around() {
        let circle = Circle::of_bits(6);
        assert!((0..64).all(|key| circle.is_between(key, 8, 8)));
    }

    #[test]
    fn fingers_start_at_doubling_distances_around_the_circle() {
        let starts: Vec<_> = (0..6).map(|finger| Circle::of_bits(6).start(56, finger)).collect();
        assert_eq!(starts, [57, 58, 60, 0, 8, 24]);
    }
}
