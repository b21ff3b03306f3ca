//! Count keys.

use std::collections::HashMap;

use super::list::criteria;
use super::{Store, scan};
use crate::entry::State;
use crate::error::Result;
use crate::ids::{KindRef, RealmRef};
use crate::query::Filter;

/// How many keys of one kind there are, by state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KindCount {
    /// The kind's realm.
    pub realm: RealmRef,
    /// The kind.
    pub kind: KindRef,
    /// The kind's name in its realm.
    pub kind_name: String,
    /// Keys that are active; those that have expired, too, since that is a fact of time.
    pub active: u64,
    /// Keys that are suspended, those that have expired, too.
    pub suspended: u64,
    /// Keys that are revoked.
    pub revoked: u64,
    /// How many of the active and suspended ones have expired.
    pub expired: u64,
}

impl Store {
    /// How many keys `filter` selects, as of one moment.
    ///
    /// It reads the row of every key that may be selected: an owner's own, or those that end
    /// when the filter says, or all of the store, of which a million take seconds.
    ///
    /// # Errors
    ///
    /// As for [`list`](Self::list).
    pub fn count(&self, filter: &Filter) -> Result<u64> {
        let view = self.storage.view()?;
        let realms = self.realms_of(&view)?;
        let criteria = criteria(&view, &realms, filter, self.mark.now())?;
        let mut count = 0_u64;
        self.each(&view, &realms, &criteria, |_| {
            count = count.saturating_add(1);
            Ok(())
        })?;
        Ok(count)
    }

    /// How many keys of each kind there are, as of one moment: a row for every kind of every
    /// realm, also if it has no key, in the order in which kinds were made.
    ///
    /// It reads the row of every key, of which a million take seconds.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn count_by_kind(&self) -> Result<Vec<KindCount>> {
        let view = self.storage.view()?;
        let realms = self.realms_of(&view)?;
        let now = self.mark.now();
        let mut counts: HashMap<KindRef, [u64; 4]> = HashMap::new();
        for record in scan::keys(&view, None, None) {
            let record = record?;
            let [active, suspended, revoked, expired] = counts.entry(record.kind).or_default();
            let count = match record.state {
                State::Active => active,
                State::Suspended => suspended,
                State::Revoked => revoked,
            };
            *count = count.saturating_add(1);
            if record.state != State::Revoked && record.end <= now {
                *expired = expired.saturating_add(1);
            }
        }
        // A kind that left its profile has its number still, and no key.
        let rows = realms.kinds().filter_map(|(realm, kind)| {
            let named = realm.kind(kind)?;
            let [active, suspended, revoked, expired] = counts.remove(&kind).unwrap_or_default();
            Some(KindCount {
                realm: realm.reference(),
                kind,
                kind_name: named.name.clone(),
                active,
                suspended,
                revoked,
                expired,
            })
        });
        Ok(rows.collect())
    }
}
