//! From the opening of a file to the first decision.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use keycask::{Request, Store};
use redb::{Builder, ConcurrencyMode, ReadableDatabase, ReadableTable, TableDefinition};

use crate::common;
use crate::rounds::{alternate, at_most, median, note, ratio};
use crate::scratch;

/// The word with which this program is another process: one that writes until it is killed.
pub const CHILD: &str = "child";

const BATCH: usize = 10_000;

/// A million keys, in a file that was closed in order and is in the page cache: how long a
/// store takes to open, and beside redb's own scan of the keys what it does that redb does not.
pub fn warm() {
    const KEYS: usize = 1_000_000;
    const ROUNDS: usize = 5;
    let directory = scratch();
    let (store, token) = filled(directory.path(), KEYS);
    store.close().unwrap();
    let (whole, alone) =
        alternate(ROUNDS, || open(directory.path(), &token), || scan(directory.path(), KEYS));
    let scans: Vec<f64> = alone.iter().map(|(_, scan)| *scan).collect();
    let fills: Vec<f64> = whole.iter().zip(&alone).map(|(whole, (open, _))| whole - open).collect();
    let opens: Vec<f64> = alone.iter().map(|(open, _)| *open).collect();
    note("1 M keys: redb's opening and check, s", &format!("{:.2}", median(opens)));
    note("1 M keys: redb's own scan of them, s", &format!("{:.2}", median(scans.clone())));
    at_most("1 M keys: checked and filled / redb's own scan", ratio(&fills, &scans), 2.5);
    at_most("1 M keys: from open to the first verify, s", median(whole), 1.2);
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
    let store = common::open(directory);
    let realm = store.realm("bench").unwrap();
    store.verify(realm, token.as_bytes(), &Request::new()).unwrap();
    start.elapsed().as_secs_f64()
}

/// The seconds that redb takes to open and check the file, as a store has it do, and those that it
/// takes to read every key's row.
fn scan(directory: &Path, keys: usize) -> (f64, f64) {
    let mut builder = Builder::new();
    builder
        .set_cache_size(32 << 20)
        .set_concurrency_mode(ConcurrencyMode::SingleWriter)
        .set_check_integrity_on_open(true);
    let start = Instant::now();
    let database = builder.open(directory.join("keys.redb")).unwrap();
    let opened = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let transaction = database.begin_read().unwrap();
    let rows = transaction.open_table(TableDefinition::<&[u8; 8], &[u8]>::new("keys")).unwrap();
    let bytes = rows.iter().unwrap().map(|row| row.unwrap().1.value().len()).sum::<usize>();
    assert!(bytes > keys * 128);
    (opened, start.elapsed().as_secs_f64())
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
    let store = common::open(directory);
    let spec = common::spec(store.realm("bench").unwrap());
    for number in 0.. {
        store.issue(&spec, &common::actor()).unwrap();
        if number == 1_000 {
            println!("writing");
            std::io::stdout().flush().unwrap();
        }
    }
}
