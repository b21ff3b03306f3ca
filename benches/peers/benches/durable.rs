//! Issuing keys beside what SQLite needs for the same, with one writer and with 64 that share
//! commits.
#![allow(missing_docs, reason = "a bench has no users")]

#[path = "../../common/mod.rs"]
mod common;
#[path = "../../durable/crowd.rs"]
mod crowd;
#[path = "../../durable/group.rs"]
mod group;
#[path = "../../durable/rounds.rs"]
#[allow(dead_code, reason = "the bench that it belongs to uses the rest")]
mod rounds;

use std::sync::Mutex;
use std::time::Instant;

use keycask_peers::sqlite::{Rows, Sqlite};

use crowd::{TIME, write};
use group::Group;
use rounds::{alternate, at_least, median, micros, note, ratio};

/// Keys that are there before anything is measured.
const KEYS: usize = 100_000;
const ROUNDS: usize = 15;
/// Commits of a round of one writer.
const EACH: usize = 50;

fn main() {
    // `cargo bench` gives this; for `cargo test --benches` it is enough that this was built.
    if std::env::args().all(|word| word != "--bench") {
        return;
    }
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (store, realm) = common::store(directory.path());
    for _ in 0..KEYS / 10_000 {
        store.issue_many(&vec![common::spec(realm); 10_000], &common::actor()).unwrap();
    }
    let (spec, actor) = (common::spec(realm), common::actor());
    let issue = || drop(store.issue(&spec, &actor).unwrap());

    for (rows, name) in [(Rows::Record, "the record alone"), (Rows::All, "the same rows")] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let sqlite = Mutex::new(Sqlite::new(directory.path(), rows, KEYS));
        let put = |count| sqlite.lock().unwrap().put(count);

        let (ours, theirs) = alternate(ROUNDS, || one(&issue), || one(&|| put(1)));
        note(
            &format!("one writer, SQLite with {name}: us, ours / its"),
            &format!("{:.0} / {:.0}", median(ours.clone()), median(theirs.clone())),
        );
        note(
            &format!("one writer, SQLite with {name}: ours / its"),
            &format!("{:.2}", ratio(&ours, &theirs)),
        );

        let group = Group::new();
        let (ours, theirs) = alternate(
            ROUNDS,
            || write(&issue).len() as f64,
            || write(&|| group.write((), |keys: Vec<()>| put(keys.len()))).len() as f64,
        );
        let per_s = |count: &[f64]| median(count.to_vec()) / TIME.as_secs_f64();
        note(
            &format!("64 writers, SQLite with {name}: ops/s, ours / its"),
            &format!("{:.0} / {:.0}", per_s(&ours), per_s(&theirs)),
        );
        let what = format!("64 writers, SQLite with {name}: ours / its");
        at_least(&what, ratio(&ours, &theirs), 1.0);
    }
}

/// The median of the times in us that one after another takes.
fn one(op: &impl Fn()) -> f64 {
    let times = (0..EACH).map(|_| {
        let start = Instant::now();
        op();
        micros(start.elapsed())
    });
    median(times.collect())
}
