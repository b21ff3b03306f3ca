//! What the original denies, which is denied in the restored store, too.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use keycask::{
    Clock, ErrorKind, Event, KeyId, OwnerChange, Reason, Request, Restore, Spec, State, Store,
    Timestamp, Update,
};

use crate::acme::{Scene, by, profile, reason};
use crate::hands::Hands;
use crate::kit::{POLICY, issue, options};

fn state(store: &Store, key: KeyId) -> State {
    store.key(key).unwrap().state
}

#[test]
fn what_the_original_denies_is_denied_in_the_restored_store_and_what_it_grants_is_not_granted() {
    let scene = Scene::new();
    let issue = |owner| scene.issue("live", owner);
    let [revoked, suspended, shorter, narrower, swept, kept, resumed] =
        [(); 7].map(|()| issue("ann"));
    let (shown, _) = scene.issue("shown", "ann");
    let bobs = issue("bob");
    let store = &scene.store;
    store.suspend(resumed.0, &by()).unwrap();
    let backup = scene.backup("backup");
    store.revoke(revoked.0, &by().because("leaked")).unwrap();
    store.revoke(shown, &by()).unwrap();
    store.suspend(suspended.0, &by()).unwrap();
    let hour = Duration::from_secs(3600);
    let end = store.key(shorter.0).unwrap().issued.plus(hour);
    store.update(shorter.0, &Update::new().end(end), &by()).unwrap();
    store.update(narrower.0, &Update::new().scopes(["read"]), &by()).unwrap();
    store.revoke(swept.0, &by()).unwrap();
    store.resume(resumed.0, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "bob", &OwnerChange::new().suspended(true), &by()).unwrap();
    let since = issue("ann");
    // Only what was revoked by now is swept: all three that were.
    while store.sweep(100, &by()).unwrap().keys > 0 {}
    assert_eq!(store.key(swept.0).unwrap_err().kind(), ErrorKind::NotFound);
    let seq = store.anchor().unwrap().seq;
    let Scene { dir, store, .. } = scene;
    let original = dir.path().join("keys.keycask");
    let how = Restore::new().denials_of(&original);
    let new = dir.path().join("new");
    let error = options().restore(&backup, &new, &how, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    store.close().unwrap();
    let before = fs::read(&original).unwrap();
    let told = options().restore(&backup, &new, &how, &by()).unwrap();
    assert!(fs::read(&original).unwrap() == before, "the original was touched");
    let mut want = vec![revoked.0, suspended.0, shorter.0, narrower.0, swept.0, shown];
    want.sort_unstable();
    assert_eq!(told.denied, want);
    assert_eq!(told.denied_owners, ["bob"]);
    assert_eq!((told.unreadable, told.missing), (0, Some(seq - told.backup.seq)));

    let store = options().open(&new).unwrap();
    store.check().unwrap();
    for key in [revoked.0, swept.0, shown] {
        assert_eq!(state(&store, key), State::Revoked);
    }
    assert_eq!(reason(&store, &suspended.1), Some(Reason::Suspended));
    assert_eq!(store.key(shorter.0).unwrap().end, end);
    assert_eq!(store.key(narrower.0).unwrap().scopes, ["read"]);
    assert_eq!(reason(&store, &bobs.1), Some(Reason::OwnerSuspended));
    assert_eq!(reason(&store, &resumed.1), Some(Reason::Suspended));
    assert_eq!(reason(&store, &kept.1), None);
    assert_eq!(reason(&store, &since.1), Some(Reason::Unknown));
    let trail = store.audit(told.last_entry, 99).unwrap();
    assert_eq!(trail.len(), want.len() + 1 + 1);
    assert!(trail.iter().all(|entry| entry.actor == "tester"));
    let event = |key| trail.iter().find(|entry| entry.key == Some(key)).unwrap().event;
    assert_eq!([revoked.0, swept.0, shown].map(event), [Event::KeyRevoked; 3]);
    assert_eq!(event(suspended.0), Event::KeySuspended);
    assert_eq!([shorter.0, narrower.0].map(event), [Event::KeyUpdated; 2]);
    store.confirm_restore(&by()).unwrap();
    store.check().unwrap();
}

#[test]
fn what_is_denied_takes_no_place_and_what_was_denied_before_stays_as_it_was() {
    let scene = Scene::new();
    let (store, acme) = (&scene.store, scene.acme);
    let owner = |store: &Store, id: &str, change: OwnerChange| {
        store.set_owner(acme, id, &change, &by()).unwrap();
    };
    owner(store, "carl", OwnerChange::new().plan("two"));
    owner(store, "dora", OwnerChange::new().direct(["read"]));
    let [denied, again] = [(); 2].map(|()| scene.issue("live", "carl").0);
    let (shown, token) = scene.issue("shown", "bob");
    scene.issue("live", "bob");
    store.suspend(again, &by().because("first")).unwrap();
    let kept = scene.issue("live", "carl").0;
    let backup = scene.backup("backup");
    store.suspend(denied, &by()).unwrap();
    store.update(shown, &Update::new().scopes(["read"]), &by()).unwrap();
    store.resume(again, &by()).unwrap();
    store.suspend(again, &by().because("second")).unwrap();
    owner(store, "dora", OwnerChange::new().direct(["write"]));
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();
    let how = Restore::new().denials_of(dir.path().join("keys.keycask"));
    let new = dir.path().join("new");
    let told = options().restore(&backup, &new, &how, &by()).unwrap();
    let mut want = vec![denied, shown];
    want.sort_unstable();
    assert_eq!((told.denied, told.denied_owners), (want, vec!["dora".to_owned()]));
    let store = options().open(&new).unwrap();
    assert_eq!(store.key(again).unwrap().reason, "first");
    assert!(store.owner(acme, "dora").unwrap().direct.is_empty());
    store.confirm_restore(&by()).unwrap();
    // It was not revoked.
    assert_eq!(store.reveal(shown, &by()).unwrap().expose(), token);
    // Of two places one is taken.
    assert_eq!(state(&store, kept), State::Active);
    issue(&store, "live", "carl").unwrap();
    assert_eq!(issue(&store, "live", "carl").unwrap_err().kind(), ErrorKind::Cap);
}

/// Only states, ends, starts and scopes were taken from the original: a restored store granted
/// what its networks, idle spans and quotas refused, and gave spent credits again.
#[test]
fn networks_idle_spans_and_credits_of_the_original_restrain_the_restored_store() {
    let scene = Scene::new();
    let store = &scene.store;
    let acme = store.realm("acme").unwrap();
    let issue = |make: fn(Spec) -> Spec| {
        let issued = store.issue(&make(Spec::new(acme, "live", "ann")), &by()).unwrap();
        (issued.key.key_id, issued.token.expose().to_owned())
    };
    let from = |address: &str| Request::new().address(address.parse().unwrap());
    let plain = |spec| spec;
    let [narrowed, moved, first_network] = [
        issue(|spec| spec.networks(["10.0.0.0/8", "192.0.2.0/24"])),
        issue(|spec| spec.networks(["10.0.0.0/8"])),
        issue(plain),
    ];
    let hours = |hours: u64| std::time::Duration::from_secs(hours * 3_600);
    let [shorter, longer, first_idle] = [
        issue(|spec| spec.idle(std::time::Duration::from_secs(90 * 86_400))),
        issue(|spec| spec.idle(std::time::Duration::from_secs(86_400))),
        issue(plain),
    ];
    let quota = |text: &str| text.parse::<keycask::Quota>().unwrap();
    let [spent, given, lowered, first_quota] = [
        issue(|spec| spec.quota("5 per month".parse::<keycask::Quota>().unwrap())),
        issue(|spec| spec.quota("5".parse::<keycask::Quota>().unwrap())),
        issue(|spec| spec.quota("100 per day".parse::<keycask::Quota>().unwrap())),
        issue(plain),
    ];
    let idle_at = |store: &Store, key: &(KeyId, String)| store.key(key.0).unwrap().idle_at;
    let until_longer = idle_at(store, &longer);
    let backup = scene.backup("backup");
    let update = |key: &(KeyId, String), change: Update| {
        store.update(key.0, &change, &by()).unwrap();
    };
    update(&narrowed, Update::new().networks(["10.1.0.0/16", "198.51.100.0/24"]));
    update(&moved, Update::new().networks(["192.0.2.0/24"]));
    update(&first_network, Update::new().networks(["10.0.0.0/8"]));
    update(&shorter, Update::new().idle(hours(2)));
    update(&longer, Update::new().no_idle());
    update(&first_idle, Update::new().idle(hours(3)));
    update(&given, Update::new().add_credits(100));
    update(&lowered, Update::new().quota(quota("7 per month")));
    update(&first_quota, Update::new().quota(quota("3")));
    let verify = |store: &Store, key: &(KeyId, String), request: &Request| {
        let verdict = store.verify(acme, key.1.as_bytes(), request);
        verdict.map_err(|error| error.denial().unwrap().reason)
    };
    for (key, grants) in [(&spent, 4), (&given, 2), (&first_quota, 1)] {
        (0..grants).for_each(|_| _ = verify(store, key, &Request::new()).unwrap());
    }
    let [until_shorter, until_first] = [&shorter, &first_idle].map(|key| idle_at(store, key));
    assert_eq!(idle_at(store, &longer), None);
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();
    let how = Restore::new().denials_of(dir.path().join("keys.keycask"));
    let new = dir.path().join("new");
    let told = options().restore(&backup, &new, &how, &by()).unwrap();
    let mut want: Vec<KeyId> =
        [&narrowed, &moved, &first_network, &shorter, &first_idle, &lowered, &first_quota]
            .map(|key| key.0)
            .into();
    want.sort_unstable();
    assert_eq!((told.denied, told.unreadable), (want, 0));

    let store = options().open(&new).unwrap();
    store.check().unwrap();
    assert!(verify(&store, &narrowed, &from("10.1.2.3")).is_ok());
    for other in ["10.2.0.1", "192.0.2.1", "198.51.100.1"] {
        assert_eq!(verify(&store, &narrowed, &from(other)), Err(Reason::Network), "{other}");
    }
    assert_eq!(verify(&store, &moved, &from("10.0.0.1")), Err(Reason::Suspended));
    assert_eq!(verify(&store, &moved, &from("192.0.2.1")), Err(Reason::Suspended));
    assert!(verify(&store, &first_network, &from("10.0.0.1")).is_ok());
    assert_eq!(verify(&store, &first_network, &from("192.0.2.1")), Err(Reason::Network));
    // It may be idle sooner: the original has begun anew.
    assert!(idle_at(&store, &shorter) <= until_shorter);
    assert_eq!(idle_at(&store, &first_idle), until_first);
    assert_eq!(idle_at(&store, &longer), until_longer);
    let left = |key: &(KeyId, String)| {
        (0..200).take_while(|_| verify(&store, key, &Request::new()).is_ok()).count()
    };
    assert_eq!([&spent, &given, &lowered, &first_quota].map(left), [1, 5, 7, 2]);
    assert_eq!(store.key(lowered.0).unwrap().quota.unwrap().quota, quota("7 per month"));
}

/// A key that had a longer span of its own kept it, though the original had given it that of its
/// realm meanwhile.
#[test]
fn a_key_that_has_the_span_of_its_realm_in_the_original_is_idle_by_it() {
    let scene = Scene::new();
    let store = &scene.store;
    let days = |days: u64| std::time::Duration::from_secs(days * 86_400);
    let own = |span| {
        let spec = Spec::new(scene.acme, "live", "ann").idle(span);
        store.issue(&spec, &by()).unwrap().key.key_id
    };
    let [longer, shorter] = [own(days(90)), own(days(2))];
    let (of_realm, _) = scene.issue("live", "ann");
    let policy = profile(&format!("{POLICY}\nidle = \"7d\""));
    store.apply_realm("acme.toml", &policy, &by()).unwrap();
    let backup = scene.backup("backup");
    for key in [longer, shorter] {
        store.update(key, &Update::new().no_idle(), &by()).unwrap();
    }
    let keys = [longer, shorter, of_realm];
    let [until, _, _] = keys.map(|key| store.key(key).unwrap().idle_at);
    let in_backup = scene.restored(&backup, "plain").key(shorter).unwrap().idle_at;
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();
    let how = Restore::new().denials_of(dir.path().join("keys.keycask"));
    let new = dir.path().join("new");
    let told = options().restore(&backup, &new, &how, &by()).unwrap();
    assert_eq!((told.denied, told.unreadable), (vec![longer], 0));
    let store = options().open(&new).unwrap();
    assert!(until.is_some() && store.key(longer).unwrap().idle_at <= until);
    assert_eq!(store.key(shorter).unwrap().idle_at, in_backup);
}

/// The present of the restored store was the clock's or the backup's: what had expired in the
/// original was granted, and entries of the trail went back in time.
#[test]
fn what_had_expired_in_the_original_is_not_revived_by_an_earlier_clock() {
    let clock = Hands::at("2030-01-01T00:00:00Z");
    let with = || options().clock(clock.clone());
    let scene = Scene::with(with(), POLICY);
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let end = clock.now().plus(hours(2));
    let spec = Spec::new(scene.acme, "live", "ann").scopes(["read"]).end(end);
    let (short, long) = (spec.clone(), spec.end(end.plus(hours(100))));
    let [short, long] = [short, long].map(|spec| scene.store.issue(&spec, &by()).unwrap());
    let backup = scene.backup("backup");
    clock.forward(hours(3));
    let latest = clock.now();
    let [short, long] = [short, long].map(|issued| issued.token.expose().to_owned());
    assert_eq!(reason(&scene.store, &short), Some(Reason::Expired));
    issue(&scene.store, "live", "ann").unwrap();
    let path = scene.path("keys.keycask");
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();

    let restored = |how: &Restore, name: &str| {
        let told = with().restore(&backup, dir.path().join(name), how, &by()).unwrap();
        let store = with().open(dir.path().join(name)).unwrap();
        let entry = store.audit(told.last_entry, 1).unwrap()[0].at;
        ([&short, &long].map(|token| reason(&store, token)), entry)
    };
    clock.set("2030-01-01T01:00:00Z");
    let how = Restore::new().denials_of(&path);
    assert_eq!(restored(&how, "new"), ([Some(Reason::Expired), None], latest));
    // The backup alone knows no more than itself.
    assert_eq!(restored(&Restore::new(), "alone"), ([None, None], clock.now()));

    // Somebody vouched for the earlier clock: the backup does not know.
    clock.set("2029-12-31T00:00:00Z");
    let store = with().open(&path).unwrap();
    assert_eq!(store.reset_clock(&by()).unwrap(), clock.now());
    store.close().unwrap();
    let made = Timestamp::parse("2030-01-01T00:00:00Z").unwrap();
    assert_eq!(restored(&how, "reset"), ([None, None], made));
}

#[test]
fn an_original_of_another_store_is_refused() {
    let (scene, other) = (Scene::new(), Scene::new());
    let backup = scene.backup("backup");
    let Scene { dir, store, .. } = other;
    store.close().unwrap();
    let how = Restore::new().denials_of(dir.path().join("keys.keycask"));
    let error = scene.restore(&backup, "new", &how).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(!scene.path("new").exists());
}

#[test]
fn an_original_that_is_older_than_the_backup_is_refused() {
    let Scene { dir, store, .. } = Scene::new();
    store.close().unwrap();
    let (file, old) = (dir.path().join("keys.keycask"), dir.path().join("old"));
    fs::copy(&file, &old).unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    let store = options().open(&file).unwrap();
    issue(&store, "live", "ann").unwrap();
    let (backup, new) = (dir.path().join("backup"), dir.path().join("new"));
    store.backup(&backup).unwrap();
    let how = Restore::new().denials_of(&old);
    let error = options().restore(&backup, &new, &how, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains("before the backup"), "{error}");
    assert!(!new.exists());
}

/// A machine was set back to a snapshot: since then the owner's number is another's.
#[test]
fn an_owner_whose_number_is_another_owners_in_the_original_is_suspended() {
    let Scene { dir, store, acme, .. } = Scene::new();
    store.close().unwrap();
    let [file, original, backup, new] =
        ["keys.keycask", "original", "backup", "new"].map(|name| dir.path().join(name));
    fs::copy(&file, &original).unwrap();
    fs::set_permissions(&original, fs::Permissions::from_mode(0o600)).unwrap();
    let set = |store: &Store, owner: &str, suspended| {
        store.set_owner(acme, owner, &OwnerChange::new().suspended(suspended), &by()).unwrap();
    };
    let store = options().open(&file).unwrap();
    set(&store, "zoe", false);
    store.backup(&backup).unwrap();
    store.close().unwrap();
    let store = options().open(&original).unwrap();
    set(&store, "yan", false);
    set(&store, "zoe", true);
    store.close().unwrap();
    let how = Restore::new().denials_of(&original);
    let told = options().restore(&backup, &new, &how, &by()).unwrap();
    assert_eq!(told.denied_owners, ["zoe"]);
    assert_eq!(told.unreadable, 0);
}
