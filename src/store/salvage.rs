//! What the file of a store still denies, though it is not fit to be opened.
//!
//! Each row that is read is checked by its MAC, and is the row that some commit wrote there. It
//! may not be the last one, and others may be missing: so what it denies is taken, since to
//! deny too much can be mended, and what it grants is not.

use std::path::Path;
use std::time::Duration;

use super::restore::Restored;
use super::{Realms, no_owner, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::OwnerRef;
use crate::record::{Cause, KeyRecord, Op, OwnerRecord};
use crate::storage::{Batch, Storage, StorageOptions};
use crate::time::Timestamp;

/// Rows that are changed in one commit at most.
const STEP: usize = 512;

/// A file that is read row by row.
pub(super) struct Salvaged(Storage);

/// Who restores, and when.
struct Asked<'a> {
    by: &'a Actor,
    now: Timestamp,
    realms: &'a Realms,
}

impl Salvaged {
    /// Opens the file of the store `store_id`.
    ///
    /// # Errors
    ///
    /// `Conflict` if it is another store's; those of an opening.
    pub(super) fn open(
        path: &Path,
        settings: &StorageOptions<'_>,
        store_id: [u8; 16],
    ) -> Result<Self> {
        let storage = Storage::look_into(path, settings)?;
        if storage.id().0 != store_id {
            let why = format!("{path:?}: it is not the store that the backup is of");
            return Err(Error::new(ErrorKind::Conflict, why));
        }
        Ok(Self(storage))
    }

    /// The last seq that it knows of.
    pub(super) fn seq(&self) -> Option<u64> {
        Some(self.0.view().ok()?.state().ok()?.seq)
    }

    /// Takes from every key and owner of `store` what is denied here.
    pub(super) fn deny(
        &self,
        store: &Storage,
        restored: &mut Restored,
        by: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let theirs = self.0.view()?;
        let realms = Realms::new(&store.view()?.realms()?)?;
        let asked = Asked { by, now, realms: &realms };
        let mut after = None;
        loop {
            let page = store.view()?.keys(after, STEP)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key_id);
            let mut batch = store.batch()?;
            for record in page {
                let key_id = record.key_id;
                let Some(there) = readable(theirs.key(key_id), restored)? else { continue };
                if let Some(denied) = denied_key(&record, there.as_ref(), &asked) {
                    asked.put_key(&mut batch, &record, denied)?;
                    restored.denied.push(key_id);
                }
            }
            batch.commit(Duration::ZERO)?;
        }
        let mut next = 1;
        let end = store.view()?.state()?.next_owner;
        while next < end {
            let mut batch = store.batch()?;
            for number in (next..end).take(STEP) {
                next = number.saturating_add(1);
                let owner = OwnerRef::new(u32::try_from(number).unwrap_or(u32::MAX));
                let Some(record) = batch.view().owner(owner)? else { continue };
                let Some(there) = readable(theirs.owner(owner), restored)? else { continue };
                if let Some(denied) = denied_owner(&record, there.as_ref()) {
                    restored.denied_owners.push(record.id.clone());
                    asked.put_owner(&mut batch, &record, denied)?;
                }
            }
            batch.commit(Duration::ZERO)?;
        }
        Ok(())
    }
}

/// A row that could be read; none, and it is counted, if it is damaged.
fn readable<T>(row: Result<T>, restored: &mut Restored) -> Result<Option<T>> {
    match row {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            restored.unreadable = restored.unreadable.saturating_add(1);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// `ours` without what `theirs` lacks; none if it lacks nothing. A key that is not there was
/// swept, which only a key is that was over, or is lost.
fn denied_key(
    ours: &KeyRecord,
    theirs: Option<&KeyRecord>,
    asked: &Asked<'_>,
) -> Option<KeyRecord> {
    let mut denied = ours.clone();
    match theirs {
        Some(theirs) => {
            denied.end = ours.end.min(theirs.end);
            denied.start = ours.start.max(theirs.start);
            denied.scopes = ours.scopes & theirs.scopes;
            if theirs.state > ours.state {
                (denied.state, denied.cause) = (theirs.state, theirs.cause);
                denied.changed = theirs.changed;
                denied.reason.clone_from(&theirs.reason);
            }
        }
        None if ours.state != State::Revoked => {
            (denied.state, denied.cause) = (State::Revoked, Cause::Asked);
            denied.changed = asked.now;
            denied.reason = "not in the original any more".to_owned();
        }
        None => {}
    }
    denied.counted &= denied.state == State::Active;
    (denied != *ours).then_some(denied)
}

/// Likewise. Owners are not swept: one that is not there is left alone.
fn denied_owner(ours: &OwnerRecord, theirs: Option<&OwnerRecord>) -> Option<OwnerRecord> {
    let theirs = theirs?;
    let mut denied = ours.clone();
    denied.suspended |= theirs.suspended;
    denied.direct &= theirs.direct;
    (denied != *ours).then_some(denied)
}

impl Asked<'_> {
    fn put_key(&self, batch: &mut Batch, before: &KeyRecord, after: KeyRecord) -> Result<()> {
        let (realm, _) = self.realms.of_kind(after.kind)?;
        let owner = batch.view().owner(after.owner)?.ok_or_else(|| no_owner(&after))?;
        let event = match after.state {
            state if state == before.state => Event::KeyUpdated,
            State::Revoked => Event::KeyRevoked,
            _ => Event::KeySuspended,
        };
        let (key, ended) = (after.key_id, after.state == State::Revoked);
        let mut entry = trail::key_entry(event, self.by, self.now, realm, key, &owner.id);
        entry.before = trail::key_changes(realm, before, &after);
        entry.after = trail::key_changes(realm, &after, before);
        batch.apply(&Op::Key(after))?;
        if ended {
            batch.seal(key, None)?;
        }
        batch.audit(&mut entry)
    }

    fn put_owner(&self, batch: &mut Batch, before: &OwnerRecord, after: OwnerRecord) -> Result<()> {
        let realm = &self.realms.get(after.realm)?.realm;
        let mut entry = trail::entry(Event::OwnerSet, self.by, self.now);
        entry.realm = Some(realm.name().to_owned());
        entry.owner = Some(after.id.clone());
        entry.before = trail::owner_facts(realm, before);
        entry.after = trail::owner_facts(realm, &after);
        batch.apply(&Op::Owner(after))?;
        batch.audit(&mut entry)
    }
}
