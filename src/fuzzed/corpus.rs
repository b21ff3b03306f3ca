//! The inputs of a target that are kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

pub(super) fn of(target: &str) -> Vec<Vec<u8>> {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/").to_owned() + target;
    let paths = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| std::fs::read(path).unwrap()).collect()
}

/// For an input of the corpus the check of a planted mistake panics.
pub(super) fn is_caught(target: &str, check: impl Fn(&[u8])) -> bool {
    let fails = |input: &Vec<u8>| catch_unwind(AssertUnwindSafe(|| check(input))).is_err();
    of(target).iter().any(fails)
}
