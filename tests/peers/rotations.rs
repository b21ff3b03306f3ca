//! Rotations: what a successor takes over, and when its predecessor ends.

use std::time::Duration;

use keycask::{ErrorKind, KeyInfo, OwnerChange, Reason, Rotation, Spec, Timestamp};

use crate::kit::{Scene, by, text};

const HOUR: Duration = Duration::from_secs(3600);

const PROFILE: &str = r#"
realm = "r"
[[kind]]
name = "plain"
prefix = "k"
body = 22
[[kind]]
name = "parts"
prefix = "sk_live_eu-1_"
environment = "production"
body = 32
[[kind]]
name = "doubled"
prefix = "a__"
environment = "sandbox"
body = 40
checksum = "none"
[[scope]]
name = "read"
[[scope]]
name = "write"
[[plan]]
name = "pro"
active = 9
rates = ["3 per 1h"]
[policy]
default_plan = "pro"
default_grace = "1h"
longest_grace = "30d"
"#;

/// What a rotation leaves as it is.
fn lasting(key: &KeyInfo) -> impl PartialEq + std::fmt::Debug + use<> {
    let texts =
        [&key.kind_name, &key.environment, &key.owner, &key.name, &key.metadata, &key.prefix];
    (texts.map(String::clone), key.scopes.clone(), key.lineage, key.kind)
}

/// A prefix of several parts lost all but its first when its key was rotated.
#[test]
fn p2_a_successor_has_prefix_scopes_owner_and_limits_of_its_predecessor() {
    let scene = Scene::new(PROFILE);
    for kind in ["plain", "parts", "doubled"] {
        let spec = scene.spec(kind).scopes(["write"]).name("n").metadata("{\"a\" : 1}");
        let mut last = scene.issue(&spec);
        let first = lasting(&last.key);
        for rotation in [Rotation::new(), Rotation::regenerate(), Rotation::new().grace(HOUR)] {
            let next = scene.store().rotate(last.key.key_id, &rotation, &by()).unwrap();
            assert_eq!(lasting(&next.key), first);
            assert!(text(&next).starts_with(&last.key.prefix));
            assert_eq!(text(&next).len(), text(&last).len());
            last = next;
        }
        // The rate of the lineage goes on.
        assert_eq!(scene.reason_for(text(&last), &["write"]), None);
        let next = scene.store().rotate(last.key.key_id, &Rotation::new(), &by()).unwrap();
        assert_eq!([(); 2].map(|()| scene.reason(text(&next))), [None, None]);
        assert!(matches!(scene.reason(text(&next)), Some(Reason::RateLimited { .. })), "{kind}");
    }
}

/// The old key's new end was now and the grace, though it would have ended earlier; and an expired
/// key was rotated.
#[test]
fn p10_a_grace_never_lengthens_a_life_and_what_has_ended_is_not_rotated() {
    let scene = Scene::new(PROFILE);
    let spec = |life| scene.spec("parts").life(life);
    for (life, grace, lived) in [
        (HOUR, 2 * HOUR, HOUR),
        (2 * HOUR, HOUR, HOUR),
        (HOUR, HOUR, HOUR),
        (HOUR, Duration::from_millis(1), Duration::from_millis(1)),
    ] {
        let key = scene.issue(&spec(life));
        let rotation = Rotation::new().grace(grace);
        scene.store().rotate(key.key.key_id, &rotation, &by()).unwrap();
        let old = scene.store().key(key.key.key_id).unwrap();
        assert_eq!(old.end, key.key.issued.plus(lived));
    }
    let [rotated, revoked, expired] = [(); 3].map(|()| scene.issue(&spec(HOUR)).key.key_id);
    scene.store().rotate(rotated, &Rotation::new(), &by()).unwrap();
    scene.store().revoke(revoked, &by()).unwrap();
    let refused = |key| {
        let error = scene.store().rotate(key, &Rotation::new(), &by()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    };
    refused(rotated);
    refused(revoked);
    scene.clock.forward(HOUR);
    refused(expired);
}

/// The life of a key, the time until it is rotated, what is asked, and the life of its successor.
type Case = (Option<Duration>, Duration, fn(Rotation, Timestamp) -> Rotation, Option<Duration>);

/// The new expiry was computed from the wrong base.
#[test]
fn p13_a_successor_ends_as_asked_or_after_the_same_life_again() {
    let day = 24 * HOUR;
    let cases: [Case; 6] = [
        (Some(10 * day), 4 * day, |rotation, _| rotation, Some(10 * day)),
        (Some(10 * day), Duration::ZERO, |rotation, _| rotation, Some(10 * day)),
        (None, 4 * day, |rotation, _| rotation, None),
        (Some(10 * day), 4 * day, |rotation, _| rotation.life(HOUR), Some(HOUR)),
        (Some(10 * day), 4 * day, |rotation, now| rotation.end(now.plus(HOUR)), Some(HOUR)),
        (Some(10 * day), 4 * day, |rotation, _| rotation.end(Timestamp::NEVER), None),
    ];
    for (number, (life, wait, ask, want)) in cases.into_iter().enumerate() {
        let scene = Scene::new(PROFILE);
        let spec = |spec: Spec| life.map_or(spec.clone(), |life| spec.life(life));
        let key = scene.issue(&spec(scene.spec("plain"))).key;
        scene.clock.forward(wait);
        let now = key.issued.plus(wait);
        let rotation = ask(Rotation::new(), now);
        let new = scene.store().rotate(key.key_id, &rotation, &by()).unwrap().key;
        assert_eq!(new.start, now, "case {number}");
        let end = want.map_or(Timestamp::NEVER, |life| now.plus(life));
        assert_eq!(new.end, end, "case {number}");
    }
    // A profile's longest life holds for successors, too.
    let scene = Scene::new(&format!("{PROFILE}longest_life = \"20d\"\n"));
    let key = scene.issue(&scene.spec("plain").life(20 * day)).key;
    let far = Rotation::new().life(21 * day);
    let error = scene.store().rotate(key.key_id, &far, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    // And a plan that changed is no reason to shorten it.
    scene.store().set_owner(scene.realm, "ann", &OwnerChange::new().plan("pro"), &by()).unwrap();
    let new = scene.store().rotate(key.key_id, &Rotation::new(), &by()).unwrap().key;
    assert_eq!(new.end.since(new.start), 20 * day);
}
