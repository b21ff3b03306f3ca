//! The life of a key, from its issue to its sweep, and what is told of it.

use std::time::Duration;

use keycask::{
    Actor, Cause, Clock, ErrorKind, Filter, KeyId, OwnerChange, Reason, Rotation, Spec, State,
    Store, Timestamp, Update,
};

use crate::kit::{Scene, by};

#[test]
fn a_key_is_granted_from_its_issue_to_its_revocation_and_over_reopening() {
    let mut scene = Scene::new();
    let (key, token) = scene.issue(&["write"]);
    assert_eq!(scene.reason_for(&token, &["write"]), None);
    assert!(matches!(scene.reason_for(&token, &["read"]), Some(Reason::Scope { .. })));
    scene.reopen();
    assert_eq!(scene.reason_for(&token, &["write"]), None);
    let revoked = scene.store().revoke(key.key_id, &by()).unwrap();
    assert_eq!((revoked.state, revoked.reason.as_str()), (State::Revoked, "to see"));
    assert_eq!(scene.reason(&token), Some(Reason::Revoked));
    scene.reopen();
    assert_eq!(scene.reason(&token), Some(Reason::Revoked));
}

#[test]
fn a_suspended_key_is_refused_until_it_is_resumed_and_a_revoked_one_for_good() {
    let scene = Scene::new();
    let (key, token) = scene.issue(&["read"]);
    scene.store().suspend(key.key_id, &by()).unwrap();
    assert_eq!(scene.reason(&token), Some(Reason::Suspended));
    scene.store().resume(key.key_id, &by()).unwrap();
    assert_eq!(scene.reason(&token), None);
    scene.store().revoke(key.key_id, &by()).unwrap();
    let refused = scene.store().resume(key.key_id, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(scene.reason(&token), Some(Reason::Revoked));
}

#[test]
fn what_an_update_takes_away_is_gone_and_what_it_gives_is_there() {
    let scene = Scene::new();
    let (key, token) = scene.issue(&["admin"]);
    let store = scene.store();
    store.update(key.key_id, &Update::new().scopes(["write"]).name("n"), &by()).unwrap();
    assert!(scene.reason_for(&token, &["read"]).is_some());
    assert_eq!(scene.reason_for(&token, &["write"]), None);
    let info = store.key(key.key_id).unwrap();
    assert_eq!((info.name.as_str(), info.scopes), ("n", vec!["write".to_owned()]));
    store.update(key.key_id, &Update::new().scopes(["read", "write"]), &by()).unwrap();
    assert_eq!(scene.reason_for(&token, &["read", "write"]), None);
}

#[test]
fn p43_a_suspended_owner_takes_all_its_keys_along() {
    let mut scene = Scene::new();
    let (_, token) = scene.issue(&["read"]);
    let acme = scene.store().realm("acme").unwrap();
    let suspend = |yes| OwnerChange::new().suspended(yes);
    scene.store().set_owner(acme, "o", &suspend(true), &by()).unwrap();
    assert_eq!(scene.reason(&token), Some(Reason::OwnerSuspended));
    scene.reopen();
    assert_eq!(scene.reason(&token), Some(Reason::OwnerSuspended));
    scene.store().set_owner(acme, "o", &suspend(false), &by()).unwrap();
    assert_eq!(scene.reason(&token), None);
}

#[test]
fn p50_the_last_use_is_shown_at_once_and_after_reopening_and_a_denial_does_not_move_it() {
    let mut scene = Scene::new();
    let (key, token) = scene.issue(&["read"]);
    let seen = |scene: &Scene| scene.store().key(key.key_id).unwrap().last_used;
    assert_eq!(seen(&scene), None);
    assert!(scene.reason_for(&token, &["write"]).is_some());
    assert_eq!(seen(&scene), None);
    assert_eq!(scene.reason(&token), None);
    let first = seen(&scene);
    assert_eq!(first, Some(Timestamp::parse("2026-01-01T00:00:00Z").unwrap()));
    scene.reopen();
    assert_eq!(seen(&scene), first);
    scene.clock.forward(Duration::from_secs(600));
    assert_eq!(scene.reason(&token), None);
    assert!(seen(&scene) > first);
}

#[test]
fn every_change_leaves_its_entry_in_the_trail() {
    let scene = Scene::new();
    let (key, _) = scene.issue(&["read"]);
    let store = scene.store();
    store.suspend(key.key_id, &by()).unwrap();
    store.suspend(key.key_id, &by()).unwrap();
    store.resume(key.key_id, &by()).unwrap();
    let rotated = store.rotate(key.key_id, &Rotation::new(), &by()).unwrap();
    store.update(rotated.key.key_id, &Update::new().name("x"), &by()).unwrap();
    store.revoke(rotated.key.key_id, &by()).unwrap();
    let trail = store.audit(0, 100).unwrap();
    let events: Vec<_> = trail.iter().map(|entry| entry.event.name()).collect();
    let expected = [
        "realm_applied",
        "owner_set",
        "key_issued",
        "key_suspended",
        "key_resumed",
        "key_rotated",
        "key_updated",
        "key_revoked",
    ];
    assert_eq!(events, expected);
    let numbers: Vec<_> = trail.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    assert!(trail.iter().all(|entry| entry.actor == "tester" && entry.reason == "to see"));
}

/// A clock that read one late time once had live keys taken out for good, and their places given to
/// others.
#[test]
fn one_wild_reading_of_the_clock_takes_no_live_key_out() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let spec = Spec::new(acme, "live", "o").life(Duration::from_secs(30 * 86_400));
    let issued = [1, 2].map(|_| store.issue(&spec, &by()).unwrap());
    scene.clock.set("2086-01-01T00:00:00Z");
    assert_eq!(store.sweep(10, &by()).unwrap().keys, 0);
    assert_eq!(store.sweep_all(&by()).unwrap(), 0);
    store.issue(&spec, &by()).unwrap();
    scene.clock.set("2026-01-01T00:00:01Z");
    assert_eq!(store.count(&Filter::new()).unwrap(), 3);
    for issued in &issued {
        assert_eq!(scene.reason(issued.token.expose()), None);
    }
    assert_eq!(store.issue(&spec, &by()).unwrap_err().kind(), ErrorKind::Cap);
}

#[test]
fn a_sweep_takes_out_what_its_profile_no_longer_retains_and_nothing_else() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let day = Duration::from_secs(86_400);
    let (kept, kept_token) = scene.issue(&[]);
    let (revoked, revoked_token) = scene.issue(&[]);
    let short = store.issue(&Spec::new(acme, "live", "o").life(day), &by()).unwrap();
    store.revoke(revoked.key_id, &by()).unwrap();
    scene.clock.forward(90 * day - Duration::from_millis(1));
    assert_eq!(store.sweep(100, &by()).unwrap().keys, 0);
    scene.clock.forward(Duration::from_millis(1));
    assert_eq!(store.sweep(100, &by()).unwrap().keys, 1);
    assert_eq!(scene.reason(&revoked_token), Some(Reason::Unknown));
    assert_eq!(scene.reason(short.token.expose()), Some(Reason::Expired));
    scene.clock.forward(day);
    assert_eq!(store.sweep(1, &by()).unwrap().keys, 1);
    assert_eq!(store.key(short.key.key_id).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(scene.reason(&kept_token), None);
    assert_eq!(store.key(kept.key_id).unwrap().key_id, kept.key_id);
    assert_eq!(store.sweep(0, &by()).unwrap_err().kind(), ErrorKind::Argument);
    store.check().unwrap();
}

/// P-38: a clock that stepped back over a restart let an expired key live again.
#[test]
fn a_clock_that_steps_back_never_revives_an_expired_key_until_somebody_vouches_for_it() {
    let mut scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let hour = Duration::from_secs(3600);
    let issued = store.issue(&Spec::new(acme, "live", "o").life(hour), &by()).unwrap();
    let token = issued.token.expose().to_owned();
    scene.clock.forward(2 * hour);
    assert_eq!(scene.reason(&token), Some(Reason::Expired));
    scene.clock.back(2 * hour);
    assert_eq!(scene.reason(&token), Some(Reason::Expired), "the step back revived it");
    scene.clock.forward(2 * hour);
    scene.issue(&[]); // A commit records the time.
    scene.clock.back(2 * hour);
    scene.reopen();
    assert_eq!(scene.reason(&token), Some(Reason::Expired), "the restart revived it");
    scene.store().reset_clock(&by()).unwrap();
    scene.reopen();
    assert_eq!(scene.reason(&token), None);
}

#[test]
fn a_key_says_who_asked_for_its_state_and_when_and_why() {
    let scene = Scene::new();
    let (key, _) = scene.issue(&[]);
    let (store, id) = (scene.store(), key.key_id);
    assert_eq!((key.cause, key.reason.as_str(), key.changed), (Cause::None, "", key.issued));
    for (state, change) in [
        (State::Suspended, Store::suspend as fn(&Store, KeyId, &Actor) -> _),
        (State::Active, Store::resume),
        (State::Revoked, Store::revoke),
    ] {
        scene.clock.forward(Duration::from_secs(1));
        let told = change(store, id, &by()).unwrap();
        let now = scene.clock.now();
        assert_eq!((told.state, told.cause, told.changed), (state, Cause::Asked, now));
        assert_eq!((told.reason.as_str(), &store.key(id).unwrap()), ("to see", &told));
    }
}
