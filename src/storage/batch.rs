//! One transaction that writes: rows, indexes, counts, log and audit trail together.
//!
//! What is written shows in the batch's own [view](Batch::view) at once and to everyone else
//! with the commit. A batch that is dropped leaves nothing behind. One in which a write
//! failed can no longer be committed.

use std::time::Duration;

use redb::{Key, ReadableTable, Table, TableDefinition, TableHandle, Value, WriteTransaction};

use super::Storage;
use super::errors::OrFail;
use super::state::State;
use super::tables::{
    AUDIT, BY_END, BY_OWNER, Class, KEYS, LOG, META, OWNER_NAMES, OWNERS, REALMS, Rows, SEALED,
    STATE, USAGE, by_end_row, by_owner_row, key_row, owner_name_row, owner_row, realm_row,
};
use super::values;
use super::view::{Transaction, View, missing, named};
use crate::audit::AuditEntry;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, LogRow, Op, OwnerRecord, RealmRecord};
use crate::time::Timestamp;

/// By how many ops the log may grow over its length before it is cut, and the most rows that
/// one commit takes off it: old rows lie together, so taking several at once costs few pages.
const LOG_SLACK: u64 = 64;
const LOG_CUT: u64 = 256;

/// Why a commit was not acknowledged.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Nothing of the batch is in the file, nor will be.
    Refused(Error),
    /// The batch may be in the file or not. Reopening tells.
    Indeterminate(Error),
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(error) | CommitError::Indeterminate(error) => error,
        }
    }
}

impl From<Error> for CommitError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// A write transaction.
pub(crate) struct Batch<'s> {
    storage: &'s Storage,
    transaction: WriteTransaction,
    /// Where the store will stand.
    state: State,
    /// The commit's row in the log.
    log: LogRow,
    /// Whether the commit gets a seq.
    numbered: bool,
    /// Whether there is anything to commit.
    written: bool,
    /// Whether a write failed half-way.
    broken: bool,
}

impl<'s> Batch<'s> {
    pub(super) fn new(storage: &'s Storage, transaction: WriteTransaction) -> Result<Self> {
        let state = View::new(Transaction::Write(&transaction), &storage.keys).state()?;
        Ok(Self {
            storage,
            transaction,
            state,
            log: LogRow::default(),
            numbered: false,
            written: false,
            broken: false,
        })
    }

    /// The rows as the batch has them now.
    pub(crate) fn view(&self) -> View<'_> {
        View::new(Transaction::Write(&self.transaction), &self.storage.keys)
    }

    /// Where the store will stand, as far as the batch has come. Its seq is the last one
    /// given; the batch's own is one more.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Writes `op`: its row, the indexes over it, and the log. Numbers of realms, kinds and
    /// owners that are in it will not be given again.
    ///
    /// # Errors
    ///
    /// `Argument` if a text is over its limit: nothing was written then. After `Corrupt`,
    /// `Full` or `Io` the batch can only be dropped.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<()> {
        self.log.push(op)?;
        self.attempt(|batch| {
            batch.numbered = true;
            match op {
                Op::Key(key) => batch.put_key(key),
                Op::Forget(key_id, _) => batch.forget(*key_id),
                Op::Owner(owner) => batch.put_owner(owner),
                Op::Realm(realm) => batch.put_realm(realm),
            }
        })
    }

    /// Keeps `copy` as the sealed copy of the token of `key_id`, or none.
    pub(crate) fn seal(&mut self, key_id: KeyId, copy: Option<&[u8]>) -> Result<()> {
        self.attempt(|batch| {
            batch.numbered = true;
            let row = key_row(key_id);
            let old = match copy {
                Some(copy) => batch.put(SEALED, &row, values::put_sealed(copy))?,
                None => batch.take(SEALED, &row)?,
            };
            let count = &mut batch.state.counts.sealed;
            *count = moved(*count, old.is_some(), copy.is_some());
            Ok(())
        })
    }

    /// Puts `entry` at the end of the audit trail, under the next number and this commit's
    /// seq.
    pub(crate) fn audit(&mut self, mut entry: AuditEntry) -> Result<()> {
        self.attempt(|batch| {
            batch.numbered = true;
            entry.number = batch.state.entries.saturating_add(1);
            entry.seq = batch.state.seq.saturating_add(1);
            let (row, head) = entry.encode(batch.storage.keys.audit(), &batch.state.head)?;
            batch
                .raw(AUDIT)?
                .insert(&entry.number.to_be_bytes(), row.as_slice())
                .or_fail("write audit")?;
            (batch.state.entries, batch.state.head) = (entry.number, head);
            Ok(())
        })
    }

    /// Keeps `at` as the last use of `key_id`, if there is such a key. Takes neither seq nor
    /// log entry.
    pub(crate) fn use_key(&mut self, key_id: KeyId, at: Timestamp) -> Result<()> {
        self.attempt(|batch| {
            let row = key_row(key_id);
            if batch.view().value(KEYS, &row)?.is_none() {
                return Ok(());
            }
            let old = batch.put(USAGE, &row, values::put_last_used(at))?;
            let count = &mut batch.state.counts.usage;
            *count = moved(*count, old.is_some(), true);
            Ok(())
        })
    }

    /// Sets the durable time mark. Takes no seq by itself.
    pub(crate) fn set_mark(&mut self, mark: Timestamp) {
        self.written |= self.state.mark != mark;
        self.state.mark = mark;
    }

    /// Commits, and gives the seq of the last commit that has one: this one's, unless the
    /// batch wrote nothing but uses or the mark. `uptime` is that of the store's clock.
    ///
    /// # Errors
    ///
    /// [`CommitError`] says whether it is known that nothing was written. When it is not, the
    /// store refuses further batches until it is reopened.
    pub(crate) fn commit(mut self, uptime: Duration) -> Result<u64, CommitError> {
        if self.broken {
            let why = "an earlier write of the batch failed";
            return Err(Error::new(ErrorKind::Internal, why).into());
        }
        if !self.written {
            return Ok(self.state.seq);
        }
        if self.numbered {
            self.put_log()?;
        }
        self.state.commit = self.state.commit.saturating_add(1);
        let state = self.state.encode(&self.storage.keys);
        self.raw(META)?.insert(STATE, state.as_slice()).or_fail("write meta")?;
        self.storage.commit(self.transaction, uptime)?;
        Ok(self.state.seq)
    }

    fn put_log(&mut self) -> Result<()> {
        let seq = self.state.seq.checked_add(1);
        let seq = seq.ok_or_else(|| Error::new(ErrorKind::Internal, "seq has no next number"))?;
        self.state.seq = seq;
        let body = self.log.encode();
        self.state.logged = self.state.logged.saturating_add(weight(&body)?);
        self.put(LOG, &seq.to_be_bytes(), body)?;
        self.cut_log()
    }

    /// Takes the oldest commits off the log, as far as it keeps its length without them.
    fn cut_log(&mut self) -> Result<()> {
        let length = self.storage.log_len;
        if self.state.logged < length.saturating_add(LOG_SLACK) {
            return Ok(());
        }
        let mut log = self.raw(LOG)?;
        let (mut first, mut logged) = (self.state.first, self.state.logged);
        for _ in 0..LOG_CUT {
            let row = first.to_be_bytes();
            let weight = {
                let old = log.get(&row).or_fail("cut the log")?;
                let old = old.ok_or_else(|| missing("log", &row, "it"))?;
                let (body, _) = self.storage.keys.open("log", &row, old.value())?;
                named(weight(body), "log", &row)?
            };
            if logged.saturating_sub(weight) < length || first >= self.state.seq {
                break;
            }
            log.remove(&row).or_fail("cut the log")?;
            first = first.saturating_add(1);
            logged = logged.saturating_sub(weight);
        }
        drop(log);
        (self.state.first, self.state.logged) = (first, logged);
        Ok(())
    }

    fn put_key(&mut self, key: &KeyRecord) -> Result<()> {
        let row = key_row(key.key_id);
        let old = self.put(KEYS, &row, key.encode()?)?;
        let old = old.map(|old| named(KeyRecord::decode(key.key_id, &old), "keys", &row));
        self.index(old.transpose()?.as_ref(), Some(key))
    }

    fn forget(&mut self, key_id: KeyId) -> Result<()> {
        let row = key_row(key_id);
        let Some(old) = self.take(KEYS, &row)? else { return Ok(()) };
        self.index(Some(&named(KeyRecord::decode(key_id, &old), "keys", &row)?), None)?;
        let sealed = self.take(SEALED, &row)?.is_some();
        let used = self.take(USAGE, &row)?.is_some();
        let counts = &mut self.state.counts;
        counts.sealed = moved(counts.sealed, sealed, false);
        counts.usage = moved(counts.usage, used, false);
        Ok(())
    }

    /// Brings the indexes and counts from a key as it was to what it is.
    fn index(&mut self, old: Option<&KeyRecord>, new: Option<&KeyRecord>) -> Result<()> {
        let by_owner = |k: &KeyRecord| by_owner_row(k.owner, Class::of(k.counted), k.key_id);
        self.move_row(BY_OWNER, old.map(by_owner).as_ref(), new.map(by_owner).as_ref())?;
        let by_end = |k: &KeyRecord| k.over().map(|over| by_end_row(over, k.key_id));
        let (old_end, new_end) = (old.and_then(by_end), new.and_then(by_end));
        self.move_row(BY_END, old_end.as_ref(), new_end.as_ref())?;
        let counts = &mut self.state.counts;
        counts.keys = moved(counts.keys, old.is_some(), new.is_some());
        counts.ending = moved(counts.ending, old_end.is_some(), new_end.is_some());
        Ok(())
    }

    fn move_row<const N: usize>(
        &self,
        index: TableDefinition<'static, &'static [u8; N], ()>,
        old: Option<&[u8; N]>,
        new: Option<&[u8; N]>,
    ) -> Result<()> {
        if old == new {
            return Ok(());
        }
        let mut table = self.raw(index)?;
        if let Some(old) = old {
            let there = table.remove(old).or_fail("write an index")?;
            there.ok_or_else(|| missing(index.name(), old, "it"))?;
        }
        if let Some(new) = new {
            table.insert(new, ()).or_fail("write an index")?;
        }
        Ok(())
    }

    fn put_owner(&mut self, owner: &OwnerRecord) -> Result<()> {
        let row = owner_row(owner.owner);
        let old = self.put(OWNERS, &row, owner.encode()?)?;
        let count = &mut self.state.counts.owners;
        *count = moved(*count, old.is_some(), true);
        let next = u64::from(owner.owner.number()).saturating_add(1);
        self.state.next_owner = self.state.next_owner.max(next);
        let name = owner_name_row(owner.realm, &owner.id);
        let named_before =
            self.put(OWNER_NAMES, name.as_slice(), values::put_owner(owner.owner))?;
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

    fn put_realm(&mut self, realm: &RealmRecord) -> Result<()> {
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

    /// Writes a row and gives the body that it had.
    fn put<K: Key + 'static>(
        &mut self,
        table: Rows<K>,
        key: K::SelfType<'_>,
        body: Vec<u8>,
    ) -> Result<Option<Vec<u8>>> {
        let name = table.name();
        let row = K::as_bytes(&key).as_ref().to_vec();
        let (value, element) = self.storage.keys.seal(name, &row, body);
        let old = {
            let mut table = self.raw(table)?;
            let old = table.insert(key, value.as_slice()).or_fail("write a row")?;
            old.map(|old| old.value().to_vec())
        };
        if in_set(name) {
            self.state.set.add(&element);
        }
        self.replaced(name, &row, old)
    }

    /// Takes out a row and gives the body that it had.
    fn take<K: Key + 'static>(
        &mut self,
        table: Rows<K>,
        key: K::SelfType<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let row = K::as_bytes(&key).as_ref().to_vec();
        let old = {
            let mut table = self.raw(table)?;
            let old = table.remove(key).or_fail("take out a row")?;
            old.map(|old| old.value().to_vec())
        };
        self.replaced(table.name(), &row, old)
    }

    fn replaced(
        &mut self,
        table: &str,
        row: &[u8],
        value: Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>> {
        let Some(mut value) = value else { return Ok(None) };
        let (body, element) = self.storage.keys.open(table, row, &value)?;
        let len = body.len();
        value.truncate(len);
        if in_set(table) {
            self.state.set.remove(&element);
        }
        Ok(Some(value))
    }

    fn raw<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<Table<'_, K, V>> {
        self.transaction.open_table(table).or_fail("open a table")
    }

    /// Runs one write; if it fails, the batch cannot be committed.
    fn attempt(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.written = true;
        let result = write(self);
        self.broken |= result.is_err();
        result.inspect_err(|e| self.storage.note(e))
    }
}

/// How much the commit with this row counts for the length of the log: its ops, and one if it
/// has none.
pub(super) fn weight(log_row: &[u8]) -> Result<u64> {
    LogRow::count(log_row).map(|count| u64::from(count.max(1)))
}

/// Whether the rows of `table` are in the set digest.
pub(super) fn in_set(table: &str) -> bool {
    [KEYS.name(), OWNERS.name(), REALMS.name(), SEALED.name()].contains(&table)
}

/// A count of rows of which one was there or not, and now is or not.
fn moved(count: u64, was: bool, is: bool) -> u64 {
    match (was, is) {
        (false, true) => count.saturating_add(1),
        (true, false) => count.saturating_sub(1),
        _ => count,
    }
}
