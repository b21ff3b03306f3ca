//! The cap of a plan: what takes a place, and what gives one up.

use std::sync::Barrier;
use std::time::Duration;

use keycask::{
    Changed, Changes, Clock, ErrorKind, Filter, Import, ImportRules, OwnerChange, Reason, Rotation,
    Spec, State, Timestamp, Update,
};

use crate::kit::{Scene, by};

#[test]
fn plans_cap_active_keys_through_every_path_that_makes_one_active() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let (one, _) = scene.issue(&[]);
    let (two, _) = scene.issue(&[]);
    let spec = Spec::new(acme, "live", "o");
    assert_eq!(store.issue(&spec, &by()).unwrap_err().kind(), ErrorKind::Cap);
    store.suspend(one.key_id, &by()).unwrap();
    let (_three, _) = scene.issue(&[]);
    assert_eq!(store.resume(one.key_id, &by()).unwrap_err().kind(), ErrorKind::Cap);
    // A lineage counts once, so a rotation fits.
    store.rotate(two.key_id, &Rotation::new(), &by()).unwrap();
    assert_eq!(store.issue(&spec, &by()).unwrap_err().kind(), ErrorKind::Cap);
}

#[test]
fn expired_keys_give_their_place_up_and_take_one_again_when_their_end_is_moved() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let short = Spec::new(acme, "live", "o").life(Duration::from_secs(10));
    let one = store.issue(&short, &by()).unwrap();
    scene.issue(&[]);
    assert_eq!(store.issue(&short, &by()).unwrap_err().kind(), ErrorKind::Cap);
    scene.clock.forward(Duration::from_secs(10));
    scene.issue(&[]);
    let revive = Update::new().end(Timestamp::NEVER);
    let refused = store.update(one.key.key_id, &revive, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Cap);
}

/// Nobody asked for a place since the key expired, so it is counted still.
#[test]
fn an_expired_key_whose_end_is_moved_has_no_place_because_it_had_one() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let short = Spec::new(acme, "live", "o").life(Duration::from_secs(10));
    let one = store.issue(&short, &by()).unwrap().key.key_id;
    scene.issue(&[]);
    let imported = Import::token(Spec::new(acme, "live", "o"), "of-another-system").unwrap();
    store.import(&[imported], &ImportRules::new().ignore_caps(true), &by()).unwrap();
    scene.clock.forward(Duration::from_secs(10));
    let revive = Update::new().end(Timestamp::NEVER);
    assert_eq!(store.update(one, &revive, &by()).unwrap_err().kind(), ErrorKind::Cap);
    let active = Filter::new().state(State::Active).expired(false);
    assert_eq!(store.count(&active).unwrap(), 2);
}

/// Those that expired are looked through no more, and each key is written once.
#[test]
fn a_key_that_takes_a_place_is_written_once_with_those_that_lost_theirs() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let short = Spec::new(acme, "live", "o").life(Duration::from_secs(10));
    let [one, other] = [(); 2].map(|()| store.issue(&short, &by()).unwrap().key.key_id);
    scene.clock.forward(Duration::from_secs(10));
    let before = store.feed().unwrap().newest;
    store.update(one, &Update::new().end(Timestamp::NEVER), &by()).unwrap();
    let Changes::Since(commits) = store.changes(before, 9).unwrap() else { panic!("it is gone") };
    let changed = commits.iter().flat_map(|commit| &commit.changed);
    let mut keys: Vec<_> = changed
        .map(|changed| match changed {
            Changed::Key(key) => *key,
            other => panic!("{other:?}"),
        })
        .collect();
    let mut want = vec![one, other];
    keys.sort_unstable();
    want.sort_unstable();
    assert_eq!(keys, want);
}

/// A place that a resumed key has taken is not also that of the expired one that had it.
#[test]
fn a_key_that_is_resumed_takes_the_place_of_one_that_has_expired() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let (paused, _) = scene.issue(&[]);
    store.suspend(paused.key_id, &by()).unwrap();
    let short = Spec::new(acme, "live", "o").life(Duration::from_secs(10));
    let one = store.issue(&short, &by()).unwrap().key.key_id;
    scene.issue(&[]);
    scene.clock.forward(Duration::from_secs(10));
    store.resume(paused.key_id, &by()).unwrap();
    // At the moment of its end it takes none, whatever else is changed.
    store.update(one, &Update::new().name("renamed"), &by()).unwrap();
    let refused = store.update(one, &Update::new().end(Timestamp::NEVER), &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Cap);
}

/// P-19: a count and an insert that were two steps let one key too many in.
#[test]
fn p19_one_of_many_threads_gets_the_last_place_through_whichever_path() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let (paused, _) = scene.issue(&[]);
    store.suspend(paused.key_id, &by()).unwrap();
    store.set_owner(acme, "o", &OwnerChange::new().plan("small"), &by()).unwrap();
    scene.issue(&[]);
    let active = Filter::new().realm(acme).owner("o").state(State::Active);
    for _ in 0..20 {
        let start = Barrier::new(16);
        let issued: Vec<_> = std::thread::scope(|threads| {
            let attempts = [(); 8].map(|()| {
                let start = &start;
                threads.spawn(move || {
                    start.wait();
                    // Resuming an active key changes nothing, and is no error.
                    store.resume(paused.key_id, &by()).is_ok()
                });
                threads.spawn(move || {
                    start.wait();
                    store.issue(&Spec::new(acme, "live", "o"), &by()).ok()
                })
            });
            attempts.into_iter().filter_map(|attempt| attempt.join().unwrap()).collect()
        });
        assert_eq!(store.list(&active, None, 10).unwrap().keys.len(), 2);
        let resumed = store.key(paused.key_id).unwrap().state == State::Active;
        assert_eq!(issued.len() + usize::from(resumed), 1);
        // The place is free again.
        for issued in issued {
            store.revoke(issued.key.key_id, &by()).unwrap();
        }
        store.suspend(paused.key_id, &by()).unwrap();
    }
}

/// A rotation in its grace gave its place away, so that issuing, rotating and revoking the
/// successor left any number of live keys.
#[test]
fn a_lineage_holds_its_place_while_any_generation_of_it_lives() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    for _ in 0..2 {
        let (key, _) = scene.issue(&[]);
        let next = store.rotate(key.key_id, &Rotation::new(), &by()).unwrap();
        store.revoke(next.key.key_id, &by()).unwrap();
    }
    let more = store.issue(&Spec::new(acme, "live", "o"), &by());
    assert_eq!(more.unwrap_err().kind(), ErrorKind::Cap);
    scene.clock.forward(Duration::from_secs(3600));
    scene.issue(&[]);
}

#[test]
fn a_key_that_was_replaced_without_grace_gives_its_place_up_with_its_successor() {
    let scene = Scene::planned();
    let store = scene.store();
    for _ in 0..2 {
        let (key, _) = scene.issue(&[]);
        let next = store.rotate(key.key_id, &Rotation::regenerate(), &by()).unwrap();
        store.revoke(next.key.key_id, &by()).unwrap();
    }
    scene.issue(&[]);
    scene.issue(&[]);
}

/// Renaming a suspended key took a place for it, so that it could not be resumed.
#[test]
fn a_suspended_key_takes_no_place_whatever_is_changed_about_it() {
    let scene = Scene::planned();
    let store = scene.store();
    let (paused, token) = scene.issue(&["read", "write"]);
    store.suspend(paused.key_id, &by()).unwrap();
    scene.issue(&[]);
    store.update(paused.key_id, &Update::new().name("renamed"), &by()).unwrap();
    store.resume(paused.key_id, &by()).unwrap();
    store.suspend(paused.key_id, &by()).unwrap();
    scene.issue(&[]);
    store.update(paused.key_id, &Update::new().scopes(["read"]), &by()).unwrap();
    let full = store.resume(paused.key_id, &by()).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Cap);
    assert_eq!(scene.reason(&token), Some(Reason::Suspended));
}

/// It had given its place up as it seemed to have expired, and had none ever after.
#[test]
fn a_key_takes_its_place_again_when_a_clock_that_was_ahead_is_set_right() {
    let mut scene = Scene::planned();
    let acme = scene.store().realm("acme").unwrap();
    let day = Duration::from_secs(86_400);
    let short = Spec::new(acme, "live", "o").life(10 * day);
    let one = scene.store().issue(&short, &by()).unwrap().key.key_id;
    scene.issue(&[]);
    let right = Clock::now(&scene.clock);
    scene.clock.forward(11 * day);
    scene.issue(&[]);
    scene.clock.set(&right.to_string());
    scene.store().reset_clock(&by()).unwrap();
    scene.reopen();
    let store = scene.store();
    assert_eq!(store.update(one, &Update::new().name("one"), &by()).unwrap().name, "one");
    let active: Vec<_> = store.list(&Filter::new().state(State::Active), None, 9).unwrap().keys;
    assert_eq!(active.len(), 3);
    let other = active.iter().find(|key| key.key_id != one).unwrap();
    store.revoke(other.key_id, &by()).unwrap();
    let refused = store.issue(&short, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Cap, "{refused}");
    store.check().unwrap();
}
