//! Lives of keys: what ends them, what does not, and where they are valid.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use keycask::{ErrorKind, Reason, Request, Spec, State, Update};

use crate::kit::{Scene, by, text};

const HOUR: Duration = Duration::from_secs(3600);

const PROFILE: &str = r#"
realm = "r"
[[kind]]
name = "plain"
prefix = "k_"
body = 22
[[scope]]
name = "read"
[[scope]]
name = "write"
[policy]
usage = true
retain = "1d"
"#;

/// A verify wrote back the whole row as it had read it, which undid a change that others made
/// meanwhile and brought back keys that were gone.
#[test]
fn p15_verifying_undoes_no_change_that_is_made_meanwhile() {
    let mut scene = Scene::new(PROFILE);
    let issued = scene.issue(&scene.spec("plain").scopes(["read", "write"]));
    let gone = scene.issue(&scene.spec("plain").life(HOUR));
    scene.clock.forward(2 * 24 * HOUR);
    let (key, done) = (issued.key.key_id, AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for token in [text(&issued), text(&gone)] {
                        let _ =
                            scene.store().verify(scene.realm, token.as_bytes(), &Request::new());
                    }
                    scene.clock.forward(Duration::from_secs(90));
                }
            });
        }
        let store = scene.store();
        assert_eq!(store.sweep_all(&by()).unwrap(), 1);
        for round in 0..12 {
            let name = format!("round {round}");
            store.update(key, &Update::new().name(&name).scopes(["read"]), &by()).unwrap();
            assert!(scene.reason_for(text(&issued), &["write"]).is_some());
            store.suspend(key, &by()).unwrap();
            assert_eq!(scene.reason(text(&issued)), Some(Reason::Suspended));
            store.flush().unwrap();
            let shown = store.key(key).unwrap();
            assert_eq!((shown.state, &shown.name), (State::Suspended, &name));
            store.resume(key, &by()).unwrap();
            store.update(key, &Update::new().scopes(["read", "write"]), &by()).unwrap();
        }
        store.revoke(key, &by()).unwrap();
        done.store(true, Ordering::Relaxed);
    });
    for _ in 0..2 {
        assert_eq!(scene.reason(text(&issued)), Some(Reason::Revoked));
        assert_eq!(scene.reason(text(&gone)), Some(Reason::Unknown));
        let shown = scene.store().key(key).unwrap();
        assert_eq!((shown.state, shown.name.as_str()), (State::Revoked, "round 11"));
        assert!(shown.last_used.is_some());
        let missing = scene.store().key(gone.key.key_id).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        scene.reopen();
    }
}

/// The sweeper was off and nobody knew.
#[test]
fn p39_no_verify_needs_a_sweep_and_a_sweep_says_how_many_it_took() {
    let mut scene = Scene::new(PROFILE);
    let issued = [(); 3].map(|()| scene.issue(&scene.spec("plain").life(HOUR)));
    let lasting = scene.issue(&scene.spec("plain"));
    scene.clock.forward(HOUR);
    for _ in 0..2 {
        assert!(issued.iter().all(|key| scene.reason(text(key)) == Some(Reason::Expired)));
        scene.reopen();
    }
    assert_eq!(scene.store().sweep_all(&by()).unwrap(), 0);
    scene.clock.forward(24 * HOUR);
    assert_eq!(scene.store().sweep_all(&by()).unwrap(), 3);
    assert_eq!(scene.store().sweep_all(&by()).unwrap(), 0);
    assert_eq!(scene.store().stats().unwrap().keys, 1);
    assert_eq!(scene.reason(text(&lasting)), None);
}

/// A key that had expired was deleted by the verify that found it so: the reason was lost, and its
/// history.
#[test]
fn p40_an_expired_key_stays_expired_and_can_be_read_until_its_retention_ends() {
    let mut scene = Scene::new(PROFILE);
    let issued = scene.issue(&scene.spec("plain").life(HOUR).name("n"));
    scene.clock.forward(HOUR);
    for _ in 0..24 {
        assert_eq!(scene.reason(text(&issued)), Some(Reason::Expired));
        assert_eq!(scene.store().sweep_all(&by()).unwrap(), 0);
        let shown = scene.store().key(issued.key.key_id).unwrap();
        assert!(shown.expired && shown.state == State::Active && shown.name == "n");
        scene.reopen();
        scene.clock.forward(HOUR);
    }
    assert_eq!(scene.store().sweep_all(&by()).unwrap(), 1);
    assert_eq!(scene.reason(text(&issued)), Some(Reason::Unknown));
    let trail = scene.store().audit(0, 100).unwrap();
    assert!(trail.iter().any(|entry| entry.event == keycask::Event::KeysSwept));
}

/// Where several configurations shared a store, a verify did not ask whose a key was.
#[test]
fn p42_a_key_of_one_realm_is_unknown_in_another_with_the_same_shape() {
    let scene = Scene::new(PROFILE);
    let other = PROFILE.replace("realm = \"r\"", "realm = \"s\"");
    scene.store().apply_realm("s.toml", &other, &by()).unwrap();
    let second = scene.store().realm("s").unwrap();
    scene.store().set_owner(second, "ann", &keycask::OwnerChange::new(), &by()).unwrap();
    let [one, two] =
        [scene.realm, second].map(|realm| (realm, scene.issue(&Spec::new(realm, "plain", "ann"))));
    for (realm, issued) in [&one, &two] {
        for asked in [scene.realm, second] {
            let token = text(issued).as_bytes();
            let answer = scene.store().verify(asked, token, &Request::new());
            let reason = answer.err().map(|error| error.denial().unwrap().reason);
            let want = if asked == *realm { None } else { Some(Reason::Unknown) };
            assert_eq!(reason, want);
        }
    }
}
