//! The commands of docs/asking.md do what the page says.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;

const PAGE: &str = include_str!("../../../docs/asking.md");

#[test]
fn a_reader_who_follows_the_page_asks_for_keys_and_ends_them() {
    let [ask, end, holder] = common::blocks(PAGE)[..] else {
        panic!("other blocks: {:#?}", common::blocks(PAGE));
    };
    let place = Place::with_owner();
    let verify = |token: &str| place.feed(&["verify", "--realm", "shop"], token).code;
    let [(key, first), (_, second)] = [0; 2].map(|_| place.issue(&["--kind", "live"]));
    let told = String::from_utf8(place.shell(ask).stdout).unwrap();
    assert!(told.contains(&key) && told.contains("keys  0"), "{told}");
    place.secret("token", second.as_bytes());
    place.shell(holder);
    assert_eq!((verify(&first), verify(&second)), (0, 3));
    let told = String::from_utf8(place.shell(end).stdout).unwrap();
    assert!(told.contains(&key) && told.contains("keys  1"), "{told}");
    assert_eq!(verify(&first), 3);
}
