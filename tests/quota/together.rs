//! Credits while other things are done to the store.

use std::thread;

use keycask::{Actor, ErrorKind, Request, Restore, Spec, Store};

use crate::kit::{DAY, Scene, by, quota};

#[test]
fn a_key_that_is_made_again_has_the_credits_of_the_one_whose_token_was_lost() {
    let scene = Scene::new();
    let operation = by().operation("issue-1");
    let spec = keycask::Spec::new(scene.realm, "live", "metered");
    let lost = scene.store().issue(&spec, &operation).unwrap().key;
    let update = keycask::Update::new().set_credits(5);
    scene.store().update(lost.key_id, &update, &by()).unwrap();
    let again = scene.store().issue(&spec, &operation).unwrap().key;
    assert_ne!(again.key_id, lost.key_id);
    assert_eq!(again.quota.unwrap().remaining, 5);
    assert_eq!(scene.store().key(again.key_id).unwrap().quota, again.quota);
    scene.store().check().unwrap();
}

#[test]
fn a_backup_has_the_credits_that_nobody_had_leased() {
    let scene = Scene::new();
    let key = scene.key("1000");
    assert!(scene.pay(&key, 1));
    let dir = tempfile::tempdir().unwrap();
    let (backup, restored) = (dir.path().join("backup"), dir.path().join("restored"));
    scene.store().backup(&backup).unwrap();
    Store::options().restore(&backup, &restored, &Restore::new(), &by()).unwrap();
    let store = Store::options().clock(scene.clock.clone()).open(&restored).unwrap();
    store.check().unwrap();
    // Before somebody confirms the restoring, too: what leases take is no change.
    let grant = crate::kit::ask(&store, scene.realm, &key, &Request::new()).unwrap();
    assert_eq!(grant.credits.unwrap().remaining, 989);
    let spec = Spec::new(scene.realm, "live", "metered");
    let unconfirmed = store.issue(&spec, &by()).unwrap_err();
    assert_eq!(unconfirmed.kind(), ErrorKind::Unconfirmed, "to lease is not to confirm");
    store.confirm_restore(&by()).unwrap();
    store.issue(&spec, &by()).unwrap();
    store.close().unwrap();
}

/// A key whose lease was low got a new one as all were given back, and nobody had that any more.
#[test]
fn a_restored_store_that_nobody_confirmed_gives_back_what_it_leased_when_it_is_dropped() {
    let scene = Scene::new();
    let key = scene.key("1000");
    let dir = tempfile::tempdir().unwrap();
    let (backup, restored) = (dir.path().join("backup"), dir.path().join("restored"));
    scene.store().backup(&backup).unwrap();
    Store::options().restore(&backup, &restored, &Restore::new(), &by()).unwrap();
    for left in [994, 988] {
        let store = Store::options().clock(scene.clock.clone()).open(&restored).unwrap();
        let pay = || crate::kit::ask(&store, scene.realm, &key, &Request::new()).unwrap();
        (0..5).for_each(|_| _ = pay());
        assert_eq!(pay().credits.unwrap().remaining, left);
        drop(store);
    }
}

#[test]
fn compacting_keeps_credits() {
    let scene = Scene::new();
    let key = scene.key("50");
    assert!(scene.pay(&key, 20));
    scene.store().compact().unwrap();
    assert_eq!(scene.drain(&key), 30);
}

/// Whoever changes credits calls back what is leased; a verify at that moment finds none and
/// waits, and is not refused.
#[test]
fn nobody_is_refused_while_credits_are_changed() {
    let scene = Scene::new();
    let key = scene.key("1000000");
    let actor = Actor::new("adder");
    thread::scope(|scope| {
        let adding = scope.spawn(|| {
            let one_more = keycask::Update::new().add_credits(1);
            (0..200).for_each(|_| _ = scene.store().update(key.id, &one_more, &actor).unwrap());
        });
        let paying = scope.spawn(|| (0..20_000).all(|_| scene.pay(&key, 1)));
        adding.join().unwrap();
        assert!(paying.join().unwrap(), "a request was refused though credits were left");
    });
    assert_eq!(scene.remaining(&key), 1_000_000 + 200 - 20_000);
}

#[test]
fn a_key_that_is_made_again_is_refilled_when_the_one_would_have_been_whose_token_was_lost() {
    let scene = Scene::new();
    let operation = by().operation("issue-1");
    let spec = Spec::new(scene.realm, "live", "plain").quota(quota("10 per 30d"));
    let lost = scene.store().issue(&spec, &operation).unwrap().key;
    scene.clock.forward(DAY * 29);
    let again = scene.store().issue(&spec, &operation).unwrap().key;
    assert_eq!(again.quota, lost.quota);
    assert_eq!(scene.store().key(again.key_id).unwrap().quota, lost.quota);
}
