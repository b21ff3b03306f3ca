//! Meters for times that callers name: few, and dropped when they are at rest.
//!
//! Times on this scale may be in error, and be named in any order. One that is a period or more
//! before the latest that a gauge has seen is the present of a scale that was set back, also if it
//! is refused: so no time that was named in error shuts anybody out until it comes. Where meters
//! are many, those are dropped that are at rest by the time that is named for another: that time is
//! believed for all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::meter::Meter;
use super::{Charge, Metered};
use crate::verdict::{Rate, Reason};

/// Meters by what they count for. One lock a shard, held for one charge.
pub(crate) struct Named {
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

impl Named {
    /// No meter yet: everything is at rest.
    pub(crate) fn new() -> Self {
        Self { shards: Box::new(std::array::from_fn(|_| Mutex::default())) }
    }

    /// Charges to the meter of `metered`, as [`Cells::charge`](super::Cells::charge) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn charge<E: From<Reason>>(
        &self,
        metered: Metered,
        charge: &Charge<'_>,
        join: impl FnOnce() -> Result<(), E>,
    ) -> Result<Option<Rate>, E> {
        let mut shard = self.shard(metered);
        if shard.meters.len() >= shard.prune_at {
            shard.meters.retain(|_, meter| !meter.at_rest(charge.moment.tick));
            shard.prune_at = shard.meters.len().saturating_mul(2).max(PRUNE_FROM);
        }
        let meter = shard.meters.entry(metered).or_default();
        meter.set_back(charge.moment.tick);
        meter.charge(charge, join)
    }

    /// What [`charge`](Self::charge) would give, without charging.
    ///
    /// # Errors
    ///
    /// As there.
    pub(crate) fn peek(
        &self,
        metered: Metered,
        charge: &Charge<'_>,
    ) -> Result<Option<Rate>, Reason> {
        let mut meter = self.shard(metered).meters.get(&metered).cloned().unwrap_or_default();
        meter.set_back(charge.moment.tick);
        meter.charge(charge, || Ok(()))
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

#[cfg(test)]
mod tests {
    use super::super::Moment;
    use super::*;
    use crate::key_id::KeyId;
    use crate::realm::Window;
    use crate::time::Timestamp;

    #[test]
    fn meters_at_rest_are_dropped_and_others_are_not() {
        let named = Named::new();
        let windows = [Window { limit: 1, period_ms: 60_000, burst: 1 }];
        let of = |bits| Metered::Lineage(KeyId::from_bits(bits));
        let charge = |bits, ms| -> Result<_, Reason> {
            let moment = Moment::named(Timestamp::from_ms(ms));
            named.charge(of(bits), &Charge { windows: &windows, cost: 1, moment }, || Ok(()))
        };
        charge(0, 50_000).unwrap();
        for round in 1..=2_000_u64 {
            charge(round * SHARDS as u64, 0).unwrap();
        }
        for round in 2_001..=4_000_u64 {
            charge(round * SHARDS as u64, 70_000).unwrap();
        }
        let held = named.shard(of(0)).meters.len();
        assert!(held < 3_000, "{held} meters are held");
        assert!(charge(0, 70_000).is_err(), "a running window was dropped");
    }
}
