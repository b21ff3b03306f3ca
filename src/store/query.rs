//! Look a key up, check the file, tell its figures.

use std::sync::Arc;

use super::{Realms, Store, no_key};
use crate::counts::DecisionCounts;
use crate::entry::State;
use crate::error::Result;
use crate::info::{Description, KeyInfo, Stats};
use crate::key_id::KeyId;
use crate::realm::{Kind, Realm};
use crate::record::{Imported, KeyRecord};
use crate::storage::{Role, View};
use crate::time::Timestamp;
use crate::verdict::Grant;

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

    /// Checks the whole file: every row's MAC, each index against the rows, the log, and the
    /// chain of the audit trail.
    ///
    /// # Errors
    ///
    /// `Corrupt` or `Newer`, naming the first row that is wrong; `Io`.
    pub fn check(&self) -> Result<()> {
        self.storage.view()?.check_and_tell(self.report.as_ref()).map(drop)
    }

    /// Names the store: a copy of its file has the same id, a store that was restored another.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.storage.id().0
    }

    /// Figures of the open store. For those of huge pages the system is asked about all memory of
    /// the process, which takes from one millisecond to a hundred: ask once in some seconds.
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
            log_commits: state.seq.saturating_add(1).saturating_sub(state.first),
            audit_entries: state.kept_entries(),
            audit_last: state.entries,
            index_bytes: u64::try_from(index.bytes).unwrap_or(u64::MAX),
            index_huge_bytes: u64::try_from(self.index.huge_bytes()).unwrap_or(u64::MAX),
            peppered: self.storage.is_peppered(),
            unconfirmed: state.role == Role::Restored,
        })
    }

    /// How many decisions came to which outcome since the store was opened here.
    #[must_use]
    pub fn decision_counts(&self) -> DecisionCounts {
        self.counts.sum()
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
        let mut info = info(realm, kind, owner, record, self.last_used(view, record)?, now);
        info.quota = self.key_quota(view, record, &[], now)?;
        Ok(info)
    }

    /// When the key was last granted: what memory has since it was opened, else the file.
    pub(super) fn last_used(
        &self,
        view: &View<'_>,
        record: &KeyRecord,
    ) -> Result<Option<Timestamp>> {
        let approach = self.index.approach(record.address().locator);
        let found = self.index.find(&approach, &record.digest, None);
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
    let idle = record.idle(realm);
    let alive = record.state != State::Revoked;
    let rotation_due = match (realm.policy().rotate_after, record.successor) {
        (Some(span), None) if alive => Some(record.issued.plus(span)),
        _ => None,
    };
    let imported = record.parts.imported.is_some();
    let scheme = record.parts.imported.as_ref().and_then(Imported::found_by).cloned();
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
        quota: None,
        rotation_due,
        networks: record.parts.networks.as_ref().map_or_else(Vec::new, |n| n.as_slice().to_vec()),
        idle: idle.map(|idle| idle.span),
        idle_at: idle.map(|idle| idle.at(last_used)),
    }
}
