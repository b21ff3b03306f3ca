//! A rotation: its grace, and how many generations live.

use std::time::Duration;

use keycask::{Actor, Cause, Clock, ErrorKind, Reason, Rotation, Spec, State};

use crate::kit::{Scene, by};

const HOUR: Duration = Duration::from_secs(3_600);

/// What a new key has of the old one, and what it has not.
#[test]
fn a_successor_is_the_old_key_made_anew() {
    let scene = Scene::new();
    let (store, start) = (scene.store(), scene.clock.now());
    let spec = Spec::new(store.realm("acme").unwrap(), "live", "o").scopes(["admin"]);
    let spec =
        spec.name("deploys").metadata("{}").networks(["10.0.0.0/8"]).end(start.plus(HOUR * 10));
    let old = store.issue(&spec, &by()).unwrap().key;
    store.suspend(old.key_id, &by()).unwrap();
    store.resume(old.key_id, &by()).unwrap();
    scene.clock.forward(HOUR);
    let now = start.plus(HOUR);
    let new = store.rotate(old.key_id, &Rotation::new(), &by()).unwrap().key;
    assert_eq!((new.state, new.cause, new.reason.as_str()), (State::Active, Cause::None, ""));
    assert_eq!([new.issued, new.start, new.changed, new.end], [now, now, now, now.plus(HOUR * 10)]);
    assert_eq!((new.generation, new.lineage), (2, old.key_id));
    assert_eq!((new.predecessor, new.successor), (Some(old.key_id), None));
    assert_eq!((&new.name, &new.metadata, &new.owner), (&old.name, &old.metadata, &old.owner));
    assert_eq!((&new.scopes, &new.networks), (&old.scopes, &old.networks));
    assert_eq!((new.in_grace, new.last_used), (false, None));
    let old = store.key(old.key_id).unwrap();
    assert_eq!((old.state, old.end, old.in_grace), (State::Active, now.plus(HOUR), true));
    assert_eq!((old.successor, old.changed), (Some(new.key_id), start));
    // The next one is made without grace, and ends that of the first.
    scene.clock.forward(HOUR / 2);
    let now = now.plus(HOUR / 2);
    let leaked = Actor::new("tester").because("leaked");
    let last = store.rotate(new.key_id, &Rotation::regenerate(), &leaked).unwrap().key;
    let ended = [old, new].map(|key| store.key(key.key_id).unwrap());
    for key in &ended {
        let told = (key.state, key.cause, key.reason.as_str(), key.changed);
        assert_eq!(told, (State::Revoked, Cause::Rotated, "leaked", now));
    }
    let [old, new] = ended.map(|key| key.successor);
    assert_eq!((old, new), (last.predecessor, Some(last.key_id)));
}

#[test]
fn a_key_that_has_expired_is_not_rotated() {
    let scene = Scene::new();
    let store = scene.store();
    let end = scene.clock.now().plus(HOUR);
    let spec = Spec::new(store.realm("acme").unwrap(), "live", "o").end(end);
    let key = store.issue(&spec, &by()).unwrap().key.key_id;
    scene.clock.forward(HOUR);
    let error = store.rotate(key, &Rotation::new(), &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("has expired"), "{error}");
}

#[test]
fn a_rotated_key_lives_to_the_end_of_its_grace_and_no_longer_than_its_own() {
    let scene = Scene::new();
    let (key, old) = scene.issue(&["admin"]);
    let new = scene.store().rotate(key.key_id, &Rotation::new(), &by()).unwrap();
    assert_eq!(scene.reason_for(&old, &["read"]), None);
    assert_eq!(scene.reason_for(new.token.expose(), &["read"]), None);
    assert!(scene.store().key(key.key_id).unwrap().in_grace);
    scene.clock.forward(HOUR);
    assert_eq!(scene.reason(&old), Some(Reason::Expired));
    assert_eq!(scene.reason(new.token.expose()), None);
    let twice = scene.store().rotate(key.key_id, &Rotation::new(), &by()).unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Conflict);
}

#[test]
fn p9_regenerating_ends_the_old_key_as_the_new_one_is_made() {
    let scene = Scene::new();
    let (key, old) = scene.issue(&["read"]);
    let new = scene.store().rotate(key.key_id, &Rotation::regenerate(), &by()).unwrap();
    assert_eq!(scene.reason(&old), Some(Reason::Revoked));
    assert_eq!(scene.reason(new.token.expose()), None);
    assert_eq!(new.key.predecessor, Some(key.key_id));
}

/// P-12: a second rotation inside a grace killed or leaked the first predecessor.
#[test]
fn p12_a_chain_of_rotations_has_two_live_generations_at_most() {
    let scene = Scene::new();
    let (key, token) = scene.issue(&["read"]);
    let mut tokens = vec![token];
    let mut last = key.key_id;
    for _ in 0..6 {
        let next = scene.store().rotate(last, &Rotation::new(), &by()).unwrap();
        last = next.key.key_id;
        tokens.push(next.token.expose().to_owned());
        let live = tokens.iter().filter(|token| scene.reason(token).is_none()).count();
        assert_eq!(live, 2);
    }
}
