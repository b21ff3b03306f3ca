//! What a decision costs, by its outcome, beside its floor: the keyed BLAKE3 of a token alone.
//!
//! One thread. Each verify takes another of the store's keys, in the order of issue, which is
//! random in the table.
#![allow(clippy::unwrap_used, reason = "a bench stops where it cannot go on")]
#![allow(missing_docs, reason = "criterion's macro makes an item without")]

mod common;

use std::hint::black_box;
use std::path::Path;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use keycask::{Malformed, RealmRef, Reason, Request, Store};

/// Keys of the store: their slots are larger than a core's own caches.
const KEYS: usize = 50_000;

fn verify(c: &mut Criterion) {
    let (here, elsewhere) = (scratch(), scratch());
    let (store, realm) = common::store(here.path());
    let known = issue(&store, realm, KEYS);
    let (other, same_realm) = common::store(elsewhere.path());
    let unknown = issue(&other, same_realm, 1_000);
    let malformed: Vec<String> = known.iter().map(|token| damaged(token)).collect();

    let profile = store.profile(realm).unwrap();
    let read = Request::new().needs(profile.scope_set(["read"]).unwrap());
    let write = Request::new().needs(profile.scope_set(["write"]).unwrap());
    let reason = |token: &str, request: &Request| {
        let refused = store.verify(realm, token.as_bytes(), request).unwrap_err();
        refused.denial().unwrap().reason
    };
    let first = |tokens: &[String]| tokens.first().unwrap().clone();
    assert!(store.verify(realm, first(&known).as_bytes(), &read).is_ok());
    assert_eq!(reason(&first(&unknown), &read), Reason::Unknown);
    assert_eq!(reason(&first(&malformed), &read), Reason::Malformed(Malformed::Checksum));
    assert!(matches!(reason(&first(&known), &write), Reason::Scope { .. }));

    let mut group = c.benchmark_group("verify");
    each(&mut group, "floor: keyed BLAKE3 of 40 bytes", &known, |token| {
        blake3::keyed_hash(&common::PEPPER, token)
    });
    each(&mut group, "hit", &known, |token| store.verify(realm, token, &read));
    each(&mut group, "unknown", &unknown, |token| store.verify(realm, token, &read));
    each(&mut group, "malformed", &malformed, |token| store.verify(realm, token, &read));
    each(&mut group, "refused for its scope", &known, |token| store.verify(realm, token, &write));
    group.finish();
}

/// Measures `run` over `tokens`, round and round.
fn each<T>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    tokens: &[String],
    mut run: impl FnMut(&[u8]) -> T,
) {
    let mut next = tokens.iter().cycle();
    group.bench_function(name, |b| {
        b.iter(|| run(black_box(next.next().unwrap().as_bytes())));
    });
}

/// A directory in memory where there is one: deciding does not touch the file, and filling it
/// is quicker so.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return tempfile::tempdir_in(memory).unwrap();
    }
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn issue(store: &Store, realm: RealmRef, count: usize) -> Vec<String> {
    let spec = common::spec(realm);
    let issue = |_| store.issue(&spec, &common::actor()).unwrap().token.expose().to_owned();
    (0..count).map(issue).collect()
}

/// `token` with another last character of its body, so that the checksum does not hold.
fn damaged(token: &str) -> String {
    let (body, checksum) = token.split_at(token.len() - 6);
    let (rest, last) = body.split_at(body.len() - 1);
    format!("{rest}{}{checksum}", if last == "A" { "B" } else { "A" })
}

criterion_group!(benches, verify);
criterion_main!(benches);
