//! Writing one row: its MAC, and its part in the set digest.

use redb::{Key, Table, TableDefinition, TableHandle, Value};

use super::batch::Batch;
use super::errors::OrFail;
use super::tables::{KEYS, OWNERS, REALMS, Rows, SEALED};
use crate::error::Result;

impl Batch {
    /// Writes a row and gives the body that it had.
    pub(super) fn put<K: Key + 'static>(
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
    pub(super) fn take<K: Key + 'static>(
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

    /// The table as redb has it. What is written past [`put`](Self::put) has no MAC.
    pub(super) fn raw<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<Table<'_, K, V>> {
        self.transaction.open_table(table).or_fail("open a table")
    }
}

/// Whether the rows of `table` are in the set digest.
pub(super) fn in_set(table: &str) -> bool {
    [KEYS.name(), OWNERS.name(), REALMS.name(), SEALED.name()].contains(&table)
}
