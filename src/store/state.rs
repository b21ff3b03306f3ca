//! Suspend, resume, revoke and update a key.

use serde_json::json;

use super::cap::Places;
use super::deny::{Denial, no_better_than};
use super::draft::Crediting;
use super::operation::Asked;
use super::quota::{credited, share_quota};
use super::{Draft, Held, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::index::{Bind, KeyRestraint};
use crate::info::KeyInfo;
use crate::key_id::KeyId;
use crate::quota::Quota;
use crate::record::{Cause, Done, KeyRecord, Op};
use crate::scope::ScopeSet;
use crate::spec::Update;
use crate::storage::View;
use crate::time::Timestamp;

impl Store {
    /// Pauses a key: it is refused until it is resumed. Suspending a suspended key changes
    /// nothing.
    ///
    /// Enforced before the change is queued for the disk, and lifted only if it is refused.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown key; `Conflict` if it is revoked, or its profile does not
    /// allow suspending; those of a commit.
    pub fn suspend(&self, key: KeyId, by: &Actor) -> Result<KeyInfo> {
        let asked = Asked::new(by, "suspend", || json!({ "key": key.to_string() }))?;
        let allowed = |held: &Held<'_>| {
            not_revoked(&held.record)?;
            if held.realm.policy().suspend {
                return Ok(());
            }
            let why = format!("{key}: realm {:?} does not allow suspending", held.realm.name());
            Err(Error::new(ErrorKind::Conflict, why))
        };
        let early = self.deny_early(&asked, key, |held, _| {
            allowed(held).map(|()| no_better_than(State::Suspended))
        })?;
        self.change(early, key, &asked, Event::KeySuspended, |_, held, now| {
            allowed(&held)?;
            if held.record.state == State::Suspended {
                return Ok(Planned::default());
            }
            Ok(vec![in_state(held.record, State::Suspended, by, now)].into())
        })
    }

    /// Ends the pause of a suspended key. Resuming an active key changes nothing.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown key; `Conflict` if it is revoked; `Cap` if its owner has as
    /// many active keys as it may; those of a commit.
    pub fn resume(&self, key: KeyId, by: &Actor) -> Result<KeyInfo> {
        let asked = Asked::new(by, "resume", || json!({ "key": key.to_string() }))?;
        self.change(Denial::default(), key, &asked, Event::KeyResumed, |view, held, now| {
            not_revoked(&held.record)?;
            if held.record.state == State::Active {
                return Ok(Planned::default());
            }
            let resumed = in_state(held.record.clone(), State::Active, by, now);
            Ok(held.activated(view, resumed, now, self.mark.next(now))?.into())
        })
    }

    /// Ends a key for good. Revoking a revoked key changes nothing.
    ///
    /// Enforced before the change is queued for the disk. If the outcome of the commit is
    /// unknown, the key stays refused until the store is reopened, which tells the truth.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown key; those of a commit.
    pub fn revoke(&self, key: KeyId, by: &Actor) -> Result<KeyInfo> {
        let asked = Asked::new(by, "revoke", || json!({ "key": key.to_string() }))?;
        let early = self.deny_early(&asked, key, |_, _| Ok(no_better_than(State::Revoked)))?;
        self.revoke_denied(early, key, &asked)
    }

    /// Revokes a key of which that is enforced already.
    pub(super) fn revoke_denied(
        &self,
        early: Denial,
        key: KeyId,
        asked: &Asked,
    ) -> Result<KeyInfo> {
        self.change(early, key, asked, Event::KeyRevoked, |_, held, now| {
            if held.record.state == State::Revoked {
                return Ok(Planned::default());
            }
            Ok(vec![in_state(held.record, State::Revoked, asked.by(), now)].into())
        })
    }

    /// Changes a key's name, metadata, end, scopes, networks or idle span, or the quota and the
    /// credits of its lineage.
    ///
    /// What is taken away is enforced before the change is queued for the disk, what is added
    /// after its commit.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown key or scope; `Argument` for what is out of its limits;
    /// `Conflict` if the key is revoked, was rotated and would outlive its grace, or has no quota
    /// whose credits could be changed; `Cap` if
    /// a later end makes it active again and its owner has no place for it; those of a commit.
    pub fn update(&self, key: KeyId, update: &Update, by: &Actor) -> Result<KeyInfo> {
        let asked = Asked::new(by, "update", || update.asked(key))?;
        let allowed = |held: &Held<'_>, now| {
            not_revoked(&held.record)?;
            let record = &held.record;
            let start = (record.start, record.key_id.issued());
            let accepted = update.check(held.realm, held.kind, start, record.end, now)?;
            if let Some(end) = update.end
                && held.record.successor.is_some()
                && end > held.record.end
            {
                let why = format!("{key}: was rotated; its grace ends at {}", held.record.end);
                return Err(Error::new(ErrorKind::Conflict, why));
            }
            if update.credits.is_some() && quota_of(update, &held.record).is_none() {
                return Err(Error::new(ErrorKind::Conflict, format!("{key}: has no quota")));
            }
            Ok(accepted)
        };
        let early = self.deny_early(&asked, key, |held, realms| {
            let accepted = allowed(held, self.mark.now())?;
            let expand = |scopes| realms.expand(held.record.kind, scopes);
            let scopes = accepted.scopes.map_or(ScopeSet::all(), expand);
            let end = update.end.unwrap_or(Timestamp::NEVER);
            let networks = accepted.networks.flatten();
            // Without a span of its own, the key has that of its realm.
            let idle = accepted.idle.and_then(|idle| {
                let mut after = held.record.clone();
                after.parts.idle = idle;
                realms.idle(&after)
            });
            Ok(KeyRestraint { scopes, end, networks, idle, ..no_better_than(State::Active) })
        })?;
        self.change(early, key, &asked, Event::KeyUpdated, |view, held, now| {
            let accepted = allowed(&held, now)?;
            let mut record = held.record.clone();
            record.end = update.end.unwrap_or(record.end);
            record.scopes = accepted.scopes.unwrap_or(record.scopes);
            record.parts.networks = accepted.networks.unwrap_or(record.parts.networks);
            record.parts.idle = accepted.idle.unwrap_or(record.parts.idle);
            record.name = update.name.clone().unwrap_or(record.name);
            record.metadata = update.metadata.clone().unwrap_or(record.metadata);
            record.parts.quota = quota_of(update, &record);
            let credits = credited(&record, update);
            let differs = record != held.record;
            if !differs && credits.is_empty() {
                return Ok(Planned::default());
            }
            // Credits have no row in the log: the record is written as it is, which names the key.
            let mut records = match differs {
                true => held.activated(view, record.clone(), now, self.mark.next(now))?,
                false => vec![record.clone()],
            };
            if !credits.is_empty() || record.parts.quota != held.record.parts.quota {
                share_quota(view, &record, &mut records)?;
            }
            Ok(Planned { records, credits })
        })
    }

    /// One change of one key, of which `early` is enforced already: reads it, asks `plan` for
    /// what shall be, and writes that with one entry of the audit trail. Nothing planned, no
    /// change. An operation that was done gives the key as it is now.
    fn change(
        &self,
        early: Denial,
        key: KeyId,
        asked: &Asked,
        event: Event,
        plan: impl FnOnce(&View<'_>, Held<'_>, Timestamp) -> Result<Planned>,
    ) -> Result<KeyInfo> {
        self.commit_denied(early, |view, realms, now| {
            let held = self.hold(view, realms, key)?;
            let (before, owner) = (held.record.clone(), held.owner.clone());
            let (realm, kind) = (held.realm, held.kind);
            if asked.done(view)?.is_some() {
                return Ok(Draft::new(self.key_info(view, realm, kind, &owner.id, &before, now)?));
            }
            let Planned { records, credits } = plan(view, held, now)?;
            let after = records.last().unwrap_or(&before);
            let mut info = self.key_info(view, realm, kind, &owner.id, after, now)?;
            if records.is_empty() {
                return Ok(asked.note(Draft::new(info), now, Done::Key(key)));
            }
            let by = asked.by();
            let mut entry = trail::key_change(event, by, now, realm, &before, after, &owner.id);
            if !credits.is_empty() {
                info.quota = self.key_quota(view, after, &credits, now)?;
                let had = self.key_quota(view, &before, &[], now)?;
                trail::credit_changes(&mut entry, had, info.quota);
            }
            let ended = after.state == State::Revoked;
            // What was noted of its use goes from memory with the rest of what is kept for that.
            let forgets_use = before.keeps_use(realm) && !after.keeps_use(realm);
            let draft = Draft::new(info).ops(records.into_iter().map(Op::Key)).entry(entry);
            let draft = credits.into_iter().fold(draft, Draft::credit);
            let draft = if ended { draft.seal(key, None) } else { draft };
            let draft = if forgets_use { draft.usage() } else { draft };
            Ok(asked.note(draft, now, Done::Key(key)))
        })
    }
}

/// What one change of a key comes to.
#[derive(Default)]
struct Planned {
    /// Records as they shall be, the key's own last; none if they and its credits stay as they are.
    records: Vec<KeyRecord>,
    credits: Vec<Crediting>,
}

impl From<Vec<KeyRecord>> for Planned {
    fn from(records: Vec<KeyRecord>) -> Self {
        Self { records, credits: Vec::new() }
    }
}

impl Held<'_> {
    /// The key as it shall be, counted if it takes a place, after those that lose theirs.
    fn activated(
        &self,
        view: &View<'_>,
        mut record: KeyRecord,
        now: Timestamp,
        mark: Timestamp,
    ) -> Result<Vec<KeyRecord>> {
        let mut changed = Vec::new();
        // A key that has expired is counted for a while, and has no place.
        let has_place = record.counted && takes_place(&self.record, now);
        if takes_place(&record, now) && !has_place {
            let (kind, lineage) = (record.kind, record.lineage);
            let mut places = Places::new(mark);
            changed = places.admit(view, self.realm, kind, &self.owner, lineage, now)?;
            changed.retain(|other| other.key_id != record.key_id);
            record.counted = true;
        }
        changed.push(record);
        Ok(changed)
    }
}

/// The record in another state, without a place.
pub(super) fn in_state(record: KeyRecord, state: State, by: &Actor, now: Timestamp) -> KeyRecord {
    let reason = by.reason().to_owned();
    KeyRecord { state, cause: Cause::Asked, counted: false, changed: now, reason, ..record }
}

/// Whether the key is to be counted: it is active and has not expired.
pub(super) fn takes_place(record: &KeyRecord, now: Timestamp) -> bool {
    record.state == State::Active && record.end > now
}

/// The quota of a key after an update.
fn quota_of(update: &Update, record: &KeyRecord) -> Option<Quota> {
    update.quota.unwrap_or(record.parts.quota)
}

fn not_revoked(record: &KeyRecord) -> Result<()> {
    if record.state == State::Revoked {
        let why = format!("{}: is revoked, which is final", record.key_id);
        return Err(Error::new(ErrorKind::Conflict, why));
    }
    Ok(())
}
