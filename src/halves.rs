//! A number of 128 bits as two words, the low one first.

/// The words of `bits`.
#[inline]
pub(crate) fn halves(bits: u128) -> [u64; 2] {
    let low = u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(bits >> 64).unwrap_or(0);
    [low, high]
}

/// The number that has these words.
#[inline]
pub(crate) fn whole([low, high]: [u64; 2]) -> u128 {
    u128::from(low) | u128::from(high) << 64
}
