//! How many keys of each kind there are.

use keycask::{Filter, KindCount, State};

use crate::scene::{DAY, MALL, Scene, by};

/// The counts of a kind by its name: active, suspended, revoked, expired.
fn of(counts: &[KindCount], scene: &Scene, realm: &str, kind: &str) -> [u64; 4] {
    let realm = scene.store().realm(realm).unwrap();
    let mut rows = counts.iter().filter(|row| row.realm == realm && row.kind_name == kind);
    let row = rows.next().unwrap();
    assert!(rows.next().is_none());
    [row.active, row.suspended, row.revoked, row.expired]
}

#[test]
fn keys_are_counted_by_kind_and_state_and_a_kind_without_keys_has_a_row() {
    let scene = Scene::new();
    let day = || scene.spec("live", "a").end(scene.now().plus(DAY));
    let issue = |spec| scene.issue(&spec).key.key_id;
    let keys = [0; 5].map(|_| issue(day()));
    let (store, forever) = (scene.store(), issue(scene.spec("live", "b")));
    store.suspend(keys[0], &by()).unwrap();
    store.revoke(keys[1], &by()).unwrap();
    issue(scene.spec("live", "m"));
    let counts = store.count_by_kind().unwrap();
    assert_eq!(of(&counts, &scene, "acme", "live"), [4, 1, 1, 0]);
    assert_eq!(of(&counts, &scene, "acme", "test"), [0; 4]);
    assert_eq!(of(&counts, &scene, "mall", "live"), [1, 0, 0, 0]);
    assert_eq!(counts.len(), 3);
    assert_eq!(scene.reader().count_by_kind().unwrap(), counts);

    // Time alone makes keys expire; a revoked one is revoked and not counted as expired.
    scene.forward(DAY * 2);
    let counts = store.count_by_kind().unwrap();
    assert_eq!(of(&counts, &scene, "acme", "live"), [4, 1, 1, 4]);
    let live = Filter::new().realm(scene.acme).kind("live");
    for (state, counted) in [(State::Active, 4), (State::Suspended, 1), (State::Revoked, 1)] {
        assert_eq!(store.count(&live.clone().state(state)).unwrap(), counted);
    }
    assert_eq!(store.key(forever).unwrap().state, State::Active);
}

#[test]
fn a_kind_that_left_the_profile_has_no_row() {
    let scene = Scene::new();
    let spare = format!("{MALL}[[kind]]\nname = \"spare\"\nprefix = \"spare_\"\nbody = 32\n");
    scene.store().apply_realm("mall", &spare, &by()).unwrap();
    assert_eq!(scene.store().count_by_kind().unwrap().len(), 4);
    scene.store().apply_realm("mall", MALL, &by()).unwrap();
    assert_eq!(scene.store().count_by_kind().unwrap().len(), 3);
}

#[test]
fn figures_tell_of_the_log_and_of_the_trail() {
    let scene = Scene::new();
    for _ in 0..3 {
        scene.key();
    }
    let stats = scene.store().stats().unwrap();
    assert_eq!((stats.seq, stats.log_commits), (8, 8));
    assert_eq!((stats.audit_entries, stats.audit_last), (8, 8));
    scene.store().trim_audit(keycask::Trim::Through(5), &by()).unwrap();
    let stats = scene.store().stats().unwrap();
    assert_eq!((stats.audit_entries, stats.audit_last), (4, 9));
}
