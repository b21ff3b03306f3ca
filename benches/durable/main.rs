//! What is durable, as ratios to what the disk and redb can do by themselves.
//!
//! `cargo bench --bench durable -- [section...]`; all sections unless some are named. Each
//! ratio is the median over rounds in which the two sides alternate, so that a machine that
//! is busy with something else slows both. The disk is the one that `target/` is on.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops where it cannot go on"
)]

mod bulk;
#[path = "../common/mod.rs"]
mod common;
mod group;
mod opening;
mod raw;
mod reading;
mod rounds;
mod writers;

use std::path::PathBuf;

/// A section: its name, and what it runs.
const SECTIONS: [(&str, fn()); 5] = [
    ("one", writers::one),
    ("many", writers::many),
    ("bulk", bulk::run),
    ("open", opening::run),
    ("verify", reading::run),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [task, path, count] = words.as_slice()
        && task == opening::CHILD
    {
        opening::child(&PathBuf::from(path), count.parse().unwrap());
        return;
    }
    for word in &words {
        let known = SECTIONS.map(|(name, _)| name);
        assert!(known.contains(&word.as_str()), "{word:?} is none of {known:?}");
    }
    for (name, run) in SECTIONS {
        if words.is_empty() || words.iter().any(|word| word == name) {
            run();
        }
    }
}

/// A new directory on the disk that is measured.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}
