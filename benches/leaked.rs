//! Searching texts for tokens, beside what only reads them.
//!
//! Each text is searched for the kinds of all profiles that ship here, on one thread, as
//! `Store::leaked` does it: again and again, and is so short that the fastest time is of a run
//! that nobody else disturbed. The floor counts its line feeds with memchr, which reads each byte
//! once.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench stops where it cannot go on")]

mod common;

use std::time::{Duration, Instant};

use keycask::{OwnerChange, Spec, Store};

/// Bytes of a text in which little is to be looked at, and of one that is all prefixes.
const LEN: usize = 4 << 20;
const DENSE_LEN: usize = 256 << 10;

/// How long each is searched again and again; the fastest time counts.
const TRIES: Duration = Duration::from_secs(2);

/// The profiles that ship with keycask.
const PROFILES: [(&str, &str); 6] = [
    ("example", include_str!("../profiles/example.toml")),
    ("cloudgeni", include_str!("../profiles/cloudgeni.toml")),
    ("securecodinghub", include_str!("../profiles/securecodinghub.toml")),
    ("seogeo", include_str!("../profiles/seogeo.toml")),
    ("stackguardian", include_str!("../profiles/stackguardian.toml")),
    ("stairoids", include_str!("../profiles/stairoids.toml")),
];

/// This project's own sources, which have no token in them, and its documents.
const SOURCE: &str = concat!(
    include_str!("../src/token/grammar.rs"),
    include_str!("../src/store/verify.rs"),
    include_str!("../docs/architecture.md"),
    include_str!("../docs/format.md"),
    include_str!("../README.md"),
);

fn repeated(piece: &str, len: usize) -> Vec<u8> {
    piece.bytes().cycle().take(len).collect()
}

/// GB/s of what `run` does with `len` bytes, the fastest time.
fn speed(len: usize, mut run: impl FnMut()) -> f64 {
    let (begin, mut least) = (Instant::now(), Duration::MAX);
    while begin.elapsed() < TRIES {
        let start = Instant::now();
        run();
        least = least.min(start.elapsed());
    }
    len as f64 / least.as_secs_f64() / 1e9
}

fn measure(store: &Store, name: &str, text: &[u8]) {
    let floor = speed(text.len(), || {
        std::hint::black_box(memchr::memchr_iter(b'\n', text).count());
    });
    let mut found = 0;
    let search = speed(text.len(), || found = store.leaked(text, |_| Ok(())).unwrap().found);
    println!(
        "{name:<24} {search:>6.3} GB/s, {:.3} of memchr's {floor:.1} GB/s; {found} tokens",
        search / floor
    );
}

fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (store, _) = common::store(directory.path());
    for (name, profile) in PROFILES {
        store.apply_realm(name, profile, &common::actor()).unwrap();
    }
    let realm = store.realm("seogeo").unwrap();
    store.set_owner(realm, "ann", &OwnerChange::new(), &common::actor()).unwrap();
    let spec = Spec::new(realm, "live", "ann");
    let token = store.issue(&spec, &common::actor()).unwrap().token;

    measure(&store, "sources and documents", &repeated(SOURCE, LEN));
    let page: String = SOURCE.chars().take(50_000).chain(token.expose().chars()).collect();
    measure(&store, "a token every 50 KB", &repeated(&page, LEN));
    let line = format!("GET /v1/x HTTP/1.1 200 key={} 12ms\n", token.expose());
    measure(&store, "a token a line", &repeated(&line, DENSE_LEN));
    let hint = "2026-11-25T10:00:00Z sg_live_...4fQz GET /v1/projects 200 key is fine 3 ms\n";
    measure(&store, "a prefix a line", &repeated(hint, LEN));
    measure(&store, "prefixes alone", &repeated("sg_live_", DENSE_LEN));
    measure(
        &store,
        "base64",
        &repeated("TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24", LEN),
    );
}
