//! A rotation: its grace, and how many generations live.

use std::time::Duration;

use keycask::{ErrorKind, Reason, Rotation};

use crate::kit::{Scene, by};

#[test]
fn a_rotated_key_lives_to_the_end_of_its_grace_and_no_longer_than_its_own() {
    let scene = Scene::new();
    let (key, old) = scene.issue(&["admin"]);
    let new = scene.store().rotate(key.key_id, &Rotation::new(), &by()).unwrap();
    assert_eq!(scene.reason_for(&old, &["read"]), None);
    assert_eq!(scene.reason_for(new.token.expose(), &["read"]), None);
    assert!(scene.store().key(key.key_id).unwrap().in_grace);
    scene.clock.forward(Duration::from_secs(3600));
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
