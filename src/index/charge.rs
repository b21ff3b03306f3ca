//! Charge requests to the meters that an index keeps.

use super::Index;
use crate::entry::{Entry, MeterRef, Side};
use crate::limit::{Charge, Metered};
use crate::verdict::{Rate, Reason};

/// For decisions: no allocation, and no lock but the meter's own.
impl Index {
    /// Charges a request with the key of `entry` and `side` to the meter of `metered`, and to
    /// what joins it, as [`Cells::charge`] does. No answer if the key has gone meanwhile, or has
    /// another side: it is to be looked up anew.
    #[inline]
    pub(crate) fn charge<E: From<Reason>>(
        &self,
        metered: Metered,
        (entry, side): (&Entry, Option<&Side>),
        charge: &Charge<'_>,
        join: impl FnOnce() -> std::result::Result<(), E>,
    ) -> Option<std::result::Result<Option<Rate>, E>> {
        match metered {
            Metered::Owner(owner) => {
                let number = owner.number();
                self.owner_meters.charge(number, number.into(), || true, charge, join)
            }
            Metered::Lineage(lineage) => {
                let meter = side?.meter;
                let is_theirs = || {
                    let now = entry.side.and_then(|side| self.sides.get(side, entry.key_id, None));
                    now.is_some_and(|now| now.lineage == lineage && now.meter == meter)
                };
                self.lineage_meters.charge(meter.0, lineage.bits(), is_theirs, charge, join)
            }
        }
    }

    /// What [`charge`](Self::charge) would give, without charging.
    ///
    /// # Errors
    ///
    /// As [`Cells::charge`].
    pub(crate) fn peek(
        &self,
        metered: Metered,
        side: Option<&Side>,
        charge: &Charge<'_>,
    ) -> Result<Option<Rate>, Reason> {
        match metered {
            Metered::Owner(owner) => {
                self.owner_meters.peek(owner.number(), owner.number().into(), charge)
            }
            Metered::Lineage(lineage) => {
                let meter = side.map_or(MeterRef(u32::MAX), |side| side.meter);
                self.lineage_meters.peek(meter.0, lineage.bits(), charge)
            }
        }
    }
}
