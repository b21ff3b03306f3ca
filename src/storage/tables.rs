//! The tables of the file: names, keys, and what a row's key means.
//!
//! Keys are plain bytes and numbers in them big-endian, so that the order of bytes is the
//! order of meaning and no key has a type that redb could change. Values are drawn where
//! they are written; every value but those of the two indexes ends in a MAC or, in `audit`,
//! begins with its chain.
//!
//! ```text
//! table        key                                     value
//! meta         "header" or "state"                     meta.rs
//! keys         key id 8                                record/key.rs
//! by_owner     owner 4, class 1, key id 8              none; class 0 takes a place, 1 does not
//! by_end       kind 2, over 8, key id 8                none; ending and revoked keys only
//! owners       owner 4                                 record/owner.rs
//! owner_names  realm 2, owner's id 1..=128             owner 4
//! realms       realm 2                                 record/realm.rs
//! log          seq 8                                   record/op.rs
//! audit        number 8                                audit.rs
//! sealed       key id 8                                what the store sealed
//! usage        key id 8                                last used 8, milliseconds
//! operations   id 1..=128                              record/operation.rs
//! by_seq       seq 8, id 1..=128                       none; the operations of a commit
//! balances     lineage 8                               keys 4, left 8, due 8
//! ```

use redb::{Key, ReadTransaction, TableDefinition, TableError, Value, WriteTransaction};

use super::errors::OrFail;
use crate::error::Result;
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::time::Timestamp;

/// A table whose rows have values.
pub(super) type Rows<K> = TableDefinition<'static, K, &'static [u8]>;

/// A table whose keys are all there is.
pub(super) type Index<K> = TableDefinition<'static, K, ()>;

pub(super) type Bytes<const N: usize> = &'static [u8; N];

pub(super) const META: Rows<&'static [u8]> = TableDefinition::new("meta");
pub(super) const KEYS: Rows<Bytes<8>> = TableDefinition::new("keys");
pub(super) const BY_OWNER: Index<Bytes<13>> = TableDefinition::new("by_owner");
pub(super) const BY_END: Index<Bytes<18>> = TableDefinition::new("by_end");
pub(super) const OWNERS: Rows<Bytes<4>> = TableDefinition::new("owners");
pub(super) const OWNER_NAMES: Rows<&'static [u8]> = TableDefinition::new("owner_names");
pub(super) const REALMS: Rows<Bytes<2>> = TableDefinition::new("realms");
pub(super) const LOG: Rows<Bytes<8>> = TableDefinition::new("log");
pub(super) const AUDIT: Rows<Bytes<8>> = TableDefinition::new("audit");
pub(super) const SEALED: Rows<Bytes<8>> = TableDefinition::new("sealed");
pub(super) const USAGE: Rows<Bytes<8>> = TableDefinition::new("usage");
pub(super) const OPERATIONS: Rows<&'static [u8]> = TableDefinition::new("operations");
pub(super) const BY_SEQ: Index<&'static [u8]> = TableDefinition::new("by_seq");
pub(super) const BALANCES: Rows<Bytes<8>> = TableDefinition::new("balances");

/// Row of `meta` that says what the file is.
pub(super) const HEADER: &[u8] = b"header";

/// Row of `meta` that says where the store stands.
pub(super) const STATE: &[u8] = b"state";

/// Whether a key takes a place under its owner's caps, as `by_owner` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    Counted = 0,
    Other = 1,
}

impl Class {
    pub(super) const fn of(counted: bool) -> Self {
        if counted { Self::Counted } else { Self::Other }
    }
}

pub(super) fn key_row(key: KeyId) -> [u8; 8] {
    key.bits().to_be_bytes()
}

pub(super) fn key_of(row: [u8; 8]) -> KeyId {
    KeyId::from_bits(u64::from_be_bytes(row))
}

pub(super) fn owner_row(owner: OwnerRef) -> [u8; 4] {
    owner.number().to_be_bytes()
}

pub(super) fn realm_row(realm: RealmRef) -> [u8; 2] {
    realm.number().to_be_bytes()
}

pub(super) fn by_owner_row(owner: OwnerRef, class: Class, key: KeyId) -> [u8; 13] {
    let class = [class as u8];
    join(&[&owner_row(owner), &class, &key_row(key)])
}

/// The sign of the time is turned round, so that times before the epoch come first.
pub(super) fn by_end_row(kind: KindRef, end: Timestamp, key: KeyId) -> [u8; 18] {
    let end = end.as_ms().cast_unsigned() ^ (1 << 63);
    join(&[&kind.number().to_be_bytes(), &end.to_be_bytes(), &key_row(key)])
}

pub(super) fn end_of(by_end_row: &[u8; 18]) -> Timestamp {
    let [_, _, a, b, c, d, e, f, g, h, ..] = *by_end_row;
    let end = u64::from_be_bytes([a, b, c, d, e, f, g, h]) ^ (1 << 63);
    Timestamp::from_ms(end.cast_signed())
}

/// The key id that an index row ends with.
pub(super) fn key_at_end(row: &[u8]) -> KeyId {
    key_of(row.last_chunk().copied().unwrap_or_default())
}

pub(super) fn owner_name_row(realm: RealmRef, id: &str) -> Vec<u8> {
    [&realm_row(realm), id.as_bytes()].concat()
}

pub(super) fn by_seq_row(seq: u64, operation: &str) -> Vec<u8> {
    [&seq.to_be_bytes(), operation.as_bytes()].concat()
}

/// The seq and the operation's id of a row of `by_seq`.
pub(super) fn operation_of(by_seq_row: &[u8]) -> Option<(u64, &[u8])> {
    let (seq, id) = by_seq_row.split_first_chunk()?;
    Some((u64::from_be_bytes(*seq), id))
}

/// The fixed-size `parts` one after another; they have `N` bytes in all.
fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut row = [0; N];
    let bytes = parts.iter().flat_map(|part| part.iter());
    for (to, from) in row.iter_mut().zip(bytes) {
        *to = *from;
    }
    row
}

/// How an error names a row: the table, and the key as people write it.
pub(super) fn name_row(table: &str, row: &[u8]) -> String {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |n: u64, b| n << 8 | u64::from(*b));
    match (table, row) {
        ("keys" | "sealed" | "usage" | "balances", key) => format!("{table}, {}", key_at_end(key)),
        ("by_owner" | "by_end", key) => format!("{table}, row of {}", key_at_end(key)),
        ("meta", key) => format!("meta, {}", String::from_utf8_lossy(key)),
        ("operations", id) => format!("operations, {:?}", String::from_utf8_lossy(id)),
        ("by_seq", [_, _, _, _, _, _, _, _, id @ ..]) => {
            format!("by_seq, row of {:?}", String::from_utf8_lossy(id))
        }
        ("owner_names", [a, b, id @ ..]) => {
            let id = String::from_utf8_lossy(id);
            format!("owner_names, realm {} owner {id:?}", number(&[*a, *b]))
        }
        (_, key) => format!("{table}, row {}", number(key)),
    }
}

/// What is done with each table.
pub(super) trait EachTable {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<()>;
}

/// Does `what` with every table that there is.
pub(super) fn each_table(what: &mut impl EachTable) -> Result<()> {
    what.table(META)?;
    what.table(KEYS)?;
    what.table(BY_OWNER)?;
    what.table(BY_END)?;
    what.table(OWNERS)?;
    what.table(OWNER_NAMES)?;
    what.table(REALMS)?;
    what.table(LOG)?;
    what.table(AUDIT)?;
    what.table(SEALED)?;
    what.table(USAGE)?;
    what.table(OPERATIONS)?;
    what.table(BY_SEQ)?;
    what.table(BALANCES)
}

struct Make<'t>(&'t WriteTransaction);

impl EachTable for Make<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<()> {
        self.0.open_table(table).or_fail("make the tables").map(drop)
    }
}

/// Makes all tables, with the two rows of `meta`.
pub(super) fn make(transaction: &WriteTransaction, header: &[u8], state: &[u8]) -> Result<()> {
    each_table(&mut Make(transaction))?;
    let mut meta = transaction.open_table(META).or_fail("make the tables")?;
    meta.insert(HEADER, header).or_fail("make the tables")?;
    meta.insert(STATE, state).or_fail("make the tables")?;
    Ok(())
}

/// The header row as it is, if the file has one.
pub(super) fn header(transaction: &ReadTransaction) -> Result<Option<Vec<u8>>> {
    let meta = match transaction.open_table(META) {
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
            return Ok(None);
        }
        meta => meta.or_fail("read meta")?,
    };
    let row = meta.get(HEADER).or_fail("read meta")?;
    Ok(row.map(|row| row.value().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_sort_as_times_do_and_come_back() {
        let key = KeyId::from_bits(5);
        let times = [i64::MIN, -1, 0, 1, 1 << 42, i64::MAX].map(Timestamp::from_ms);
        let rows = times.map(|end| by_end_row(KindRef::new(3), end, key));
        assert!(rows.is_sorted());
        assert_eq!(rows.map(|row| end_of(&row)), times);
        assert!(rows.iter().all(|row| key_at_end(row) == key));
    }

    #[test]
    fn an_owners_counted_keys_come_before_its_others_and_those_of_the_next_owner() {
        let (one, two) = (OwnerRef::new(1), OwnerRef::new(256));
        let (low, high) = (KeyId::from_bits(1), KeyId::from_bits(u64::MAX));
        let rows = [
            by_owner_row(one, Class::Counted, low),
            by_owner_row(one, Class::Counted, high),
            by_owner_row(one, Class::Other, low),
            by_owner_row(two, Class::Counted, low),
        ];
        assert!(rows.is_sorted());
        assert_eq!(rows.map(|row| key_at_end(&row)), [low, high, low, low]);
    }
}
