//! Rows that a store wrote itself, MACs and all, and that do not fit each other: a check tells.
//!
//! No caller makes such a file. Whoever has the keys of a store could, and so could a mistake in
//! what writes rows.

use super::*;
use crate::quota::{Balance, Quota, Refill};

const LINEAGE: u64 = 40;

/// A store with a key that has a quota, beside others.
fn filled() -> (Home, Storage) {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    let parts = Parts { quota: Quota::new(100, Refill::Daily).ok(), ..Parts::default() };
    commit(&storage, &[Op::Key(KeyRecord { parts, ..key(LINEAGE, 2) })]);
    storage.view().unwrap().check().unwrap();
    (home, storage)
}

/// What a check says of a store to which `change` was done.
fn told(change: impl FnOnce(&mut Batch) -> Result<()>) -> String {
    let (home, storage) = filled();
    let mut batch = storage.batch().unwrap();
    batch.attempt(change).unwrap();
    batch.commit().unwrap();
    let error = storage.view().unwrap().check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    storage.close().unwrap();
    // An opening believes it, or says so: it never takes one row for another.
    if let Err(error) = open(&home) {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
    error.message().to_owned()
}

fn assert_says(told: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| told.contains(part)), "{told:?} does not say {parts:?}");
}

#[test]
fn a_key_of_an_owner_that_is_not_there_is_named() {
    let error = told(|batch| batch.apply(&[Op::Key(key(50, 9))]));
    assert_says(&error, &[&KeyId::from_bits(50).to_string(), "its owner is missing"]);
}

#[test]
fn what_is_kept_of_a_key_that_is_not_there_is_named() {
    let nobody = KeyId::from_bits(60);
    for change in [
        (|batch, key| batch.put_used(key, Timestamp::from_ms(3))) as fn(&mut Batch, _) -> _,
        |batch, key| batch.put_sealed(key, Some(b"copy")),
    ] {
        let error = told(|batch| change(batch, nobody));
        assert_says(&error, &[&nobody.to_string(), "it is missing"]);
    }
}

#[test]
fn credits_that_are_of_no_key_or_of_more_keys_than_there_are_are_noticed() {
    let row = tables::key_row(KeyId::from_bits(LINEAGE));
    let error = told(|batch| {
        batch.state.counts.balances = 0;
        batch.take(tables::BALANCES, &row).map(drop)
    });
    assert_says(&error, &["balances", &KeyId::from_bits(LINEAGE).to_string(), "it is missing"]);
    let balance = Balance { left: 5, due: Timestamp::from_ms(86_400_000) };
    let error =
        told(|batch| batch.put(tables::BALANCES, &row, values::put_balance(2, balance)).map(drop));
    assert_says(&error, &["balances: 1 keys have a quota, not 2"]);
}

#[test]
fn a_log_with_a_gap_or_with_rows_of_no_commit_is_noticed() {
    let error = told(|batch| {
        let (after_next, body) = (batch.state.seq + 2, batch.log.encode());
        batch.put(tables::LOG, &after_next.to_be_bytes(), body).map(drop)
    });
    assert_says(&error, &["log, row 4", "it is missing"]);
    let should_not = "log: it has rows that it should not have";
    let error = told(|batch| {
        let (next, body) = (batch.state.seq + 1, batch.log.encode());
        batch.put(tables::LOG, &next.to_be_bytes(), body).map(drop)
    });
    assert_says(&error, &[should_not]);
    let error = told(|batch| {
        batch.state.logged += 1;
        Ok(())
    });
    assert_says(&error, &[should_not]);
    let error = told(|batch| {
        batch.state.seq += 1;
        Ok(())
    });
    assert_says(&error, &["log, row 4", "it is missing"]);
}
