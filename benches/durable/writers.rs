//! One writer, and 64 of them, beside overwriting a file and making that durable.

use std::cell::Cell;
use std::time::{Duration, Instant};

use keycask::{RealmRef, Spec, Store};

use crate::common;
use crate::crowd::{TIME, WRITERS, write};
use crate::group::Group;
use crate::raw::Raw;
use crate::rounds::{alternate, at_least, at_most, median, micros, note, quantile, ratio};
use crate::scratch;

/// Keys of the store before anything is measured.
const KEYS: usize = 100_000;

/// Bytes of a record for the raw file: about those of a key's row.
const RECORD: usize = 192;

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
    let (spent_issue, spent_raw) = (Cell::default(), Cell::default());
    let (issue, raw) = alternate(
        ROUNDS,
        || {
            let issue = || drop(scene.store.issue(&spec, &actor).unwrap());
            let run = spending(&spent_issue, || write(&issue));
            let figure = run.len() as f64;
            waits.extend(run);
            figure
        },
        || {
            let commit = |records: Vec<()>| scene.raw.write(records.len() * RECORD);
            spending(&spent_raw, || write(&|| group.write((), commit))).len() as f64
        },
    );
    let cpu = |spent: Duration, count: &[f64]| {
        format!("{:.1}", micros(spent) / count.iter().sum::<f64>())
    };
    let spent = [spent_raw.get(), spent_issue.get()];
    note("64 writers: CPU of a raw op, us", &cpu(spent[0], &raw));
    note("64 writers: CPU of an issue, us", &cpu(spent[1], &issue));
    let per_s = |count: &[f64]| format!("{:.0}", median(count.to_vec()) / TIME.as_secs_f64());
    note("64 writers: raw group, ops/s", &per_s(&raw));
    note("64 writers: issue, ops/s", &per_s(&issue));
    at_least("64 writers: issue, share of raw", ratio(&issue, &raw), 0.35);
    let (mid, longest) = (median(waits.clone()), quantile(waits, 1.0));
    note("64 writers: median wait / longest wait, us", &format!("{mid:.0} / {longest:.0}"));
    at_most("64 writers: longest wait / median", longest / mid, 20.0);
}

/// Runs `run` and adds what this process spent of the processors meanwhile to `spent`.
fn spending<T>(spent: &Cell<Duration>, run: impl FnOnce() -> T) -> T {
    let before = cpu_time();
    let result = run();
    spent.set(spent.get() + (cpu_time() - before));
    result
}

/// What this process has spent of the processors: the 14th and 15th field of its line, in
/// hundredths of a second.
fn cpu_time() -> Duration {
    let line = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = line.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = [fields[11], fields[12]].map(|field| field.parse::<u64>().unwrap());
    Duration::from_millis((ticks[0] + ticks[1]) * 10)
}
