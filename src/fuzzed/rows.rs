//! What holds of any bytes as the row of a table.
//!
//! An input is the number of a table, then the row without what seals it: its MAC; of an audit
//! entry, its version and its place in the trail; of a header, the secrets. What is read has this
//! one spelling, but for the JSON of a realm and of an audit entry.

use crate::audit::{self, AuditEntry, Chain};
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::{KeyRecord, LogRow, OperationRecord, OwnerRecord, RealmRecord};
use crate::secret::Secret;
use crate::storage::reread;

const KEYS: u8 = 0;
const OWNERS: u8 = 1;
const OPERATIONS: u8 = 2;
const LOG: u8 = 3;
const REALMS: u8 = 4;
const AUDIT: u8 = 5;
const STATE: u8 = 6;
const HEADER: u8 = 7;

/// Panics if a row is read as it should not be.
pub fn check(input: &[u8]) {
    check_with(input, reread);
}

/// The same of a reader whose rows begin otherwise when they are written again.
#[cfg(fuzzing)]
pub fn check_wrong(input: &[u8]) {
    check_with(input, |table, row| {
        let mut again = reread(table, row)?;
        *again.first_mut()? ^= 1;
        Some(again)
    });
}

/// Panics if `reread`, which reads a row and writes what it read, does what it should not.
fn check_with(input: &[u8], reread: fn(u8, &[u8]) -> Option<Vec<u8>>) {
    let Some((table, row)) = input.split_first() else { return };
    let Some(again) = reread(*table, row) else { return };
    match *table {
        REALMS | LOG | AUDIT => assert!(reread(*table, &again).as_ref() == Some(&again)),
        _ => assert!(again == row, "a second spelling of {again:?}: {row:?}"),
    }
}

/// What a row is once it was read and written, if it can be read.
fn reread(table: u8, row: &[u8]) -> Option<Vec<u8>> {
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
            let (key, before, number) = (Secret::copy(&[7; 32]), [0; 32], 7);
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

#[cfg(test)]
mod tests {
    use super::super::corpus::{is_caught, of};
    use super::*;

    #[test]
    fn the_rows_of_the_corpus_have_one_spelling_or_are_refused() {
        of("rows").iter().for_each(|input| check(input));
    }

    #[test]
    fn a_planted_reader_of_rows_is_caught() {
        let ignores_the_end = |table: u8, row: &[u8]| {
            let cut = row.get(..row.len().saturating_sub(1));
            reread(table, row).or_else(|| reread(table, cut?))
        };
        let ignores_the_version = |table: u8, row: &[u8]| {
            let mut row = row.to_vec();
            *row.first_mut()? = 1;
            reread(table, &row)
        };
        let ignores_the_end_of_a_header = |table: u8, row: &[u8]| match table {
            HEADER => reread(table, row.get(..77)?),
            _ => reread(table, row),
        };
        let loses_a_count_of_the_state = |table: u8, row: &[u8]| {
            let mut again = reread(table, row)?;
            if table == STATE {
                again.get_mut(50..58)?.fill(0);
            }
            Some(again)
        };
        let writes_what_is_no_entry = |table: u8, row: &[u8]| {
            let mut again = reread(table, row)?;
            if table == AUDIT {
                again.push(b'x');
            }
            Some(again)
        };
        for planted in
            [ignores_the_end_of_a_header, loses_a_count_of_the_state, writes_what_is_no_entry]
        {
            assert!(is_caught("rows", |input| check_with(input, planted)));
        }
        assert!(is_caught("rows", |input| check_with(input, ignores_the_end)));
        assert!(is_caught("rows", |input| check_with(input, ignores_the_version)));
    }
}
