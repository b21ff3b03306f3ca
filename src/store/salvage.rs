//! What the file of a store still denies, though it is not fit to be opened.
//!
//! Each row that is read is checked by its MAC, and is the row that some commit wrote there. It
//! may not be the last one, and others may be missing: so what it denies is taken, since to
//! deny too much can be mended, and what it grants is not.

use std::path::Path;

use super::restore::Restored;
use super::{Realms, no_owner, trail};
use crate::actor::Actor;
use crate::anchor::Anchor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::OwnerRef;
use crate::network::{Networks, common};
use crate::quota::{Balance, Quota, smaller};
use crate::realm::Realm;
use crate::record::{Cause, KeyRecord, Op, OwnerRecord};
use crate::storage::{Batch, Storage, StorageOptions, contained};
use crate::time::Timestamp;

/// Rows that are changed in one commit at most.
const STEP: usize = 512;

/// A file that is read row by row.
pub(super) struct Salvaged {
    storage: Storage,
    /// Its last seq, if it still says so.
    pub seq: Option<u64>,
    /// Its durable time mark, if it still says so. It is believed, as at an opening: no commit
    /// has recorded a later one than its clock and uptime allowed.
    pub mark: Option<Timestamp>,
}

/// Who restores, and when.
struct Asked<'a> {
    by: &'a Actor,
    now: Timestamp,
    realms: &'a Realms,
}

impl Salvaged {
    /// Opens the file of the store that a backup is of, which stands at `backup`.
    ///
    /// # Errors
    ///
    /// `Conflict` if it is another store's, or older than the backup; those of an opening.
    pub(super) fn open(
        path: &Path,
        settings: &StorageOptions<'_>,
        backup: &Anchor,
    ) -> Result<Self> {
        let storage = Storage::look_into(path, settings)?;
        let refuse = |why: &str| Error::new(ErrorKind::Conflict, format!("{path:?}: {why}"));
        if storage.id().0 != backup.store_id {
            return Err(refuse("it is not the store that the backup is of"));
        }
        let state = unless_damaged(read(|| storage.view()?.state()))?;
        let (seq, mark) = state.map(|state| (state.seq, state.mark)).unzip();
        if let Some(seq) = seq.filter(|seq| *seq < backup.seq) {
            let why = format!("it ends at seq {seq}, before the backup at seq {}", backup.seq);
            return Err(refuse(&why));
        }
        Ok(Self { storage, seq, mark })
    }

    /// Takes from every key and owner of `store` what is denied here.
    pub(super) fn deny(
        &self,
        store: &Storage,
        restored: &mut Restored,
        by: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let theirs = read(|| self.storage.view())?;
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
                let there = self.there(read(|| theirs.key(key_id)), restored)?;
                let quota = there.quota(&record);
                let (realm, _) = realms.of_kind(record.kind)?;
                if let Some(denied) = denied_key(&record, there, realm, now) {
                    asked.put_key(&mut batch, &record, denied)?;
                    restored.denied.push(key_id);
                }
                if let Some(quota) = quota {
                    let row = read(|| theirs.balance(record.lineage));
                    let balance = self.there(row, restored)?;
                    asked.put_credits(&mut batch, &record, &quota, balance)?;
                }
            }
            batch.commit()?;
        }
        let mut next = 1;
        let end = store.view()?.state()?.next_owner;
        while next < end {
            let mut batch = store.batch()?;
            let mut owners = Vec::new();
            for number in (next..end).take(STEP) {
                next = number.saturating_add(1);
                let owner = OwnerRef::new(u32::try_from(number).unwrap_or(u32::MAX));
                owners.extend(batch.view().owner(owner)?);
            }
            for record in owners {
                // Where histories part, as after a snapshot, another owner may have the number.
                let same =
                    |theirs: &OwnerRecord| (theirs.realm, &theirs.id) == (record.realm, &record.id);
                let row = read(|| Ok(theirs.owner(record.owner)?.filter(same)));
                let there = self.there(row, restored)?;
                if let Some(denied) = denied_owner(&record, there) {
                    restored.denied_owners.push(record.id.clone());
                    asked.put_owner(&mut batch, &record, denied)?;
                }
            }
            batch.commit()?;
        }
        Ok(())
    }

    /// What was read; what is unreadable is counted.
    fn there<T>(&self, row: Result<Option<T>>, restored: &mut Restored) -> Result<There<T>> {
        match unless_damaged(row)? {
            Some(Some(row)) => return Ok(There::Row(row)),
            // A file that does not say how old it is may be from before there was such a row.
            Some(None) if self.seq.is_some() => return Ok(There::Nothing),
            Some(None) | None => {}
        }
        restored.unreadable = restored.unreadable.saturating_add(1);
        Ok(There::Unreadable)
    }
}

/// Reads of the file that is not fit to be opened.
fn read<T>(row: impl FnOnce() -> Result<T>) -> Result<T> {
    contained("read the original", row)
}

/// What was read; none if its bytes cannot be believed.
fn unless_damaged<T>(row: Result<T>) -> Result<Option<T>> {
    match row {
        Ok(row) => Ok(Some(row)),
        // A forged page makes redb panic once, and then refuse its locks as poisoned.
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Poisoned) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the file has in one place.
enum There<T> {
    /// A row that was written there.
    Row(T),
    /// None.
    Nothing,
    /// Bytes that cannot be believed.
    Unreadable,
}

impl There<KeyRecord> {
    /// That of the key which is `ours` here, if it has one as far as is known. A revoked key has
    /// no part in the credits of its lineage.
    fn quota(&self, ours: &KeyRecord) -> Option<Quota> {
        let theirs = match self {
            Self::Row(record) => record,
            Self::Unreadable => ours,
            Self::Nothing => return None,
        };
        theirs.parts.quota.filter(|_| theirs.state != State::Revoked)
    }
}

/// `ours` without what `theirs` lacks; none if it lacks nothing. A key that is not there was
/// swept, which only a key is that was over. One that cannot be read is refused until somebody
/// who knows more resumes it.
fn denied_key(
    ours: &KeyRecord,
    theirs: There<KeyRecord>,
    realm: &Realm,
    now: Timestamp,
) -> Option<KeyRecord> {
    let mut denied = ours.clone();
    let (state, cause, changed, reason) = match theirs {
        There::Row(theirs) => {
            denied.end = ours.end.min(theirs.end);
            denied.start = ours.start.max(theirs.start);
            denied.scopes = ours.scopes & theirs.scopes;
            // A key without a span of its own has that of the realm, as the backup has it.
            let has_own = ours.parts.idle.or(theirs.parts.idle).is_some();
            denied.parts.idle = match theirs.idle_of(realm).filter(|_| has_own) {
                Some(idle) => Some(ours.idle_of(realm).map_or(idle, |ours| ours.shorter(idle))),
                None => ours.parts.idle,
            };
            denied.parts.quota = match (ours.parts.quota, theirs.parts.quota) {
                (Some(ours), Some(theirs)) => Some(smaller(ours, theirs)),
                (ours, theirs) => ours.or(theirs),
            };
            let networks = denied_networks(ours, &theirs);
            let apart = networks.is_none();
            denied.parts.networks = networks.unwrap_or(theirs.parts.networks);
            match theirs.state {
                State::Active if apart => {
                    let reason = "its networks in the original are others".to_owned();
                    (State::Suspended, Cause::Asked, now, reason)
                }
                state => (state, theirs.cause, theirs.changed, theirs.reason),
            }
        }
        There::Nothing => {
            let reason = "it is not in the original any more".to_owned();
            (State::Revoked, Cause::Asked, now, reason)
        }
        There::Unreadable => {
            let reason = "its row in the original is damaged".to_owned();
            (State::Suspended, Cause::Asked, now, reason)
        }
    };
    if state > ours.state {
        (denied.state, denied.cause) = (state, cause);
        (denied.changed, denied.reason) = (changed, reason);
    }
    denied.counted &= denied.state == State::Active;
    (denied != *ours).then_some(denied)
}

/// The networks of addresses from which both are granted; none if there are no such addresses,
/// or more networks of them than a key may have.
fn denied_networks(ours: &KeyRecord, theirs: &KeyRecord) -> Option<Option<Networks>> {
    match (&ours.parts.networks, &theirs.parts.networks) {
        (Some(ours), Some(theirs)) => {
            let both = Networks::new(common(ours.as_slice(), theirs.as_slice()));
            both.ok().map(Some)
        }
        (ours, theirs) => Some(ours.as_ref().or(theirs.as_ref()).cloned()),
    }
}

/// Likewise. Owners are not swept: one that is not there is as one that cannot be read.
fn denied_owner(ours: &OwnerRecord, theirs: There<OwnerRecord>) -> Option<OwnerRecord> {
    let mut denied = ours.clone();
    match theirs {
        There::Row(theirs) => {
            denied.suspended |= theirs.suspended;
            denied.direct &= theirs.direct;
        }
        There::Nothing | There::Unreadable => denied.suspended = true,
    }
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
        let (by, now) = (self.by, self.now);
        let entry = trail::key_change(event, by, now, realm, before, &after, &owner.id);
        batch.apply(&[Op::Key(after)])?;
        if ended {
            batch.seal(key, None)?;
        }
        batch.audit(&mut [entry])
    }

    /// Takes from the lineage of `ours` the credits that it has not in the original, where
    /// `quota` is the key's. If that balance is not known it has none until the next refill.
    fn put_credits(
        &self,
        batch: &mut Batch,
        ours: &KeyRecord,
        quota: &Quota,
        balance: There<Balance>,
    ) -> Result<()> {
        let theirs = match balance {
            There::Row(balance) => balance,
            There::Nothing | There::Unreadable => {
                Balance { left: 0, ..Balance::new(quota, self.now) }
            }
        };
        let before = ours.parts.quota.as_ref();
        let balance = match batch.view().balance(ours.lineage)? {
            Some(balance) if before.is_some() => {
                balance.lesser(theirs, before.filter(|before| *before == quota))
            }
            _ => theirs,
        };
        batch.put_balance(ours.lineage, balance)
    }

    fn put_owner(&self, batch: &mut Batch, before: &OwnerRecord, after: OwnerRecord) -> Result<()> {
        let realm = &self.realms.get(after.realm)?.realm;
        let mut entry = trail::entry(Event::OwnerSet, self.by, self.now);
        entry.realm = Some(realm.name().to_owned());
        entry.owner = Some(after.id.clone());
        entry.before = trail::owner_facts(realm, before);
        entry.after = trail::owner_facts(realm, &after);
        batch.apply(&[Op::Owner(after)])?;
        batch.audit(&mut [entry])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who asks again may read it.
    #[test]
    fn what_cannot_be_read_for_now_is_told_and_nothing_is_made_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let store = crate::Store::create(&path).unwrap();
        let backup = store.anchor().unwrap();
        store.close().unwrap();
        let settings = StorageOptions::new(None);
        let salvaged = Salvaged::open(&path, &settings, &backup).unwrap();
        let mut restored = Restored::of(backup, 0);
        let mut there = |kind| {
            let row: Result<Option<u8>> = Err(Error::new(kind, "a row"));
            salvaged.there(row, &mut restored).map(|_| ()).map_err(|error| error.kind())
        };
        assert_eq!(there(ErrorKind::Io), Err(ErrorKind::Io));
        assert_eq!([ErrorKind::Corrupt, ErrorKind::Poisoned].map(&mut there), [Ok(()), Ok(())]);
        assert_eq!(restored.unreadable, 2);
    }
}
