//! Ending many keys.

use std::time::Duration;

use keycask::{
    Cause, Ending, ErrorKind, Event, Filter, KeyId, Rotation, State, Timestamp, VerifyError,
};

use crate::scene::{DAY, Scene, by};

fn all() -> Filter {
    Filter::new()
}

#[test]
fn keys_are_revoked_by_every_condition_that_makes_sense_and_no_others() {
    let filters: [fn(&Scene, KeyId, Timestamp) -> Filter; 7] = [
        |scene, _, _| all().realm(scene.acme),
        |scene, _, _| all().realm(scene.acme).owner("b"),
        |scene, _, _| all().realm(scene.acme).kind("test"),
        |_, first, _| all().lineage(first),
        |_, _, half| all().issued_before(half),
        |_, _, _| all().never_used(),
        |_, _, _| all().state(State::Suspended),
    ];
    for filter in filters {
        let scene = Scene::new();
        let mut issued: Vec<_> = [("live", "a"), ("test", "a"), ("live", "b"), ("live", "m")]
            .iter()
            .map(|(kind, owner)| scene.issue(&scene.spec(kind, owner)))
            .collect();
        let (first, half) = (issued[0].key.key_id, scene.now());
        scene.forward(DAY);
        issued.push(scene.rotate(first, &Rotation::new().grace(DAY)));
        issued.push(scene.issue(&scene.spec("test", "b")));
        scene.store().suspend(issued[2].key.key_id, &by()).unwrap();
        let used = issued.iter().filter(|issued| scene.reason(issued).is_none()).count();
        assert_eq!(used, 5);
        issued.push(scene.issue(&scene.spec("test", "b")));
        let filter = filter(&scene, first, half);
        let selected = scene.ids(&filter);
        assert!((1..issued.len()).contains(&selected.len()), "{filter:?}");
        let dry = scene.store().dry_run(&Ending::revoke(filter.clone())).unwrap();
        assert_eq!((dry.keys, &dry.first), (selected.len() as u64, &selected));
        let ended = scene.store().end_many(&Ending::revoke(filter.clone()), &by()).unwrap();
        assert_eq!(ended.keys, selected.len() as u64);
        for issued in &issued {
            let key = scene.store().key(issued.key.key_id).unwrap();
            let ended = selected.contains(&key.key_id);
            assert_eq!(key.state == State::Revoked, ended, "{filter:?}");
            assert_eq!(scene.reason(issued) == Some("revoked"), ended);
            assert!(!ended || key.cause == Cause::Asked && key.reason == "to see");
        }
        let ending = Ending::revoke(filter);
        assert_eq!(scene.store().dry_run(&ending).unwrap().keys, 0);
        assert_eq!(scene.store().end_many(&ending, &by()).unwrap().keys, 0);
        scene.store().check().unwrap();
    }
}

/// A mistyped id was taken for a lineage that has nothing left to revoke.
#[test]
fn a_lineage_that_the_store_has_not_is_an_error_where_it_is_to_be_ended() {
    let scene = Scene::new();
    let first = scene.key();
    let second = scene.rotate(first, &Rotation::regenerate()).key.key_id;
    let third = scene.rotate(second, &Rotation::regenerate()).key.key_id;
    let refused = |key: KeyId| {
        let (filter, seq) = (all().lineage(key), scene.store().stats().unwrap().seq);
        for filter in [filter.clone(), filter.clone().realm(scene.acme)] {
            let ending = Ending::revoke(filter);
            let dry = scene.store().dry_run(&ending).unwrap_err();
            let ended = scene.store().end_many(&ending, &by()).unwrap_err();
            for error in [dry, ended] {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
                assert!(error.message().contains(&key.to_string()), "{error}");
            }
        }
        assert_eq!(scene.store().stats().unwrap().seq, seq);
        assert_eq!(scene.ids(&filter), []);
        assert_eq!(scene.store().count(&filter).unwrap(), 0);
    };
    refused(KeyId::from_bits(5));
    scene.forward(DAY * 91);
    assert_eq!(scene.store().sweep(100, &by()).unwrap().keys, 2);
    // A key that was swept tells of no lineage, unless it is its first.
    refused(second);
    let ending = |key| Ending::revoke(all().lineage(key));
    // There is one, though it has no key in the other realm.
    let elsewhere = Ending::revoke(all().lineage(first).realm(scene.mall));
    assert_eq!(scene.store().dry_run(&elsewhere).unwrap().keys, 0);
    assert_eq!(scene.store().end_many(&elsewhere, &by()).unwrap().keys, 0);
    assert_eq!(scene.store().dry_run(&ending(first)).unwrap().first, [third]);
    let once = by().operation("once");
    assert_eq!(scene.store().end_many(&ending(first), &once).unwrap().keys, 1);
    assert_eq!(scene.store().end_many(&ending(third), &by()).unwrap().keys, 0);
    scene.forward(DAY * 91);
    assert_eq!(scene.store().sweep(100, &by()).unwrap().keys, 1);
    refused(first);
    // What was done is done.
    assert_eq!(scene.store().end_many(&ending(first), &once).unwrap().keys, 1);
}

#[test]
fn a_dry_run_writes_nothing_and_names_ten_keys() {
    let scene = Scene::new();
    let keys: Vec<KeyId> = (0..15).map(|_| scene.key()).collect();
    let seq = scene.store().stats().unwrap().seq;
    let ending = Ending::revoke(all().realm(scene.acme));
    let dry = scene.store().dry_run(&ending).unwrap();
    assert_eq!((dry.keys, dry.first.as_slice()), (15, &keys[..10]));
    assert_eq!(scene.reader().dry_run(&ending).unwrap(), dry);
    assert_eq!(scene.store().stats().unwrap().seq, seq);
    assert_eq!(scene.ids(&all().state(State::Active)), keys);
    let refused = scene.reader().end_many(&ending, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ReadOnly);
}

#[test]
fn the_trail_says_of_each_key_who_revoked_it_and_why() {
    let scene = Scene::new();
    let keys = [0; 3].map(|_| scene.key());
    let before = scene.store().audit(0, 1000).unwrap().len() as u64;
    let by = by().operation("incident-7");
    scene.store().end_many(&Ending::revoke(all().realm(scene.acme)), &by).unwrap();
    let entries = scene.store().audit(before, 1000).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.key).collect::<Vec<_>>(), keys.map(Some));
    for entry in entries {
        assert_eq!(entry.event, Event::KeyRevoked);
        assert_eq!((entry.actor.as_str(), entry.reason.as_str()), ("tester", "to see"));
        assert_eq!(entry.operation, "incident-7");
        assert_eq!(
            (&entry.before["state"], &entry.after["state"]),
            (&"active".into(), &"revoked".into())
        );
    }
}

#[test]
fn more_keys_than_one_commit_takes_are_revoked_in_several_and_all_of_them() {
    let mut scene = Scene::new();
    let specs = vec![scene.spec("test", "a"); 2_500];
    let issued = scene.store().issue_many(&specs, &by()).unwrap();
    let seq = scene.store().stats().unwrap().seq;
    let ending = Ending::revoke(all().realm(scene.acme).owner("a"));
    let by = by().operation("incident-8");
    assert_eq!(scene.store().end_many(&ending, &by).unwrap().keys, 2_500);
    assert_eq!(scene.store().stats().unwrap().seq, seq + 3);
    scene.reopen();
    assert!(issued.iter().all(|issued| scene.reason(issued) == Some("revoked")));
    // Sealed copies of their tokens are gone.
    let refused =
        scene.store().reveal(issued[0].key.key_id, &by.clone().operation("")).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::NotFound | ErrorKind::Conflict), "{refused}");
    // Done to its end, it is not done to what was issued since.
    let since = scene.issue(&scene.spec("live", "a"));
    assert_eq!(scene.store().end_many(&ending, &by).unwrap().keys, 2_500);
    assert_eq!(scene.reason(&since), None);
    assert_eq!(scene.store().operation("incident-8").unwrap().seq, seq + 3);
    let other = Ending::revoke(all().realm(scene.acme));
    let refused = scene.store().end_many(&other, &by).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    scene.store().check().unwrap();
}

/// One commit looks at ten thousand rows at most: others have their turn, and what is found later
/// is revoked all the same.
#[test]
fn a_key_that_stands_behind_very_many_others_is_revoked_and_what_was_looked_at_counts_for_nothing()
{
    let scene = Scene::new();
    scene.store().issue_many(&vec![scene.spec("live", "a"); 10_000], &by()).unwrap();
    let last = scene.issue(&scene.spec("test", "b"));
    let seq = scene.store().stats().unwrap().seq;
    let ending = Ending::revoke(all().realm(scene.acme).kind("test"));
    let by = by().operation("incident-9");
    // The second time it was done.
    for _ in 0..2 {
        assert_eq!(scene.store().end_many(&ending, &by).unwrap().keys, 1);
        assert_eq!(scene.store().stats().unwrap().seq, seq + 1, "an empty batch is no commit");
        assert_eq!(scene.store().operation("incident-9").unwrap().seq, seq + 1);
    }
    assert_eq!(scene.reason(&last), Some("revoked"));
}

#[test]
fn p11_all_grace_is_ended_at_once_where_it_is_asked_for_and_only_there() {
    let scene = Scene::new();
    let rotate = |owner: &str| {
        let old = scene.issue(&scene.spec("live", owner));
        let grace = Rotation::new().grace(DAY * 7);
        let new = scene.rotate(old.key.key_id, &grace);
        (old, new)
    };
    let [(a, a_new), (b, _), (c, c_new)] = ["a", "b", "a"].map(rotate);
    assert_eq!([&a, &b, &c].map(|key| scene.reason(key)), [None; 3]);
    let of_a = Ending::grace(all().realm(scene.acme).owner("a"));
    assert_eq!(scene.store().dry_run(&of_a).unwrap().keys, 2);
    assert_eq!(scene.store().end_many(&of_a, &by()).unwrap().keys, 2);
    let revoked = Some("revoked");
    assert_eq!([&a, &b, &c].map(|key| scene.reason(key)), [revoked, None, revoked]);
    assert_eq!([&a_new, &c_new].map(|key| scene.reason(key)), [None; 2]);
    assert_eq!(scene.store().key(a.key.key_id).unwrap().cause, Cause::Rotated);
    assert_eq!(scene.store().end_many(&Ending::grace(all()), &by()).unwrap().keys, 1);
    assert_eq!(scene.reason(&b), revoked);
}

#[test]
fn what_names_no_key_or_ended_ones_is_refused() {
    let scene = Scene::new();
    let key = scene.key();
    for (filter, why) in [
        (all(), "filter: none"),
        (all().state(State::Revoked), "has ended already"),
        (all().hint("acme_live_...aaaa"), "name key ids"),
        (all().expired(true).in_grace(), "no key is both"),
        (all().owner("a"), "name its realm"),
        (all().realm(scene.mall).never_used(), "keeps no usage"),
    ] {
        for refused in [
            scene.store().end_many(&Ending::revoke(filter.clone()), &by()).unwrap_err(),
            scene.store().dry_run(&Ending::revoke(filter)).unwrap_err(),
        ] {
            assert_eq!(refused.kind(), ErrorKind::Argument);
            assert!(refused.to_string().contains(why), "{refused} says {why}");
        }
    }
    assert_eq!(scene.ids(&all().state(State::Active)), [key]);
}

#[test]
fn a_holder_revokes_the_key_it_presents_whatever_would_be_decided_about_it() {
    let scene = Scene::new();
    let revoke = |issued: &keycask::Issued| {
        let token = issued.token.expose().as_bytes();
        scene.store().revoke_presented(issued.key.realm, token, "found in a log")
    };
    let spec = || scene.spec("live", "a");
    let plain = scene.issue(&spec());
    let suspended = scene.issue(&spec());
    scene.store().suspend(suspended.key.key_id, &by()).unwrap();
    let later = scene.issue(&spec().start(scene.now().plus(DAY)));
    let expired = scene.issue(&spec().life(Duration::from_secs(1)));
    scene.forward(Duration::from_secs(1));
    for issued in [&plain, &suspended, &later, &expired] {
        let key = revoke(issued).unwrap();
        assert_eq!((key.key_id, key.state), (issued.key.key_id, State::Revoked));
        assert_eq!((key.cause, key.reason.as_str()), (Cause::Asked, "found in a log"));
        assert_eq!(scene.reason(issued), Some("revoked"));
    }
    let entries = scene.store().audit(0, 1000).unwrap();
    let last = entries.last().unwrap();
    assert_eq!((last.event, last.actor.as_str()), (Event::KeyRevoked, "holder"));
    assert_eq!(last.key, Some(expired.key.key_id));
    // Once more changes nothing.
    revoke(&plain).unwrap();
    assert_eq!(scene.store().audit(0, 1000).unwrap().len(), entries.len());
}

#[test]
fn a_token_that_is_nobodys_is_answered_as_ever_and_revokes_nothing() {
    let scene = Scene::new();
    let issued = scene.issue(&scene.spec("live", "a"));
    let foreign = Scene::new().issue(&scene.spec("live", "a"));
    let token = issued.token.expose();
    let tokens = [foreign.token.expose(), "", "acme_live_", &token[..token.len() - 1]];
    for token in tokens {
        let token = token.as_bytes();
        let Err(VerifyError::Denied(denial)) =
            scene.store().revoke_presented(scene.acme, token, "")
        else {
            panic!("it was somebody's");
        };
        let answer = scene.store().verify(scene.acme, token, &keycask::Request::new());
        assert_eq!(answer.unwrap_err().denial(), Some(&denial));
    }
    // A key of another realm is nobody's here.
    let refused = scene.store().revoke_presented(scene.mall, token.as_bytes(), "").unwrap_err();
    assert!(refused.denial().is_some());
    assert_eq!(scene.reason(&issued), None);
}
