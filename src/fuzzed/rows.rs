//! What holds of any bytes as the row of a table.
//!
//! An input is the number of a table, then the row without what seals it: its MAC; of an audit
//! entry, its version and its place in the trail; of a header, the secrets. What is read has this
//! one spelling, but for the JSON of a realm and of an audit entry.

use crate::audit::{self, AuditEntry, Chain};
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, LogRow, OperationRecord, OwnerRecord, RealmRecord};
use crate::storage::reread;

const KEYS: u8 = 0;
const OWNERS: u8 = 1;
const OPERATIONS: u8 = 2;
const LOG: u8 = 3;
const REALMS: u8 = 4;
pub(super) const AUDIT: u8 = 5;
pub(super) const STATE: u8 = 6;
pub(super) const HEADER: u8 = 7;

/// Panics if a row is read as it should not be.
pub fn check(input: &[u8]) {
    check_with(input, reread);
}

/// Panics if `reread`, which reads a row and writes what it read, does what it should not.
pub(super) fn check_with(input: &[u8], reread: fn(u8, &[u8]) -> Option<Vec<u8>>) {
    let Some((table, row)) = input.split_first() else { return };
    let Some(again) = reread(*table, row) else { return };
    match *table {
        REALMS | LOG | AUDIT => assert!(reread(*table, &again).as_ref() == Some(&again)),
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
        AUDIT => {
            let (key, before, number) = ([7; 32], [0; 32], 7);
            let write = |out: &mut Vec<u8>| {
                out.extend_from_slice(row);
                Ok(())
            };
            let (sealed, _) = audit::chained(&key, &before, number, write).ok()?;
            let (entry, _) = AuditEntry::decode(&key, &before, number, &sealed).ok()?;
            let (sealed, _) = entry.encode(&key, &before).unwrap();
            sealed.get(1 + size_of::<Chain>()..).map(<[u8]>::to_vec)
        }
        STATE => reread::state(row),
        HEADER => reread::header(row),
        _ => None,
    }
}
