//! Counts by what is counted: in bins of time, and by name.

use std::collections::HashMap;
use std::time::Duration;

use keycask::Timestamp;

/// Names that are told apart; what comes after is counted together.
const NAMES_MAX: usize = 10_000;

/// How many there are of each of some spans, the shortest first.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    /// Up to which span, what it is called, and how many.
    bins: Vec<(Duration, &'static str, u64)>,
    /// What the rest is called, and how many.
    rest: (&'static str, u64),
}

impl Spans {
    /// Bins that end at these spans, and one for what is longer than the last.
    pub(super) fn new(ends: &[(Duration, &'static str)], rest: &'static str) -> Self {
        Self { bins: ends.iter().map(|(end, name)| (*end, *name, 0)).collect(), rest: (rest, 0) }
    }

    pub(super) fn add(&mut self, span: Duration) {
        let bin = self.bins.iter_mut().find(|(end, ..)| span < *end);
        let count = bin.map_or(&mut self.rest.1, |(_, _, count)| count);
        *count = count.saturating_add(1);
    }

    /// The bins by their names.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        self.bins.iter().map(|(_, name, count)| (*name, *count)).chain([self.rest]).collect()
    }
}

/// Counts of `N` things in equal parts of a stretch of time.
#[derive(Clone, Debug)]
pub(super) struct Parts<const N: usize> {
    begin: Timestamp,
    part: Duration,
    counts: Vec<[u64; N]>,
}

impl<const N: usize> Parts<N> {
    /// `parts` of `part` each, from `begin` on.
    pub(super) fn new(begin: Timestamp, part: Duration, parts: usize) -> Self {
        Self { begin, part: part.max(Duration::from_millis(1)), counts: vec![[0; N]; parts] }
    }

    /// Counts one of what has the number `of`; says whether its time is in the stretch.
    pub(super) fn add(&mut self, at: Timestamp, of: usize) -> bool {
        if at < self.begin {
            return false;
        }
        let part = at.since(self.begin).as_millis() / self.part.as_millis();
        let counts = usize::try_from(part).ok().and_then(|part| self.counts.get_mut(part));
        let Some(count) = counts.and_then(|counts| counts.get_mut(of)) else { return false };
        *count = count.saturating_add(1);
        true
    }

    /// When each part begins, and its counts.
    pub(super) fn counts(&self) -> Vec<(Timestamp, [u64; N])> {
        let begins = |n: usize| {
            self.begin.plus(self.part.saturating_mul(u32::try_from(n).unwrap_or(u32::MAX)))
        };
        self.counts.iter().enumerate().map(|(n, counts)| (begins(n), *counts)).collect()
    }
}

/// Counts of `N` things by names that others chose: so many names at most.
#[derive(Clone, Debug)]
pub(super) struct Names<const N: usize> {
    counts: HashMap<String, [u64; N]>,
    /// Those of all names that found no room.
    pub(super) others: u64,
}

impl<const N: usize> Names<N> {
    pub(super) fn new() -> Self {
        Self { counts: HashMap::new(), others: 0 }
    }

    /// Counts one of what has the number `of`.
    pub(super) fn add(&mut self, name: &str, of: usize) {
        if !self.counts.contains_key(name) {
            if self.counts.len() == NAMES_MAX {
                self.others = self.others.saturating_add(1);
                return;
            }
            self.counts.insert(name.to_owned(), [0; N]);
        }
        if let Some(count) = self.counts.get_mut(name).and_then(|counts| counts.get_mut(of)) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The names with the most, those first; with all their counts.
    pub(super) fn first(&self, most: usize) -> Vec<(&str, &[u64; N])> {
        let sum = |counts: &[u64; N]| counts.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
        let mut all: Vec<_> = self.counts.iter().map(|(name, n)| (name.as_str(), n)).collect();
        all.sort_by(|(a, m), (b, n)| sum(n).cmp(&sum(m)).then(a.cmp(b)));
        all.truncate(most);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_span_is_counted_in_the_first_bin_that_is_longer() {
        let mut spans = Spans::new(&[(DAY, "day"), (DAY * 7, "week")], "longer");
        for span in [Duration::ZERO, DAY, DAY * 2, DAY * 7, DAY * 70] {
            spans.add(span);
        }
        assert_eq!(spans.counts(), [("day", 1), ("week", 2), ("longer", 2)]);
    }

    #[test]
    fn a_part_of_time_has_its_beginning_and_not_its_end() {
        let begin = Timestamp::from_ms(1000);
        let mut parts = Parts::<2>::new(begin, Duration::from_millis(10), 2);
        for (ms, of, there) in [(999, 0, false), (1000, 0, true), (1009, 1, true), (1010, 1, true)]
        {
            assert_eq!(parts.add(Timestamp::from_ms(ms), of), there, "{ms}");
        }
        assert!(!parts.add(Timestamp::from_ms(1020), 0) && !parts.add(begin, 2));
        assert!(!parts.add(Timestamp::NEVER, 0));
        assert_eq!(parts.counts(), [(begin, [1, 1]), (Timestamp::from_ms(1010), [0, 1])]);
    }

    #[test]
    fn names_are_bounded_and_none_is_lost() {
        let mut names = Names::<1>::new();
        (0..NAMES_MAX).for_each(|n| names.add(&n.to_string(), 0));
        names.add("one more", 0);
        names.add("7", 0);
        assert_eq!((names.len(), names.others), (NAMES_MAX, 1));
        assert_eq!(names.first(1), [("7", &[2])]);
    }
}
