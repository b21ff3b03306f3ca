//! Set an owner, and look owners up.

use super::deny::Denial;
use super::operation::Asked;
use super::{Draft, Store, no_owner_named, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{OwnerRef, RealmRef};
use crate::index::{Bind, OwnerRestraint};
use crate::info::OwnerInfo;
use crate::realm::Realm;
use crate::record::{Done, Op, OwnerRecord};
use crate::scope::ScopeSet;
use crate::spec::OwnerChange;
use crate::text;

impl Store {
    /// Makes the owner that the application calls `id`, or changes it.
    ///
    /// A suspension or the loss of a direct scope is enforced before the change is queued for the
    /// disk, for all keys of the owner at once. A lower plan ends no key.
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
        let asked = Asked::new(by, "set_owner", || change.asked(realm, id))?;
        text::check("owner", id, &text::OWNER_ID_LEN)?;
        let early = self.deny_owner(&asked, realm, id, change)?;
        self.commit_denied(early, |view, realms, now| {
            let realm = &*realms.get(realm)?.realm;
            let before = view.owner_called(realm.reference(), id)?;
            if asked.done(view)?.is_some() {
                let owner = before.ok_or_else(|| no_owner_named(realm, id))?;
                return Ok(Draft::new(owner_info(realm, &owner)?));
            }
            let [direct, group] = change.check(realm)?;
            let mut after = match &before {
                Some(before) => before.clone(),
                None => OwnerRecord {
                    owner: scan::next_owner(view)?,
                    realm: realm.reference(),
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
            let info = owner_info(realm, &after)?;
            if before.as_ref() == Some(&after) {
                return Ok(asked.note(Draft::new(info), now, Done::Owner));
            }
            let mut entry = trail::entry(Event::OwnerSet, by, now);
            entry.realm = Some(realm.name().to_owned());
            entry.owner = Some(id.to_owned());
            entry.before = before.map(|b| trail::owner_facts(realm, &b)).unwrap_or_default();
            entry.after = trail::owner_facts(realm, &after);
            let draft = Draft::new(info).op(Op::Owner(after)).entry(entry);
            Ok(asked.note(draft, now, Done::Owner))
        })
    }

    /// Enforces what `change` takes from an owner that there is already.
    fn deny_owner(
        &self,
        asked: &Asked,
        realm: RealmRef,
        id: &str,
        change: &OwnerChange,
    ) -> Result<Denial> {
        let view = self.storage.view_at_once()?;
        if asked.done(&view)?.is_some() {
            return Ok(Denial::default());
        }
        let realms = self.realms.load();
        let [direct, _] = change.check(&realms.get(realm)?.realm)?;
        let Some(owner) = view.owner_named(realm, id)? else {
            return Ok(Denial::default());
        };
        let restraint = OwnerRestraint {
            suspended: change.suspended == Some(true),
            direct: direct.map_or(ScopeSet::all(), |set| realms.expand_owner(realm, set)),
        };
        self.deny_owner_early(owner, restraint)
    }

    /// The owner that the application calls `id`.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm or owner; `Io` or `Corrupt` if the file cannot be read.
    pub fn owner(&self, realm: RealmRef, id: &str) -> Result<OwnerInfo> {
        let realms = self.realms.load();
        let realm = &*realms.get(realm)?.realm;
        let record = self.storage.view()?.owner_called(realm.reference(), id)?;
        owner_info(realm, &record.ok_or_else(|| no_owner_named(realm, id))?)
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
        let realms = self.realms.load();
        let realm = &*realms.get(realm)?.realm;
        let records = self.storage.view()?.owners(realm.reference(), after, limit)?;
        records.iter().map(|record| owner_info(realm, record)).collect()
    }

    /// The application's id of an owner and its realm, from memory.
    ///
    /// # Errors
    ///
    /// `NotFound` if this store has no such owner.
    pub fn owner_id(&self, owner: OwnerRef) -> Result<(RealmRef, &str)> {
        self.storage.at_home()?;
        let found = self.index.owner_name(owner);
        found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("owner number {}: none", owner.number()))
        })
    }
}

fn owner_info(realm: &Realm, record: &OwnerRecord) -> Result<OwnerInfo> {
    let names = |set| realm.scope_names(set).into_iter().map(str::to_owned).collect();
    let plan = realm.plan_of(record.plan.as_deref())?.and_then(|number| realm.plan(number));
    Ok(OwnerInfo {
        owner: record.owner,
        realm: record.realm,
        id: record.id.clone(),
        plan: plan.map(|plan| plan.name.clone()),
        suspended: record.suspended,
        direct: names(record.direct),
        group: names(record.group),
    })
}
