//! Set an owner, and look owners up.

use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::{Event, EventKind};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{OwnerRef, RealmRef};
use crate::info::OwnerInfo;
use crate::realm::Realm;
use crate::record::{Op, OwnerRecord};
use crate::scope::ScopeSet;
use crate::spec::OwnerChange;
use crate::storage::Rows;
use crate::text;

impl Store {
    /// Makes the owner that the application calls `id`, or changes it.
    ///
    /// A suspension or the loss of a direct scope is enforced before the commit, for all keys
    /// of the owner at once. A lower plan ends no key.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm, plan or scope; `Argument` for an id out of its limits;
    /// those of a commit.
    pub fn set_owner(
        &self,
        realm: RealmRef,
        id: &str,
        change: &OwnerChange,
        by: &Actor,
    ) -> Result<OwnerInfo> {
        by.check()?;
        text::check("owner", id, &text::OWNER_ID_LEN)?;
        let realms = self.realms.load_full();
        let realm = realms.get(realm)?;
        self.commit(by, |rows, _| {
            let [direct, group] = change.check(realm)?;
            let before = rows.owner_named(realm.number(), id)?;
            let mut after = match &before {
                Some(before) => before.clone(),
                None => OwnerRecord {
                    owner: rows.next_owner()?,
                    realm: realm.number(),
                    id: id.to_owned(),
                    plan: None,
                    suspended: false,
                    direct: ScopeSet::empty(),
                    group: ScopeSet::empty(),
                },
            };
            after.plan = change.plan.clone().or(after.plan);
            after.suspended = change.suspended.unwrap_or(after.suspended);
            after.direct = direct.unwrap_or(after.direct);
            after.group = group.unwrap_or(after.group);
            let info = owner_info(realm, &after);
            if before.as_ref() == Some(&after) {
                return Ok(Draft::new(info));
            }
            let event = Event::new(EventKind::OwnerSet, by)
                .realm(realm.name())
                .owner(id)
                .before(before.as_ref().map_or_else(Default::default, |b| {
                    trail::owner_facts(realm, b)
                }))
                .after(trail::owner_facts(realm, &after));
            Ok(Draft::new(info).op(Op::Owner(after)).event(event))
        })
    }

    /// The owner that the application calls `id`.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm or owner; `Io` or `Corrupt` if the file cannot be read.
    pub fn owner(&self, realm: RealmRef, id: &str) -> Result<OwnerInfo> {
        let realms = self.realms.load_full();
        let realm = realms.get(realm)?;
        let record = self.storage.view()?.owner_named(realm.number(), id)?;
        record.map(|record| owner_info(realm, &record)).ok_or_else(|| no_owner_named(realm, id))
    }

    /// Owners of a realm in the order of their ids, from after `after` on, `limit` at most.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm; `Io` or `Corrupt` if the file cannot be read.
    pub fn owners(
        &self,
        realm: RealmRef,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<OwnerInfo>> {
        let realms = self.realms.load_full();
        let realm = realms.get(realm)?;
        let records = self.storage.view()?.owners(realm.number(), after, limit)?;
        Ok(records.iter().map(|record| owner_info(realm, record)).collect())
    }

    /// The application's id of an owner and its realm, from memory.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has no such owner.
    pub fn owner_id(&self, owner: OwnerRef) -> Result<(RealmRef, &str)> {
        let found = self.index.owner_name(owner);
        found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("owner number {}: none", owner.number()))
        })
    }
}

pub(super) fn no_owner_named(realm: &Realm, id: &str) -> Error {
    let what = format!("owner {id:?}: realm {:?} has none of this id", realm.name());
    Error::new(ErrorKind::NotFound, what)
}

fn owner_info(realm: &Realm, record: &OwnerRecord) -> OwnerInfo {
    let names = |set| realm.scope_names(set).into_iter().map(str::to_owned).collect();
    OwnerInfo {
        owner: record.owner,
        realm: record.realm,
        id: record.id.clone(),
        plan: realm.plan_of(record.plan.as_deref()).map(|plan| plan.name().to_owned()),
        suspended: record.suspended,
        direct: names(record.direct),
        group: names(record.group),
    }
}
