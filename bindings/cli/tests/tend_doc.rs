//! The commands of docs/tend.md do what the page says.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;

use common::Place;

const PAGE: &str = include_str!("../../../docs/tend.md");

#[test]
fn a_reader_who_follows_the_page_asks_again_sweeps_and_compacts() {
    let [issue, again, sweep, compact] = common::blocks(PAGE)[..] else {
        panic!("other blocks: {:#?}", common::blocks(PAGE));
    };
    let place = Place::with_owner();
    let verify = |token: &str| place.feed(&["verify", "--realm", "shop"], token).code;
    place.shell(issue);
    let first = fs::read_to_string(place.path("token")).unwrap();
    assert_eq!(verify(&first), 0);
    let told = place.shell(again);
    assert!(String::from_utf8(told.stdout).unwrap().contains("order-5512"));
    let second = fs::read_to_string(place.path("token")).unwrap();
    assert_eq!((verify(&first), verify(&second)), (3, 0));
    assert_eq!(place.run(&["list", "--json", "--realm", "shop"]).expect(0).lines().len(), 2);
    place.shell(sweep);
    let told = place.shell(compact);
    assert!(String::from_utf8(told.stdout).unwrap().contains("bytes after"));
    assert_eq!(verify(&second), 0);
}
