//! Charge a decision to the meters of what it is about.

use super::Store;
use super::find::Found;
use super::quota::takes_credits;
use crate::entry::LeaseRef;
use crate::key_id::KeyId;
use crate::limit::{Charge, Metered, Moment};
use crate::realm::{Buckets, Realm, Window};
use crate::request::Request;
use crate::time::Timestamp;
use crate::verdict::{Credits, Rate, Reason};

/// Why a decision did not come to a grant.
pub(super) enum Halt {
    Refused(Reason),
    /// The key has gone meanwhile, or has another side: it is to be looked up anew.
    Anew,
    /// Too few credits of a lineage are in its lease: it is to be tried again with more.
    Wanting(LeaseRef, KeyId),
}

impl From<Reason> for Halt {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl Store {
    /// Charges a request that nothing else refuses: to all windows of its owner's plan and to its
    /// key's quota, or to none. A key without a side whose owner is of no account has neither.
    #[inline(always)]
    pub(super) fn charge(
        &self,
        realm: &Realm,
        found: &Found<'_>,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Option<Rate>, Option<Credits>), Halt> {
        if found.side.is_none() && found.owner.is_none() {
            return Ok((None, None));
        }
        self.charge_some(realm, *found, request, now)
    }

    /// Apart, so that what it needs room for is no part of a plain verify.
    #[inline(never)]
    fn charge_some(
        &self,
        realm: &Realm,
        found: Found<'_>,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Option<Rate>, Option<Credits>), Halt> {
        let Some((metered, windows)) = metered(realm, &found) else {
            return Ok((None, self.spend(found.side, request, now)?));
        };
        let Found { entry, side, .. } = found;
        // What takes none may be read from the file: not while others wait for the meter.
        let mut told = (!takes_credits(request)).then(|| self.spend(side, request, now));
        let mut credits = None;
        let join = || {
            credits = told.take().unwrap_or_else(|| self.spend(side, request, now))?;
            Ok(())
        };
        let charge = |moment| Charge { windows, cost: request.cost, moment };
        let rate = match request.at {
            Some(at) => self.told.charge(metered, &charge(Moment::named(at)), join),
            None => {
                let (key, charge) = ((&entry, side), charge(self.moment(now)));
                self.index.charge(metered, key, &charge, join).unwrap_or(Err(Halt::Anew))
            }
        };
        Ok((rate?, credits))
    }

    /// What [`charge`](Self::charge) would give, without charging.
    pub(super) fn peek(
        &self,
        realm: &Realm,
        found: &Found<'_>,
        request: &Request,
        now: Timestamp,
    ) -> Result<Option<Rate>, Reason> {
        let Some((metered, windows)) = metered(realm, found) else { return Ok(None) };
        let charge = |moment| Charge { windows, cost: request.cost, moment };
        match request.at {
            Some(at) => self.told.peek(metered, &charge(Moment::named(at))),
            None => self.index.peek(metered, found.side, &charge(self.moment(now))),
        }
    }

    fn moment(&self, now: Timestamp) -> Moment {
        Moment::present(self.mark.uptime(), now)
    }
}

/// Which meter a key is charged to, and the windows of its owner's plan.
#[inline]
fn metered<'r>(realm: &'r Realm, found: &Found<'_>) -> Option<(Metered, &'r [Window])> {
    let plan = realm.plan(found.owner?.plan?)?;
    let metered = match realm.policy().buckets {
        Buckets::Owner => Metered::Owner(found.entry.owner),
        Buckets::Lineage => Metered::Lineage(found.side?.lineage),
    };
    (!plan.rates.is_empty()).then_some((metered, &*plan.rates))
}
