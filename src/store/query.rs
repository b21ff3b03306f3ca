//! Look keys up and list them, and read the trail.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{Realms, Store, no_key, scan};
use crate::audit::AuditEntry;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
use crate::info::{Description, KeyInfo, Page, Stats};
use crate::key_id::KeyId;
use crate::realm::{Kind, Realm};
use crate::record::{Imported, KeyRecord};
use crate::storage::{Role, View};
use crate::time::Timestamp;
use crate::verdict::Grant;

/// Which keys to list; all of them unless narrowed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    realm: Option<RealmRef>,
    owner: Option<String>,
    state: Option<State>,
}

impl Filter {
    /// All keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only keys of `realm`.
    #[must_use]
    pub fn realm(mut self, realm: RealmRef) -> Self {
        self.realm = Some(realm);
        self
    }

    /// Only keys of the owner that the application calls `id`. Needs a realm.
    #[must_use]
    pub fn owner(mut self, id: impl Into<String>) -> Self {
        self.owner = Some(id.into());
        self
    }

    /// Only keys in `state`.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }
}

/// Most keys that one page is searched in.
const READ_MAX: usize = 10_000;

/// Longest page of a list.
pub const PAGE_MAX: usize = 1000;

impl Store {
    /// The key `key`.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none; `Io` or `Corrupt` if the file cannot be read.
    pub fn key(&self, key: KeyId) -> Result<KeyInfo> {
        let view = self.storage.view()?;
        let realms = self.realms_of(&view)?;
        let held = self.hold(&view, &realms, key)?;
        let now = self.mark.now();
        self.key_info(&view, held.realm, held.kind, &held.owner.id, &held.record, now)
    }

    /// The keys that `filter` selects, by key id and so by time of issue, from after `after`
    /// on, `limit` at most.
    ///
    /// Pages are stable: a key that is issued meanwhile is on a later page, and no key is on
    /// two. A page may have fewer keys than `limit`, or none, and a next page all the same: one
    /// call reads 10,000 keys at most.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown realm or owner; `Argument` for an owner without a realm, or
    /// a limit of 0 or over 1000; `Io` or `Corrupt` if the file cannot be read.
    pub fn list(&self, filter: &Filter, after: Option<KeyId>, limit: usize) -> Result<Page> {
        if !(1..=PAGE_MAX).contains(&limit) {
            let why = format!("limit {limit}: from 1 to {PAGE_MAX} are allowed");
            return Err(Error::new(ErrorKind::Argument, why));
        }
        let view = self.storage.view()?;
        let realms = self.realms_of(&view)?;
        if let Some(realm) = filter.realm {
            realms.get(realm)?;
        }
        let owner = match (&filter.owner, filter.realm) {
            (None, _) => None,
            (Some(id), Some(realm)) => {
                let owner = view.owner_named(realm, id)?;
                let realm = &*realms.get(realm)?.realm;
                Some(owner.ok_or_else(|| super::no_owner_named(realm, id))?)
            }
            (Some(id), None) => {
                let why = format!("owner {id:?}: name its realm too");
                return Err(Error::new(ErrorKind::Argument, why));
            }
        };
        let now = self.mark.now();
        let mut page = Page { keys: Vec::new(), next: None };
        let mut last = None;
        let mut owners = HashMap::new();
        for (read, record) in scan::keys(&view, owner, after).enumerate() {
            let record = record?;
            if page.keys.len() == limit || read == READ_MAX {
                page.next = last;
                break;
            }
            last = Some(record.key_id);
            let (realm, kind) = realms.of_kind(record.kind)?;
            let wanted = filter.realm.is_none_or(|r| r == realm.reference())
                && filter.state.is_none_or(|s| s == record.state);
            if !wanted {
                continue;
            }
            let owner = match owners.entry(record.owner) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let owner = view.owner(record.owner)?;
                    &*new.insert(owner.ok_or_else(|| super::no_owner(&record))?.id)
                }
            };
            page.keys.push(self.key_info(&view, realm, kind, owner, &record, now)?);
        }
        Ok(page)
    }

    /// The realms to read rows of `view` by. A reader's memory is as of its opening, and the
    /// writer's rows are not.
    pub(super) fn realms_of(&self, view: &View<'_>) -> Result<Arc<Realms>> {
        if self.storage.is_read_only() {
            return Ok(Arc::new(Realms::new(&view.realms()?)?));
        }
        Ok(Arc::clone(self.realms.load()))
    }

    /// The text behind a grant, from memory.
    ///
    /// # Errors
    ///
    /// `NotFound` for a grant of another store.
    pub fn describe(&self, grant: &Grant) -> Result<Description> {
        self.storage.at_home()?;
        let realms = Arc::clone(self.realms.load());
        let (realm, kind) = realms.of_kind(grant.kind)?;
        let (_, owner) = self.owner_id(grant.owner)?;
        let plan = self.index.owner(grant.owner).and_then(|owner| realm.plan(owner.plan?));
        Ok(Description {
            key_id: grant.key_id,
            realm: realm.name().to_owned(),
            owner: owner.to_owned(),
            plan: plan.map(|plan| plan.name.clone()),
            kind: kind.name.clone(),
            environment: kind.environment.clone().unwrap_or_default(),
            prefix: kind.shape.prefix().to_owned(),
            scopes: realm.scope_names(grant.scopes).into_iter().map(str::to_owned).collect(),
            end: grant.end,
            in_grace: grant.in_grace,
        })
    }

    /// Entries of the audit trail with numbers over `after`, `limit` at most.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        self.storage.view()?.audit(after, limit)
    }

    /// Checks the whole file: every row's MAC, each index against the rows, the log, and the
    /// chain of the audit trail.
    ///
    /// # Errors
    ///
    /// `Corrupt` or `Newer`, naming the first row that is wrong; `Io`.
    pub fn check(&self) -> Result<()> {
        self.storage.view()?.check_and_tell(self.report.as_ref()).map(drop)
    }

    /// Figures of the open store.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn stats(&self) -> Result<Stats> {
        let state = self.storage.view()?.state()?;
        let index = self.index.stats();
        Ok(Stats {
            store_id: self.storage.id().0,
            seq: state.seq,
            keys: state.counts.keys,
            owners: state.counts.owners,
            realms: state.counts.realms,
            index_bytes: u64::try_from(index.bytes).unwrap_or(u64::MAX),
            index_huge_bytes: u64::try_from(self.index.huge_bytes()).unwrap_or(u64::MAX),
            peppered: self.storage.is_peppered(),
            unconfirmed: state.role == Role::Restored,
        })
    }

    /// What may be shown of a record.
    pub(super) fn key_info(
        &self,
        view: &View<'_>,
        realm: &Realm,
        kind: &Kind,
        owner: &str,
        record: &KeyRecord,
        now: Timestamp,
    ) -> Result<KeyInfo> {
        Ok(info(realm, kind, owner, record, self.last_used(view, record)?, now))
    }

    /// When the key was last granted: what memory has since it was opened, else the file.
    fn last_used(&self, view: &View<'_>, record: &KeyRecord) -> Result<Option<Timestamp>> {
        let approach = self.index.approach(record.address().locator);
        let found = self.index.find(&approach, &record.digest);
        let noted = found.and_then(|(_, side)| side?.last_used);
        Ok(noted.max(view.used(record.key_id)?))
    }

    /// A key with what it belongs to.
    pub(super) fn hold<'r>(
        &self,
        view: &View<'_>,
        realms: &'r super::Realms,
        key: KeyId,
    ) -> Result<super::Held<'r>> {
        let record = view.key(key)?.ok_or_else(|| no_key(key))?;
        let (realm, kind) = realms.of_kind(record.kind)?;
        let owner = view.owner(record.owner)?.ok_or_else(|| super::no_owner(&record))?;
        Ok(super::Held { record, owner, realm, kind })
    }
}

/// What may be shown of a record that was last used at `last_used`.
pub(super) fn info(
    realm: &Realm,
    kind: &Kind,
    owner: &str,
    record: &KeyRecord,
    last_used: Option<Timestamp>,
    now: Timestamp,
) -> KeyInfo {
    let alive = record.state != State::Revoked;
    let rotation_due = match (realm.policy().rotate_after, record.successor) {
        (Some(span), None) if alive => Some(record.issued.plus(span)),
        _ => None,
    };
    let imported = record.parts.imported.is_some();
    let scheme = match &record.parts.imported {
        Some(Imported::Digest { scheme, .. }) => Some(scheme.clone()),
        _ => None,
    };
    let last_four = if record.last_four == [0; 4] { &[][..] } else { &record.last_four };
    KeyInfo {
        key_id: record.key_id,
        realm: realm.reference(),
        kind: record.kind,
        kind_name: kind.name.clone(),
        environment: kind.environment.clone().unwrap_or_default(),
        owner: owner.to_owned(),
        state: record.state,
        cause: record.cause,
        expired: record.end <= now,
        name: record.name.clone(),
        metadata: record.metadata.clone(),
        scopes: realm.scope_names(record.scopes).into_iter().map(str::to_owned).collect(),
        issued: record.issued,
        start: record.start,
        end: record.end,
        changed: record.changed,
        reason: record.reason.clone(),
        prefix: if imported { String::new() } else { kind.shape.prefix().to_owned() },
        last_four: String::from_utf8_lossy(last_four).into_owned(),
        imported,
        scheme,
        lineage: record.lineage,
        generation: record.generation,
        predecessor: record.predecessor,
        successor: record.successor,
        in_grace: alive && record.successor.is_some() && record.end > now,
        last_used,
        rotation_due,
    }
}
