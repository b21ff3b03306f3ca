//! The audit trail and the change feed at the command line.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use common::Place;
use serde_json::{Value, json};

#[test]
fn the_trail_is_searched_by_what_was_done_to_what_by_whom() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live", "--actor", "bob"]);
    place.run(&["revoke", "--actor", "eve", &key]).expect(0);
    let events = |args: &[&str]| -> Vec<Value> {
        let lines = place.run(&[&["audit", "--json"], args].concat()).expect(0).lines();
        lines.iter().map(|entry| entry["event"].clone()).collect()
    };
    assert_eq!(events(&["--key", &key]), ["key_issued", "key_revoked"]);
    assert_eq!(events(&["--actor", "eve"]), ["key_revoked"]);
    assert_eq!(events(&["--owner", "ann", "--event", "owner_set"]), ["owner_set"]);
    assert_eq!(events(&["--realm", "shop", "--limit", "2"]), ["realm_applied", "owner_set"]);
    assert!(events(&["--until", "2001-01-01T00:00:00Z"]).is_empty());
    let refused = place.run(&["audit", "--json", "--event", "key_lost"]).expect(2).error();
    assert!(refused["message"].as_str().unwrap().contains("key_lost"), "{refused}");
}

#[test]
fn the_trail_is_exported_checked_and_trimmed() {
    let place = Place::with_owner();
    let (_, token) = place.issue(&["--kind", "live"]);
    let exported = place.run(&["audit", "export"]).expect(0);
    assert!(!exported.out.contains(&token));
    let exported = exported.lines();
    assert_eq!(exported.len(), 3);
    assert_eq!(exported, place.run(&["audit", "--json"]).expect(0).lines());
    let ocsf = place.run(&["audit", "export", "--ocsf", "--after", "2"]).expect(0).lines();
    assert_eq!((ocsf.len(), &ocsf[0]["class_uid"]), (1, &json!(3004)));
    let checked = place.run(&["audit", "check", "--json"]).expect(0).json();
    assert_eq!((&checked["first"], &checked["last"]), (&json!(1), &json!(3)));
    let trim = ["audit", "trim", "--json", "--through", "2", "--reason", "old", "--yes"];
    assert_eq!(place.run(&trim).expect(0).json()["entries"], 2);
    let checked = place.run(&["audit", "check", "--json"]).expect(0).json();
    let entries = (&checked["first"], &checked["last"], &checked["entries"]);
    assert_eq!(entries, (&json!(3), &json!(4), &json!(2)));
    let last = place.run(&["audit", "--json", "--after", "3"]).expect(0).json();
    assert_eq!((&last["event"], &last["reason"]), (&json!("audit_trimmed"), &json!("old")));
    place.run(&["check"]).expect(0);
    place.run(&["audit", "trim"]).expect(2);
    place.run(&["audit", "trim", "--keep", "1", "--through", "2"]).expect(2);
}

#[test]
fn the_trail_is_not_trimmed_by_a_number_that_it_has_not_nor_without_asking() {
    let place = Place::with_owner();
    place.issue(&["--kind", "live"]);
    let trim =
        |through: &str| place.run(&["audit", "trim", "--json", "--through", through, "--yes"]);
    for number in ["0", "4", "18446744073709551615"] {
        let refused = trim(number).expect(2).error()["message"].to_string();
        assert!(refused.contains(&format!("--through {number}")), "{refused}");
    }
    for oldest in [["--through", "2"], ["--keep", "1"], ["--before", "2100-01-01T00:00:00Z"]] {
        let refused = place.run(&[&["audit", "trim", "--json"], &oldest[..]].concat()).expect(2);
        assert!(refused.error()["message"].to_string().contains("--yes"), "{refused:?}");
    }
    assert_eq!(place.run(&["audit", "--json"]).expect(0).lines().len(), 3);
    trim("2").expect(0);
    trim("2").expect(2);
}

#[test]
fn a_table_of_changes_has_each_commit_also_where_the_trail_tells_nothing_of_it() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live"]);
    place.run(&["audit", "trim", "--through", "3", "--yes"]).expect(0);
    let commits = place.run(&["changes", "--json"]).expect(0).lines();
    assert!(commits[..3].iter().all(|commit| commit["entries"] == json!([])), "{commits:?}");
    let table = place.run(&["changes"]).expect(0).out;
    let rows: Vec<Vec<&str>> =
        table.lines().skip(1).map(|row| row.split_whitespace().collect()).collect();
    let seqs: Vec<String> = rows.iter().map(|row| row[0].to_owned()).collect();
    let want: Vec<String> = commits.iter().map(|commit| commit["seq"].to_string()).collect();
    assert_eq!(seqs, want, "{table}");
    assert_eq!(rows[0][1..], ["realm", "1"]);
    assert_eq!(rows[1][1..], ["owner", "1"]);
    assert_eq!(rows[2][1..], ["key", &key]);
    assert!(rows[3].contains(&"audit_trimmed"), "{table}");
}

#[test]
fn a_table_of_changes_has_a_commit_that_only_rehashes() {
    let place = Place::with_owner();
    // SHA-256 of "hello".
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let line = format!("{{\"owner\": \"ann\", \"digest\": \"{digest}\"}}\n");
    let import = ["import", "--realm", "shop", "--kind", "live", "--scheme", "sha256", "-"];
    place.feed(&import, line).expect(0);
    let pepper = keycask::Pepper::new(&[7; 32]);
    let store = keycask::Store::options().pepper(pepper).open(place.store()).unwrap();
    let realm = store.realm("shop").unwrap();
    let key = store.verify(realm, b"hello", &keycask::Request::new()).unwrap().key_id;
    store.close().unwrap();
    let commits = place.run(&["changes", "--json"]).expect(0).lines();
    let last = commits.last().unwrap();
    assert_eq!(last["entries"], json!([]), "the rehash has no entry: {last}");
    let table = place.run(&["changes"]).expect(0).out;
    let row: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(row, [&*last["seq"].to_string(), "key", &key.to_string()], "{table}");
}

#[test]
fn to_list_nothing_is_no_list() {
    let place = Place::with_owner();
    let owners = ["owner", "list", "--realm", "shop"];
    let lists: [&[&str]; 6] =
        [&owners, &["list"], &["audit"], &["audit", "export"], &["changes"], &["find", "...abcd"]];
    for list in lists {
        let refused = place.run(&[list, &["--json", "--limit", "0"]].concat()).expect(2);
        assert!(refused.error()["message"].to_string().contains("--limit"), "{refused:?}");
        place.run(&[list, &["--json", "--limit", "1"]].concat()).expect(0);
    }
}

/// A follower in a process of its own, which ends with the test.
struct Follower {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Follower {
    fn new(place: &Place, args: &[&str]) -> Self {
        let mut command = place.command(&[&["changes", "--follow", "--json"], args].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_follower_is_told_what_other_processes_commit_also_after_the_file_was_written_anew() {
    let place = Place::with_owner();
    let mut follower = Follower::new(&place, &[]);
    assert_eq!(follower.next()["entries"][0]["event"], "realm_applied");
    assert_eq!(follower.next()["entries"][0]["event"], "owner_set");
    let (key, _) = place.issue(&["--kind", "live"]);
    let issued = follower.next();
    assert_eq!(issued["changed"], json!([{ "what": "key", "key_id": key }]));
    assert_eq!(issued["entries"][0]["event"], "key_issued");
    place.run(&["compact"]).expect(0);
    place.run(&["revoke", &key]).expect(0);
    let revoked = follower.next();
    assert_eq!(revoked["entries"][0]["event"], "key_revoked");
    let since = ["changes", "--json", "--since", issued["cursor"].as_str().unwrap()];
    assert_eq!(place.run(&since).expect(0).lines(), [revoked]);
    assert!(place.run(&["changes"]).expect(0).out.contains("key_revoked"));
}

#[test]
fn a_cursor_that_cannot_be_followed_is_said_with_where_to_begin() {
    let place = Place::with_owner();
    let cursor = |seq: u64, id: &str| format!("{seq}:{id}");
    let id = place.run(&["stat", "--json"]).expect(0).json()["store_id"].clone();
    let id = id.as_str().unwrap().to_owned();
    for (seq, id, says) in [(1, &"0".repeat(32), "another store"), (99, &id, "an older copy")] {
        let args = ["changes", "--json", "--since", &cursor(seq, id)];
        let error = place.run(&args).expect(4).error();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(says) && message.contains(&cursor(seq, id)), "{message}");
        assert!(message.ends_with(&format!("follow from {}", place_newest(&place))), "{message}");
    }
    place.run(&["changes", "--since", "12"]).expect(2);
}

fn place_newest(place: &Place) -> String {
    place.run(&["changes", "--json"]).expect(0).lines().last().unwrap()["cursor"]
        .as_str()
        .unwrap()
        .to_owned()
}
