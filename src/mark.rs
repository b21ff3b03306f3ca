//! The present as a store sees it: its clock, but never before the durable mark.
//!
//! The mark is the latest present that a commit has recorded. It keeps keys that have
//! expired from living again when the machine's clock steps back over a restart. It moves no
//! faster than uptime and a bound of one day since the store was opened, so that one wild
//! reading of the clock cannot end every key. It does not move by times that callers name.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::time::{Clock, Timestamp};

/// How far beyond uptime the mark may move while a store is open.
const BOUND: Duration = Duration::from_secs(86_400);

/// A clock and its mark.
pub(crate) struct Mark {
    clock: Box<dyn Clock>,
    /// Milliseconds. Relaxed throughout: a floor for readings, it orders nothing else.
    floor: AtomicI64,
    /// Milliseconds: the floor when the store was opened or its clock was reset.
    base: AtomicI64,
    /// Milliseconds of uptime at that moment.
    since: AtomicI64,
}

impl Mark {
    /// A clock that reads no earlier than `floor`.
    pub(crate) fn new(clock: Box<dyn Clock>, floor: Timestamp) -> Self {
        let since = AtomicI64::new(uptime_ms(&*clock));
        let ms = floor.as_ms();
        Self { clock, floor: AtomicI64::new(ms), base: AtomicI64::new(ms), since }
    }

    /// The present.
    #[inline]
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(Timestamp::from_ms(self.floor.load(Ordering::Relaxed)))
    }

    /// The store's uptime.
    pub(crate) fn uptime(&self) -> Duration {
        self.clock.uptime()
    }

    /// The mark that a commit at `now` records.
    pub(crate) fn next(&self, now: Timestamp) -> Timestamp {
        let open = uptime_ms(&*self.clock).saturating_sub(self.since.load(Ordering::Relaxed));
        let bound = i64::try_from(BOUND.as_millis()).unwrap_or(i64::MAX);
        let ahead = open.saturating_add(bound);
        let most = self.base.load(Ordering::Relaxed).saturating_add(ahead);
        let floor = self.floor.load(Ordering::Relaxed);
        Timestamp::from_ms(now.as_ms().min(most).max(floor))
    }

    /// Takes over the mark that a commit has recorded.
    pub(crate) fn advance(&self, mark: Timestamp) {
        self.floor.fetch_max(mark.as_ms(), Ordering::Relaxed);
    }

    /// The clock's own reading, whatever the mark.
    pub(crate) fn reading(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the mark to `mark`, earlier or later, because somebody vouched for it.
    pub(crate) fn reset(&self, mark: Timestamp) {
        self.base.store(mark.as_ms(), Ordering::Relaxed);
        self.since.store(uptime_ms(&*self.clock), Ordering::Relaxed);
        self.floor.store(mark.as_ms(), Ordering::Relaxed);
    }
}

fn uptime_ms(clock: &dyn Clock) -> i64 {
    i64::try_from(clock.uptime().as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Hands(Arc<(AtomicI64, AtomicI64)>);

    impl Hands {
        fn set(&self, now: i64, uptime: i64) {
            self.0.0.store(now, Ordering::Relaxed);
            self.0.1.store(uptime, Ordering::Relaxed);
        }
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(self.0.0.load(Ordering::Relaxed))
        }

        fn uptime(&self) -> Duration {
            Duration::from_millis(u64::try_from(self.0.1.load(Ordering::Relaxed)).unwrap())
        }
    }

    const DAY: i64 = 86_400_000;

    #[test]
    fn the_present_is_never_before_what_a_commit_has_recorded() {
        let hands = Hands::default();
        hands.set(5_000, 0);
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::EPOCH);
        mark.advance(mark.next(mark.now()));
        hands.set(1_000, 10);
        assert_eq!(mark.now(), Timestamp::from_ms(5_000));
        hands.set(6_000, 20);
        assert_eq!(mark.now(), Timestamp::from_ms(6_000));
    }

    #[test]
    fn one_wild_reading_moves_the_mark_by_a_day_at_most_however_many_commits_see_it() {
        let hands = Hands::default();
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::from_ms(1_000));
        hands.set(100 * 365 * DAY, 500);
        for _ in 0..1_000 {
            mark.advance(mark.next(mark.now()));
        }
        hands.set(2_000, 600);
        assert_eq!(mark.now(), Timestamp::from_ms(1_000 + 500 + DAY));
    }

    #[test]
    fn a_reset_takes_the_mark_back() {
        let hands = Hands::default();
        hands.set(50_000, 0);
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::EPOCH);
        mark.advance(mark.next(mark.now()));
        hands.set(20_000, 100);
        mark.reset(mark.reading());
        assert_eq!(mark.now(), Timestamp::from_ms(20_000));
    }
}
