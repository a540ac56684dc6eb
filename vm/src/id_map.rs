//! Maps by the numbers that the machine itself gives: of actors, above all.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by such a number.
pub(crate) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// With room for more than this, a map that has become empty gives its memory back.
pub(crate) const KEPT: usize = 1024;

/// Gives the memory of an empty map back, if it is much. To be called when something was removed.
#[inline]
pub(crate) fn give_room_back<K, V>(map: &mut IdMap<K, V>) {
    if map.is_empty() && map.capacity() > KEPT {
        *map = HashMap::default();
    }
}

/// Spreads numbers that are given in sequence. What chooses them is the machine itself, so nobody can make them collide.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("an id is hashed as one number");
    }

    fn write_u64(&mut self, id: u64) {
        // Fibonacci hashing (Knuth, TAOCP 6.4); the table uses the highest bits and the lowest.
        let product = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
