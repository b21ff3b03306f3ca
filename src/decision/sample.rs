//! Drawing one decision of so many, without a word that threads share.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::mix::mix;

/// Draws one of `n`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sampler {
    /// Draws under this are taken.
    under: u64,
    /// Where threads begin to draw follows from it.
    seed: u64,
}

/// Threads that have begun to draw. Relaxed: it only has to be another number for each.
static THREADS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Where this thread's draws stand; 0 before its first.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

impl Sampler {
    /// One of `n`; with 0 none. `seed` is by chance, so that nobody knows which: each thread
    /// begins elsewhere, or what threads decide that live for one request would all be taken, or
    /// none of it.
    pub(crate) const fn new(n: u32, seed: u64) -> Self {
        match n {
            0 => Self { under: 0, seed },
            n => Self { under: u64::MAX / n as u64, seed },
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
            let mut number = match state.get() {
                0 => self.begin(),
                number => number,
            };
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            state.set(number);
            number
        });
        drawn.is_ok_and(|number| number < self.under)
    }

    #[cold]
    fn begin(self) -> u64 {
        let thread = THREADS.fetch_add(1, Ordering::Relaxed);
        mix(self.seed ^ mix(thread)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn one_of_so_many_is_drawn_all_with_one_and_none_with_zero() {
        let draws = |n| (0..100_000).filter(|_| Sampler::new(n, 7).draws()).count();
        assert_eq!((draws(0), draws(1)), (0, 100_000));
        for (n, expected) in [(2, 50_000_usize), (10, 10_000), (100, 1_000)] {
            assert!(draws(n).abs_diff(expected) < expected / 5, "one of {n}");
        }
    }

    /// Every thread began at one number: of hosts that start a thread for each request, all
    /// requests were taken or none.
    #[test]
    fn threads_that_draw_once_draw_as_often_as_one_that_draws_many_times() {
        let draws = || thread::spawn(|| Sampler::new(4, 7).draws()).join().unwrap();
        let drawn = (0..1_000).filter(|_| draws()).count();
        assert!((150..350).contains(&drawn), "{drawn} of 1000");
    }
}
