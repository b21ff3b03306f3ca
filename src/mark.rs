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
