//! Drawing one decision of so many, without a word that threads share.

use std::cell::Cell;

/// Draws one of `n`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampler {
    /// Draws under this are taken.
    under: u64,
}

thread_local! {
    /// Where this thread's draws stand.
    static STATE: Cell<u64> = const { Cell::new(0x9E37_79B9_7F4A_7C15) };
}

impl Sampler {
    /// One of `n`; with 0 none.
    pub(crate) const fn new(n: u32) -> Self {
        match n {
            0 => Self { under: 0 },
            n => Self { under: u64::MAX / n as u64 },
        }
    }

    /// Whether this one is drawn.
    #[inline]
    pub(crate) fn draws(self) -> bool {
        if self.under == u64::MAX {
            return true;
        }
        // A xorshift never comes to 0, and goes through all other numbers.
        let drawn = STATE.try_with(|state| {
            let mut number = state.get();
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            state.set(number);
            number
        });
        drawn.is_ok_and(|number| number < self.under)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_so_many_is_drawn_all_with_one_and_none_with_zero() {
        let draws = |n| (0..100_000).filter(|_| Sampler::new(n).draws()).count();
        assert_eq!((draws(0), draws(1)), (0, 100_000));
        for (n, expected) in [(2, 50_000_usize), (10, 10_000), (100, 1_000)] {
            assert!(draws(n).abs_diff(expected) < expected / 5, "one of {n}");
        }
    }
}
