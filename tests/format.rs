//! Files of the first format, which every later version reads as they are.
//!
//! `tests/format/` has a store, a backup of it, and a store that was restored from that, as
//! version 1 wrote them, and what is in them. `make fixture` writes them anew, which is for the
//! time before the first release alone: afterwards a new format gets a directory of its own.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod format {
    pub mod contents;
    pub mod runs;
    pub mod stage;
}

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Once;

use format::{contents, runs, stage};
use keycask::{ErrorKind, Pepper, Store};

const FILES: [&str; 3] = ["store", "backup", "restored"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format").join(name)
}

/// The fixture `name` as a file that can be opened, in `directory`.
fn unpack(directory: &Path, name: &str) -> PathBuf {
    write();
    let path = directory.join(name);
    fs::write(&path, runs::unpack(&fs::read(fixture(&format!("{name}.runs"))).unwrap())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[test]
fn files_of_the_first_format_have_in_them_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    for name in FILES {
        let path = unpack(directory.path(), name);
        let store = stage::options().read_only(true).open(&path).unwrap();
        store.check().unwrap();
        let expected = fs::read_to_string(fixture(&format!("{name}.jsonl"))).unwrap();
        let found = contents::of(&store);
        for (found, expected) in found.lines().zip(expected.lines()) {
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
    }
}

#[test]
fn tokens_of_the_first_format_get_the_verdict_that_they_got() {
    write();
    let directory = tempfile::tempdir().unwrap();
    let tokens = fs::read_to_string(fixture("tokens.txt")).unwrap();
    for name in FILES {
        let store = stage::options().read_only(true).open(unpack(directory.path(), name)).unwrap();
        assert_eq!(contents::verdicts(&store, &tokens), tokens, "{name}");
    }
}

#[test]
fn a_store_of_the_first_format_takes_changes_and_is_one_still() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["store", "restored"] {
        let path = unpack(directory.path(), name);
        let store = stage::options().open(&path).unwrap();
        stage::change(&store);
        store.compact().unwrap();
        store.check().unwrap();
        store.close().unwrap();
        stage::options().open(&path).unwrap().check().unwrap();
    }
}

#[test]
fn files_of_the_first_format_open_with_their_own_pepper_alone() {
    let directory = tempfile::tempdir().unwrap();
    for name in FILES {
        let path = unpack(directory.path(), name);
        let before = fs::read(&path).unwrap();
        for options in [Store::options(), Store::options().pepper(Pepper::new(&[0; 32]))] {
            assert_eq!(options.open(&path).unwrap_err().kind(), ErrorKind::Pepper);
        }
        assert!(fs::read(&path).unwrap() == before);
    }
}

/// Makes the fixtures, if that is asked for, before any other test looks at them.
fn write() {
    if std::env::var("KEYCASK_FIXTURE").is_ok_and(|value| value == "write") {
        static WRITTEN: Once = Once::new();
        WRITTEN.call_once(make);
    }
}

fn make() {
    let directory = tempfile::tempdir().unwrap();
    let tokens = stage::make(directory.path());
    for name in FILES {
        let path = directory.path().join(name);
        let bytes = fs::read(&path).unwrap();
        let packed = runs::pack(&bytes);
        assert!(runs::unpack(&packed) == bytes);
        fs::write(fixture(&format!("{name}.runs")), packed).unwrap();
        let store = stage::options().read_only(true).open(&path).unwrap();
        fs::write(fixture(&format!("{name}.jsonl")), contents::of(&store)).unwrap();
        if name == "store" {
            fs::write(fixture("tokens.txt"), contents::verdicts(&store, &tokens)).unwrap();
        }
    }
}
