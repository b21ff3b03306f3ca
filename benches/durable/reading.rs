//! Verifying while others write, and while the file hangs, beside verifying alone.

use std::fs::OpenOptions;
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use keycask::{RealmRef, Request, Store};
use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::common;
use crate::rounds::{alternate, at_most, median, note, quantile, ratio};
use crate::scratch;

const KEYS: usize = 10_000;
const ROUNDS: usize = 21;
const VERIFIES: usize = 100_000;

pub fn run() {
    let directory = scratch();
    let (store, realm) = common::store(directory.path());
    let issued = store.issue_many(&vec![common::spec(realm); KEYS], &common::actor()).unwrap();
    let tokens: Vec<&[u8]> = issued.iter().map(|issued| issued.token.expose().as_bytes()).collect();
    let alone = || p99(&store, realm, &tokens);

    let (writing, idle) = alternate(ROUNDS, || while_writing(&store, realm, &alone), alone);
    note("verify alone: p99, ns", &format!("{:.0}", median(idle.clone())));
    at_most("verify while a writer commits: p99 / alone", ratio(&writing, &idle), 1.1);

    let (hanging, idle) =
        alternate(ROUNDS, || while_hanging(directory.path(), &store, realm, &alone), alone);
    at_most("verify while the file hangs: p99 / alone", ratio(&hanging, &idle), 1.1);
}

/// The time in ns under which 99 of 100 verifies are.
fn p99(store: &Store, realm: RealmRef, tokens: &[&[u8]]) -> f64 {
    let request = Request::new();
    let mut times = Vec::with_capacity(VERIFIES);
    for token in tokens.iter().cycle().take(VERIFIES) {
        let start = Instant::now();
        store.verify(realm, token, &request).unwrap();
        times.push(start.elapsed().as_nanos() as f64);
    }
    quantile(times, 0.99)
}

fn while_writing(store: &Store, realm: RealmRef, measure: &impl Fn() -> f64) -> f64 {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                store.issue(&common::spec(realm), &common::actor()).unwrap();
            }
        });
        let figure = measure();
        done.store(true, Ordering::Relaxed);
        figure
    })
}

/// A commit waits for the lock under which redb writes the header of its file, as long as
/// another handle reads it: to a store that is a disk that does not answer.
fn while_hanging(
    directory: &Path,
    store: &Store,
    realm: RealmRef,
    measure: &impl Fn() -> f64,
) -> f64 {
    const HEADER: (Bound<u64>, Bound<u64>) = (Bound::Included(0), Bound::Excluded(320));
    let file = OpenOptions::new().read(true).write(true).open(directory.join("keys.redb")).unwrap();
    let reader = FileBackend::new(file).unwrap();
    reader.lock_shared_range(HEADER.0, HEADER.1).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| store.issue(&common::spec(realm), &common::actor()).unwrap());
        let figure = measure();
        assert!(!writer.is_finished(), "it does not hang");
        reader.unlock_range(HEADER.0, HEADER.1).unwrap();
        writer.join().unwrap();
        figure
    })
}
