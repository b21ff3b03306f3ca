//! A planted mistake, which oracles have to find out: a meter that takes each time for the present.

use super::Charge;
use crate::realm::Window;

/// What was charged to each window. Right as long as no time is before another; but the time from
/// one back to an earlier one is credited anew, and a window begins with the earliest.
#[derive(Default)]
pub(crate) struct Hasty(Vec<Used>);

#[derive(Clone, Copy, Default)]
struct Used {
    start: i64,
    sum: u64,
    lacks: u128,
    at: i64,
}

impl Hasty {
    /// Takes `cost` from all windows, or nothing: then it says how many milliseconds to wait.
    pub(crate) fn charge(&mut self, charge: &Charge<'_>) -> Result<(), u64> {
        let Charge { windows, cost, moment } = *charge;
        self.0.resize_with(windows.len(), Used::default);
        let each = self.0.iter().zip(windows);
        let (after, waits): (Vec<_>, Vec<_>) =
            each.map(|(used, window)| used.with(window, cost, moment.tick)).unzip();
        match waits.into_iter().max().unwrap_or(0) {
            0 => {
                self.0 = after;
                Ok(())
            }
            wait => Err(wait),
        }
    }
}

impl Used {
    fn with(mut self, window: &Window, cost: u32, tick: i64) -> (Self, u64) {
        let (limit, period) = (u128::from(window.limit), u128::from(window.period_ms));
        let end = self.start + i64::try_from(window.period_ms).unwrap();
        if self.sum == 0 || tick >= end {
            (self.start, self.sum) = (tick, 0);
        }
        self.start = self.start.min(tick);
        let gained = u128::try_from(tick - self.at).unwrap_or(0) * limit;
        self.lacks = self.lacks.saturating_sub(gained) + u128::from(cost) * period;
        self.sum += u64::from(cost);
        self.at = tick;
        let end = self.start + i64::try_from(window.period_ms).unwrap();
        let of_window = match self.sum > u64::from(window.limit) {
            true => u64::try_from(end - tick).unwrap(),
            false => 0,
        };
        let over = self.lacks.saturating_sub(u128::from(window.burst) * period).div_ceil(limit);
        match cost > window.burst {
            true => (self, u64::MAX),
            false => (self, of_window.max(u64::try_from(over).unwrap())),
        }
    }
}
