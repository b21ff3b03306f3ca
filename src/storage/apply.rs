//! What each op does to rows, indexes, counts and numbers.

use redb::{Key, Table, TableHandle, WriteTransaction};

use super::batch::Batch;
use super::errors::OrFail;
use super::mac::MacKeys;
use super::rows::{self, Written};
use super::state::{Counts, State};
use super::tables::{
    BY_END, BY_OWNER, Bytes, Class, KEYS, OWNER_NAMES, OWNERS, REALMS, SEALED, USAGE, by_end_row,
    by_owner_row, key_row, owner_name_row, owner_row, realm_row,
};
use super::values;
use super::view::{missing, named};
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, OwnerRecord, RealmRecord};
use crate::time::Timestamp;

/// The table of keys and the indexes over it.
struct KeyTables<'t> {
    keys: Written<'t, Bytes<8>>,
    by_owner: Table<'t, Bytes<13>, ()>,
    /// Open once there is a key that ends.
    by_end: Option<Table<'t, Bytes<18>, ()>>,
    transaction: &'t WriteTransaction,
    /// Lineages of which one key more has a quota, or one less.
    quotas: Vec<(KeyId, bool)>,
}

impl<'t> KeyTables<'t> {
    fn open(transaction: &'t WriteTransaction, keys: &'t MacKeys) -> Result<Self> {
        Ok(Self {
            keys: Written::open(transaction, KEYS, keys)?,
            by_owner: rows::open(transaction, BY_OWNER)?,
            by_end: None,
            transaction,
            quotas: Vec::new(),
        })
    }

    /// Writes a key.
    fn put(&mut self, key: &KeyRecord, state: &mut State) -> Result<()> {
        let row = key_row(key.key_id);
        let old = self.keys.put(&&row, key.encode()?, state)?;
        let old = old.map(|old| named(KeyRecord::decode(key.key_id, &old), "keys", &row));
        self.index(old.transpose()?.as_ref(), Some(key), &mut state.counts)
    }

    /// Takes out a key. False if there is none.
    fn take(&mut self, key_id: KeyId, state: &mut State) -> Result<bool> {
        let row = key_row(key_id);
        let Some(old) = self.keys.take(&&row, state)? else { return Ok(false) };
        let old = named(KeyRecord::decode(key_id, &old), "keys", &row)?;
        self.index(Some(&old), None, &mut state.counts)?;
        Ok(true)
    }

    /// Closes the tables; gives the lineages of which one key more has a quota, or one less.
    fn close(self) -> Vec<(KeyId, bool)> {
        self.quotas
    }

    /// Brings the indexes and counts from a key as it was to what it is.
    fn index(
        &mut self,
        old: Option<&KeyRecord>,
        new: Option<&KeyRecord>,
        counts: &mut Counts,
    ) -> Result<()> {
        let by_owner = |k: &KeyRecord| by_owner_row(k.owner, Class::of(k.counted), k.key_id);
        move_row(&mut self.by_owner, old.map(by_owner).as_ref(), new.map(by_owner).as_ref())?;
        let by_end = |k: &KeyRecord| k.over().map(|over| by_end_row(k.kind, over, k.key_id));
        let (old_end, new_end) = (old.and_then(by_end), new.and_then(by_end));
        if old_end != new_end {
            let by_end = match &mut self.by_end {
                Some(by_end) => by_end,
                none => none.insert(rows::open(self.transaction, BY_END)?),
            };
            move_row(by_end, old_end.as_ref(), new_end.as_ref())?;
        }
        counts.keys = moved(counts.keys, old.is_some(), new.is_some());
        counts.ending = moved(counts.ending, old_end.is_some(), new_end.is_some());
        let quota = |key: &&KeyRecord| key.parts.quota.is_some();
        match (old.filter(quota), new.filter(quota)) {
            (None, Some(new)) => self.quotas.push((new.lineage, true)),
            (Some(old), None) => self.quotas.push((old.lineage, false)),
            _ => {}
        }
        Ok(())
    }
}

/// Takes `old` out of an index and puts `new` there, unless they are the same.
pub(super) fn move_row<K: Key + 'static>(
    index: &mut Table<'_, K, ()>,
    old: Option<K::SelfType<'_>>,
    new: Option<K::SelfType<'_>>,
) -> Result<()> {
    let same = match (&old, &new) {
        (Some(old), Some(new)) => K::as_bytes(old).as_ref() == K::as_bytes(new).as_ref(),
        (old, new) => old.is_none() && new.is_none(),
    };
    if same {
        return Ok(());
    }
    if let Some(old) = old
        && index.remove(&old).or_fail("write an index")?.is_none()
    {
        return Err(missing(index.name(), K::as_bytes(&old).as_ref(), "it"));
    }
    if let Some(new) = new {
        index.insert(&new, ()).or_fail("write an index")?;
    }
    Ok(())
}

impl Batch {
    pub(super) fn put_keys<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k KeyRecord>,
    ) -> Result<()> {
        let mut tables = KeyTables::open(&self.transaction, &self.storage.keys)?;
        let known = self.known.get_mut();
        for key in keys {
            tables.put(key, &mut self.state)?;
            known.put_key(key.key_id);
        }
        let quotas = tables.close();
        quotas.into_iter().try_for_each(|(lineage, more)| self.count_quota(lineage, more))
    }

    pub(super) fn forget(&mut self, key_id: KeyId) -> Result<()> {
        let row = key_row(key_id);
        let mut tables = KeyTables::open(&self.transaction, &self.storage.keys)?;
        if !tables.take(key_id, &mut self.state)? {
            return Ok(());
        }
        let quotas = tables.close();
        self.known.get_mut().forget_keys();
        quotas.into_iter().try_for_each(|(lineage, more)| self.count_quota(lineage, more))?;
        let sealed = self.take(SEALED, &row)?.is_some();
        let used = self.take(USAGE, &row)?.is_some();
        let counts = &mut self.state.counts;
        counts.sealed = moved(counts.sealed, sealed, false);
        counts.usage = moved(counts.usage, used, false);
        Ok(())
    }

    pub(super) fn put_sealed(&mut self, key_id: KeyId, copy: Option<&[u8]>) -> Result<()> {
        let row = key_row(key_id);
        let old = match copy {
            Some(copy) => self.put(SEALED, &row, values::put_sealed(copy))?,
            None => self.take(SEALED, &row)?,
        };
        let count = &mut self.state.counts.sealed;
        *count = moved(*count, old.is_some(), copy.is_some());
        Ok(())
    }

    pub(super) fn put_used(&mut self, key_id: KeyId, at: Timestamp) -> Result<()> {
        let old = self.put(USAGE, &key_row(key_id), values::put_last_used(at))?;
        let count = &mut self.state.counts.usage;
        *count = moved(*count, old.is_some(), true);
        Ok(())
    }

    pub(super) fn put_owner(&mut self, owner: &OwnerRecord) -> Result<()> {
        let row = owner_row(owner.owner);
        let old = self.put(OWNERS, &row, owner.encode()?)?;
        let count = &mut self.state.counts.owners;
        *count = moved(*count, old.is_some(), true);
        let next = u64::from(owner.owner.number()).saturating_add(1);
        self.state.next_owner = self.state.next_owner.max(next);
        let name = owner_name_row(owner.realm, &owner.id);
        let named_before =
            self.put(OWNER_NAMES, name.as_slice(), values::put_owner(owner.owner))?;
        self.known.get_mut().put_owner(owner);
        let same = match (&old, named_before) {
            (None, None) => true,
            (Some(_), Some(before)) => values::owner(&before)? == owner.owner,
            _ => false,
        };
        if same {
            return Ok(());
        }
        let why = format!("owner {:?}: its number and id do not belong together", owner.id);
        Err(Error::new(ErrorKind::Internal, why))
    }

    pub(super) fn put_realm(&mut self, realm: &RealmRecord) -> Result<()> {
        let old = self.put(REALMS, &realm_row(realm.realm), realm.encode()?)?;
        let count = &mut self.state.counts.realms;
        *count = moved(*count, old.is_some(), true);
        let next = u32::from(realm.realm.number()).saturating_add(1);
        self.state.next_realm = self.state.next_realm.max(next);
        for kind in &realm.kinds {
            let next = u32::from(kind.kind.number()).saturating_add(1);
            self.state.next_kind = self.state.next_kind.max(next);
        }
        Ok(())
    }
}

/// A count of rows of which one was there or not, and now is or not.
pub(super) fn moved(count: u64, was: bool, is: bool) -> u64 {
    match (was, is) {
        (false, true) => count.saturating_add(1),
        (true, false) => count.saturating_sub(1),
        _ => count,
    }
}
