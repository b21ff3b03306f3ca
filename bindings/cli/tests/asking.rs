//! Asking for keys by conditions, and ending many.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;
use serde_json::json;

/// A store whose realm `shop` has the owners `ann` and `zoe`, and keeps usage.
fn place() -> Place {
    let place = Place::with_owner();
    let profile = common::PROFILE.replace("[policy]", "[policy]\nusage = true");
    place.file("shop.toml", profile.as_bytes());
    place.run(&["realm", "apply", &place.text("shop.toml")]).expect(0);
    place.run(&["owner", "set", "--realm", "shop", "zoe"]).expect(0);
    place
}

fn ids(place: &Place, args: &[&str]) -> Vec<String> {
    let all = place.run(&[args, &["--json"][..]].concat()).expect(0).lines();
    all.iter().map(|key| key["key_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_are_listed_counted_and_found_by_conditions() {
    let place = place();
    let (one, _) = place.issue(&["--kind", "live", "--end", "+5d"]);
    let (two, _) = place.issue(&["--kind", "test", "--end", "+2d"]);
    let (three, _) = place.issue(&["--kind", "live"]);
    place.run(&["rotate", "--grace", "1h", &three]).expect(0);
    let list = |args: &[&str]| ids(&place, &[&["list"], args].concat());
    assert_eq!(list(&["--expiring-within", "3d"]), [two.clone(), three.clone()]);
    let by_end = list(&["--expiring-within", "9d", "--order", "end"]);
    assert_eq!(by_end, [&three, &two, &one].map(Clone::clone));
    assert_eq!(list(&["--in-grace"]), [three.as_str()]);
    assert_eq!(list(&["--realm", "shop", "--kind", "test"]), [two.as_str()]);
    assert_eq!(list(&["--lineage", &three]).len(), 2);
    assert_eq!(list(&["--never-used", "--realm", "shop"]).len(), 4);
    assert_eq!(list(&["--idle-for", "1h"]), [""; 0]);
    assert_eq!(list(&["--rotation-due"]), [""; 0]);
    assert_eq!(list(&["--rotation-due=0s"]).len(), 3);
    assert_eq!(list(&["--rotation-due", "0s"]).len(), 3);
    assert_eq!(list(&["--rotation-due", "90d"]), [""; 0]);
    assert_eq!(list(&["--expired"]), [""; 0]);
    assert_eq!(list(&["--unexpired", "--issued-from", "2020-01-01T00:00:00Z"]).len(), 4);
    assert_eq!(list(&["--issued-before", "2020-01-01T00:00:00Z"]), [""; 0]);
    let count = place.run(&["list", "--count", "--json", "--in-grace"]).expect(0).json();
    assert_eq!(count["keys"], 1);
    let hint = place.run(&["show", "--json", &two]).expect(0).json()["hint"].clone();
    let hint = hint.as_str().unwrap();
    assert_eq!(ids(&place, &["find", hint]), [two.as_str()]);
    assert_eq!(list(&["--hint", &hint[hint.len() - 7..]]), [two]);
    assert_eq!(place.run(&["find", "x...none"]).expect(0).out, "");
}

#[test]
fn a_list_by_end_is_continued_where_it_says_that_it_ended() {
    let place = place();
    let days = ["+4d", "+1d", "+3d", "+2d"];
    let keys: Vec<_> =
        days.iter().map(|end| place.issue(&["--kind", "live", "--end", end]).0).collect();
    let list = ["list", "--order", "end", "--limit", "2"];
    let first = place.run(&list).expect(0);
    let (_, cursor) = first.err.trim().split_once("--after ").unwrap();
    // A program was told of no cursor.
    let told = place.run(&[&list[..], &["--json"]].concat()).expect(0).lines();
    assert_eq!(told.len(), 3);
    for cursor in [cursor, told[2]["next"].as_str().unwrap()] {
        let rest = ids(&place, &[&list[..], &["--after", cursor]].concat());
        assert_eq!(rest, [keys[2].clone(), keys[0].clone()]);
    }
    let other = place.run(&["list", "--json", "--after", cursor]).expect(2).error();
    assert_eq!(other["code"], "argument");
    assert!(other["message"].as_str().unwrap().contains("by end"));
}

#[test]
fn many_keys_are_revoked_once_that_is_confirmed_and_a_dry_run_revokes_none() {
    let place = place();
    let keys: Vec<_> = (0..3).map(|_| place.issue(&["--kind", "live"])).collect();
    let revoke = ["revoke", "--json", "--realm", "shop", "--owner", "ann"];
    let with = |args: &[&str]| place.run(&[&revoke, args].concat());
    let dry = with(&["--dry-run"]).expect(0).json();
    assert_eq!((&dry["dry_run"], &dry["keys"]), (&json!(true), &json!(3)));
    assert_eq!(dry["first"], json!([keys[0].0, keys[1].0, keys[2].0]));
    // Nobody is there to be asked back.
    assert!(with(&[]).expect(2).error()["message"].as_str().unwrap().contains("--yes"));
    let verify = ["verify", "--json", "--realm", "shop"];
    place.feed(&verify, &keys[0].1).expect(0);
    let operation = ["--yes", "--operation", "left-7", "--reason", "left"];
    assert_eq!(with(&operation).expect(0).json()["keys"], 3);
    for (_, token) in &keys {
        assert_eq!(place.feed(&verify, token).expect(3).json()["code"], "revoked");
    }
    let (_, since) = place.issue(&["--kind", "live"]);
    assert_eq!(with(&operation).expect(0).json()["keys"], 3);
    place.feed(&verify, since).expect(0);
    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    let of = trail.iter().filter(|entry| entry["operation"] == "left-7");
    assert!(of.clone().all(|entry| entry["reason"] == "left"));
    assert_eq!(of.count(), 3);
}

#[test]
fn all_grace_is_ended() {
    let place = place();
    let (old, old_token) = place.issue(&["--kind", "live"]);
    let new = place.run(&["rotate", "--json", "--grace", "1d", &old]).expect(0).json();
    let verify = ["verify", "--realm", "shop"];
    place.feed(&verify, &old_token).expect(0);
    let end = ["end-grace", "--json", "--realm", "shop"];
    assert_eq!(place.run(&[&end[..], &["--dry-run"]].concat()).expect(0).json()["keys"], 1);
    assert_eq!(place.run(&[&end[..], &["--yes"]].concat()).expect(0).json()["keys"], 1);
    place.feed(&verify, &old_token).expect(3);
    place.feed(&verify, new["token"].as_str().unwrap()).expect(0);
    assert_eq!(place.run(&["show", "--json", &old]).expect(0).json()["cause"], "rotated");
}

#[test]
fn a_holder_revokes_its_key_and_a_token_of_nobody_is_refused_as_ever() {
    let place = place();
    let (key, token) = place.issue(&["--kind", "live"]);
    let revoke = ["revoke-presented", "--json", "--realm", "shop", "--reason", "in a log"];
    assert_eq!(place.feed(&revoke, "sh_live_x").expect(3).json()["code"], "malformed");
    let ran = place.feed(&revoke, &token).expect(0);
    assert!(!ran.out.contains(&token[8..]) && !ran.err.contains(&token[8..]));
    assert_eq!((&ran.json()["key_id"], &ran.json()["state"]), (&json!(key), &json!("revoked")));
    place.feed(&["verify", "--realm", "shop"], &token).expect(3);
    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    assert_eq!(trail.last().unwrap()["actor"], "holder");
}

#[test]
fn what_cannot_be_asked_is_refused_and_named() {
    let place = place();
    let (key, _) = place.issue(&["--kind", "live"]);
    let cases: [(&[&str], &str); 11] = [
        (&["revoke"], "KEY"),
        (&["revoke", &key, "--realm", "shop"], "not both"),
        (&["revoke", &key, "--dry-run"], "not both"),
        (&["revoke", "--realm", "shop", "--state", "revoked", "--yes"], "ended already"),
        (&["list", "--kind", "live"], "--realm"),
        (&["list", "--expired", "--unexpired"], "--unexpired"),
        (&["list", "--expired", "--in-grace"], "no key is both"),
        (&["list", "--issued-from", "never"], "never"),
        (&["list", "--expiring-within", "soon"], "soon"),
        (&["list", "--after", "here"], "here"),
        (&["find", "acme"], "hint: want"),
    ];
    for (args, named) in cases {
        let refused = place.run(&[args, &["--json"][..]].concat()).expect(2).error();
        assert_eq!(refused["code"], "argument");
        assert!(refused["message"].as_str().unwrap().contains(named), "{args:?}: {refused}");
    }
    place.run(&["list", "--realm", "shop", "--kind", "gold"]).expect(4);
}
