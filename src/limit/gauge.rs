//! One window and its bucket.

use super::Moment;
use crate::realm::Window;
use crate::verdict::Rate;

/// The wait of a cost that no window of this size ever admits.
const NEVER: u64 = u64::MAX;

/// What one window has been charged, and what its bucket lacks.
///
/// What is spent of a bucket counts in units of 1/period of a permit, a period being in
/// milliseconds, so that refilling by `limit` units a millisecond is exact. At most 10^9 permits
/// of 2^35 ms: below 2^65 units. A gauge that was never charged has a period of 0.
///
/// Its time never goes back, so none is credited twice: a charge whose time was read before that
/// of one that came first counts as of the latter. [`set_back`](Self::set_back) alone has it go on
/// from an earlier time, with what it was charged and what it lacks.
#[derive(Clone, Copy, Default)]
pub(super) struct Gauge {
    /// When the running window began: its first charge, in milliseconds. Never after `seen`.
    start: i64,
    /// The latest time of a charge, as of which `spent` counts.
    seen: i64,
    spent_low: u64,
    spent_high: u32,
    charged: u32,
    /// Units that the bucket gains a millisecond.
    limit: u32,
    period_s: u32,
}

impl Gauge {
    /// A gauge of `window` that was not charged yet.
    pub(super) fn new(window: &Window) -> Self {
        Self { limit: window.limit, period_s: period_s(window), ..Self::default() }
    }

    /// Whether this is the gauge of `window`, or of one with the same period.
    #[inline]
    pub(super) fn is_of(&self, window: &Window) -> bool {
        self.period_s == period_s(window)
    }

    /// Whether both are of windows with the same period.
    #[inline]
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.period_s == other.period_s
    }

    /// Brings the gauge to `tick`, or to the latest time that it has seen if that is later, under
    /// `window`, whose limits may have changed. When it was that nothing came of, is forgotten.
    #[inline]
    pub(super) fn advance(&mut self, window: &Window, tick: i64) {
        let now = if self.is_empty() { tick } else { tick.max(self.seen) };
        if now >= self.end() || self.charged == 0 {
            self.start = now;
            self.charged = 0;
        }
        // A plan that changes moves what was spent, not what was left, to the new bucket.
        self.spend(self.spent_at(now).min(full(window)));
        self.limit = window.limit;
        self.seen = now;
    }

    /// Takes `tick` for the present of a scale that was set back, if it is a period or more before
    /// the latest time seen: the window has as long to run and the bucket lacks as much as then.
    pub(super) fn set_back(&mut self, tick: i64) {
        if self.seen.saturating_sub(tick) >= self.period_ms() {
            self.start = tick.saturating_sub(self.seen.saturating_sub(self.start));
            self.seen = tick;
        }
    }

    /// Takes `cost`, or nothing: then it says how many milliseconds after `moment` it would.
    #[inline]
    pub(super) fn charge(
        &mut self,
        window: &Window,
        cost: u32,
        moment: Moment,
    ) -> Result<Rate, (Rate, u64)> {
        let need = u128::from(cost).saturating_mul(u128::from(window.period_ms));
        let spent = self.spent().saturating_add(need);
        let charged = self.charged.checked_add(cost).filter(|&sum| sum <= window.limit);
        if let Some(charged) = charged
            && spent <= full(window)
        {
            self.charged = charged;
            self.spend(spent);
            return Ok(self.rate(window, moment));
        }
        let rate = self.rate(window, moment);
        // More may have been charged than a limit lets through that has become less.
        if cost == 0 {
            return Ok(rate);
        }
        if cost > window.burst.min(window.limit) {
            return Err((rate, NEVER));
        }
        let window_ms = match charged {
            Some(_) => 0,
            None => u128::from(elapsed(moment.tick, self.end())),
        };
        let late = u128::from(elapsed(moment.tick, self.seen));
        let bucket_ms = spent.saturating_sub(full(window)).div_ceil(u128::from(window.limit));
        let bucket_ms = if bucket_ms == 0 { 0 } else { bucket_ms.saturating_add(late) };
        Err((rate, u64::try_from(window_ms.max(bucket_ms)).unwrap_or(u64::MAX)))
    }

    /// Whether forgetting the gauge would change nothing: its window over, its bucket full.
    pub(super) fn at_rest(&self, now: i64) -> bool {
        (self.charged == 0 || now >= self.end()) && self.spent_at(now) == 0
    }

    fn rate(&self, window: &Window, moment: Moment) -> Rate {
        Rate {
            limit: window.limit,
            remaining: window.limit.saturating_sub(self.charged),
            reset: moment.calendar(self.end()),
            period_ms: window.period_ms,
        }
    }

    fn is_empty(&self) -> bool {
        self.charged == 0 && self.spent() == 0
    }

    fn end(&self) -> i64 {
        self.start.saturating_add(self.period_ms())
    }

    fn period_ms(&self) -> i64 {
        i64::from(self.period_s).saturating_mul(1000)
    }

    fn spent_at(&self, now: i64) -> u128 {
        let gained = u128::from(elapsed(self.seen, now)).saturating_mul(self.limit.into());
        self.spent().saturating_sub(gained)
    }

    fn spent(&self) -> u128 {
        u128::from(self.spent_high) << 64 | u128::from(self.spent_low)
    }

    fn spend(&mut self, spent: u128) {
        self.spent_low = u64::try_from(spent & u128::from(u64::MAX)).unwrap_or(u64::MAX);
        self.spent_high = u32::try_from(spent >> 64).unwrap_or(u32::MAX);
    }
}

/// Units of a full bucket.
fn full(window: &Window) -> u128 {
    u128::from(window.burst).saturating_mul(u128::from(window.period_ms))
}

/// Periods are whole seconds, at most 366 days of them.
fn period_s(window: &Window) -> u32 {
    u32::try_from(window.period_ms / 1000).unwrap_or(u32::MAX)
}

/// Milliseconds from one time to another; none if that is not later.
fn elapsed(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}
