//! The digest of a set of rows: the sum of their elements modulo 2^256.
//!
//! An element is 32 bytes of the row's keyed hash. Rows come and go in any order, each at
//! the cost of one addition. An exclusive-or would let rows cancel each other out, and a
//! sum that an attacker can read would let him solve for rows that add up to it: so the sum
//! is never in the file in the clear.

/// What one row adds to the digest.
pub(super) type Element = [u8; 32];

/// The digest of a set of rows. Empty is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetDigest([u64; 4]);

impl SetDigest {
    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut words = [0; 4];
        let (chunks, _) = bytes.as_chunks();
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word = u64::from_le_bytes(*chunk);
        }
        Self(words)
    }

    pub(super) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (chunks, _) = bytes.as_chunks_mut();
        for (chunk, word) in chunks.iter_mut().zip(self.0) {
            *chunk = word.to_le_bytes();
        }
        bytes
    }

    pub(super) fn add(&mut self, element: &Element) {
        let mut carry = false;
        for (word, other) in self.0.iter_mut().zip(Self::from_bytes(element).0) {
            let (sum, over) = word.overflowing_add(other);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, over || over_again);
        }
    }

    pub(super) fn remove(&mut self, element: &Element) {
        let mut borrow = false;
        for (word, other) in self.0.iter_mut().zip(Self::from_bytes(element).0) {
            let (rest, under) = word.overflowing_sub(other);
            let (rest, under_again) = rest.overflowing_sub(u64::from(borrow));
            (*word, borrow) = (rest, under || under_again);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_has_one_digest_whatever_came_and_went(
            elements in proptest::collection::vec(any::<[u8; 32]>(), 0..8),
            gone in proptest::collection::vec(any::<[u8; 32]>(), 0..8),
        ) {
            let mut forward = SetDigest::default();
            let mut backward = SetDigest::default();
            elements.iter().for_each(|e| forward.add(e));
            gone.iter().for_each(|e| backward.add(e));
            elements.iter().rev().for_each(|e| backward.add(e));
            gone.iter().for_each(|e| backward.remove(e));
            prop_assert_eq!(forward, backward);
            prop_assert_eq!(SetDigest::from_bytes(&forward.to_bytes()), forward);
        }
    }

    #[test]
    fn the_sum_carries_through_all_of_its_words_and_wraps() {
        let mut digest = SetDigest::from_bytes(&[0xFF; 32]);
        let mut one = [0; 32];
        one[0] = 1;
        digest.add(&one);
        assert_eq!(digest, SetDigest::default());
        digest.remove(&one);
        assert_eq!(digest.to_bytes(), [0xFF; 32]);
    }

    #[test]
    fn a_row_that_is_there_twice_is_not_the_same_as_one_that_is_not() {
        let mut digest = SetDigest::default();
        digest.add(&[9; 32]);
        digest.add(&[9; 32]);
        assert_ne!(digest, SetDigest::default());
    }
}
