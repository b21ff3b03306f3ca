//! Rates: how many requests a lineage or an owner may make in a time.
//!
//! A [`Meter`] holds, for each window of a plan, a window that starts at its first charge and
//! lasts its period, and a bucket of the window's burst that refills at limit / period. Both
//! must admit. A charge is all or nothing over all windows: a refusal changes no byte. Sums
//! are integers, so a bucket gains exactly `limit` permits a period. Time is measured on a
//! [`Moment`]'s scale, which the calendar does not move; on one that steps back all the same,
//! the running window is moved to the new present with what it has been charged.
//!
//! Meters live in memory, keyed by what is limited and not by its limits, so that a change
//! of plan keeps what was charged. They start afresh with the process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::realm::Window;
use crate::time::Timestamp;
use crate::verdict::{Rate, Reason};

/// What a meter counts for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Metered {
    /// A key and its rotations: the first key of the lineage.
    Lineage(KeyId),
    /// All keys of an owner.
    Owner(OwnerRef),
}

/// When a charge is made.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// On the scale on which windows are measured, in milliseconds.
    tick: Timestamp,
    /// By the calendar: what resets are told by.
    now: Timestamp,
}

impl Moment {
    /// The present: measured by uptime, which never steps, and told by the calendar.
    pub(crate) fn present(uptime: Duration, now: Timestamp) -> Self {
        Self { tick: Timestamp::EPOCH.plus(uptime), now }
    }

    /// A time that the caller names: its calendar is the scale.
    pub(crate) const fn named(at: Timestamp) -> Self {
        Self { tick: at, now: at }
    }

    fn calendar(self, tick: Timestamp) -> Timestamp {
        self.now.plus(tick.since(self.tick))
    }
}

/// All meters of a store that are measured on one scale. One lock a shard, held for one charge.
pub(crate) struct Meters {
    shards: Box<[Mutex<Shard>; SHARDS]>,
}

#[derive(Default)]
struct Shard {
    meters: HashMap<Metered, Meter>,
    /// Meters at which the ones that are back at rest are dropped.
    prune_at: usize,
}

const SHARDS: usize = 64;
const PRUNE_FROM: usize = 256;

/// The wait of a cost that no window of this size ever admits.
const NEVER: u64 = u64::MAX;

impl Meters {
    /// No meter yet: everything is at rest.
    pub(crate) fn new() -> Self {
        Self { shards: Box::new(std::array::from_fn(|_| Mutex::default())) }
    }

    /// Charges `cost` to all of `windows`, or to none.
    ///
    /// Gives the window that is nearest to its limit afterwards; none if there is no window.
    ///
    /// # Errors
    ///
    /// `RateLimited`, with the window that admits again last.
    pub(crate) fn charge(
        &self,
        metered: Metered,
        windows: &[Window],
        cost: u32,
        moment: Moment,
    ) -> Result<Option<Rate>, Reason> {
        if windows.is_empty() {
            return Ok(None);
        }
        let mut shard = self.shard(metered);
        if shard.meters.len() >= shard.prune_at {
            shard.meters.retain(|_, meter| !meter.at_rest(moment.tick));
            shard.prune_at = shard.meters.len().saturating_mul(2).max(PRUNE_FROM);
        }
        let meter = shard.meters.entry(metered).or_default();
        meter.charge(windows, cost, moment)
    }

    /// What [`charge`](Self::charge) would give, without charging.
    pub(crate) fn peek(
        &self,
        metered: Metered,
        windows: &[Window],
        cost: u32,
        moment: Moment,
    ) -> Result<Option<Rate>, Reason> {
        if windows.is_empty() {
            return Ok(None);
        }
        let mut meter = self.shard(metered).meters.get(&metered).cloned().unwrap_or_default();
        meter.charge(windows, cost, moment)
    }

    fn shard(&self, metered: Metered) -> MutexGuard<'_, Shard> {
        let number = match metered {
            Metered::Lineage(key) => key.bits(),
            Metered::Owner(owner) => u64::from(owner.number()),
        };
        // The low bits of a key id are random, those of an owner count up: both spread.
        let [first, ..] = &*self.shards;
        let place = usize::try_from(number % SHARDS as u64).unwrap_or(0);
        let shard = self.shards.get(place).unwrap_or(first);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one lineage or owner has used, a gauge for each window of its plan.
#[derive(Clone, Default)]
struct Meter {
    /// Most plans have one window; its gauge is found with the meter.
    first: Option<Gauge>,
    others: Vec<Gauge>,
}

impl Meter {
    fn charge(
        &mut self,
        windows: &[Window],
        cost: u32,
        moment: Moment,
    ) -> Result<Option<Rate>, Reason> {
        let mut refusal: Option<(Rate, u64)> = None;
        for window in windows {
            if let Err((rate, retry_ms)) =
                self.gauge(window, moment.tick).charge(window, cost, moment)
                && refusal.is_none_or(|(_, longest)| retry_ms > longest)
            {
                refusal = Some((rate, retry_ms));
            }
        }
        if let Some((rate, retry_ms)) = refusal {
            return Err(Reason::RateLimited { rate, retry_ms });
        }
        let mut nearest: Option<Rate> = None;
        for window in windows {
            let mut gauge = self.gauge(window, moment.tick);
            if let Ok(rate) = gauge.charge(window, cost, moment)
                && nearest.is_none_or(|n| rate.remaining < n.remaining)
            {
                nearest = Some(rate);
            }
            self.put(gauge);
        }
        Ok(nearest)
    }

    /// The gauge of `window`, brought to `now`.
    fn gauge(&self, window: &Window, now: Timestamp) -> Gauge {
        let stored = self.gauges().find(|g| g.period_ms == window.period_ms);
        let mut gauge = stored.copied().unwrap_or_else(|| Gauge::new(window, now));
        gauge.advance(window, now);
        gauge
    }

    /// Whether dropping the meter would change nothing: every window over, every bucket full.
    fn at_rest(&self, now: Timestamp) -> bool {
        self.gauges().all(|gauge| gauge.at_rest(now))
    }

    fn gauges(&self) -> impl Iterator<Item = &Gauge> {
        self.first.iter().chain(&self.others)
    }

    fn put(&mut self, gauge: Gauge) {
        let first = self.first.get_or_insert(gauge);
        let mut stored = std::iter::once(first).chain(&mut self.others);
        match stored.find(|stored| stored.period_ms == gauge.period_ms) {
            Some(stored) => *stored = gauge,
            None => self.others.push(gauge),
        }
    }
}

/// One window and its bucket.
///
/// Bucket levels count in units of 1/`period_ms` of a permit, so that refilling by `limit`
/// units a millisecond is exact. At most 10^9 permits of 2^36 ms: below 2^66 units.
#[derive(Clone, Copy)]
struct Gauge {
    period_ms: u64,
    /// When the running window began: its first charge.
    start: Timestamp,
    charged: u32,
    limit: u32,
    level: u128,
    full: u128,
    refilled: Timestamp,
}

impl Gauge {
    fn new(window: &Window, now: Timestamp) -> Self {
        let full = u128::from(window.burst) * u128::from(window.period_ms);
        Self {
            period_ms: window.period_ms,
            start: now,
            charged: 0,
            limit: window.limit,
            level: full,
            full,
            refilled: now,
        }
    }

    fn end(&self) -> Timestamp {
        self.start.plus(std::time::Duration::from_millis(self.period_ms))
    }

    /// Brings the gauge to `now` under `window`, whose limits may have changed.
    fn advance(&mut self, window: &Window, now: Timestamp) {
        if now >= self.end() || self.charged == 0 {
            self.start = now;
            self.charged = 0;
        } else if now < self.start {
            self.start = now;
        }
        let full = u128::from(window.burst) * u128::from(window.period_ms);
        // A plan that changes moves what was spent, not what was left, to the new bucket.
        let spent = self.full.saturating_sub(self.level_at(now));
        self.level = full.saturating_sub(spent);
        self.full = full;
        self.limit = window.limit;
        self.refilled = now;
    }

    fn level_at(&self, now: Timestamp) -> u128 {
        let gained = now.since(self.refilled).as_millis().saturating_mul(u128::from(self.limit));
        self.level.saturating_add(gained).min(self.full)
    }

    fn charge(&mut self, window: &Window, cost: u32, moment: Moment) -> Result<Rate, (Rate, u64)> {
        let need = u128::from(cost) * u128::from(self.period_ms);
        let charged = self.charged.checked_add(cost).filter(|&sum| sum <= window.limit);
        match (charged, self.level.checked_sub(need)) {
            (Some(charged), Some(level)) => {
                self.charged = charged;
                self.level = level;
                Ok(self.rate(window, moment))
            }
            _ if cost > window.burst.min(window.limit) => Err((self.rate(window, moment), NEVER)),
            (charged, level) => {
                let window_ms = match charged {
                    Some(_) => 0,
                    None => self.end().since(moment.tick).as_millis(),
                };
                let bucket_ms = match level {
                    Some(_) => 0,
                    None => need.saturating_sub(self.level).div_ceil(u128::from(window.limit)),
                };
                let retry_ms = u64::try_from(window_ms.max(bucket_ms)).unwrap_or(u64::MAX);
                Err((self.rate(window, moment), retry_ms))
            }
        }
    }

    fn rate(&self, window: &Window, moment: Moment) -> Rate {
        Rate {
            limit: window.limit,
            remaining: window.limit.saturating_sub(self.charged),
            reset: moment.calendar(self.end()),
            period_ms: self.period_ms,
        }
    }

    fn at_rest(&self, now: Timestamp) -> bool {
        now >= self.end() && self.level_at(now) == self.full
    }
}

#[cfg(test)]
mod tests;
