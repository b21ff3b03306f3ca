//! What is known of a pair of slots without a look at them.
//!
//! ```text
//! bits 0-13   marks of keys whose first near pair this is
//!      14-15  marks of those of them that stand, or stood, far
//! ```
//!
//! A byte a slot: the filters of many keys fit into a cache that their slots do not fit into. So
//! of what is nobody's most is told without waiting for a slot.
//!
//! A key sets its mark before its slot, and no mark is taken away while the directory names the
//! segment. So who misses a mark, and finds the directory as it was, knows that the key was not
//! there when it looked.

use super::home::Home;
use super::shim::{AtomicU16, Ordering};

/// Bits for all keys.
const BITS: u8 = 14;

/// The marks of the keys whose first near pair it is.
#[derive(Default)]
pub(super) struct Filter(AtomicU16);

/// What a reader saw of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks(u16);

/// What a key sets: one or two of fourteen bits, and one of two if it stands far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    key: u16,
    far: u16,
}

impl Mark {
    /// The mark of a key with this far home, by bits that choose nothing else.
    #[inline]
    pub(super) fn of(far: Home) -> Self {
        let spare = far.spare();
        let bit = |four: u8| 1_u16 << ((u16::from(four) * u16::from(BITS)) >> 4);
        Self { key: bit(spare & 15) | bit(spare >> 4), far: 1 << (BITS + (spare & 1)) }
    }
}

impl Marks {
    /// Whether a key with this mark may have come here.
    #[inline]
    pub(super) fn has(self, mark: Mark) -> bool {
        self.0 & mark.key == mark.key
    }

    /// Whether it may stand far.
    #[inline]
    pub(super) fn has_far(self, mark: Mark) -> bool {
        self.0 & mark.far != 0
    }
}

impl Filter {
    #[inline]
    pub(super) fn marks(&self) -> Marks {
        // Acquire, with the Release of `set`: who sees the mark of a key that came after a
        // segment was replaced sees that it was. That a moved key's mark is seen by who saw
        // its slot cleared is owed to the Acquire of `Slot::life`.
        Marks(self.0.load(Ordering::Acquire))
    }

    /// For the writer: marks that a key is about to be put into a near slot, or into a far one.
    pub(super) fn set(&self, mark: Mark, far: bool) {
        let bits = mark.key | if far { mark.far } else { 0 };
        let before = self.0.load(Ordering::Relaxed);
        if before & bits != bits {
            // Release, with the Acquire of `marks`.
            self.0.store(before | bits, Ordering::Release);
        }
    }

    /// For the writer: takes all marks away. The directory must not name the segment.
    pub(super) fn clear(&self) {
        // After a Release fence, with the Acquire fence before `Table::conclude`: who misses a
        // mark here sees that the segment was replaced.
        self.0.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::super::home::Seed;
    use super::*;

    fn marks() -> Vec<Mark> {
        let seed = Seed::random();
        (0..1_000).map(|n| Mark::of(seed.far([n, !n]))).collect()
    }

    #[test]
    fn a_key_is_marked_and_its_being_far_is_marked_besides() {
        for mark in marks() {
            let filter = Filter::default();
            assert!(!filter.marks().has(mark) && !filter.marks().has_far(mark));
            filter.set(mark, false);
            assert!(filter.marks().has(mark) && !filter.marks().has_far(mark));
            filter.set(mark, true);
            assert!(filter.marks().has(mark) && filter.marks().has_far(mark));
            filter.clear();
            assert!(!filter.marks().has(mark) && !filter.marks().has_far(mark));
        }
    }

    #[test]
    fn two_keys_in_a_pair_are_taken_for_one_in_ten_others_at_most() {
        let marks = marks();
        let mut taken = 0;
        for pair in marks.as_chunks::<2>().0 {
            let filter = Filter::default();
            pair.iter().for_each(|mark| filter.set(*mark, false));
            taken += marks.iter().filter(|mark| filter.marks().has(**mark)).count();
        }
        assert!(taken < 500 * 1_000 / 10, "{taken} of 500000");
    }
}
