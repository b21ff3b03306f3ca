//! What is known of a pair of slots without a look at them.
//!
//! ```text
//! bits 0-6    marks of keys that stand, or stood, in the first slot and near there
//!      7-13   the same for the second slot
//!      14-15  marks of keys that stand, or stood, far, and whose first near pair this is
//! ```
//!
//! A byte a slot: the filters of many keys fit into a cache that their slots do not fit into. A
//! key's near mark is told by its locator, so a reader knows before the token is hashed which
//! slots to have fetched; mostly one for a key, and none for what is nobody's.
//!
//! A key sets its mark before its slot, and no mark is taken away while the directory names the
//! segment. So who looks twice and finds the same bits knows that no key has come meanwhile to a
//! slot that the bits exclude.

use super::home::Homes;
use super::shim::{AtomicU16, Ordering};

const SLOT: u32 = 7;
const FAR: u32 = 14;

/// The marks of a pair of slots.
#[derive(Default)]
pub(super) struct Filter(AtomicU16);

/// What a reader saw of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks(u16);

/// What a key sets: one or two of seven bits for its near slot, one of two if it stands far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    near: u16,
    far: u16,
}

impl Mark {
    /// The mark of a key with these homes.
    #[inline]
    pub(super) fn of(homes: &Homes) -> Self {
        Self { near: Self::near(homes.near.spare()), far: Self::far(homes.far.spare()) }
    }

    /// Bits for a near slot, by eight bits that choose nothing else.
    #[inline]
    pub(super) fn near(spare: u8) -> u16 {
        let of_seven = |four: u8| 1_u16 << ((u16::from(four) * 7) >> 4);
        of_seven(spare & 15) | of_seven(spare >> 4)
    }

    /// The bit for a far slot, by eight bits that choose nothing else.
    #[inline]
    pub(super) fn far(spare: u8) -> u16 {
        1 << (FAR + u32::from(spare & 1))
    }
}

impl Marks {
    /// Which of the pair's slots, as bits 0 and 1, may hold a key near that sets these bits.
    #[inline]
    pub(super) fn slots(self, near: u16) -> u8 {
        let has = |bits: u16| u8::from(self.0 & bits == bits);
        has(near) | has(near << SLOT) << 1
    }

    /// Whether a key that sets this bit may stand far.
    #[inline]
    pub(super) fn far(self, far: u16) -> bool {
        self.0 & far != 0
    }
}

impl Filter {
    #[inline]
    pub(super) fn marks(&self) -> Marks {
        // Relaxed: a reader who finds nothing looks again after a fence, see `Table::conclude`.
        Marks(self.0.load(Ordering::Relaxed))
    }

    /// For the writer: marks that a key is about to be put into slot `number`, 0 or 1, near.
    pub(super) fn mark_near(&self, mark: Mark, number: u32) {
        self.set(mark.near << (SLOT * (number & 1)));
    }

    /// For the writer: marks that a key is about to be put into a far slot.
    pub(super) fn mark_far(&self, mark: Mark) {
        self.set(mark.far);
    }

    fn set(&self, bits: u16) {
        let before = self.0.load(Ordering::Relaxed);
        if before & bits != bits {
            // Release, with the Acquire of `Slot::life`: who finds a key's slot filled, or the
            // one that it came from cleared, sees its mark.
            self.0.store(before | bits, Ordering::Release);
        }
    }

    /// For the writer: takes all marks away. The directory must not name the segment.
    pub(super) fn clear(&self) {
        // After a Release fence, with the Acquire fence before `Directory::confirms`: who misses
        // a mark here sees that the segment was replaced.
        self.0.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn each_slot_and_the_far_ones_have_marks_of_their_own() {
        for spare in 0..=u8::MAX {
            let mark = Mark { near: Mark::near(spare), far: Mark::far(spare) };
            let seen = |set: &dyn Fn(&Filter)| {
                let filter = Filter::default();
                set(&filter);
                (filter.marks().slots(mark.near), filter.marks().far(mark.far))
            };
            assert_eq!(seen(&|_| {}), (0b00, false));
            assert_eq!(seen(&|f| f.mark_near(mark, 0)), (0b01, false));
            assert_eq!(seen(&|f| f.mark_near(mark, 1)), (0b10, false));
            assert_eq!(seen(&|f| f.mark_far(mark)), (0b00, true));
            assert!((1..=2).contains(&mark.near.count_ones()) && mark.near < 1 << SLOT);
        }
    }

    #[test]
    fn one_key_in_a_pair_is_taken_for_few_others() {
        let marks = |spare| Mark { near: Mark::near(spare), far: Mark::far(spare) };
        let mut taken = 0;
        for one in 0..=u8::MAX {
            let filter = Filter::default();
            filter.mark_near(marks(one), 0);
            let others = (0..=u8::MAX).filter(|&o| filter.marks().slots(marks(o).near) != 0);
            taken += others.count();
        }
        assert!(taken < 256 * 256 / 18, "{taken} of 65536");
    }
}
