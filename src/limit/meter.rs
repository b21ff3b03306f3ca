//! What one lineage or owner has used.

use super::gauge::Gauge;
use super::{Charge, Moment};
use crate::realm::Window;
use crate::verdict::{Rate, Reason};

/// A gauge for each window of a plan. Most plans have one window: its gauge stands here, and
/// charging it takes no memory.
#[derive(Clone, Default)]
pub(super) struct Meter {
    first: Gauge,
    more: Option<Box<More>>,
}

#[derive(Clone, Default)]
struct More(Vec<Gauge>);

impl Meter {
    /// As [`Cells::charge`](super::Cells::charge) says.
    #[inline]
    pub(super) fn charge<E: From<Reason>>(
        &mut self,
        charge: &Charge<'_>,
        join: impl FnOnce() -> Result<(), E>,
    ) -> Result<Option<Rate>, E> {
        let Charge { windows, cost, moment } = *charge;
        if let [window] = windows {
            let mut gauge = self.gauge(window, moment);
            let rate = gauge.charge(window, cost, moment).map_err(limited)?;
            join()?;
            self.put(gauge, moment);
            return Ok(Some(rate));
        }
        let refusals = windows
            .iter()
            .filter_map(|window| self.gauge(window, moment).charge(window, cost, moment).err());
        // Of those that wait equally long the first.
        let longest = refusals.reduce(|a, b| if b.1 > a.1 { b } else { a });
        if let Some(refusal) = longest {
            return Err(limited(refusal).into());
        }
        join()?;
        let mut nearest: Option<Rate> = None;
        for window in windows {
            let mut gauge = self.gauge(window, moment);
            if let Ok(rate) = gauge.charge(window, cost, moment)
                && nearest.is_none_or(|n| rate.remaining < n.remaining)
            {
                nearest = Some(rate);
            }
            self.put(gauge, moment);
        }
        Ok(nearest)
    }

    /// What [`charge`](Self::charge) would give, without charging.
    pub(super) fn peek(&self, charge: &Charge<'_>) -> Result<Option<Rate>, Reason> {
        self.clone().charge(charge, || Ok(()))
    }

    /// Takes `tick` for the present of a scale that was set back, by a period or more, in the
    /// gauges for which it is that.
    pub(super) fn set_back(&mut self, tick: i64) {
        self.gauges_mut().for_each(|gauge| gauge.set_back(tick));
    }

    /// Whether dropping the meter would change nothing.
    pub(super) fn at_rest(&self, now: i64) -> bool {
        self.gauges().all(|gauge| gauge.at_rest(now))
    }

    /// How many gauges the meter has.
    #[cfg(test)]
    pub(super) fn running(&self) -> usize {
        self.gauges().count()
    }

    /// The gauge of `window`, brought to `moment`.
    #[inline]
    fn gauge(&self, window: &Window, moment: Moment) -> Gauge {
        let stored = self.gauges().find(|gauge| gauge.is_of(window)).copied();
        let mut gauge = stored.unwrap_or_else(|| Gauge::new(window));
        gauge.advance(window, moment.tick);
        gauge
    }

    fn gauges(&self) -> impl Iterator<Item = &Gauge> {
        std::iter::once(&self.first).chain(self.more.iter().flat_map(|more| &more.0))
    }

    /// Keeps `gauge` where that of its window stands, or else in place of one at rest.
    #[inline]
    fn put(&mut self, gauge: Gauge, moment: Moment) {
        if let Some(own) = self.place(|stored| stored.is_like(&gauge)) {
            *own = gauge;
        } else if let Some(spare) = self.place(|stored| stored.at_rest(moment.tick)) {
            *spare = gauge;
        } else {
            self.more.get_or_insert_default().0.push(gauge);
        }
    }

    #[inline]
    fn place(&mut self, which: impl Fn(&Gauge) -> bool) -> Option<&mut Gauge> {
        self.gauges_mut().find(|gauge| which(gauge))
    }

    fn gauges_mut(&mut self) -> impl Iterator<Item = &mut Gauge> {
        std::iter::once(&mut self.first).chain(self.more.iter_mut().flat_map(|more| &mut more.0))
    }
}

fn limited((rate, retry_ms): (Rate, u64)) -> Reason {
    Reason::RateLimited { rate, retry_ms }
}
