//! The audit trail, as who keeps, searches and shortens it sees it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "common/acme.rs"]
mod acme;
#[path = "common/hands.rs"]
mod hands;

use std::time::Duration;

use keycask::{
    Actor, AuditEntry, AuditFilter, ErrorKind, Event, KeyId, Options, Rotation, Store, Timestamp,
    Trim, Update,
};
use serde_json::{Value, json};

use acme::{Scene, by, profile};
use hands::Hands;

const POLICY: &str = "retain = \"0s\"";

/// So many hours after the start.
fn hour(number: i64) -> Timestamp {
    Timestamp::from_ms(1_767_225_600_000 + 3_600_000 * number)
}

/// Options with a clock that stands at this hour.
fn at(number: i64) -> Options {
    Store::options().clock(Hands::at_ms(hour(number).as_ms()))
}

impl Scene {
    fn new() -> Self {
        Self::with(at(0), POLICY)
    }

    /// The same file, so many hours after the start.
    fn later(self, hour: i64) -> Self {
        self.reopened(at(hour))
    }

    fn issue(&self, by: &Actor) -> KeyId {
        self.store.issue(&self.spec().scopes(["read"]), by).unwrap().key.key_id
    }

    fn find(&self, filter: &AuditFilter) -> Vec<AuditEntry> {
        self.store.find_audit(filter, 0, 1_000).unwrap().entries
    }

    fn events(&self, filter: &AuditFilter) -> Vec<&'static str> {
        self.find(filter).iter().map(|entry| entry.event.name()).collect()
    }
}

#[test]
fn a_changed_profile_is_told_field_by_field_before_and_after() {
    let scene = Scene::new();
    let changed = profile(POLICY).replace("active = 2", "active = 20");
    let changed = changed.replace("[[plan]]", "[[scope]]\nname = \"x\"\n[[plan]]");
    scene.store.apply_realm("acme.toml", &changed, &by()).unwrap();
    let entries = scene.find(&AuditFilter::new().event(Event::RealmApplied));
    let [created, changed] = entries.as_slice() else { panic!("{entries:?}") };
    assert!(created.before.is_empty());
    assert_eq!(created.after["created"], true);
    assert_eq!(created.after["fields"]["policy.retain"], "0s");
    assert_eq!(changed.before["fields"], json!({ "plan.two.active": 2 }));
    let after = json!({ "scope.x.name": "x", "plan.two.active": 20 });
    assert_eq!(changed.after["fields"], after);
    assert!(changed.after["changes"][1].as_str().unwrap().contains("scopes added: x"));
}

#[test]
fn a_sweep_is_one_entry_that_lists_the_keys_and_is_found_by_each_of_them() {
    let scene = Scene::new();
    let mut keys: Vec<_> = (0..3).map(|_| scene.issue(&by())).collect();
    // Of one moment, and so in no order.
    keys.sort_unstable();
    let kept = scene.issue(&by());
    for key in &keys {
        scene.store.revoke(*key, &by()).unwrap();
    }
    let scene = scene.later(1);
    assert_eq!(scene.store.sweep(100, &Actor::new("cron")).unwrap().keys, 3);
    let swept = scene.find(&AuditFilter::new().event(Event::KeysSwept));
    let [swept] = swept.as_slice() else { panic!("{swept:?}") };
    assert_eq!(swept.keys().collect::<Vec<_>>(), keys);
    assert_eq!((swept.actor.as_str(), swept.realm.as_deref()), ("cron", Some("acme")));
    assert_eq!((swept.after["count"].clone(), swept.key), (json!(3), None));
    let of = |key| scene.events(&AuditFilter::new().key(key));
    assert_eq!(of(keys[1]), ["key_issued", "key_revoked", "keys_swept"]);
    assert_eq!(of(kept), ["key_issued"]);
}

/// Of a grace that a later rotation cut short, and of who made a key, the trail of that key said
/// nothing.
#[test]
fn the_trail_of_a_key_tells_which_rotation_made_it_and_which_ended_it() {
    let scene = Scene::new();
    let first = scene.issue(&by());
    let rotated = |key| {
        let rotation = Rotation::new().grace(Duration::from_secs(60));
        scene.store.rotate(key, &rotation, &by()).unwrap().key.key_id
    };
    let second = rotated(first);
    let third = rotated(second);
    let of = |key| scene.events(&AuditFilter::new().key(key));
    assert_eq!(of(first), ["key_issued", "key_rotated", "key_rotated"]);
    assert_eq!(of(second), ["key_rotated", "key_rotated"]);
    assert_eq!(of(third), ["key_rotated"]);
    let told = scene.find(&AuditFilter::new().key(third)).remove(0);
    assert_eq!(told.keys().collect::<Vec<_>>(), [second]);
}

#[test]
fn each_narrowing_of_a_filter_holds_and_all_hold_together() {
    let scene = Scene::new();
    let key = scene.issue(&Actor::new("bob").operation("order-1"));
    let scene = scene.later(2);
    scene.store.update(key, &Update::new().name("n"), &by()).unwrap();
    let all = scene.events(&AuditFilter::new());
    assert_eq!(all, ["realm_applied", "owner_set", "key_issued", "key_updated"]);
    for (filter, expected) in [
        (AuditFilter::new().realm("acme"), &all[..]),
        (AuditFilter::new().realm("other"), &[]),
        (AuditFilter::new().owner("ann"), &all[1..]),
        (AuditFilter::new().key(key), &all[2..]),
        (AuditFilter::new().actor("bob"), &all[2..3]),
        (AuditFilter::new().operation("order-1"), &all[2..3]),
        (AuditFilter::new().event(Event::OwnerSet).event(Event::KeyIssued), &all[1..3]),
        (AuditFilter::new().from(hour(1)), &all[3..]),
        (AuditFilter::new().until(hour(2)), &all[..3]),
        (AuditFilter::new().from(hour(0)).until(hour(3)).actor("tester").key(key), &all[3..]),
    ] {
        assert_eq!(scene.events(&filter), expected, "{filter:?}");
    }
}

#[test]
fn pages_give_every_entry_once_and_the_last_says_where_to_go_on() {
    let scene = Scene::new();
    (0..7).for_each(|_| _ = scene.issue(&by()));
    let issued = AuditFilter::new().event(Event::KeyIssued);
    let (mut after, mut numbers, mut pages) = (0, Vec::new(), 0);
    loop {
        let page = scene.store.find_audit(&issued, after, 3).unwrap();
        numbers.extend(page.entries.iter().map(|entry| entry.number));
        (after, pages) = (page.reached, pages + 1);
        if !page.more {
            break;
        }
    }
    assert_eq!((numbers, pages), ((3..=9).collect(), 3));
    let page = scene.store.find_audit(&issued, after, 3).unwrap();
    assert_eq!((page.entries.len(), page.reached, page.more), (0, 9, false));
    // A number that there is not was told back, and whoever began there missed what came up to it.
    let beyond = scene.store.find_audit(&issued, 1_000, 3).unwrap();
    assert_eq!((beyond.entries.len(), beyond.reached, beyond.more), (0, 9, false));
    let revoked = scene.issue(&by());
    scene.store.revoke(revoked, &by()).unwrap();
    let page = scene.store.find_audit(&issued, after, 3).unwrap();
    assert_eq!((page.entries.len(), page.reached), (1, 11));
    for limit in [0, 1_001] {
        let refused = scene.store.find_audit(&issued, 0, limit).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Argument);
    }
}

#[test]
fn an_entry_is_json_of_one_shape_whatever_it_is_about() {
    let scene = Scene::new();
    scene.issue(&by().because("asked for"));
    let names = [
        "schema_version",
        "number",
        "seq",
        "at",
        "actor",
        "operation",
        "event",
        "realm",
        "key_id",
        "owner",
        "reason",
        "before",
        "after",
    ];
    for entry in scene.find(&AuditFilter::new()) {
        let line = entry.to_json();
        assert!(!line.contains('\n'));
        let Value::Object(members) = serde_json::from_str(&line).unwrap() else { panic!("{line}") };
        assert_eq!(members.keys().collect::<Vec<_>>(), names);
        assert_eq!(members["schema_version"], 1);
        assert_eq!(members["event"], entry.event.name());
    }
}

#[test]
fn a_trail_is_trimmed_by_time_by_number_and_by_length_and_says_so() {
    let scene = Scene::new();
    (0..4).for_each(|_| _ = scene.issue(&by()));
    let scene = scene.later(5);
    (0..3).for_each(|_| _ = scene.issue(&by()));
    let trim = |trim| scene.store.trim_audit(trim, &by().because("policy")).unwrap();
    let numbers = || -> Vec<u64> {
        scene.find(&AuditFilter::new()).iter().map(|entry| entry.number).collect()
    };
    assert_eq!(trim(Trim::Through(2)).entries, 2);
    assert_eq!(numbers(), (3..=10).collect::<Vec<_>>());
    assert_eq!(trim(Trim::Before(hour(5))).entries, 4);
    assert_eq!(numbers(), (7..=11).collect::<Vec<_>>());
    assert_eq!(trim(Trim::Keep(2)).entries, 3);
    assert_eq!(numbers(), (10..=12).collect::<Vec<_>>());
    for nothing in [Trim::Through(3), Trim::Before(hour(0)), Trim::Keep(3)] {
        assert_eq!(trim(nothing).entries, 0);
    }
    assert_eq!(numbers(), (10..=12).collect::<Vec<_>>());
    let told = scene.find(&AuditFilter::new()).pop().unwrap();
    assert_eq!((told.event, told.reason.as_str()), (Event::AuditTrimmed, "policy"));
    let facts = |facts: &serde_json::Map<String, Value>| Value::Object(facts.clone());
    assert_eq!(facts(&told.before), json!({ "first": 7 }));
    assert_eq!(facts(&told.after), json!({ "first": 10, "entries": 3 }));
    let page = scene.store.find_audit(&AuditFilter::new(), 0, 1).unwrap();
    assert_eq!((page.first, page.reached), (10, 10));
    let checked = scene.store.check_audit().unwrap();
    assert_eq!((checked.first, checked.last, checked.entries), (10, 12, 3));
    scene.store.check().unwrap();
    let scene = scene.later(6);
    scene.store.check().unwrap();
    assert_eq!(scene.store.audit(0, 100).unwrap().len(), 3);
}

#[test]
fn a_trimming_that_is_asked_for_again_as_one_operation_takes_nothing_more() {
    let scene = Scene::new();
    (0..4).for_each(|_| _ = scene.issue(&by()));
    let by = by().operation("trim-1");
    let trim = || scene.store.trim_audit(Trim::Keep(3), &by).unwrap();
    assert_eq!((trim(), scene.store.stats().unwrap().seq), (trim(), 7));
    let other = scene.store.trim_audit(Trim::Keep(1), &by).unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
}

#[test]
fn a_backup_of_a_trimmed_trail_and_what_is_restored_from_it_go_on_with_it() {
    let scene = Scene::new();
    (0..4).for_each(|_| _ = scene.issue(&by()));
    scene.store.trim_audit(Trim::Through(3), &by()).unwrap();
    let [backup, new] = ["backup", "new"].map(|name| scene.path(name));
    scene.store.backup(&backup).unwrap();
    at(1).restore(&backup, &new, &keycask::Restore::new(), &by()).unwrap();
    let restored = at(2).open(&new).unwrap();
    restored.check().unwrap();
    restored.confirm_restore(&by()).unwrap();
    let numbers: Vec<_> =
        restored.audit(0, 100).unwrap().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (4..=9).collect::<Vec<_>>());
    restored.check().unwrap();
}

/// P-51: neither a token nor a digest, nor the last of a token's characters as such, is in what
/// anybody reads of the trail.
#[test]
fn p51_no_token_and_no_digest_is_in_any_form_of_an_entry() {
    let scene = Scene::new();
    let issued = scene.store.issue(&scene.spec(), &by()).unwrap();
    let rotated = scene.store.rotate(issued.key.key_id, &keycask::Rotation::new(), &by()).unwrap();
    scene.store.revoke(rotated.key.key_id, &by()).unwrap();
    let id = scene.store.id();
    for entry in scene.find(&AuditFilter::new()) {
        let text = format!("{entry:?}\n{}\n{}", entry.to_json(), entry.to_ocsf(id));
        for token in [&issued.token, &rotated.token] {
            let body = &token.expose()["acme_live_".len()..];
            assert!(!text.contains(body) && !text.contains(&body[..16]), "{text}");
        }
        for word in ["digest", "token"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn the_page_names_every_event_and_every_member() {
    let page = include_str!("../docs/audit.md");
    for event in Event::ALL {
        assert!(page.contains(&format!("`{}`", event.name())), "{}", event.name());
    }
    let scene = Scene::new();
    for name in scene.find(&AuditFilter::new())[0].members().keys() {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
