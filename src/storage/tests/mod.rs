//! What is promised of a file, kept against a model, against damage and against failing
//! disks.

mod balances;
pub(crate) mod cut;
pub(crate) mod damage;
pub(crate) mod dice;
pub(crate) mod disk;
mod faults;
mod known;
pub(crate) mod mend;
mod opening;
mod process;
pub(crate) mod rewrite;
mod rows;
mod size;
mod trail;
mod unsound;
mod versions;

use std::path::{Path, PathBuf};

use super::*;
use crate::audit::{AuditEntry, Event};
use crate::digest::Digest;
use crate::entry::State as KeyState;
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::{
    Cause, Done, KeyRecord, KindName, Op, OperationRecord, OwnerRecord, Parts, RealmRecord,
};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

const REALM: RealmRef = RealmRef::new(1);

/// A directory for a store, in memory where the system has a place for that: what these
/// tests cut off, they cut off themselves. It goes when this is dropped.
struct Home {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

fn home() -> Home {
    let memory = tempfile::tempdir_in("/dev/shm");
    let directory = memory.or_else(|_| tempfile::tempdir()).unwrap();
    let path = directory.path().join("keys.kc");
    Home { _directory: directory, path }
}

fn options() -> StorageOptions<'static> {
    StorageOptions::new(None)
}

fn create(home: &Home) -> Storage {
    Storage::create(&home.path, &options(), &Random::system()).unwrap()
}

fn open_at(path: &Path) -> Result<Storage> {
    Storage::open(path, &options(), &mut |_| Ok(()))
}

fn open(home: &Home) -> Result<Storage> {
    open_at(&home.path)
}

/// The error of an opening that must fail and must leave the file as it was.
fn refused(path: &Path, options: &StorageOptions<'_>) -> Error {
    let before = std::fs::read(path).ok();
    let error = Storage::open(path, options, &mut |_| Ok(())).err().expect("it was opened");
    assert!(std::fs::read(path).ok() == before, "the file was touched: {error}");
    assert!(error.message().contains(&format!("{path:?}")), "no path in {error}");
    error
}

/// Says that what a test is about was not tested here. In CI it has to be.
fn not_tested(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("{why}: this was not tested");
}

pub(crate) fn key(id: u64, owner: u32) -> KeyRecord {
    let key_id = KeyId::from_bits(id);
    KeyRecord {
        key_id,
        digest: Digest::from_bytes(*blake3::hash(&id.to_le_bytes()).as_bytes()),
        pepper: 1,
        kind: KindRef::new(1),
        owner: OwnerRef::new(owner),
        state: KeyState::Active,
        cause: Cause::None,
        counted: true,
        scopes: ScopeSet::single(1),
        issued: Timestamp::from_ms(1_000),
        start: Timestamp::from_ms(1_000),
        end: Timestamp::NEVER,
        changed: Timestamp::from_ms(1_000),
        lineage: key_id,
        generation: 1,
        predecessor: None,
        successor: None,
        last_four: *b"wxyz",
        name: format!("key {id}"),
        metadata: String::new(),
        reason: String::new(),
        parts: Parts::default(),
    }
}

pub(crate) fn owner(number: u32) -> OwnerRecord {
    OwnerRecord {
        owner: OwnerRef::new(number),
        realm: REALM,
        id: format!("owner-{number}"),
        plan: Some("pro".to_owned()),
        suspended: false,
        direct: ScopeSet::single(3),
        group: ScopeSet::empty(),
    }
}

pub(crate) fn realm() -> RealmRecord {
    RealmRecord {
        realm: REALM,
        name: "example".to_owned(),
        profile: "realm = \"example\"\n".to_owned(),
        scopes: vec!["read".to_owned(), "write".to_owned()],
        kinds: vec![KindName { kind: KindRef::new(1), name: "live".to_owned() }],
        idle_since: None,
        usage_since: None,
        plans: vec!["small".to_owned()],
    }
}

fn operation() -> OperationRecord {
    OperationRecord {
        id: "first".to_owned(),
        seq: 0,
        at: Timestamp::from_ms(2_000),
        request: [5; 16],
        done: Done::Key(KeyId::from_bits(10)),
    }
}

pub(crate) fn event(event: Event) -> AuditEntry {
    AuditEntry::new(event, Timestamp::from_ms(2_000), "alice")
}

pub(crate) fn commit(storage: &Storage, ops: &[Op]) -> u64 {
    let mut batch = storage.batch().unwrap();
    batch.apply(ops).unwrap();
    batch.commit().unwrap()
}

/// A store with a realm, two owners and three keys, of which the second ends.
fn fill(storage: &Storage) {
    let mut ending = key(20, 1);
    ending.end = Timestamp::from_ms(9_000);
    let ops = [Op::Realm(realm()), Op::Owner(owner(1)), Op::Owner(owner(2))];
    commit(storage, &ops);
    let mut batch = storage.batch().unwrap();
    for key in [key(10, 1), ending, key(30, 2)] {
        batch.apply(&[Op::Key(key.clone())]).unwrap();
        let mut entry = event(Event::KeyIssued);
        entry.key = Some(key.key_id);
        batch.audit(&mut [entry]).unwrap();
    }
    batch.seal(KeyId::from_bits(30), Some(b"sealed copy")).unwrap();
    batch.use_key(KeyId::from_bits(10), Timestamp::from_ms(5_000)).unwrap();
    batch.note(&mut operation()).unwrap();
    batch.commit().unwrap();
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything that an opening gives.
fn contents(path: &Path) -> Vec<Loaded> {
    let mut ops = Vec::new();
    let storage = Storage::open(path, &options(), &mut |op| {
        ops.push(op);
        Ok(())
    });
    storage.unwrap().view().unwrap().check().unwrap();
    ops
}
