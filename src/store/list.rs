//! List the keys that a filter selects.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::walk::walk;
use super::{Realms, Store, scan};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::OwnerRef;
use crate::query::{Criteria, Cursor, Filter, Order, Page};
use crate::realm::Realm;
use crate::record::KeyRecord;
use crate::storage::View;
use crate::time::Timestamp;

/// Most rows that one page is searched in.
pub(super) const READ_MAX: usize = 10_000;

/// Longest page of a list.
pub const PAGE_MAX: usize = 1000;

impl Store {
    /// The keys that `filter` selects, in its order, from after `after` on, `limit` at most.
    ///
    /// Pages are stable, whatever is issued, changed and swept between them: a key that the
    /// filter selects all the while, and whose place in the order does not change, is on
    /// exactly one page. By key id no place changes, so no key is ever on two, and one that is
    /// issued meanwhile is on a later page. By end a place changes with the key's end, and when
    /// it is revoked. Time that passes changes nothing: later pages mean by "now" what the first
    /// did.
    ///
    /// A page may have fewer keys than `limit`, or none, and a next page all the same: one call
    /// reads 10,000 rows at most. Names and metadata are read from the file, as all else is;
    /// decisions are not disturbed.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm, kind or owner; `Argument` for a kind or an owner without
    /// a realm, conditions that no key can meet together, such as ask about use in a realm that
    /// keeps none, a cursor of another order, or a limit of 0 or over 1000; `Io` or `Corrupt` if
    /// the file cannot be read.
    pub fn list(&self, filter: &Filter, after: Option<Cursor>, limit: usize) -> Result<Page> {
        limited(limit)?;
        let place = after.map(|cursor| cursor.place(filter.order)).transpose()?;
        let view = self.storage.view()?;
        let realms = self.realms_of(&view)?;
        let now = self.mark.now();
        let as_of = after.and_then(|cursor| cursor.as_of()).unwrap_or(now);
        let criteria = criteria(&view, &realms, filter, as_of)?;
        let mut page = Page::new();
        let mut last = None;
        let mut owners = Owners::default();
        let rows = walk(&view, &realms, &criteria, filter.order, place);
        for (read, row) in rows.enumerate() {
            let (place, record) = row?;
            if page.keys.len() == limit || read == READ_MAX {
                page.next = last;
                break;
            }
            last = Some(Cursor::new(place, as_of));
            let Some(record) = record else { continue };
            let (realm, kind) = realms.of_kind(record.kind)?;
            if !self.selects(&view, &realms, &criteria, &record)? {
                continue;
            }
            let owner = owners.id(&view, &record)?;
            page.keys.push(self.key_info(&view, realm, kind, owner, &record, now)?);
        }
        Ok(page)
    }

    /// Gives each key that is selected to `what`, in the order that reads the fewest rows.
    pub(super) fn each(
        &self,
        view: &View<'_>,
        realms: &Realms,
        criteria: &Criteria,
        mut what: impl FnMut(KeyRecord) -> Result<()>,
    ) -> Result<()> {
        let bounded = criteria.ends() != (None, Timestamp::NEVER);
        let few = criteria.owner.is_some() || criteria.filter().keys.is_some();
        let order = if bounded && !few { Order::End } else { Order::KeyId };
        for row in walk(view, realms, criteria, order, None) {
            let (_, record) = row?;
            if let Some(record) = record
                && self.selects(view, realms, criteria, &record)?
            {
                what(record)?;
            }
        }
        Ok(())
    }

    /// Whether `criteria` select a key.
    pub(super) fn selects(
        &self,
        view: &View<'_>,
        realms: &Realms,
        criteria: &Criteria,
        record: &KeyRecord,
    ) -> Result<bool> {
        let (realm, kind) = realms.of_kind(record.kind)?;
        if !criteria.selects(record, realm, kind) {
            return Ok(false);
        }
        if !criteria.asks_use() {
            return Ok(true);
        }
        let last = self.last_used(view, record)?;
        Ok(criteria.selects_use(record, realm, last, |then, now| self.mark.since(then, now)))
    }
}

/// What `filter` means at `now`. A lineage is looked for among its owner's keys, if one of its
/// keys is there to tell who that is.
pub(super) fn criteria(
    view: &View<'_>,
    realms: &Realms,
    filter: &Filter,
    now: Timestamp,
) -> Result<Criteria> {
    filter.check()?;
    let realm = filter.realm.map(|realm| realms.get(realm)).transpose()?;
    let realm = realm.map(|bound| &*bound.realm);
    let mut owner = None;
    if let (Some(id), Some(realm)) = (&filter.owner, realm) {
        let named = view.owner_named(realm.reference(), id)?;
        owner = Some(named.ok_or_else(|| super::no_owner_named(realm, id))?);
    }
    let mut lineage = filter.lineage;
    if let Some(key) = filter.lineage.map(|key| view.key(key)).transpose()?.flatten() {
        lineage = Some(key.lineage);
        owner = owner.or(Some(key.owner));
    }
    let criteria = Criteria::new(filter, now, realm, owner, lineage)?;
    if let Some(realm) = realm
        && criteria.asks_use()
        && !keeps_use(view, realm, owner)?
    {
        let why = format!(
            "never used, or idle: realm {:?} keeps no usage; set usage = true in its policy",
            realm.name()
        );
        return Err(Error::new(ErrorKind::Argument, why));
    }
    Ok(criteria)
}

/// Whether it is kept of any key of `realm` when it was last used. If the profile keeps no usage,
/// keys with an idle span of their own still do: those of `owner`, or all keys, are read up to the
/// first of them.
fn keeps_use(view: &View<'_>, realm: &Realm, owner: Option<OwnerRef>) -> Result<bool> {
    if realm.policy().keeps_use() {
        return Ok(true);
    }
    for record in scan::keys(view, owner, None) {
        let record = record?;
        if realm.kind(record.kind).is_some() && record.keeps_use(realm) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The owners whose ids were read.
#[derive(Default)]
pub(super) struct Owners(HashMap<OwnerRef, String>);

impl Owners {
    /// The application's id of the owner of `record`.
    pub(super) fn id(&mut self, view: &View<'_>, record: &KeyRecord) -> Result<&str> {
        Ok(match self.0.entry(record.owner) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let owner = view.owner(record.owner)?;
                new.insert(owner.ok_or_else(|| super::no_owner(record))?.id)
            }
        })
    }
}

/// Refuses a page that is empty or longer than one may be.
pub(super) fn limited(limit: usize) -> Result<()> {
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(());
    }
    let why = format!("limit {limit}: from 1 to {PAGE_MAX} are allowed");
    Err(Error::new(ErrorKind::Argument, why))
}
