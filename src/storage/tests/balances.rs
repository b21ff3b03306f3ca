use redb::ReadableTable;

use super::damage::rewrite;
use super::*;
use crate::quota::{Balance, Quota, Refill};

const LINEAGE: u64 = 10;

fn with_quota(id: u64) -> KeyRecord {
    let quota = Quota::new(100, Refill::Daily).unwrap();
    let lineage = KeyId::from_bits(LINEAGE);
    KeyRecord { lineage, parts: Parts { quota: Some(quota), ..Parts::default() }, ..key(id, 1) }
}

fn balance(left: u64) -> Balance {
    Balance { left, due: Timestamp::from_ms(86_400_000) }
}

/// A store with two keys of one lineage that have a quota, of which 70 credits are left, and
/// one that has none.
pub(super) fn filled() -> (Home, Storage) {
    let home = home();
    let storage = create(&home);
    let mut batch = storage.batch().unwrap();
    let keys = [with_quota(10), with_quota(20), key(30, 1)].map(Op::Key);
    batch.apply(&[&[Op::Realm(realm()), Op::Owner(owner(1))][..], &keys].concat()).unwrap();
    batch.put_balance(KeyId::from_bits(LINEAGE), balance(70)).unwrap();
    batch.commit().unwrap();
    (home, storage)
}

fn left(storage: &Storage) -> Option<u64> {
    let view = storage.view().unwrap();
    view.check().unwrap();
    let left = view.balance(KeyId::from_bits(LINEAGE)).unwrap().map(|balance| balance.left);
    assert_eq!(view.state().unwrap().counts.balances, u64::from(left.is_some()));
    left
}

#[test]
fn a_balance_goes_with_the_last_key_that_has_a_quota() {
    let (home, storage) = filled();
    assert_eq!(left(&storage), Some(70));
    commit(&storage, &[Op::Forget(KeyId::from_bits(10), key(10, 1).address())]);
    assert_eq!(left(&storage), Some(70));
    let without = KeyRecord { parts: Parts::default(), ..with_quota(20) };
    commit(&storage, &[Op::Key(without.clone())]);
    assert_eq!(left(&storage), None);
    commit(&storage, &[Op::Key(with_quota(20))]);
    assert_eq!(left(&storage), Some(0), "a lineage has credits that nobody gave it");
    storage.close().unwrap();
    assert_eq!(left(&open(&home).unwrap()), Some(0));
}

#[test]
fn a_balance_takes_no_seq_and_needs_a_key_that_has_a_quota() {
    let (_home, storage) = filled();
    let seq = storage.view().unwrap().state().unwrap().seq;
    let mut batch = storage.batch().unwrap();
    batch.put_balance(KeyId::from_bits(LINEAGE), balance(60)).unwrap();
    batch.put_balance(KeyId::from_bits(30), balance(1_000)).unwrap();
    assert_eq!(batch.commit().unwrap(), seq);
    assert_eq!(left(&storage), Some(60));
    assert_eq!(storage.view().unwrap().balance(KeyId::from_bits(30)).unwrap(), None);
}

#[test]
fn a_balance_cannot_be_put_back_to_what_it_was_nor_taken_out() {
    for older in [true, false] {
        let (home, storage) = filled();
        storage.close().unwrap();
        let row = tables::key_row(KeyId::from_bits(LINEAGE));
        let mut before = Vec::new();
        rewrite(&home.path, |transaction| {
            let balances = transaction.open_table(tables::BALANCES).unwrap();
            before = balances.get(&row).unwrap().unwrap().value().to_vec();
        });
        let storage = open(&home).unwrap();
        let mut batch = storage.batch().unwrap();
        batch.put_balance(KeyId::from_bits(LINEAGE), balance(0)).unwrap();
        batch.commit().unwrap();
        storage.close().unwrap();
        rewrite(&home.path, |transaction| {
            let mut balances = transaction.open_table(tables::BALANCES).unwrap();
            if older {
                balances.insert(&row, before.as_slice()).unwrap();
            } else {
                balances.remove(&row).unwrap();
            }
        });
        assert_eq!(refused(&home.path, &options()).kind(), ErrorKind::Corrupt, "{older}");
    }
}
