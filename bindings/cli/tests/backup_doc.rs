//! The commands of docs/backup.md do what the page says.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;

use common::Place;

const PAGE: &str = include_str!("../../../docs/backup.md");

fn state(place: &Place, store: &str, key: &str) -> String {
    let shown = place.run(&["--store", &place.text(store), "show", "--json", key]).expect(0);
    shown.json()["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_reader_who_follows_the_page_revokes_again_what_was_revoked_since() {
    let [backup, check, keep, restore, from_original, from_trail, min_seq] =
        common::blocks(PAGE)[..]
    else {
        panic!("other blocks: {:#?}", common::blocks(PAGE));
    };
    let place = Place::with_owner();
    place.file("trail", b"");
    let [old, kept] = [(); 2].map(|()| place.issue(&["--kind", "live"]).0);
    place.shell(&[backup, check, keep].join("\n"));
    place.run(&["revoke", &old]).expect(0);
    let since = place.issue(&["--kind", "live"]).0;
    place.run(&["revoke", &since]).expect(0);
    place.shell(keep);
    place.shell(min_seq);

    place.shell(restore);
    assert_eq!(state(&place, "new.keycask", &old), "active");
    place.shell(from_trail);
    assert_eq!(state(&place, "new.keycask", &old), "revoked");
    assert_eq!(state(&place, "new.keycask", &kept), "active");

    fs::remove_file(place.path("new.keycask")).unwrap();
    fs::rename(place.store(), place.path("damaged.keycask")).unwrap();
    place.shell(from_original);
    assert_eq!(state(&place, "new.keycask", &old), "revoked");
    assert_eq!(state(&place, "new.keycask", &kept), "active");
}
