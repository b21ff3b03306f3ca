//! Verifies for callgrind to count: `count hit`, `count unknown` or `count malformed`. `run` does
//! that for each of them.
//!
//! Instructions are the same on a machine that is busy with something else, so they show what a
//! change costs when times do not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops where it cannot go on"
)]

#[path = "../common/mod.rs"]
mod common;

use std::hint::black_box;

use keycask::{Grant, RealmRef, Request, Spec, Store, VerifyError};

/// Keys in the store; each is asked for once.
const KEYS: usize = 10_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    // `cargo bench` names none: there is nothing to see without callgrind.
    let [case] = words.as_slice() else { return };
    let directory = tempfile::tempdir().unwrap();
    let (store, realm) = common::store(directory.path());
    let specs = vec![Spec::new(realm, "plain", "owner").scopes(["read"]); KEYS];
    let issued = store.issue_many(&specs, &common::actor()).unwrap();
    let mut tokens: Vec<Vec<u8>> =
        issued.iter().map(|issued| issued.token.expose().as_bytes().to_vec()).collect();
    for token in &mut tokens {
        match case.as_str() {
            // One of the last four characters, so that it is looked for in another place.
            "unknown" => token[37] = if token[37] == b'0' { b'1' } else { b'0' },
            "malformed" => token[20] = b'~',
            _ => {}
        }
    }
    let request = Request::new().needs(store.profile(realm).unwrap().scope_set(["read"]).unwrap());
    let mut verdicts = Vec::with_capacity(KEYS);
    counted(&store, realm, &tokens, &request, &mut verdicts);
    let name = |verdict: &Result<Grant, VerifyError>| match verdict {
        Ok(_) => "hit",
        Err(VerifyError::Denied(denial)) => denial.reason.name(),
        Err(VerifyError::Failed(_)) => "failed",
    };
    assert!(verdicts.iter().all(|verdict| name(verdict) == case), "not all are {case}");
    println!("{KEYS}");
}

/// What is counted: `run` knows it by its name.
#[inline(never)]
fn counted(
    store: &Store,
    realm: RealmRef,
    tokens: &[Vec<u8>],
    request: &Request,
    verdicts: &mut Vec<Result<Grant, VerifyError>>,
) {
    for token in tokens {
        verdicts.push(black_box(store.verify(realm, black_box(token), request)));
    }
}
