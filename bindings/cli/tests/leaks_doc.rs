//! The commands of docs/leaks.md do what the page says.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;

use common::Place;

const PAGE: &str = include_str!("../../../docs/leaks.md");

#[test]
fn a_reader_who_follows_the_page_finds_tokens_and_revokes_their_keys() {
    let [search, revoke, github, rules] = common::blocks(PAGE)[..] else {
        panic!("other blocks: {:#?}", common::blocks(PAGE));
    };
    let place = Place::with_owner();
    let [(key, token), (other, alerted)] = [(); 2].map(|()| place.issue(&["--kind", "live"]));
    place.file("dump.txt", format!("KEY={token}\n").as_bytes());
    place.file("alerts.json", format!(r#"[{{"token": "{alerted}"}}]"#).as_bytes());
    let state = |key: &str| place.run(&["show", "--json", key]).json()["state"].clone();

    let told = String::from_utf8(place.shell(search).stdout).unwrap();
    assert_eq!(told.matches(&key).count(), 2, "{told}");
    let (first, second) = revoke.split_once('\n').unwrap();
    place.shell(first);
    assert_eq!(state(&key), "active");
    place.shell(second);
    assert_eq!((state(&key), state(&other)), ("revoked".into(), "active".into()));
    place.shell(github);
    assert_eq!(state(&other), "revoked");
    place.shell(rules);
    for (file, text) in [
        ("gitleaks.toml", "[[rules]]\nid = \"shop-live\""),
        ("trufflehog.yaml", "  - name: \"shop-live\""),
        ("patterns.yaml", "- name: \"shop live\""),
    ] {
        let rules = fs::read_to_string(place.path(file)).unwrap();
        assert!(rules.contains(text), "{file}: {rules}");
    }
}
