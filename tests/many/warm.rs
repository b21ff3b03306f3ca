//! Every change is seen by the next verify of a token that was verified just before.

use std::time::Duration;

use keycask::{Ending, Filter, Issued, OwnerChange, Request, Rotation, Timestamp, Update};

use crate::scene::{DAY, Scene, by};

/// A change of a key, and what the next verify of a token, which needs `read`, is answered.
type Change = (&'static str, fn(&Scene, &Issued), Option<&'static str>);

const NARROWED: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
reveal = true
[[scope]]
name = "read"
[[scope]]
name = "write"
[policy]
longest_grace = "30d"
rotate_after = "90d"
usage = true
"#;

const CHANGES: &[Change] = &[
    ("revoke", |s, key| drop(s.store().revoke(key.key.key_id, &by()).unwrap()), Some("revoked")),
    (
        "suspend",
        |s, key| drop(s.store().suspend(key.key.key_id, &by()).unwrap()),
        Some("suspended"),
    ),
    (
        "rotate without grace",
        |s, key| {
            drop(s.store().rotate(key.key.key_id, &Rotation::regenerate(), &by()).unwrap());
        },
        Some("revoked"),
    ),
    (
        "rotate with grace, which passes",
        |s, key| {
            let grace = Rotation::new().grace(Duration::from_secs(1));
            drop(s.store().rotate(key.key.key_id, &grace, &by()).unwrap());
            s.forward(Duration::from_secs(1));
        },
        Some("expired"),
    ),
    (
        "rotate twice",
        |s, key| {
            let grace = Rotation::new().grace(DAY);
            let next = s.store().rotate(key.key.key_id, &grace, &by()).unwrap();
            drop(s.store().rotate(next.key.key_id, &grace, &by()).unwrap());
        },
        Some("revoked"),
    ),
    (
        "update the end",
        |s, key| {
            let end = s.now().plus(Duration::from_millis(1));
            s.store().update(key.key.key_id, &Update::new().end(end), &by()).unwrap();
            s.forward(Duration::from_millis(1));
        },
        Some("expired"),
    ),
    (
        "update the scopes",
        |s, key| {
            let update = Update::new().scopes(["write"]);
            drop(s.store().update(key.key.key_id, &update, &by()).unwrap());
        },
        Some("scope"),
    ),
    (
        "suspend the owner",
        |s, _| {
            let change = OwnerChange::new().suspended(true);
            drop(s.store().set_owner(s.acme, "a", &change, &by()).unwrap());
        },
        Some("owner_suspended"),
    ),
    (
        "end many",
        |s, _| {
            let ending = Ending::revoke(Filter::new().realm(s.acme).owner("a"));
            s.store().end_many(&ending, &by()).unwrap();
        },
        Some("revoked"),
    ),
    (
        "end all grace",
        |s, key| {
            let grace = Rotation::new().grace(DAY);
            drop(s.store().rotate(key.key.key_id, &grace, &by()).unwrap());
            s.store().end_many(&Ending::grace(Filter::new()), &by()).unwrap();
        },
        Some("revoked"),
    ),
    (
        "revoke as its holder",
        |s, key| {
            let token = key.token.expose().as_bytes();
            drop(s.store().revoke_presented(s.acme, token, "").unwrap());
        },
        Some("revoked"),
    ),
    (
        "sweep",
        |s, key| {
            s.store().revoke(key.key.key_id, &by()).unwrap();
            s.forward(DAY * 91);
            assert_eq!(s.store().sweep(10, &by()).unwrap().keys, 1);
        },
        Some("unknown"),
    ),
    (
        "issue again as the same operation",
        |s, _| drop(s.store().issue(&spec(s), &by().operation("order")).unwrap()),
        Some("revoked"),
    ),
    ("apply a profile", |s, _| drop(s.store().apply_realm("acme", NARROWED, &by()).unwrap()), None),
    ("compact", |s, _| _ = s.store().compact().unwrap(), None),
];

fn spec(scene: &Scene) -> keycask::Spec {
    scene.spec("live", "a").scopes(["read"])
}

fn reason(scene: &Scene, issued: &Issued) -> Option<&'static str> {
    let needs = scene.store().profile(scene.acme).unwrap().scope_set(["read"]).unwrap();
    let request = Request::new().needs(needs);
    let answer = scene.store().verify(scene.acme, issued.token.expose().as_bytes(), &request);
    answer.err().map(|error| error.denial().unwrap().reason.name())
}

#[test]
fn p6_every_change_shows_at_the_next_verify_of_a_token_that_was_just_verified() {
    for (name, change, want) in CHANGES {
        let mut scene = Scene::new();
        scene.forward(Duration::from_millis(1));
        let issued = scene.store().issue(&spec(&scene), &by().operation("order")).unwrap();
        for _ in 0..3 {
            assert_eq!(reason(&scene, &issued), None, "{name}: before");
        }
        change(&scene, &issued);
        assert_eq!(reason(&scene, &issued), *want, "{name}");
        scene.reopen();
        assert_eq!(reason(&scene, &issued), *want, "{name}: reopened");
    }
}

#[test]
fn p6_what_is_given_back_shows_at_the_next_verify_of_a_token_that_was_just_refused() {
    let scene = Scene::new();
    let issued = scene.issue(&spec(&scene));
    let (store, key) = (scene.store(), issued.key.key_id);
    let owner = |suspended| {
        let change = OwnerChange::new().suspended(suspended);
        store.set_owner(scene.acme, "a", &change, &by()).unwrap();
    };
    store.suspend(key, &by()).unwrap();
    assert_eq!(reason(&scene, &issued), Some("suspended"));
    store.resume(key, &by()).unwrap();
    assert_eq!(reason(&scene, &issued), None);
    owner(true);
    assert_eq!(reason(&scene, &issued), Some("owner_suspended"));
    owner(false);
    assert_eq!(reason(&scene, &issued), None);
    store.update(key, &Update::new().scopes([] as [&str; 0]), &by()).unwrap();
    assert_eq!(reason(&scene, &issued), Some("scope"));
    store.update(key, &Update::new().scopes(["read"]), &by()).unwrap();
    assert_eq!(reason(&scene, &issued), None);
    let end = scene.now().plus(DAY);
    store.update(key, &Update::new().end(end), &by()).unwrap();
    scene.forward(DAY);
    assert_eq!(reason(&scene, &issued), Some("expired"));
    store.update(key, &Update::new().end(Timestamp::NEVER), &by()).unwrap();
    assert_eq!(reason(&scene, &issued), None);
}
