//! From the opening of a file to the first decision.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use keycask::{Pepper, Request, Store};

use crate::common;
use crate::rounds::{at_most, median, note};
use crate::scratch;

/// The word with which this program is another process: one that writes until it is killed.
pub const CHILD: &str = "child";

const BATCH: usize = 10_000;

/// A million keys, in a file that was closed in order and is in the page cache.
pub fn warm() {
    const KEYS: usize = 1_000_000;
    let directory = scratch();
    let (store, token) = filled(directory.path(), KEYS);
    store.close().unwrap();
    let times = (0..5).map(|_| open(directory.path(), &token)).collect();
    at_most("1 M keys: from open to the first verify, s", median(times), 1.2);
}

/// Five million keys, in a file whose writer was killed.
pub fn killed() {
    const KEYS: usize = 5_000_000;
    let directory = scratch();
    let (store, token) = filled(directory.path(), KEYS);
    store.close().unwrap();
    let times = (0..3).map(|_| {
        write_and_die(directory.path());
        open(directory.path(), &token)
    });
    at_most("5 M keys after kill -9: to the first verify, s", median(times.collect()), 5.0);
}

/// Makes a store of `count` keys, and gives the token of one of them.
pub fn filled(directory: &Path, count: usize) -> (Store, String) {
    let (store, realm) = common::store(directory);
    let mut last = None;
    let start = Instant::now();
    for first in (0..count).step_by(BATCH) {
        let specs = vec![common::spec(realm); BATCH.min(count - first)];
        last = store.issue_many(&specs, &common::actor()).unwrap().pop();
    }
    note("filled, keys/s", &format!("{:.0}", count as f64 / start.elapsed().as_secs_f64()));
    (store, last.unwrap().token.expose().to_owned())
}

/// The seconds from the opening of the store to the first grant.
fn open(directory: &Path, token: &str) -> f64 {
    let start = Instant::now();
    let store = reopen(directory);
    let realm = store.realm("bench").unwrap();
    store.verify(realm, token.as_bytes(), &Request::new()).unwrap();
    start.elapsed().as_secs_f64()
}

fn reopen(directory: &Path) -> Store {
    Store::options().pepper(Pepper::new(&common::PEPPER)).open(directory.join("keys.redb")).unwrap()
}

/// Has another process write to the store, and kills it in the middle.
fn write_and_die(directory: &Path) {
    let program = std::env::current_exe().unwrap();
    let mut child =
        Command::new(program).arg(CHILD).arg(directory).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Writes to the store for ever, and says so once it does.
pub fn child(directory: &Path) {
    let store = reopen(directory);
    let spec = common::spec(store.realm("bench").unwrap());
    for number in 0.. {
        store.issue(&spec, &common::actor()).unwrap();
        if number == 1_000 {
            println!("writing");
            std::io::stdout().flush().unwrap();
        }
    }
}
