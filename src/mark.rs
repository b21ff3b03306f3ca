//! The present as a store sees it: its clock, but never before the durable mark.
//!
//! The mark is the latest present that a commit has recorded. It keeps keys that have
//! expired from living again when the machine's clock steps back over a restart. It moves no
//! faster than uptime and a bound of one day since the store was opened, so that one wild
//! reading of the clock cannot end every key. How long the store was closed, or the machine
//! slept, it cannot know: so a clock is believed that has gone on for an hour without a step of
//! more than a day. The mark does not move by times that callers name.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::time::{Clock, Timestamp};

/// Milliseconds that the mark may move beyond uptime while a store is open.
const BOUND: i64 = 86_400_000;

/// Milliseconds that a clock has to go on without a step of more than [`BOUND`], to be believed.
const SETTLED: i64 = 3_600_000;

/// A clock and its mark.
pub(crate) struct Mark {
    clock: Box<dyn Clock>,
    /// Milliseconds. Relaxed throughout: a floor for readings, it orders nothing else.
    floor: AtomicI64,
    /// Milliseconds: the floor when the store was opened or its clock was reset.
    base: AtomicI64,
    /// Milliseconds of uptime at that moment.
    since: AtomicI64,
    /// Milliseconds that the clock was ahead of uptime when it was last seen to step.
    ahead: AtomicI64,
    /// Milliseconds of uptime when it was.
    stepped: AtomicI64,
    /// Milliseconds: the latest that [`most`](Mark::most) made of a later moment.
    doubted: AtomicI64,
    /// Milliseconds: by how much that was earlier, at most.
    cut: AtomicI64,
}

/// How far the mark may be at a moment.
struct Reach {
    /// Milliseconds: the latest that it may be by uptime.
    by_uptime: i64,
    /// Milliseconds: what the clock reads.
    reading: i64,
    /// Milliseconds until the clock is believed; none from then on.
    until_settled: i64,
}

impl Mark {
    /// A clock that reads no earlier than `floor`.
    pub(crate) fn new(clock: Box<dyn Clock>, floor: Timestamp) -> Self {
        let uptime = uptime_ms(&*clock);
        let ahead = clock.now().as_ms().saturating_sub(uptime);
        let mark = Self {
            clock,
            floor: AtomicI64::new(floor.as_ms()),
            base: AtomicI64::new(floor.as_ms()),
            since: AtomicI64::new(uptime),
            ahead: AtomicI64::new(ahead),
            stepped: AtomicI64::new(uptime),
            doubted: AtomicI64::new(i64::MIN),
            cut: AtomicI64::new(0),
        };
        // What is cut now is, also if nobody asks until the clock is believed.
        mark.most(mark.now());
        mark
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
        self.most(now).max(Timestamp::from_ms(self.floor.load(Ordering::Relaxed)))
    }

    /// `now`, or the latest that the mark may be if that is earlier.
    pub(crate) fn most(&self, now: Timestamp) -> Timestamp {
        let reach = self.reach();
        let most = match reach.until_settled {
            0 => reach.by_uptime.max(reach.reading),
            _ => reach.by_uptime,
        };
        let most = Timestamp::from_ms(most.max(self.floor.load(Ordering::Relaxed)));
        if most < now {
            self.doubt(most, now);
        }
        now.min(most)
    }

    #[cold]
    fn doubt(&self, most: Timestamp, now: Timestamp) {
        self.cut.fetch_max(now.as_ms().saturating_sub(most.as_ms()), Ordering::Relaxed);
        self.doubted.fetch_max(most.as_ms(), Ordering::Relaxed);
    }

    /// Whether nothing was seen to be cut since the store was opened. As long as nothing is to be
    /// cut, the mark comes with the present.
    #[inline]
    pub(crate) fn is_in_step(&self) -> bool {
        self.cut.load(Ordering::Relaxed) == 0
    }

    /// How long before `now` it was at least that [`most`](Self::most) made `then` of a moment.
    /// The moment may have been later than `then` by what was cut, until the clock was believed.
    /// What was cut before the store was opened is not known.
    pub(crate) fn since(&self, then: Timestamp, now: Timestamp) -> Duration {
        // What would be cut now counts, too.
        self.most(now);
        let cut = match then.as_ms() <= self.doubted.load(Ordering::Relaxed) {
            true => self.cut.load(Ordering::Relaxed),
            false => 0,
        };
        Timestamp::from_ms(now.as_ms().saturating_sub(cut)).since(then)
    }

    /// The earliest moment at which the present and the mark can both have come to `due`, if the
    /// clock does not step.
    pub(crate) fn comes_to(&self, due: Timestamp) -> Timestamp {
        let now = self.now();
        if self.next(now) >= due {
            return due.max(now);
        }
        let reach = self.reach();
        let by_uptime = due.as_ms().saturating_sub(reach.by_uptime);
        let ahead = due.as_ms().saturating_sub(now.as_ms());
        let wait = by_uptime.min(reach.until_settled).max(ahead).max(1);
        Timestamp::from_ms(now.as_ms().saturating_add(wait))
    }

    fn reach(&self) -> Reach {
        let (uptime, reading) = (uptime_ms(&*self.clock), self.clock.now().as_ms());
        let open = uptime.saturating_sub(self.since.load(Ordering::Relaxed));
        // Acquire, with the Release below: who sees a step sees when it was.
        let ahead = self.ahead.load(Ordering::Acquire);
        let step = reading.saturating_sub(ahead.saturating_add(uptime));
        if step.saturating_abs() > BOUND {
            self.stepped.fetch_max(uptime, Ordering::Relaxed);
            self.ahead.store(reading.saturating_sub(uptime), Ordering::Release);
        }
        let steady = uptime.saturating_sub(self.stepped.load(Ordering::Relaxed));
        let base = self.base.load(Ordering::Relaxed);
        Reach {
            by_uptime: base.saturating_add(open).saturating_add(BOUND),
            reading,
            until_settled: SETTLED.saturating_sub(steady).max(0),
        }
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
        let uptime = uptime_ms(&*self.clock);
        self.base.store(mark.as_ms(), Ordering::Relaxed);
        self.since.store(uptime, Ordering::Relaxed);
        self.stepped.fetch_max(uptime, Ordering::Relaxed);
        self.ahead.store(mark.as_ms().saturating_sub(uptime), Ordering::Release);
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
    const HOUR: i64 = 3_600_000;

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

    /// A store that had been closed for long went by a present that was as far behind, for as
    /// long as it was open: refills came weeks late, and what had expired lived again after a
    /// restart with an earlier clock.
    #[test]
    fn a_clock_that_goes_on_for_an_hour_is_believed_however_long_the_store_was_closed() {
        let hands = Hands::default();
        hands.set(30 * DAY, 7);
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::EPOCH);
        let due = Timestamp::from_ms(20 * DAY);
        assert_eq!(mark.comes_to(due), Timestamp::from_ms(30 * DAY + HOUR));
        assert_eq!(mark.comes_to(Timestamp::from_ms(DAY + 9)), Timestamp::from_ms(30 * DAY + 9));
        hands.set(30 * DAY + HOUR - 1, 7 + HOUR - 1);
        assert_eq!(mark.next(mark.now()), Timestamp::from_ms(DAY + HOUR - 1));
        assert_eq!(mark.comes_to(due), Timestamp::from_ms(30 * DAY + HOUR));
        hands.set(30 * DAY + HOUR, 7 + HOUR);
        assert_eq!(mark.next(mark.now()), Timestamp::from_ms(30 * DAY + HOUR));
        mark.advance(mark.next(mark.now()));
        hands.set(90 * DAY, 8 + HOUR);
        assert_eq!(mark.next(mark.now()), Timestamp::from_ms(30 * DAY + HOUR));
    }

    /// The clock of a machine without a battery reads 1970 until the network sets it, and uptime
    /// stands still while a machine sleeps: had only the first reading counted, neither would
    /// have been believed for as long as the store was open.
    #[test]
    fn a_clock_that_was_set_is_believed_an_hour_after_it_was_seen_to_be() {
        let hands = Hands::default();
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::from_ms(100 * DAY));
        hands.set(300 * DAY, 3 * HOUR);
        assert_eq!(mark.next(mark.now()), Timestamp::from_ms(101 * DAY + 3 * HOUR));
        hands.set(300 * DAY + HOUR, 4 * HOUR);
        assert_eq!(mark.next(mark.now()), Timestamp::from_ms(300 * DAY + HOUR));
    }

    #[test]
    fn readings_that_are_wild_now_and_then_are_never_believed() {
        let hands = Hands::default();
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::EPOCH);
        for hours in 1..100 {
            hands.set(1_000 * DAY + hours * HOUR, hours * HOUR);
            mark.advance(mark.next(mark.now()));
            hands.set(hours * HOUR + 1, hours * HOUR + 1);
            mark.advance(mark.next(mark.now()));
        }
        assert_eq!(mark.now(), Timestamp::from_ms(99 * HOUR + DAY));
    }

    #[test]
    fn what_was_cut_from_a_moment_is_no_time_since_then() {
        let hands = Hands::default();
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::from_ms(100 * DAY));
        let since = |then| mark.since(then, mark.now()).as_millis();
        let span = |ms: i64| u128::try_from(ms).unwrap();
        hands.set(100 * DAY, 0);
        assert_eq!(since(Timestamp::from_ms(30 * DAY)), span(70 * DAY));
        hands.set(160 * DAY, 0);
        let first = mark.most(mark.now());
        assert_eq!((first, since(first)), (Timestamp::from_ms(101 * DAY), 0));
        // Of what was before, a day counts of the time that was cut.
        assert_eq!(since(Timestamp::from_ms(30 * DAY)), span(71 * DAY));
        // The clock is believed from here on.
        hands.set(160 * DAY + 2 * HOUR, 2 * HOUR);
        let later = mark.most(mark.now());
        assert_eq!((later, since(first)), (mark.now(), span(2 * HOUR)));
        hands.set(200 * DAY, 2 * HOUR + 40 * DAY);
        assert_eq!(since(first), span(40 * DAY));
        assert_eq!(since(later), span(40 * DAY - 2 * HOUR));
        // Nobody asked before the clock was believed.
        let mark = Mark::new(Box::new(hands.clone()), Timestamp::from_ms(100 * DAY));
        hands.set(200 * DAY + 2 * HOUR, 4 * HOUR + 40 * DAY);
        let since = mark.since(Timestamp::from_ms(30 * DAY), mark.now());
        assert_eq!(since.as_millis(), span(71 * DAY + 2 * HOUR));
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
