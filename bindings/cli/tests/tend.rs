//! What keeps a store in order: operations, sweeping, compaction.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;
use serde_json::{Value, json};

#[test]
fn a_key_that_is_issued_again_as_the_same_operation_takes_the_place_of_the_first() {
    let place = Place::with_owner();
    let (first, first_token) = place.issue(&["--kind", "live", "--operation", "order-1"]);
    let (second, second_token) = place.issue(&["--kind", "live", "--operation", "order-1"]);
    assert_ne!(first, second);
    let verify = ["verify", "--realm", "shop"];
    place.feed(&verify, first_token).expect(3);
    place.feed(&verify, second_token).expect(0);
    let lost = place.run(&["show", "--json", &first]).expect(0).json();
    assert_eq!((&lost["state"], &lost["cause"]), (&json!("revoked"), &json!("reissued")));
    let done = place.run(&["operation", "--json", "order-1"]).expect(0).json();
    assert_eq!(done["key_id"], second);
    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    let of: Vec<&Value> = trail.iter().filter(|entry| entry["operation"] == "order-1").collect();
    assert_eq!(of.len(), 2);
    assert_eq!(of[1]["event"], "key_reissued");
    assert_eq!(of[1]["seq"], done["seq"]);
}

#[test]
fn every_command_that_changes_something_can_be_given_again_as_the_same_operation() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "shown"]);
    let profile = place.text("shop.toml");
    let commands: [&[&str]; 7] = [
        &["suspend", &key],
        &["resume", &key],
        &["update", "--name", "new", &key],
        &["reveal", &key],
        &["owner", "set", "--realm", "shop", "--plan", "small", "ann"],
        &["realm", "apply", &profile],
        &["revoke", &key],
    ];
    let seq = || place.run(&["stat", "--json"]).expect(0).json()["seq"].clone();
    for (number, command) in commands.iter().enumerate() {
        let id = format!("op-{number}");
        let command = [command, &["--operation", &id, "--json"][..]].concat();
        place.run(&command).expect(0);
        let before = seq();
        place.run(&command).expect(0);
        assert_eq!(seq(), before, "{command:?}");
    }
    let other = place.run(&["resume", &key, "--operation", "op-0", "--json"]);
    let refused = other.expect(1).error();
    assert_eq!(refused["code"], "conflict");
    assert!(refused["message"].as_str().unwrap().contains("\"op-0\""), "{refused}");
}

#[test]
fn a_span_from_now_is_no_request_that_can_be_given_again() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live"]);
    let update = ["update", "--end", "+30d", "--operation", "x", "--json", &key];
    let refused = place.run(&update).expect(2).error();
    assert!(refused["message"].as_str().unwrap().starts_with("--end: give an instant"));
    place.run(&["operation", "--json", "x"]).expect(4);
}

#[test]
fn a_sweep_says_how_many_keys_it_took_out() {
    let place = Place::empty();
    place.file(
        "shop.toml",
        common::PROFILE.replace("[policy]", "[policy]\nretain = \"0s\"").as_bytes(),
    );
    place.run(&["init"]).expect(0);
    place.run(&["realm", "apply", &place.text("shop.toml")]).expect(0);
    place.run(&["owner", "set", "--realm", "shop", "ann"]).expect(0);
    let (gone, _) = place.issue(&["--kind", "live"]);
    let (kept, _) = place.issue(&["--kind", "live"]);
    place.run(&["revoke", &gone]).expect(0);
    let swept = place.run(&["sweep", "--json", "--actor", "cron"]).expect(0).json();
    assert_eq!(swept["keys"], 1);
    assert_eq!(place.run(&["sweep"]).expect(0).out.trim(), "keys  0");
    assert_ne!(place.run(&["show", &gone]).code, 0);
    place.run(&["show", &kept]).expect(0);
    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    assert_eq!(trail.last().unwrap()["event"], "keys_swept");
    assert_eq!(trail.last().unwrap()["actor"], "cron");
    assert_eq!(trail.last().unwrap()["after"], json!({ "count": 1, "keys": [gone] }));
}

#[test]
fn compacting_says_how_long_the_file_was_and_is_and_refuses_beside_a_writer() {
    let place = Place::with_owner();
    for number in 0..30 {
        let (key, _) =
            place.issue(&["--kind", "live", "--metadata", &format!("\"{}\"", "x".repeat(4_000))]);
        place.run(&["update", "--metadata", "", "--name", &number.to_string(), &key]).expect(0);
    }
    let length = || std::fs::metadata(place.store()).unwrap().len();
    let before = length();
    let compacted = place.run(&["compact", "--json"]).expect(0).json();
    let bytes = |when: &str| compacted[when].as_u64().unwrap();
    assert!(bytes("bytes_after") < bytes("bytes_before"), "{compacted}");
    assert!(length() < before, "{before} bytes became {}", length());
    assert_eq!(common::mode(&place.store()), 0o600);
    assert_eq!(place.run(&["list", "--json", "--realm", "shop"]).expect(0).lines().len(), 30);
    let pepper = keycask::Pepper::new(&[7; 32]);
    let open = keycask::Store::options().pepper(pepper).open(place.store()).unwrap();
    assert_eq!(place.run(&["compact", "--json"]).expect(5).error()["code"], "locked");
    assert_eq!(place.run(&["sweep", "--json"]).expect(5).error()["code"], "locked");
    open.close().unwrap();
}
