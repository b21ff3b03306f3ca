//! What holds of any bytes as the row of a table.
//!
//! An input is the number of a table, then the row without its MAC. What is read has this one
//! spelling, but for the JSON of a realm.

use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, LogRow, OperationRecord, OwnerRecord, RealmRecord};

const KEYS: u8 = 0;
const OWNERS: u8 = 1;
const OPERATIONS: u8 = 2;
const LOG: u8 = 3;
const REALMS: u8 = 4;

/// Panics if a row is read as it should not be.
pub fn check(input: &[u8]) {
    check_with(input, reread);
}

/// Panics if `reread`, which reads a row and writes what it read, does what it should not.
pub(super) fn check_with(input: &[u8], reread: fn(u8, &[u8]) -> Option<Vec<u8>>) {
    let Some((table, row)) = input.split_first() else { return };
    let Some(again) = reread(*table, row) else { return };
    match *table {
        REALMS | LOG => assert!(reread(*table, &again).as_ref() == Some(&again)),
        _ => assert!(again == row, "a second spelling of {again:?}: {row:?}"),
    }
}

/// What a row is once it was read and written, if it can be read.
pub(super) fn reread(table: u8, row: &[u8]) -> Option<Vec<u8>> {
    match table {
        KEYS => Some(KeyRecord::decode(KeyId::from_bits(7), row).ok()?.encode().unwrap()),
        OWNERS => Some(OwnerRecord::decode(OwnerRef::new(7), row).ok()?.encode().unwrap()),
        OPERATIONS => Some(OperationRecord::decode("operation", row).ok()?.encode()),
        LOG => {
            let ops = LogRow::decode(row).ok()?;
            let mut written = LogRow::default();
            written.push(&ops).unwrap();
            Some(written.encode())
        }
        REALMS => Some(RealmRecord::decode(RealmRef::new(7), row).ok()?.encode().unwrap()),
        _ => None,
    }
}
