//! Whole stories, from an empty directory on.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;
use serde_json::json;

#[test]
fn a_key_is_issued_verified_and_revoked() {
    let place = Place::empty();
    let made = place.run(&["init", "--json"]).expect(0).json();
    assert_eq!(made["schema_version"], 1);
    assert_eq!(made["peppered"], true);
    assert_eq!(common::mode(&place.store()), 0o600);

    let change = place.run(&["realm", "apply", "--json", &place.text("shop.toml")]);
    let change = change.expect(0).json();
    assert_eq!((&change["realm"], &change["created"]), (&json!("shop"), &json!(true)));

    let owner = ["owner", "set", "--json", "--realm", "shop", "--plan", "small", "ann"];
    assert_eq!(place.run(&owner).expect(0).json()["plan"], "small");

    let issue = ["issue", "--realm", "shop", "--kind", "live", "--scopes", "read", "ann"];
    let issued = place.run(&issue).expect(0);
    let token = issued.out.strip_suffix('\n').unwrap();
    assert!(token.starts_with("sh_live_") && token.len() == 8 + 32 + 6, "{token:?}");
    assert!(issued.err.contains("shown this once") && !issued.err.contains(token));

    let verify = ["verify", "--realm", "shop", "--needs", "read", "--json"];
    let grant = place.feed(&verify, &issued.out).expect(0).json();
    assert_eq!(grant["granted"], true);
    assert_eq!(grant["code"], "ok");
    assert_eq!(grant["owner"], "ann");
    assert_eq!(grant["plan"], "small");
    assert_eq!(grant["kind"], "live");
    assert_eq!(grant["environment"], "production");
    assert_eq!(grant["prefix"], "sh_live_");
    assert_eq!(grant["scopes"], json!(["read"]));
    assert_eq!(grant["end"], "never");
    assert_eq!(grant["rate"]["remaining"], 2);
    let key = grant["key_id"].as_str().unwrap();

    let revoke = ["revoke", "--actor", "bob", "--reason", "left", "--json", key];
    let revoked = place.run(&revoke).expect(0).json();
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(revoked["reason"], "left");

    let refused = place.feed(&verify, token).expect(3).json();
    assert_eq!(refused["granted"], false);
    assert_eq!(refused["code"], "revoked");
    assert_eq!(refused["key_id"], key);

    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    let last = trail.last().unwrap();
    assert_eq!(last["event"], "key_revoked");
    assert_eq!(last["actor"], "bob");
    assert_eq!(last["reason"], "left");
    assert_eq!(last["key_id"], key);
    let numbers: Vec<_> = trail.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    let rest = ["audit", "--json", "--after", &numbers[0].to_string(), "--limit", "1"];
    assert_eq!(place.run(&rest).expect(0).lines()[0]["number"], numbers[1]);

    let stat = place.run(&["stat", "--json"]).expect(0).json();
    assert_eq!((&stat["keys"], &stat["owners"]), (&json!(1), &json!(1)));
}

#[test]
fn a_denial_says_why_and_people_read_the_same() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "live", "--scopes", "read"]);
    let verify = |args: &[&str], token: &str| {
        let all = ["verify", "--json", "--realm", "shop"];
        place.feed(&[&all, args].concat(), token).expect(3).json()
    };
    let scope = verify(&["--needs", "write"], &token);
    assert_eq!(scope["code"], "scope");
    assert_eq!(scope["required"], json!(["write"]));
    assert_eq!(scope["present"], json!(["read"]));
    assert_eq!(scope["missing"], json!(["write"]));
    assert_eq!(verify(&["--kinds", "test"], &token)["code"], "unknown");
    assert_eq!(verify(&[], "")["code"], "malformed");
    assert_eq!(verify(&[], &format!("{token} "))["malformed"], "length");
    assert_eq!(verify(&[], &token.replace("live", "dead"))["malformed"], "prefix");

    let said = place.feed(&["verify", "--realm", "shop", "--needs", "write"], &token).expect(3);
    assert!(said.out.contains("scope") && said.out.contains(&key), "{said:?}");
    assert!(said.err.is_empty());
}

#[test]
fn times_are_instants_spans_or_never_and_at_looks_ahead() {
    let place = Place::with_owner();
    let (_, token) = place.issue(&["--kind", "live", "--start", "+1h", "--end", "+90d"]);
    let code = |at: &[&str]| {
        let all = ["verify", "--json", "--realm", "shop"];
        place.feed(&[&all, at].concat(), &token).json()["code"].clone()
    };
    assert_eq!(code(&[]), "not_yet_valid");
    assert_eq!(code(&["--at", "+2h"]), "ok");
    assert_eq!(code(&["--at", "+91d"]), "expired");
    assert_eq!(code(&["--at", "2100-01-01T00:00:00Z"]), "expired");
    // An explicit time leaves no mark: the key is as it was.
    assert_eq!(code(&["--at", "+2h"]), "ok");
}

#[test]
fn a_rotated_key_lives_on_for_its_grace_and_a_regenerated_one_not_at_all() {
    let place = Place::with_owner();
    let (first, first_token) = place.issue(&["--kind", "live", "--scopes", "read"]);
    let rotated = place.run(&["rotate", "--json", "--grace", "7d", &first]).expect(0).json();
    let (second, second_token) = (rotated["key_id"].as_str(), rotated["token"].as_str());
    let (second, second_token) = (second.unwrap(), second_token.unwrap());
    assert_eq!(rotated["predecessor"], first.as_str());
    assert_eq!(rotated["generation"], 2);

    let verify = ["verify", "--json", "--realm", "shop"];
    assert_eq!(place.feed(&verify, &first_token).expect(0).json()["in_grace"], true);
    assert_eq!(place.feed(&verify, second_token).expect(0).json()["in_grace"], false);

    let new = place.run(&["rotate", "--regenerate", second]).expect(0);
    let refused = place.feed(&verify, second_token).expect(3).json();
    assert_eq!(refused["code"], "revoked");
    place.feed(&verify, &new.out).expect(0);
}

#[test]
fn a_suspended_key_or_owner_is_refused_until_it_is_resumed() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "live"]);
    let code = || {
        let verify = ["verify", "--json", "--realm", "shop"];
        place.feed(&verify, &token).json()["code"].clone()
    };
    place.run(&["suspend", &key]).expect(0);
    assert_eq!(code(), "suspended");
    place.run(&["resume", &key]).expect(0);
    assert_eq!(code(), "ok");
    place.run(&["owner", "set", "--realm", "shop", "--suspend", "ann"]).expect(0);
    assert_eq!(code(), "owner_suspended");
    place.run(&["owner", "set", "--realm", "shop", "--resume", "ann"]).expect(0);
    assert_eq!(code(), "ok");
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let place = Place::with_owner();
    let (key, _) = place.issue(&["--kind", "live", "--sets", "all", "--name", "ci"]);
    let show = || place.run(&["show", "--json", &key]).expect(0).json();
    let before = show();
    assert_eq!(before["scopes"], json!(["read", "write"]));
    let update = ["update", "--json", "--scopes", "read", "--metadata", "{\"a\": 1}", &key];
    let after = place.run(&update).expect(0).json();
    assert_eq!(after, show());
    assert_eq!(after["scopes"], json!(["read"]));
    assert_eq!(after["metadata"], "{\"a\": 1}");
    assert_eq!((&after["name"], &after["end"]), (&before["name"], &before["end"]));
    let none = ["update", "--json", "--scopes", "", "--name", "", "--end", "+1d", &key];
    let none = place.run(&none).expect(0).json();
    assert_eq!((&none["scopes"], &none["name"]), (&json!([]), &json!("")));
    assert_ne!(none["end"], "never");
}

#[test]
fn a_list_comes_in_order_of_issue_and_can_be_continued() {
    let place = Place::with_owner();
    place.run(&["owner", "set", "--realm", "shop", "zoe"]).expect(0);
    let issued: Vec<_> = (0..5).map(|_| place.issue(&["--kind", "live"]).0).collect();
    place.run(&["revoke", &issued[3]]).expect(0);
    let ids = |args: &[&str]| -> Vec<String> {
        let all = place.run(&[&["list", "--json"], args].concat()).expect(0).lines();
        let keys = all.iter().filter(|line| line["next"].is_null());
        keys.map(|key| key["key_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]), issued);
    assert_eq!(ids(&["--limit", "2"]), issued[..2]);
    assert_eq!(ids(&["--after", &issued[1], "--limit", "9"]), issued[2..]);
    assert_eq!(ids(&["--state", "revoked"]), [issued[3].clone()]);
    assert_eq!(ids(&["--realm", "shop", "--owner", "zoe"]), [""; 0]);
    place.run(&["list", "--limit", "0"]).expect(2);

    let table = place.run(&["list", "--limit", "2"]).expect(0);
    assert_eq!(table.out.lines().count(), 3, "{}", table.out);
    assert!(table.out.contains("KEY ID") && table.out.contains(&issued[1]));
    assert!(table.err.contains(&format!("--after {}", issued[1])), "{}", table.err);
    assert!(!table.out.contains('\u{1b}'));
}

#[test]
fn owners_are_set_shown_and_listed() {
    let place = Place::with_owner();
    let set = ["owner", "set", "--json", "--realm", "shop", "--direct", "read", "--group", "write"];
    let set = place.run(&[&set[..], &["zoe"]].concat()).expect(0).json();
    let shown = place.run(&["owner", "show", "--json", "--realm", "shop", "zoe"]).expect(0).json();
    assert_eq!(set, shown);
    assert_eq!((&shown["direct"], &shown["group"]), (&json!(["read"]), &json!(["write"])));
    let none = ["owner", "set", "--json", "--realm", "shop", "--direct", "", "zoe"];
    assert_eq!(place.run(&none).expect(0).json()["direct"], json!([]));
    let list = |args: &[&str]| -> Vec<String> {
        let all = ["owner", "list", "--json", "--realm", "shop"];
        let all = place.run(&[&all, args].concat()).expect(0).lines();
        all.iter().map(|owner| owner["owner"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list(&[]), ["ann", "zoe"]);
    assert_eq!(list(&["--limit", "1"]), ["ann"]);
    assert_eq!(list(&["--after", "ann"]), ["zoe"]);
}

#[test]
fn a_profile_is_compared_before_it_is_applied() {
    let place = Place::with_owner();
    let wider = common::PROFILE.replace("\"all\"", "\"both\"") + "\n[[plan]]\nname = \"huge\"\n";
    place.file("wider.toml", wider.as_bytes());
    let diff = place.run(&["realm", "diff", "--json", &place.text("wider.toml")]).expect(0).json();
    assert_eq!(diff["plans_added"], json!(["huge"]));
    assert_eq!(diff["created"], false);
    let plans = || -> Vec<String> {
        let shown = place.run(&["realm", "show", "--json", "shop"]).expect(0).json();
        let plans = shown["plans"].as_array().unwrap();
        plans.iter().map(|plan| plan["plan"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(plans(), ["small", "big"]);
    place.feed(&["realm", "apply", "-"], wider).expect(0);
    assert_eq!(plans(), ["small", "big", "huge"]);
    assert_eq!(place.run(&["realm", "show", "--json"]).expect(0).lines().len(), 1);
}

#[test]
fn a_realm_is_shown_in_the_words_of_its_profile() {
    let place = Place::with_owner();
    let shown = place.run(&["realm", "show", "--json", "shop"]).expect(0).json();
    assert_eq!(shown["kinds"][2]["prefix"], "sh_shown_");
    assert_eq!(shown["kinds"][2]["reveal"], true);
    assert_eq!(shown["scopes"][1]["implies"], json!(["read"]));
    assert_eq!(shown["plans"][0]["rates"], json!(["3 per 1h"]));
    assert_eq!(shown["policy"]["default_grace"], "1d");
    assert_eq!(shown["policy"]["default_life"], "never");
    let people = place.run(&["realm", "show", "shop"]).expect(0).out;
    for word in ["PREFIX", "sh_shown_", "3 per 1h", "longest grace", "30d"] {
        assert!(people.contains(word), "{word}: {people}");
    }
}

#[test]
fn an_explanation_has_every_check_and_exits_with_0() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "live", "--scopes", "read"]);
    let explain = ["explain", "--json", "--realm", "shop", "--needs", "write"];
    let told = place.feed(&explain, &token).expect(0).json();
    assert_eq!((&told["granted"], &told["code"]), (&json!(false), &json!("scope")));
    assert_eq!(told["key_id"], key.as_str());
    assert_eq!(told["missing"], json!(["write"]));
    let checks = told["checks"].as_array().unwrap();
    let verdict = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        check["passed"].clone()
    };
    assert_eq!(verdict("revoked"), true);
    assert_eq!(verdict("scope"), false);

    let people = place.feed(&["explain", "--realm", "shop"], &token).expect(0);
    assert!(people.out.contains("not_yet_valid") && people.out.contains("passed"));
    let unknown = place.feed(&["explain", "--json", "--realm", "shop"], "x").expect(0).json();
    assert_eq!(unknown["code"], "malformed");
}

#[test]
fn a_token_of_a_kind_that_keeps_a_copy_is_shown_again_to_the_sealing_key() {
    let place = Place::with_owner();
    let (shown, token) = place.issue(&["--kind", "shown"]);
    let revealed = place.run(&["reveal", "--actor", "eve", &shown]).expect(0);
    assert_eq!(revealed.out.trim_end(), token);
    let trail = place.run(&["audit", "--json"]).expect(0).lines();
    assert_eq!(trail.last().unwrap()["event"], "key_revealed");
    assert_eq!(trail.last().unwrap()["actor"], "eve");

    let (once, _) = place.issue(&["--kind", "live"]);
    place.run(&["reveal", &once]).expect(1);
    place.secret("sealing.key", &[9; 32]);
    let other = place.run(&["reveal", "--json", &shown]).expect(1);
    assert_eq!(other.error()["code"], "pepper");
    assert_eq!(other.out, "");
}
