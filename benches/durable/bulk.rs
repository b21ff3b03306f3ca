//! Issuing a million keys, beside redb's own sorted insert of the very rows that they leave.

use std::cell::Cell;
use std::path::Path;
use std::time::Instant;

use keycask::{OwnerChange, RealmRef, Spec, Store};
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::common;
use crate::rounds::{alternate, at_most, cpu_time, median, note, ratio};
use crate::scratch;

const KEYS: usize = 1_000_000;
const OWNERS: usize = 1_000;
const BATCH: usize = 10_000;

type Rows<K, V> = TableDefinition<'static, K, V>;

/// The tables that issuing writes to.
const KEYS_ROWS: Rows<&[u8; 8], &[u8]> = Rows::new("keys");
const LOG: Rows<&[u8; 8], &[u8]> = Rows::new("log");
const AUDIT: Rows<&[u8; 8], &[u8]> = Rows::new("audit");
const BY_OWNER: Rows<&[u8; 13], ()> = Rows::new("by_owner");
const BY_END: Rows<&[u8; 18], ()> = Rows::new("by_end");

pub fn run() {
    const ROUNDS: usize = 2;
    let directory = scratch();
    issue_all(directory.path());
    let rows = Everything::read(directory.path());
    drop(directory);
    let (spent_issue, spent_insert) = (Cell::new(0.0), Cell::new(0.0));
    let (issue, insert) = alternate(
        ROUNDS,
        || spending(&spent_issue, || issue_all(scratch().path())),
        || spending(&spent_insert, || rows.insert()),
    );
    let rate = |times: &[f64]| format!("{:.2}", KEYS as f64 / median(times.to_vec()) / 1e6);
    note("bulk: redb's sorted insert of the same bytes, M keys/s", &rate(&insert));
    note("bulk: issue_many, M keys/s", &rate(&issue));
    note(
        "bulk: the same in time of processors",
        &format!("{:.2}", spent_issue.get() / spent_insert.get()),
    );
    at_most("bulk: issue_many / redb's sorted insert", ratio(&issue, &insert), 2.0);
}

/// Runs `run` and adds to `spent` the seconds of processors that this process spent meanwhile.
fn spending(spent: &Cell<f64>, run: impl FnOnce() -> f64) -> f64 {
    let before = cpu_time();
    let figure = run();
    spent.set(spent.get() + (cpu_time() - before).as_secs_f64());
    figure
}

/// Makes a store of a million keys and gives the seconds that issuing them took.
fn issue_all(directory: &Path) -> f64 {
    let (store, realm) = common::store(directory);
    let owner = |n: usize| format!("owner-{n:06}");
    for n in 0..OWNERS {
        store.set_owner(realm, &owner(n), &OwnerChange::new(), &common::actor()).unwrap();
    }
    let start = Instant::now();
    fill(&store, realm, KEYS, owner);
    let took = start.elapsed().as_secs_f64();
    store.close().unwrap();
    took
}

/// Issues `count` keys, the same number for each owner, one owner after another.
fn fill(store: &Store, realm: RealmRef, count: usize, owner: impl Fn(usize) -> String) {
    for first in (0..count).step_by(BATCH) {
        let spec = |n: usize| {
            let life = std::time::Duration::from_secs(90 * 86_400);
            Spec::new(realm, "live", owner(n / (count / OWNERS))).scopes(["read"]).life(life)
        };
        let specs: Vec<Spec> = (first..count.min(first + BATCH)).map(spec).collect();
        store.issue_many(&specs, &common::actor()).unwrap();
    }
}

/// All rows of a store, as bytes, in the order of their keys.
struct Everything {
    keys: Vec<([u8; 8], Vec<u8>)>,
    log: Vec<([u8; 8], Vec<u8>)>,
    audit: Vec<([u8; 8], Vec<u8>)>,
    by_owner: Vec<[u8; 13]>,
    by_end: Vec<[u8; 18]>,
}

impl Everything {
    fn read(directory: &Path) -> Self {
        let database = Database::open(directory.join("keys.redb")).unwrap();
        let transaction = database.begin_read().unwrap();
        let values = |table: Rows<&'static [u8; 8], &'static [u8]>| -> Vec<([u8; 8], Vec<u8>)> {
            let table = transaction.open_table(table).unwrap();
            let rows = table.iter().unwrap().map(|row| row.unwrap());
            rows.map(|(key, value)| (*key.value(), value.value().to_vec())).collect()
        };
        let by_owner = transaction.open_table(BY_OWNER).unwrap();
        let by_end = transaction.open_table(BY_END).unwrap();
        Self {
            keys: values(KEYS_ROWS),
            log: values(LOG),
            audit: values(AUDIT),
            by_owner: by_owner.iter().unwrap().map(|row| *row.unwrap().0.value()).collect(),
            by_end: by_end.iter().unwrap().map(|row| *row.unwrap().0.value()).collect(),
        }
    }

    /// Inserts them into a new database in as many commits, table by table, and gives the
    /// seconds that it took.
    fn insert(&self) -> f64 {
        let directory = scratch();
        let path = directory.path().join("rows.redb");
        let database = Builder::new().set_cache_size(32 << 20).create(path).unwrap();
        let start = Instant::now();
        let batches = self.keys.len().div_ceil(BATCH);
        for batch in 0..batches {
            let part = |len: usize| len * batch / batches..len * (batch + 1) / batches;
            let mut transaction = database.begin_write().unwrap();
            transaction.set_two_phase_commit(true);
            for (table, rows) in [(KEYS_ROWS, &self.keys), (LOG, &self.log), (AUDIT, &self.audit)] {
                let mut table = transaction.open_table(table).unwrap();
                for (key, value) in &rows[part(rows.len())] {
                    table.insert(key, value.as_slice()).unwrap();
                }
            }
            let mut table = transaction.open_table(BY_OWNER).unwrap();
            for row in &self.by_owner[part(self.by_owner.len())] {
                table.insert(row, ()).unwrap();
            }
            drop(table);
            let mut table = transaction.open_table(BY_END).unwrap();
            for row in &self.by_end[part(self.by_end.len())] {
                table.insert(row, ()).unwrap();
            }
            drop(table);
            transaction.commit().unwrap();
        }
        start.elapsed().as_secs_f64()
    }
}
