//! Where a key may stand: two pairs of slots, told by its digest.

use std::hash::{BuildHasher, RandomState};

use super::shim::{AtomicU16, Ordering};

/// Mixes digests into homes, differently in every process: who can choose tokens cannot
/// choose where they come to stand.
pub(super) struct Seed([u64; 2]);

/// 64 bits that say where a key may stand. The upper ones choose the segment, the lower ones
/// the first pair, and a product of all the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home(u64);

impl Seed {
    /// In tests always the same, so that what chance does to a table repeats.
    pub(super) fn random() -> Self {
        if cfg!(test) {
            return Self([0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03]);
        }
        let state = RandomState::new();
        Self([state.hash_one(0), state.hash_one(1)])
    }

    /// The home of the key whose digest begins with `digest`.
    #[inline]
    pub(super) fn home(&self, digest: [u64; 2]) -> Home {
        let ([a, b], [x, y]) = (self.0, digest);
        // Twice, because one product keeps some of the order of digests that are alike.
        Home(fold(fold(a ^ x, b ^ y) ^ a, 0x9E37_79B9_7F4A_7C15))
    }
}

impl Home {
    /// The upper `bits`, at most 32, as a number.
    #[inline]
    pub(super) fn upper(self, bits: u32) -> u32 {
        // In two steps, because no shift goes by 64.
        low32((self.0 >> 1).wrapping_shr(63_u32.wrapping_sub(bits)))
    }

    /// The mark of keys of this home: one or two of 16 bits, by parts that choose nothing else.
    #[inline]
    pub(super) fn mark(self) -> Mark {
        Mark(1 << (self.0 & 15) | 1 << (self.0 >> 4 & 15))
    }

    /// The two numbers below `pairs` of the pairs where the key may stand.
    #[inline]
    pub(super) fn choices(self, pairs: u32) -> [u32; 2] {
        // 2^64 over the golden ratio.
        let product = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        [scale(u64::from(low32(self.0)), pairs), scale(product >> 32, pairs)]
    }
}

/// What a key sets in the filter of its first pair, and looks for there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u16);

impl Mark {
    /// Whether a key with this mark may have set `filter`.
    #[inline]
    pub(super) fn may_be_in(self, filter: &AtomicU16) -> bool {
        // Relaxed: a key sets its mark before its slot, and `Directory::confirms` what is not
        // found.
        filter.load(Ordering::Relaxed) & self.0 == self.0
    }

    /// For the writer: sets the mark. A key's slot is filled afterwards.
    pub(super) fn set(self, filter: &AtomicU16) {
        let bits = filter.load(Ordering::Relaxed);
        if bits & self.0 != self.0 {
            filter.store(bits | self.0, Ordering::Relaxed);
        }
    }
}

/// `fraction`, in 2^-32, of `whole`.
#[inline]
fn scale(fraction: u64, whole: u32) -> u32 {
    low32(fraction.wrapping_mul(u64::from(whole)) >> 32)
}

/// The halves of the product, one on the other.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    low64(product) ^ low64(product >> 64)
}

/// The lower half of a word.
#[inline]
pub(super) const fn low32(word: u64) -> u32 {
    word as u32
}

#[inline]
const fn low64(word: u128) -> u64 {
    word as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_below_the_number_of_pairs_and_reach_all_of_them() {
        let seed = Seed::random();
        for pairs in [1, 2, 3, 1000] {
            let mut seen = vec![0; pairs as usize];
            for n in 0..20_000 {
                for choice in seed.home([7, n]).choices(pairs) {
                    seen[choice as usize] += 1;
                }
            }
            let expected = 40_000 / pairs;
            assert!(seen.iter().all(|&n| n > expected / 3 && n < expected * 3), "{pairs}");
        }
    }

    #[test]
    fn the_upper_bits_are_the_upper_bits() {
        let home = Home(0xABCD_EF01_2345_6789);
        assert_eq!([home.upper(0), home.upper(1), home.upper(12)], [0, 1, 0xABC]);
    }
}
