//! Where a key may stand: near, told by its locator, or far, told by its digest.

use std::hash::{BuildHasher, RandomState};

use crate::digest::{Address, Locator};

/// Mixes addresses into homes, differently in every process: who can choose tokens cannot
/// choose where their keys come to stand.
pub(super) struct Seed([u64; 2]);

/// 64 bits that say where a key may stand. The upper ones choose the segment, the lower ones
/// the first pair, and a product of all the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home(u64);

/// Both homes of a key. The near one chooses the segment, for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Homes {
    pub near: Home,
    pub far: Home,
}

impl Seed {
    /// In tests always the same, so that what chance does to a table repeats.
    pub(super) fn random() -> Self {
        if cfg!(test) {
            return Self([0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03]);
        }
        let state = RandomState::new();
        Self([state.hash_one(0), state.hash_one(1)])
    }

    /// Where a key with this locator should stand.
    #[inline]
    pub(super) fn near(&self, locator: Locator) -> Home {
        self.home([u64::from(locator.number()), 0])
    }

    /// Where a key whose digest begins so may stand if it cannot stand near.
    #[inline]
    pub(super) fn far(&self, digest: [u64; 2]) -> Home {
        self.home(digest)
    }

    /// Both homes of the key of `address`.
    #[inline]
    pub(super) fn homes(&self, address: &Address) -> Homes {
        Homes { near: self.near(address.locator), far: self.far(address.digest) }
    }

    #[inline]
    fn home(&self, words: [u64; 2]) -> Home {
        let ([a, b], [x, y]) = (self.0, words);
        // Twice, because one product keeps some of the order of words that are alike.
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

    /// Eight bits that choose neither the segment nor the first pair.
    #[inline]
    pub(super) const fn spare(self) -> u8 {
        (self.0 >> 32) as u8
    }

    /// Whether its keys like the second slot of their first pair best.
    #[inline]
    pub(super) const fn likes_second(self) -> bool {
        self.0 >> 32 & 1 != 0
    }

    /// The two numbers below `pairs` of the pairs where the key may stand.
    #[inline]
    pub(super) fn choices(self, pairs: u32) -> [u32; 2] {
        // 2^64 over the golden ratio.
        let product = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        [scale(u64::from(low32(self.0)), pairs), scale(product >> 32, pairs)]
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
        let near = |n: u32| seed.near(Locator::from_number(n));
        let far = |n: u32| seed.far([7, u64::from(n)]);
        for pairs in [1, 2, 3, 1000] {
            for home in [&near as &dyn Fn(u32) -> Home, &far] {
                let mut seen = vec![0; pairs as usize];
                for choice in (0..20_000).flat_map(|n| home(n).choices(pairs)) {
                    seen[choice as usize] += 1;
                }
                let expected = 40_000 / pairs;
                assert!(seen.iter().all(|&n| n > expected / 3 && n < expected * 3), "{pairs}");
            }
        }
    }

    #[test]
    fn the_upper_bits_are_the_upper_bits() {
        let home = Home(0xABCD_EF01_2345_6789);
        assert_eq!([home.upper(0), home.upper(1), home.upper(12)], [0, 1, 0xABC]);
    }
}
