//! Quotas at the command line.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::Place;
use serde_json::json;

#[test]
fn a_quota_is_given_shown_changed_and_taken_away() {
    let place = Place::with_owner();
    let (key, token) = place.issue(&["--kind", "live", "--quota", "1000 per month on day 31"]);
    let shown = place.run(&["show", "--json", &key]).expect(0).json();
    assert_eq!(shown["quota"], "1000 per month on day 31");
    assert_eq!(shown["credits"], 1000);
    assert!(shown["credits_reset"].as_str().unwrap().ends_with("T00:00:00Z"));

    let update = |change: &[&str]| {
        let all = [&["update", "--json"], change, &[key.as_str()]].concat();
        place.run(&all).expect(0).json()["credits"].clone()
    };
    assert_eq!(update(&["--add-credits", "500"]), 1500);
    assert_eq!(update(&["--take-credits", "1400"]), 100);
    assert_eq!(update(&["--set-credits", "7"]), 7);
    let listed = place.run(&["list", "--json", "--realm", "shop"]).expect(0).lines();
    assert_eq!(listed[0]["credits"], 7);

    let explain = ["explain", "--json", "--realm", "shop"];
    let explained = place.feed(&explain, &token).expect(0).json();
    let last = explained["checks"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["name"], "quota_exhausted");
    assert_eq!(last["detail"], "6 of 1000 credits would remain");
    // Only the one who writes hands credits out. The command told that there were none, and never
    // would be: it tells what would be decided, as often as it is asked.
    let verify = ["verify", "--json", "--realm", "shop"];
    for _ in 0..2 {
        let granted = place.feed(&verify, &token).expect(0).json();
        assert_eq!(
            (&granted["credits"]["limit"], &granted["credits"]["remaining"]),
            (&json!(1000), &json!(6))
        );
    }
    assert_eq!(update(&["--set-credits", "0"]), 0);
    let refused = place.feed(&verify, &token).expect(3).json();
    assert_eq!(
        (&refused["code"], &refused["credits"]["remaining"]),
        (&json!("quota_exhausted"), &json!(0))
    );
    assert!(refused["credits"]["reset"].as_str().unwrap().ends_with("T00:00:00Z"));

    assert_eq!(update(&["--quota", "none"]), json!(null));
    place.feed(&["verify", "--json", "--realm", "shop"], &token).expect(0);
}

#[test]
fn a_presented_key_with_a_quota_is_decided_about_as_verify_does() {
    let place = Place::with_owner();
    place.run(&["owner", "set", "--realm", "shop", "--plan", "small", "ann"]).expect(0);
    let (key, token) = place.issue(&["--kind", "live", "--scopes", "read", "--quota", "1"]);
    let head = format!("GET / HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n");
    let present = ["present", "--json", "--realm", "shop"];
    let told = |heads: String| place.feed(&present, heads).expect(0).lines();
    // None is taken, and the rate of 3 an hour is counted.
    let lines = told(head.repeat(4));
    let statuses: Vec<_> = lines.iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(lines[2]["credits"]["remaining"], 0);
    assert_eq!(lines[3]["code"], "rate_limited");
    assert!(lines[3]["retry_ms"].as_u64().unwrap() <= 3_600_000);
    let verify = ["verify", "--json", "--realm", "shop"];
    place.feed(&verify, &token).expect(0);

    // It is never refilled: there is no time to try again.
    place.run(&["update", "--set-credits", "0", &key]).expect(0);
    for denied in [told(head).remove(0), place.feed(&verify, &token).expect(3).json()] {
        assert_eq!(denied["code"], "quota_exhausted");
        assert!(denied.get("retry_ms").is_none(), "{denied}");
    }
}

#[test]
fn a_quota_that_cannot_be_is_refused_by_name() {
    let place = Place::with_owner();
    let issue = ["issue", "--json", "--realm", "shop", "--kind", "live", "ann", "--quota"];
    for bad in ["many", "0", "5 per month on day 32", "5 per 10s"] {
        let told = place.run(&[&issue[..], &[bad]].concat()).expect(2);
        assert!(told.error()["message"].as_str().unwrap().contains("quota"), "{bad}");
    }
    let (key, _) = place.issue(&["--kind", "live"]);
    let refused = place.run(&["update", "--json", "--add-credits", "1", &key]);
    assert!(refused.expect(1).error()["message"].as_str().unwrap().contains("has no quota"));
    place.run(&["update", "--set-credits", "1", "--add-credits", "1", &key]).expect(2);
}
