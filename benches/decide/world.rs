//! A store of many keys, and their tokens.

use std::path::Path;

use keycask::{OwnerChange, RealmRef, Request, Spec, Store};
use tempfile::TempDir;

use crate::common;
use crate::floor::Lines;
use crate::measure::Queries;
use crate::numbers::Numbers;
use crate::rounds::{at_most, note};

/// Characters of every token.
pub const LEN: usize = 40;
const OWNERS: usize = 1_000;
/// Most keys of one commit.
const BATCH: usize = 10_000;
/// Tokens of keys that are in another store.
const UNKNOWN: usize = 1_000_000;

pub struct World {
    pub store: Store,
    pub realm: RealmRef,
    pub read: Request,
    pub write: Request,
    pub lines: Lines,
    pub known: Vec<u8>,
    unknown: Vec<u8>,
    most: f64,
    _home: TempDir,
}

impl World {
    pub fn new(keys: usize) -> Self {
        let (home, elsewhere) = (scratch(), scratch());
        let (store, realm, known, most) = filled(home.path(), "plain", keys);
        let (_, _, unknown, _) = filled(elsewhere.path(), "plain", keys.min(UNKNOWN));
        let profile = store.profile(realm).unwrap();
        let needs = |scope| Request::new().needs(profile.scope_set([scope]).unwrap());
        let (read, write) = (needs("read"), needs("write"));
        let lines = Lines::new(keys);
        Self { store, realm, read, write, lines, known, unknown, most, _home: home }
    }

    pub fn keys(&self) -> usize {
        self.known.len() / LEN
    }

    /// Says how large the table is.
    pub fn describe(&self) {
        let stats = self.store.stats().unwrap();
        let each = stats.index_bytes as f64 / self.keys() as f64;
        at_most("memory, bytes a key", each, 88.0);
        at_most("memory while growing, bytes a key at most", self.most, 88.0 * 1.3);
        let huge = stats.index_huge_bytes as f64 / stats.index_bytes as f64;
        note("memory on huge pages, share", &format!("{huge:.2}"));
    }

    /// Tokens of `count` keys, each as likely as any other.
    pub fn uniform(&self, numbers: &mut Numbers, count: usize) -> Queries {
        let keys = self.keys() as u64;
        Queries::new(&self.known, (0..count).map(|_| numbers.below(keys) as usize))
    }

    /// Tokens of `count` keys, the n-th with a likelihood of 1 / n^0.99 (Zipf): drawn by
    /// inverting the integral of that, which for so many keys is the sum.
    pub fn zipf(&self, numbers: &mut Numbers, count: usize) -> Queries {
        let keys = self.keys() as f64;
        let rank =
            |share: f64| (((keys.powf(0.01) - 1.0) * share + 1.0).powf(100.0) - 1.0) as usize;
        let scatter = |rank: usize| (rank as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize;
        let drawn = (0..count).map(|_| rank(numbers.share()).min(self.keys() - 1));
        Queries::new(&self.known, drawn.map(|rank| scatter(rank) % self.keys()))
    }

    /// Tokens that are shaped like the others and nobody's.
    pub fn unknown(&self, numbers: &mut Numbers, count: usize) -> Queries {
        let keys = (self.unknown.len() / LEN) as u64;
        Queries::new(&self.unknown, (0..count).map(|_| numbers.below(keys) as usize))
    }

    /// Tokens of keys, each with a fault.
    pub fn malformed(
        &self,
        numbers: &mut Numbers,
        count: usize,
        spoil: impl Fn(&mut [u8]),
    ) -> Queries {
        self.uniform(numbers, count).spoilt(spoil)
    }
}

/// A store of `keys` keys of one kind, their tokens one after another, and how many bytes a key
/// the table had at most while it grew, from 10,000 keys on.
fn filled(home: &Path, kind: &str, keys: usize) -> (Store, RealmRef, Vec<u8>, f64) {
    let (store, realm) = common::store(home);
    let (tokens, most) = fill(&store, realm, kind, keys);
    // As a service finds it: opened.
    store.close().unwrap();
    let store = common::open(home);
    let realm = store.realm("bench").unwrap();
    (store, realm, tokens, most)
}

/// Issues `keys` keys for many owners.
pub fn fill(store: &Store, realm: RealmRef, kind: &str, keys: usize) -> (Vec<u8>, f64) {
    for n in 0..OWNERS {
        let (owner, change) = (format!("owner-{n}"), OwnerChange::new().direct(["read"]));
        store.set_owner(realm, &owner, &change, &common::actor()).unwrap();
    }
    let (mut tokens, mut most) = (Vec::with_capacity(keys * LEN), 0.0_f64);
    for first in (0..keys).step_by(BATCH) {
        let spec = |n| Spec::new(realm, kind, format!("owner-{}", n % OWNERS)).scopes(["read"]);
        let specs: Vec<Spec> = (first..keys.min(first + BATCH)).map(spec).collect();
        for issued in store.issue_many(&specs, &common::actor()).unwrap() {
            tokens.extend_from_slice(issued.token.expose().as_bytes());
        }
        let filled = tokens.len() / LEN;
        if filled >= 10_000 && filled < keys {
            most = most.max(store.stats().unwrap().index_bytes as f64 / filled as f64);
        }
    }
    (tokens, most)
}

/// A directory in memory where there is one: deciding does not touch the file, and filling it
/// is quicker so.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return tempfile::tempdir_in(memory).unwrap();
    }
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}
