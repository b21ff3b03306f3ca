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
mod crowd;
mod group;
mod opening;
mod raw;
mod reading;
mod rounds;
mod writers;

use std::path::Path;

/// A section: its name, and what it runs.
const SECTIONS: [(&str, fn()); 6] = [
    ("one", writers::one),
    ("many", writers::many),
    ("bulk", bulk::run),
    ("open", opening::warm),
    ("killed", opening::killed),
    ("verify", reading::run),
];

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, directory] = words.as_slice()
        && word == opening::CHILD
    {
        return opening::child(Path::new(directory));
    }
    // `cargo bench` gives this; for `cargo test --benches` it is enough that this was built.
    let Some(at) = words.iter().position(|word| word == "--bench") else { return };
    words.remove(at);
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
