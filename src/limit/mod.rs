//! Rates: how many requests a lineage or an owner may make in a time.
//!
//! A meter holds, for each window of a plan, a *gauge*: a window that starts at its first charge
//! and lasts its period, and a bucket of the window's burst that refills at limit / period. Both
//! must admit. A charge is all or nothing over all windows, and over what joins them: a refusal
//! takes nothing. Sums are integers, so a bucket gains exactly `limit` permits a period. Time is
//! measured on a [`Moment`]'s scale. The present's never steps; but a tick is read before the
//! meter is locked, so that they come out of order, and each counts as of the latest that came.
//!
//! Meters live in memory, kept by what is limited and not by its limits, so that a change of
//! plan keeps what was charged. They start afresh with the process. Those of the present stand
//! in [`Cells`], by number; those of times that callers name in [`Named`], which is a scale of
//! its own.

mod cells;
mod gauge;
mod meter;
mod named;

use std::time::Duration;

use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::realm::Window;
use crate::time::Timestamp;

pub(crate) use cells::Cells;
pub(crate) use named::Named;

/// What a meter counts for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Metered {
    /// A key and its rotations: the first key of the lineage.
    Lineage(KeyId),
    /// All keys of an owner.
    Owner(OwnerRef),
}

/// What is to be charged, and when.
#[derive(Clone, Copy)]
pub(crate) struct Charge<'w> {
    pub windows: &'w [Window],
    pub cost: u32,
    pub moment: Moment,
}

/// When a charge is made.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// On the scale on which windows are measured, in milliseconds.
    tick: i64,
    /// By the calendar: what resets are told by.
    now: Timestamp,
}

impl Moment {
    /// The present: measured by uptime, which never steps, and told by the calendar.
    pub(crate) fn present(uptime: Duration, now: Timestamp) -> Self {
        Self { tick: i64::try_from(uptime.as_millis()).unwrap_or(i64::MAX), now }
    }

    /// A time that the caller names: its calendar is the scale.
    pub(crate) const fn named(at: Timestamp) -> Self {
        Self { tick: at.as_ms(), now: at }
    }

    /// What the calendar shall say at `tick`; now if that is past.
    fn calendar(self, tick: i64) -> Timestamp {
        let ahead = tick.saturating_sub(self.tick).max(0);
        self.now.plus(Duration::from_millis(ahead.unsigned_abs()))
    }
}

#[cfg(test)]
pub(crate) mod tests;
