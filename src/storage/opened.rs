//! A table as a transaction has it open, whether it may write or not.

use redb::{
    AccessGuard, Key, Range, ReadOnlyTable, ReadableTable, ReadableTableMetadata, Table, Value,
};

use super::errors::OrFail;
use crate::error::Result;

/// One table of one transaction.
pub(super) enum Opened<'t, K: Key + 'static, V: Value + 'static> {
    Read(ReadOnlyTable<K, V>),
    Write(Table<'t, K, V>),
}

impl<K: Key + 'static, V: Value + 'static> Opened<'_, K, V> {
    pub(super) fn get(&self, key: K::SelfType<'_>) -> Result<Option<AccessGuard<'_, V>>> {
        match self {
            Self::Read(table) => ReadableTable::get(table, key),
            Self::Write(table) => table.get(key),
        }
        .or_fail("read a row")
    }

    /// The row with the highest key, if there is one.
    pub(super) fn last(&self) -> Result<Option<(AccessGuard<'_, K>, AccessGuard<'_, V>)>> {
        match self {
            Self::Read(table) => ReadableTable::last(table),
            Self::Write(table) => table.last(),
        }
        .or_fail("read the last row")
    }

    /// All rows.
    pub(super) fn all(&self) -> Result<Range<'_, K, V>> {
        match self {
            Self::Read(table) => table.iter(),
            Self::Write(table) => table.iter(),
        }
        .or_fail("read rows")
    }

    /// The rows from `first` to `last`, both included.
    pub(super) fn range<'k>(
        &self,
        first: K::SelfType<'k>,
        last: K::SelfType<'k>,
    ) -> Result<Range<'_, K, V>> {
        match self {
            Self::Read(table) => ReadableTable::range(table, first..=last),
            Self::Write(table) => table.range(first..=last),
        }
        .or_fail("read rows")
    }

    pub(super) fn len(&self) -> Result<u64> {
        match self {
            Self::Read(table) => table.len(),
            Self::Write(table) => table.len(),
        }
        .or_fail("count rows")
    }
}
