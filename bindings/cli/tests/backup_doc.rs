//! The commands of docs/backup.md do what the page says.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::Place;

const PAGE: &str = include_str!("../../../docs/backup.md");

/// The shell's blocks of the page, in order.
fn blocks() -> Vec<&'static str> {
    let blocks = PAGE.split("\n```sh\n").skip(1);
    blocks.map(|rest| rest.split_once("\n```\n").unwrap().0).collect()
}

/// Runs `script` where the store of `place` is, as the page has it.
fn shell(place: &Place, script: &str) -> Output {
    let command = Path::new(env!("CARGO_BIN_EXE_keycask"));
    let path = format!("{}:/usr/bin:/bin", command.parent().unwrap().display());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(place.path(""))
        .env_clear()
        .env("PATH", path)
        .env("KEYCASK_STORE", "keys.keycask")
        .env("KEYCASK_PEPPER_FILE", "pepper.key")
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}\n{output:?}");
    output
}

fn state(place: &Place, store: &str, key: &str) -> String {
    let shown = place.run(&["--store", &place.text(store), "show", "--json", key]).expect(0);
    shown.json()["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_reader_who_follows_the_page_revokes_again_what_was_revoked_since() {
    let [backup, check, keep, restore, from_original, from_trail, min_seq] = blocks()[..] else {
        panic!("other blocks: {:#?}", blocks());
    };
    let place = Place::with_owner();
    place.file("trail", b"");
    let [old, kept] = [(); 2].map(|()| place.issue(&["--kind", "live"]).0);
    shell(&place, &[backup, check, keep].join("\n"));
    place.run(&["revoke", &old]).expect(0);
    let since = place.issue(&["--kind", "live"]).0;
    place.run(&["revoke", &since]).expect(0);
    shell(&place, keep);
    shell(&place, min_seq);

    shell(&place, restore);
    assert_eq!(state(&place, "new.keycask", &old), "active");
    shell(&place, from_trail);
    assert_eq!(state(&place, "new.keycask", &old), "revoked");
    assert_eq!(state(&place, "new.keycask", &kept), "active");

    fs::remove_file(place.path("new.keycask")).unwrap();
    fs::rename(place.store(), place.path("damaged.keycask")).unwrap();
    shell(&place, from_original);
    assert_eq!(state(&place, "new.keycask", &old), "revoked");
    assert_eq!(state(&place, "new.keycask", &kept), "active");
}
