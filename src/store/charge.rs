//! Charge a decision to the meters of what it is about.

use super::Store;
use super::verify::Found;
use crate::limit::{Charge, Metered, Moment};
use crate::realm::{Buckets, Realm, Window};
use crate::request::Request;
use crate::time::Timestamp;
use crate::verdict::{Rate, Reason};

impl Store {
    /// Charges a request that nothing else refuses: to all windows of its owner's plan, or to none.
    ///
    /// No answer if the key has gone meanwhile, or has another side: it is to be looked up anew.
    #[inline(always)]
    pub(super) fn charge(
        &self,
        realm: &Realm,
        found: &Found,
        request: &Request,
        now: Timestamp,
    ) -> Option<Result<Option<Rate>, Reason>> {
        let Some((metered, windows)) = metered(realm, found) else { return Some(Ok(None)) };
        let alone = || Ok(());
        let charge = |moment| Charge { windows, cost: request.cost, moment };
        // Copies, so that of a key that is not charged nothing need stand in memory.
        let (entry, side) = (found.entry, found.side);
        match request.at {
            Some(at) => Some(self.told.charge(metered, &charge(Moment::named(at)), alone)),
            None => {
                let (key, charge) = ((&entry, side.as_ref()), charge(self.moment(now)));
                self.index.charge(metered, key, &charge, alone)
            }
        }
    }

    /// What [`charge`](Self::charge) would give, without charging.
    pub(super) fn peek(
        &self,
        realm: &Realm,
        found: &Found,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<Rate>, Reason> {
        let Some((metered, windows)) = metered(realm, found) else { return Ok(None) };
        let charge = |moment| Charge { windows, cost: request.cost, moment };
        match request.at {
            Some(at) => self.told.peek(metered, &charge(Moment::named(at))),
            None => self.index.peek(metered, found.side.as_ref(), &charge(self.moment(now))),
        }
    }

    fn moment(&self, now: Timestamp) -> Moment {
        Moment::present(self.mark.uptime(), now)
    }
}

/// Which meter a key is charged to, and the windows of its owner's plan.
#[inline]
fn metered<'r>(realm: &'r Realm, found: &Found) -> Option<(Metered, &'r [Window])> {
    let plan = realm.plan(found.owner?.plan?)?;
    let metered = match realm.policy().buckets {
        Buckets::Owner => Metered::Owner(found.entry.owner),
        Buckets::Lineage => Metered::Lineage(found.side?.lineage),
    };
    (!plan.rates.is_empty()).then_some((metered, &*plan.rates))
}
