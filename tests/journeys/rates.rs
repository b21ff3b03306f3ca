//! The rates of a plan: what they admit, whatever is rotated and however the clock steps.

use std::time::Duration;

use keycask::{Reason, Request, Rotation, Timestamp};

use crate::kit::{Scene, by};

#[test]
fn rates_follow_the_lineage_so_that_rotating_resets_nothing() {
    let scene = Scene::planned();
    let store = scene.store();
    let (key, old) = scene.issue(&[]);
    for _ in 0..3 {
        assert_eq!(scene.reason(&old), None);
    }
    let new = store.rotate(key.key_id, &Rotation::new(), &by()).unwrap();
    for _ in 0..2 {
        assert_eq!(scene.reason(new.token.expose()), None);
    }
    assert!(matches!(scene.reason(new.token.expose()), Some(Reason::RateLimited { .. })));
    assert!(matches!(scene.reason(&old), Some(Reason::RateLimited { .. })));
}

/// A clock that stepped back and forth moved a running window, and admitted its limit twice.
#[test]
fn a_clock_that_steps_back_and_forth_does_not_fill_a_rate_again() {
    let scene = Scene::planned();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    let (_, token) = scene.issue(&[]);
    for _ in 0..4 {
        assert_eq!(scene.reason(&token), None);
    }
    scene.clock.back(Duration::from_secs(600));
    assert_eq!(scene.reason(&token), None);
    scene.clock.step(600_000);
    assert!(matches!(scene.reason(&token), Some(Reason::RateLimited { .. })));
    let at = Request::new().at(Timestamp::parse("2030-01-01T00:00:00Z").unwrap());
    assert!(store.verify(acme, token.as_bytes(), &at).is_ok(), "a named time has its own rates");
    assert!(matches!(scene.reason(&token), Some(Reason::RateLimited { .. })));
}
