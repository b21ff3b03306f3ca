//! Writing one row: its MAC, and its part in the set digest.

use redb::{Key, Table, TableDefinition, TableHandle, Value, WriteTransaction};

use super::batch::Batch;
use super::errors::OrFail;
use super::mac::MacKeys;
use super::set::SetDigest;
use super::state::State;
use super::tables::{BALANCES, KEYS, OWNERS, REALMS, Rows, SEALED};
use crate::error::Result;

/// A table whose rows have MACs, open for writing. To open one costs as much as to write a
/// row.
pub(super) struct Written<'t, K: Key + 'static> {
    definition: Rows<K>,
    table: Table<'t, K, &'static [u8]>,
    keys: &'t MacKeys,
}

impl<'t, K: Key + 'static> Written<'t, K> {
    pub(super) fn open(
        transaction: &'t WriteTransaction,
        table: Rows<K>,
        keys: &'t MacKeys,
    ) -> Result<Self> {
        Ok(Self { definition: table, table: open(transaction, table)?, keys })
    }

    /// Writes a row, with its part in the digests of `state`, and gives the body that it had.
    pub(super) fn put(
        &mut self,
        key: &K::SelfType<'_>,
        body: Vec<u8>,
        state: &mut State,
    ) -> Result<Option<Vec<u8>>> {
        let row = K::as_bytes(key);
        let (value, element) = self.keys.seal(self.definition.name(), row.as_ref(), body);
        let old = self.table.insert(key, value.as_slice()).or_fail("write a row")?;
        if let Some(set) = set_of(state, self.definition.name()) {
            set.add(&element);
        }
        old.map(|old| self.keys.replaced(self.definition.name(), row.as_ref(), old.value(), state))
            .transpose()
    }

    /// Takes out a row, with its part in the digests of `state`, and gives the body that it had.
    pub(super) fn take(
        &mut self,
        key: &K::SelfType<'_>,
        state: &mut State,
    ) -> Result<Option<Vec<u8>>> {
        let row = K::as_bytes(key);
        let old = self.table.remove(key).or_fail("take out a row")?;
        old.map(|old| self.keys.replaced(self.definition.name(), row.as_ref(), old.value(), state))
            .transpose()
    }
}

impl MacKeys {
    /// The body of a row that is no longer there.
    fn replaced(
        &self,
        table: &str,
        row: &[u8],
        value: &[u8],
        state: &mut State,
    ) -> Result<Vec<u8>> {
        let (body, element) = self.open(table, row, value)?;
        if let Some(set) = set_of(state, table) {
            set.remove(&element);
        }
        Ok(body.to_vec())
    }
}

impl Batch {
    /// Writes a row and gives the body that it had.
    pub(super) fn put<K: Key + 'static>(
        &mut self,
        table: Rows<K>,
        key: K::SelfType<'_>,
        body: Vec<u8>,
    ) -> Result<Option<Vec<u8>>> {
        let keys = &self.storage.keys;
        Written::open(&self.transaction, table, keys)?.put(&key, body, &mut self.state)
    }

    /// Takes out a row and gives the body that it had.
    pub(super) fn take<K: Key + 'static>(
        &mut self,
        table: Rows<K>,
        key: K::SelfType<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let keys = &self.storage.keys;
        Written::open(&self.transaction, table, keys)?.take(&key, &mut self.state)
    }

    /// The table as redb has it. What is written past [`put`](Self::put) has no MAC.
    pub(super) fn raw<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<Table<'_, K, V>> {
        open(&self.transaction, table)
    }
}

/// The table as redb has it.
pub(super) fn open<'t, K: Key + 'static, V: Value + 'static>(
    transaction: &'t WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<Table<'t, K, V>> {
    transaction.open_table(table).or_fail("open a table")
}

/// The digest that the rows of `table` are in, if they are in one.
fn set_of<'s>(state: &'s mut State, table: &str) -> Option<&'s mut SetDigest> {
    let records = [KEYS.name(), OWNERS.name(), REALMS.name(), SEALED.name()];
    match table {
        _ if records.contains(&table) => Some(&mut state.set),
        _ if table == BALANCES.name() => Some(&mut state.balances),
        _ => None,
    }
}
