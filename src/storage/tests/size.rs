//! How long a file is for the rows that it has.

use redb::{Key, ReadTransaction, ReadableTableMetadata, TableDefinition, Value};

use super::*;
use crate::storage::tables::{EachTable, each_table};

/// Keys that are updated, and how often one is unless `KEYCASK_UPDATES` says otherwise.
const KEYS: u64 = 5_000;
const UPDATES: u64 = 100_000;

/// Updates that share a commit.
const SHARED: u64 = 20;

/// Bytes of the keys and values of all rows: the live data.
struct Stored<'t>(&'t ReadTransaction, u64);

impl EachTable for Stored<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<()> {
        self.1 += self.0.open_table(table).unwrap().stats().unwrap().stored_bytes();
        Ok(())
    }
}

/// Length of the file to the live data in it.
fn ratio(home: &Home, storage: &Storage) -> f64 {
    let transaction = storage.current().handle.begin_read().unwrap();
    let mut stored = Stored(&transaction, 0);
    each_table(&mut stored).unwrap();
    std::fs::metadata(&home.path).unwrap().len() as f64 / stored.1 as f64
}

#[test]
fn a_file_stays_under_two_and_a_half_times_its_live_data_however_often_keys_are_updated() {
    let updates = std::env::var("KEYCASK_UPDATES").ok().map_or(UPDATES, |n| n.parse().unwrap());
    let home = home();
    create(&home).close().unwrap();
    // The log is full after a fifth of the updates, so that rows leave it, too.
    let options = StorageOptions { log_len: LOG_LEN.min(updates / 5), ..options() };
    let storage = Storage::open(&home.path, &options, &mut |_| Ok(())).unwrap();
    fill(&storage);
    let (mut random, mut most) = (1_u64, 0_f64);
    for round in 0..updates / SHARED {
        let mut batch = storage.batch().unwrap();
        for _ in 0..SHARED {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let mut key = key(1_000 + (random >> 33) % KEYS, 1);
            key.name = format!("as of {round}");
            let mut entry = event(Event::KeyUpdated);
            entry.key = Some(key.key_id);
            batch.apply(&[Op::Key(key)]).unwrap();
            batch.audit(&mut [entry]).unwrap();
        }
        batch.commit().unwrap();
        // As a store does: it keeps pages of the last commit from being used again.
        storage.take_snapshot();
        // Of the first few rows a file is mostly what redb lays out in advance.
        if round % (updates / SHARED / 20) == 0 && round > 0 {
            most = most.max(ratio(&home, &storage));
        }
    }
    storage.rewrite(&Random::system(), None).unwrap();
    let rewritten = ratio(&home, &storage);
    eprintln!("{updates} updates: {most:.2} at most, and {rewritten:.2} once rewritten");
    assert!(most < 2.5 && rewritten < 1.3);
}
