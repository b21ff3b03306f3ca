//! What was seen lately, in memory of fixed size.
//!
//! A line of memory has eight tags. A tag is a hash over a key and a thing about it, keyed at
//! random. One that finds its line full takes the place of another, which is then new again. So
//! *seen* may be forgotten, and is never made up but by chance of one in 2^61.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::mix::mix;

/// Lines of eight tags: 512 KiB.
const LINES: u64 = 8_192;

#[repr(align(64))]
#[derive(Default)]
struct Line([AtomicU64; 8]);

pub(super) struct Seen {
    lines: Box<[Line]>,
    secret: u64,
}

impl Seen {
    pub(super) fn new() -> Self {
        let lines = (0..LINES).map(|_| Line::default()).collect();
        Self { lines, secret: RandomState::new().hash_one(0_u8) }
    }

    /// Whether `thing` was not seen of `key` before, as far as that is remembered. It is now.
    #[inline]
    pub(super) fn is_new(&self, key: u64, thing: u64) -> bool {
        let tag = mix(mix(key ^ self.secret) ^ thing).max(1);
        let line = usize::try_from(tag % LINES).ok().and_then(|at| self.lines.get(at));
        let Some(Line(tags)) = line else { return false };
        // Relaxed: a tag is all there is, and two threads that race here both say it is new.
        if tags.iter().any(|seen| seen.load(Ordering::Relaxed) == tag) {
            return false;
        }
        let free = tags.iter().find(|seen| seen.load(Ordering::Relaxed) == 0);
        let at = usize::try_from(tag >> 61).unwrap_or(0);
        if let Some(place) = free.or_else(|| tags.get(at)) {
            place.store(tag, Ordering::Relaxed);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_not_new_and_of_another_key_it_is() {
        let seen = Seen::new();
        assert!(seen.is_new(1, 7));
        assert!(!seen.is_new(1, 7));
        assert!(seen.is_new(2, 7) && seen.is_new(1, 8));
        assert!(!seen.is_new(1, 7));
    }

    #[test]
    fn however_much_is_seen_it_takes_no_more_room_and_what_is_recent_is_mostly_known() {
        let seen = Seen::new();
        (0..1_000_000).for_each(|thing| _ = seen.is_new(1, thing));
        assert_eq!(seen.lines.len() as u64, LINES);
        let known = (999_000..1_000_000).filter(|thing| !seen.is_new(1, *thing)).count();
        assert!(known > 900, "{known} of the last 1000");
    }
}
