//! What keeping a store in order costs those who write meanwhile: how long a writer waits beside
//! a sweep, against one batch of it, and how fast and how short a file is written anew.
//!
//! `KEYCASK_KEYS` says of how many keys; 50,000 unless given.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench stops where it cannot go on")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use keycask::{Spec, Store, Update};

/// Threads that issue keys, so that they share commits.
const THREADS: usize = 64;

/// Keys of a batch, as `Store::sweep_all` has it.
const BATCH: usize = 1_000;

fn issue(store: &Store, spec: &Spec, keys: usize) {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                (0..keys / THREADS)
                    .for_each(|_| drop(store.issue(spec, &common::actor()).unwrap()));
            });
        }
    });
}

/// Changes a key again and again until `done`; gives the longest and the median time that took.
fn write(store: &Store, key: keycask::KeyId, done: &AtomicBool) -> [Duration; 2] {
    let mut waits = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let update = Update::new().name(waits.len().to_string());
        let start = Instant::now();
        store.update(key, &update, &common::actor()).unwrap();
        waits.push(start.elapsed());
    }
    waits.sort_unstable();
    let median = waits.get(waits.len() / 2).copied().unwrap_or_default();
    [waits.last().copied().unwrap_or_default(), median]
}

fn main() {
    let keys = std::env::var("KEYCASK_KEYS").map_or(50_000, |keys| keys.parse().unwrap());
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (store, realm) = common::store(directory.path());
    let profile = store.profile(realm).unwrap();
    let toml = format!("{}\n[policy]\nretain = \"0s\"\n", common::PROFILE);
    store.apply_realm(profile.name(), &toml, &common::actor()).unwrap();
    let lasting = store.issue(&common::spec(realm), &common::actor()).unwrap().key.key_id;
    let life = Duration::from_secs(1);
    issue(&store, &common::spec(realm).life(life), keys);
    thread::sleep(life);

    let (done, mut batches) = (AtomicBool::new(false), Vec::new());
    let [longest, median] = thread::scope(|scope| {
        let writer = scope.spawn(|| write(&store, lasting, &done));
        loop {
            let start = Instant::now();
            let swept = store.sweep(BATCH, &common::actor()).unwrap();
            batches.push(start.elapsed());
            if !swept.more {
                break;
            }
        }
        done.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    batches.sort_unstable();
    let batch = batches.get(batches.len() / 2).copied().unwrap_or_default();
    let slowest = batches.last().copied().unwrap_or_default();
    println!(
        "sweep: {keys} keys in {} batches of {BATCH}, {batch:.1?} each and {slowest:.1?} at most; \
         a writer waits {median:.1?}, and {longest:.1?} at most",
        batches.len(),
    );

    issue(&store, &common::spec(realm), keys);
    let start = Instant::now();
    let compacted = store.compact().unwrap();
    println!(
        "compact: {} bytes became {} in {:.1?}, beside {keys} keys and the trail of {}",
        compacted.before,
        compacted.after,
        start.elapsed(),
        3 * keys
    );
}
