//! One writer, and 64 of them, beside overwriting a file and making that durable.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use keycask::{RealmRef, Spec, Store};

use crate::common;
use crate::group::Group;
use crate::raw::Raw;
use crate::rounds::{alternate, at_least, at_most, median, micros, note, quantile, ratio};
use crate::scratch;

/// Keys of the store before anything is measured.
const KEYS: usize = 100_000;

/// Bytes of a record for the raw file: about those of a key's row.
const RECORD: usize = 192;

const WRITERS: usize = 64;

struct Scene {
    _directory: tempfile::TempDir,
    store: Store,
    realm: RealmRef,
    raw: Raw,
}

impl Scene {
    fn new() -> Self {
        let directory = scratch();
        let (store, realm) = common::store(directory.path());
        for _ in 0..KEYS / 10_000 {
            store.issue_many(&vec![common::spec(realm); 10_000], &common::actor()).unwrap();
        }
        let raw = Raw::new(directory.path(), WRITERS * RECORD);
        Self { _directory: directory, store, realm, raw }
    }
}

/// One writer issues key after key.
pub fn one() {
    const ROUNDS: usize = 41;
    const EACH: usize = 50;
    let scene = Scene::new();
    let (spec, actor) = (common::spec(scene.realm), common::actor());
    let each = |run: &dyn Fn()| {
        let times = (0..EACH).map(|_| {
            let start = Instant::now();
            run();
            micros(start.elapsed())
        });
        median(times.collect())
    };
    let (issue, raw) = alternate(
        ROUNDS,
        || each(&|| drop(scene.store.issue(&spec, &actor).unwrap())),
        || each(&|| scene.raw.write(1)),
    );
    note("one writer: overwrite 4 KiB and fdatasync, us", &format!("{:.0}", median(raw.clone())));
    note("one writer: issue, us", &format!("{:.0}", median(issue.clone())));
    at_most("one writer: issue / raw", ratio(&issue, &raw), 6.0);
}

/// Many writers issue key after key, each waiting for its own.
pub fn many() {
    const ROUNDS: usize = 15;
    let scene = Scene::new();
    let (spec, actor): (Spec, _) = (common::spec(scene.realm), common::actor());
    let group = Group::new();
    let mut waits = Vec::new();
    let (issue, raw) = alternate(
        ROUNDS,
        || {
            let run = write(&|| drop(scene.store.issue(&spec, &actor).unwrap()));
            let figure = run.len() as f64;
            waits.extend(run);
            figure
        },
        || {
            let commit = |records: Vec<()>| scene.raw.write(records.len() * RECORD);
            write(&|| group.write((), commit)).len() as f64
        },
    );
    let per_s = |count: &[f64]| format!("{:.0}", median(count.to_vec()) / TIME.as_secs_f64());
    note("64 writers: raw group, ops/s", &per_s(&raw));
    note("64 writers: issue, ops/s", &per_s(&issue));
    at_least("64 writers: issue, share of raw", ratio(&issue, &raw), 0.35);
    let (mid, longest) = (median(waits.clone()), quantile(waits, 1.0));
    note("64 writers: median wait / longest wait, us", &format!("{mid:.0} / {longest:.0}"));
    at_most("64 writers: longest wait / median", longest / mid, 20.0);
}

/// How long the writers of one round write.
const TIME: Duration = Duration::from_millis(300);

/// Runs `op` in 64 threads over and over, and gives how long each took in microseconds.
fn write(op: &(impl Fn() + Sync)) -> Vec<f64> {
    let barrier = Barrier::new(WRITERS);
    let writer = || {
        let mut times = Vec::with_capacity(1 << 12);
        barrier.wait();
        let start = Instant::now();
        while start.elapsed() < TIME {
            let one = Instant::now();
            op();
            times.push(micros(one.elapsed()));
        }
        times
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS).map(|_| scope.spawn(writer)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}
