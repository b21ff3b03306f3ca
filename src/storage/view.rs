//! What one transaction sees: the rows as they were when it began, and in a batch its own
//! changes too.
//!
//! Every row is checked against its MAC before it is believed. Nothing that is given out
//! borrows from the transaction, so that no table is held open while a batch writes.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use redb::{Key, ReadTransaction, TableDefinition, TableHandle, Value, WriteTransaction};

use super::Current;
use super::errors::OrFail;
use super::known::Known;
use super::mac::MacKeys;
use super::opened::Opened;
use super::snapshot::Kept;
use super::state::State;
use super::tables::{
    BY_END, BY_OWNER, Class, KEYS, LOG, META, OWNER_NAMES, OWNERS, REALMS, Rows, SEALED, STATE,
    USAGE, by_end_row, by_owner_row, end_of, key_at_end, key_of, key_row, name_row, owner_name_row,
    owner_row, realm_row,
};
use super::values;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, LogRow, Op, OwnerRecord, RealmRecord};
use crate::time::Timestamp;

/// Between two neighbouring times.
const MILLISECOND: Duration = Duration::from_millis(1);

/// One transaction's reads.
pub(crate) struct View<'s> {
    transaction: Transaction<'s>,
    keys: &'s MacKeys,
    /// What the batch whose rows are read knows of them.
    known: Option<&'s RefCell<Known>>,
    /// The number for a new owner in that batch.
    next_owner: Option<u64>,
    /// The file that is read, which must be open for longer than the transaction.
    _current: Option<Arc<Current>>,
}

pub(super) enum Transaction<'s> {
    Read(ReadTransaction),
    Kept(Arc<ReadTransaction>),
    Write(&'s WriteTransaction),
}

/// The ops of one commit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) seq: u64,
    /// In order. Digests in them are all zeros.
    pub(crate) ops: Vec<Op>,
}

/// What a reader that knows one seq is told about later ones.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    /// The commits after that seq, in order, as many as were asked for.
    Since(Vec<Change>),
    /// The log no longer, or not yet, reaches there: read everything anew.
    Gone,
}

impl<'s> View<'s> {
    pub(super) fn new(transaction: Transaction<'s>, keys: &'s MacKeys) -> Self {
        Self { transaction, keys, known: None, next_owner: None, _current: None }
    }

    /// Reads the rows of a batch, which knows something of them, and the number for a new owner.
    pub(super) fn knowing(self, known: &'s RefCell<Known>, next_owner: u64) -> Self {
        Self { known: Some(known), next_owner: Some(next_owner), ..self }
    }

    /// Reads `current`.
    pub(super) fn of(current: Arc<Current>, keys: &'s MacKeys) -> Result<Self> {
        let transaction = Transaction::Read(current.handle.begin_read()?);
        Ok(Self { transaction, keys, known: None, next_owner: None, _current: Some(current) })
    }

    /// Reads the rows as of the last commit.
    pub(super) fn kept(kept: Kept, keys: &'s MacKeys) -> Self {
        let (transaction, current) = (Transaction::Kept(kept.transaction), Some(kept.current));
        Self { transaction, keys, known: None, next_owner: None, _current: current }
    }

    /// Where the store stands: as of the last commit, in a batch, too.
    pub(crate) fn state(&self) -> Result<State> {
        let row = self.value(META, STATE)?;
        let row =
            row.ok_or_else(|| Error::new(ErrorKind::Corrupt, "meta, state: it is missing"))?;
        State::decode(&row, self.keys)
    }

    /// The number for a new owner: after those of the last commit and of the batch.
    pub(crate) fn next_owner(&self) -> Result<u64> {
        self.next_owner.map_or_else(|| Ok(self.state()?.next_owner), Ok)
    }

    /// The key `key_id`, if there is one.
    pub(crate) fn key(&self, key_id: KeyId) -> Result<Option<KeyRecord>> {
        let row = key_row(key_id);
        let body = self.body(KEYS, &row)?;
        body.map(|b| named(KeyRecord::decode(key_id, &b), "keys", &row)).transpose()
    }

    /// The highest id that a key has, if there are keys.
    pub(crate) fn last_key_id(&self) -> Result<Option<KeyId>> {
        let read = || {
            let table = self.table(KEYS)?;
            Ok(table.last()?.map(|(key, _)| key_of(*key.value())))
        };
        match self.known {
            Some(known) => known.borrow_mut().last_key(read),
            None => read(),
        }
    }

    /// Whether there is a key `key_id`.
    pub(crate) fn is_key(&self, key_id: KeyId) -> Result<bool> {
        let known = self.known.and_then(|known| known.borrow().is_key(key_id));
        known.map_or_else(|| Ok(self.value(KEYS, &key_row(key_id))?.is_some()), Ok)
    }

    /// Up to `limit` keys after `after`, in order of their ids.
    pub(crate) fn keys(&self, after: Option<KeyId>, limit: usize) -> Result<Vec<KeyRecord>> {
        let Some(first) = next_id(after) else { return Ok(Vec::new()) };
        let table = self.table(KEYS)?;
        let range = table.range(&key_row(first), &[u8::MAX; 8])?;
        let rows = range.take(limit).map(|row| {
            let (key, value) = row.or_fail("read keys")?;
            self.key_record(key.value(), value.value())
        });
        rows.collect()
    }

    /// The keys of `owner` that take a place under its caps, in order of their ids.
    pub(crate) fn counted_keys(&self, owner: OwnerRef) -> Result<Vec<KeyRecord>> {
        let ids = self.ids_of(owner, Class::Counted, KeyId::from_bits(0), usize::MAX)?;
        ids.iter().map(|id| self.indexed(owner, Class::Counted, *id)).collect()
    }

    /// Up to `limit` keys of `owner` after `after`, in order of their ids.
    pub(crate) fn keys_of(
        &self,
        owner: OwnerRef,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Vec<KeyRecord>> {
        let Some(first) = next_id(after) else { return Ok(Vec::new()) };
        let mut ids = Vec::new();
        for class in [Class::Counted, Class::Other] {
            let of_class = self.ids_of(owner, class, first, limit)?;
            ids.extend(of_class.into_iter().map(|id| (id, class)));
        }
        ids.sort_unstable_by_key(|(id, _)| *id);
        ids.truncate(limit);
        ids.into_iter().map(|(id, class)| self.indexed(owner, class, id)).collect()
    }

    /// Up to `limit` keys of `kind` that were [over](KeyRecord::over) at `at`, the earliest
    /// first.
    pub(crate) fn over(
        &self,
        kind: KindRef,
        at: Timestamp,
        limit: usize,
    ) -> Result<Vec<KeyRecord>> {
        let ends = self.ends(kind, None, at, limit)?;
        ends.into_iter().map(|end| self.key_over(kind, end)).collect()
    }

    /// Up to `limit` rows of `by_end` of `kind`: when a key is over, and its id, in this order,
    /// from after `after` on, as far as they are over at `until`.
    pub(crate) fn ends(
        &self,
        kind: KindRef,
        after: Option<(Timestamp, KeyId)>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, KeyId)>> {
        let (mut first, last) = over_rows(kind, until);
        if let Some((over, key)) = after {
            first = match next_id(Some(key)) {
                Some(next) => by_end_row(kind, over, next),
                None => by_end_row(kind, over.plus(MILLISECOND), KeyId::from_bits(0)),
            };
        }
        if first > last {
            return Ok(Vec::new());
        }
        let rows = self.table(BY_END)?;
        let rows = rows.range(&first, &last)?.take(limit).map(|row| {
            let row = row.or_fail("read by_end")?.0;
            Ok((end_of(row.value()), key_at_end(row.value())))
        });
        rows.collect()
    }

    /// The key of a row of `by_end`. The row has no MAC; what it says is believed of the record
    /// alone.
    pub(crate) fn key_over(
        &self,
        kind: KindRef,
        (over, key): (Timestamp, KeyId),
    ) -> Result<KeyRecord> {
        let found = self.key(key)?.filter(|k| k.kind == kind && k.over() == Some(over));
        let row = by_end_row(kind, over, key);
        found.ok_or_else(|| missing("by_end", &row, "a key that it is true of"))
    }

    /// How many keys of `kind` were over at `at`.
    pub(crate) fn count_over(&self, kind: KindRef, at: Timestamp) -> Result<u64> {
        let table = self.table(BY_END)?;
        let (first, last) = over_rows(kind, at);
        let count = |sum: u64, row: redb::Result<_, _>| {
            row.or_fail("read by_end").map(|_| sum.saturating_add(1))
        };
        table.range(&first, &last)?.try_fold(0, count)
    }

    /// The owner `owner`, if there is one.
    pub(crate) fn owner(&self, owner: OwnerRef) -> Result<Option<OwnerRecord>> {
        let row = owner_row(owner);
        let body = self.body(OWNERS, &row)?;
        body.map(|b| named(OwnerRecord::decode(owner, &b), "owners", &row)).transpose()
    }

    /// The owner of `realm` that the application calls `id`, if there is one.
    pub(crate) fn owner_named(&self, realm: RealmRef, id: &str) -> Result<Option<OwnerRef>> {
        let row = owner_name_row(realm, id);
        let body = self.body(OWNER_NAMES, row.as_slice())?;
        body.map(|b| named(values::owner(&b), "owner_names", &row)).transpose()
    }

    /// The record of the owner of `realm` that the application calls `id`, if there is one.
    pub(crate) fn owner_called(&self, realm: RealmRef, id: &str) -> Result<Option<OwnerRecord>> {
        if let Some(owner) = self.known.and_then(|known| known.borrow().owner(realm, id)) {
            return Ok(Some(owner));
        }
        let Some(owner) = self.owner_named(realm, id)? else { return Ok(None) };
        let owner = self.owner(owner)?;
        if let (Some(known), Some(owner)) = (self.known, &owner) {
            known.borrow_mut().put_owner(owner);
        }
        Ok(owner)
    }

    /// Up to `limit` owners of `realm` after the id `after`, in byte order of their ids.
    pub(crate) fn owners(
        &self,
        realm: RealmRef,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<OwnerRecord>> {
        let after = after.map(|id| owner_name_row(realm, id));
        let first = after.clone().unwrap_or_else(|| realm_row(realm).to_vec());
        let beyond = [u8::MAX; OwnerRecord::ID_MAX];
        let last = [realm_row(realm).as_slice(), beyond.as_slice()].concat();
        let mut found = Vec::new();
        let table = self.table(OWNER_NAMES)?;
        for entry in table.range(first.as_slice(), last.as_slice())? {
            if found.len() >= limit {
                break;
            }
            let (row, value) = entry.or_fail("read owner_names")?;
            let row = row.value();
            if after.as_deref() == Some(row) {
                continue;
            }
            let (body, _) = self.keys.open("owner_names", row, value.value())?;
            let owner = self.owner(named(values::owner(body), "owner_names", row)?)?;
            found.push(owner.ok_or_else(|| missing("owner_names", row, "its owner"))?);
        }
        Ok(found)
    }

    /// The realm `realm`, if there is one.
    pub(crate) fn realm(&self, realm: RealmRef) -> Result<Option<RealmRecord>> {
        let row = realm_row(realm);
        let body = self.body(REALMS, &row)?;
        body.map(|b| named(RealmRecord::decode(realm, &b), "realms", &row)).transpose()
    }

    /// All realms, in order of their numbers.
    pub(crate) fn realms(&self) -> Result<Vec<RealmRecord>> {
        let table = self.table(REALMS)?;
        let rows = table.all()?.map(|row| {
            let (key, value) = row.or_fail("read realms")?;
            let (body, _) = self.keys.open("realms", key.value(), value.value())?;
            let realm = RealmRef::new(u16::from_be_bytes(*key.value()));
            named(RealmRecord::decode(realm, body), "realms", key.value())
        });
        rows.collect()
    }

    /// The sealed copy of the token of `key_id`, if it has one.
    pub(crate) fn sealed(&self, key_id: KeyId) -> Result<Option<Vec<u8>>> {
        let row = key_row(key_id);
        let body = self.body(SEALED, &row)?;
        body.map(|body| named(values::sealed(&body).map(<[u8]>::to_vec), "sealed", &row))
            .transpose()
    }

    /// When `key_id` was last used, as far as that was written.
    pub(crate) fn used(&self, key_id: KeyId) -> Result<Option<Timestamp>> {
        let row = key_row(key_id);
        let body = self.body(USAGE, &row)?;
        body.map(|b| named(values::last_used(&b), "usage", &row)).transpose()
    }

    /// Up to `limit` commits after `since`.
    pub(crate) fn changes(&self, since: u64, limit: usize) -> Result<Changes> {
        let state = self.state()?;
        if since > state.seq || since.saturating_add(1) < state.first {
            return Ok(Changes::Gone);
        }
        let table = self.table(LOG)?;
        let mut changes = Vec::new();
        for want in (since.saturating_add(1)..=state.seq).take(limit) {
            let row = want.to_be_bytes();
            let value = table.get(&row)?.ok_or_else(|| missing("log", &row, "it"))?;
            let (body, _) = self.keys.open("log", &row, value.value())?;
            changes.push(Change { seq: want, ops: named(LogRow::decode(body), "log", &row)? });
        }
        Ok(Changes::Since(changes))
    }

    fn ids_of(
        &self,
        owner: OwnerRef,
        class: Class,
        first: KeyId,
        limit: usize,
    ) -> Result<Vec<KeyId>> {
        let table = self.table(BY_OWNER)?;
        let last = by_owner_row(owner, class, KeyId::from_bits(u64::MAX));
        let range = table.range(&by_owner_row(owner, class, first), &last)?;
        range
            .take(limit)
            .map(|row| Ok(key_at_end(row.or_fail("read by_owner")?.0.value())))
            .collect()
    }

    /// The key of a row of `by_owner`. The row has no MAC; what it says is believed of the
    /// record alone.
    fn indexed(&self, owner: OwnerRef, class: Class, id: KeyId) -> Result<KeyRecord> {
        let key = self.key(id)?.filter(|k| k.owner == owner && Class::of(k.counted) == class);
        key.ok_or_else(|| missing("by_owner", &key_row(id), "a key that it is true of"))
    }

    pub(super) fn key_record(&self, row: &[u8; 8], value: &[u8]) -> Result<KeyRecord> {
        let (body, _) = self.keys.open("keys", row, value)?;
        named(KeyRecord::decode(key_of(*row), body), "keys", row)
    }

    pub(super) fn mac_keys(&self) -> &'s MacKeys {
        self.keys
    }

    /// The checked body of a row.
    pub(super) fn body<K: Key + 'static>(
        &self,
        table: Rows<K>,
        key: K::SelfType<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let row = K::as_bytes(&key).as_ref().to_vec();
        let Some(mut value) = self.value(table, key)? else { return Ok(None) };
        let len = self.keys.open(table.name(), &row, &value)?.0.len();
        value.truncate(len);
        Ok(Some(value))
    }

    /// The value of a row as it is.
    pub(super) fn value<K: Key + 'static>(
        &self,
        table: Rows<K>,
        key: K::SelfType<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let rows = self.table(table)?;
        let value = rows.get(key)?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    pub(super) fn table<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<Opened<'_, K, V>> {
        let name = table.name();
        let doing = || format!("open table {name}");
        let opened = match &self.transaction {
            Transaction::Read(t) => t.open_table(table).or_fail(&doing()).map(Opened::Read),
            Transaction::Kept(t) => t.open_table(table).or_fail(&doing()).map(Opened::Read),
            Transaction::Write(t) => t.open_table(table).or_fail(&doing()).map(Opened::Write),
        };
        // Its header was read: a table of another type is a damaged one.
        opened.map_err(|error| match error.kind() {
            ErrorKind::Foreign => Error::new(ErrorKind::Corrupt, error.message()),
            _ => error,
        })
    }
}

/// The first and the last row that a key of `kind` which was over at `at` can have.
fn over_rows(kind: KindRef, at: Timestamp) -> ([u8; 18], [u8; 18]) {
    let first = by_end_row(kind, Timestamp::from_ms(i64::MIN), KeyId::from_bits(0));
    (first, by_end_row(kind, at, KeyId::from_bits(u64::MAX)))
}

/// The first id after `after`, if there is one.
fn next_id(after: Option<KeyId>) -> Option<KeyId> {
    let Some(after) = after else { return Some(KeyId::from_bits(0)) };
    after.bits().checked_add(1).map(KeyId::from_bits)
}

/// The same result, whose error names the row.
pub(super) fn named<T>(result: Result<T>, table: &str, row: &[u8]) -> Result<T> {
    result.map_err(|e| Error::new(e.kind(), format!("{}: {e}", name_row(table, row))))
}

#[cold]
pub(super) fn missing(table: &str, row: &[u8], what: &str) -> Error {
    let why = format!("{}: {what} is missing", name_row(table, row));
    Error::new(ErrorKind::Corrupt, why)
}
