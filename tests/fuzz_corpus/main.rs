//! Every input in the corpus of a fuzz target keeps its promises on a stable compiler too, and the
//! corpus catches mistakes that are planted: a file for each target.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod file;
mod header;
mod import;
mod leaks;
mod network;
mod profile;
#[path = "../../src/token/reference.rs"]
mod reference;
mod time;
mod token;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

// What the reference names beside it.
use keycask::{Checksum, Malformed, Shape};

/// The corpus of `target`: names and inputs.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let paths = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path());
    let inputs: Vec<_> = paths.map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
    assert!(!inputs.is_empty(), "{} is empty", corpus.display());
    inputs
}

/// Runs `check` on each file of the corpus of `target`.
fn replay(target: &str, check: fn(&[u8])) {
    for (path, input) in corpus(target) {
        // Shown if the check panics.
        println!("{}", path.display());
        check(&input);
    }
}

/// For an input of the corpus of `target`, `check` panics, which asks an engine with the mistake
/// `name`.
fn catch(target: &str, name: &str, check: impl Fn(&[u8])) {
    let is_caught = |input: &[u8]| catch_unwind(AssertUnwindSafe(|| check(input))).is_err();
    assert!(corpus(target).iter().any(|(_, input)| is_caught(input)), "{name}: not caught");
}
