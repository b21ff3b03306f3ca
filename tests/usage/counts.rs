//! Counts of decisions by outcome.

use std::time::Duration;

use keycask::{HttpRequest, OwnerChange, Request};

use super::kit::{DAY, HOUR, MINUTE, Scene, by};

#[test]
fn each_decision_is_counted_once_under_its_outcome() {
    let mut scene = Scene::new("idle = \"1d\"");
    let acme = scene.acme();
    let read = scene.store().profile(acme).unwrap().scope_set(["read"]).unwrap();
    let narrow = scene.issue(&scene.spec().networks(["10.0.0.0/8"]));
    let [revoked, suspended, idle] = [(); 3].map(|()| scene.issue(&scene.spec()));
    let expired = scene.issue(&scene.spec().life(HOUR));
    let later = scene.issue(&scene.spec().start(scene.now().plus(DAY * 9)));
    scene.store().revoke(revoked.key.key_id, &by()).unwrap();
    scene.store().suspend(suspended.key.key_id, &by()).unwrap();
    scene.clock.forward(DAY);
    let bare = keycask::Spec::new(acme, "live", "o");
    let bare = scene.issue(&bare);
    let good = scene.issue(&scene.spec());
    let needs = Request::new().needs(read);
    scene.store().set_owner(acme, "p", &OwnerChange::new(), &by()).unwrap();
    let owned = scene.issue(&keycask::Spec::new(acme, "live", "p"));
    scene.store().set_owner(acme, "p", &OwnerChange::new().suspended(true), &by()).unwrap();
    for (issued, request, verdict) in [
        (&good, needs, "granted"),
        (&revoked, needs, "revoked"),
        (&suspended, needs, "suspended"),
        (&idle, needs, "idle"),
        (&expired, needs, "expired"),
        (&later, needs, "not_yet_valid"),
        (&bare, needs, "scope"),
        (&owned, needs, "owner_suspended"),
        (&narrow, needs.at(narrow.key.issued), "network"),
    ] {
        let before = scene.store().decision_counts();
        assert_eq!(scene.decide(issued, &request), verdict);
        let after = scene.store().decision_counts();
        for ((name, before), (_, after)) in before.by_name().zip(after.by_name()) {
            assert_eq!(after - before, u64::from(name == verdict), "{name}");
        }
    }
    let store = scene.store();
    let token = good.token.expose();
    let other = token.replace("acme_live_", "acme_life_");
    let tokens = [token.as_bytes(), other.as_bytes(), token.as_bytes()];
    let before = store.decision_counts();
    store.verify_many(acme, &tokens, &needs, &mut Vec::new()).unwrap();
    store.explain(acme, token.as_bytes(), None, &needs).unwrap();
    let http = HttpRequest { method: "GET", headers: &[], request_id: "" };
    store.present(acme, &http, &needs).unwrap();
    let bearer = format!("Bearer {token}");
    let headers: [(&str, &[u8]); 1] = [("Authorization", bearer.as_bytes())];
    store.present(acme, &HttpRequest { headers: &headers, ..http }, &needs).unwrap();
    let mut expected = before;
    (expected.granted, expected.malformed) = (before.granted + 3, before.malformed + 1);
    expected.unpresented = before.unpresented + 1;
    assert_eq!(store.decision_counts(), expected);
    scene.clock.forward(Duration::from_secs(1));
    scene.reopen();
    assert!(scene.store().decision_counts().by_name().all(|(_, count)| count == 0));
}

/// By a meter of the key and by one of its owner; now, and at a time that is named.
#[test]
fn what_rates_would_admit_is_explained_and_costs_nothing() {
    for buckets in ["lineage", "owner"] {
        let plan = "[[plan]]\nname = \"pair\"\nrates = [\"2 per 1m\"]";
        let scene = Scene::new(&format!("buckets = \"{buckets}\"\n{plan}"));
        let pair = OwnerChange::new().plan("pair");
        scene.store().set_owner(scene.acme(), "o", &pair, &by()).unwrap();
        let issued = scene.issue(&scene.spec());
        for request in [Request::new(), Request::new().at(scene.now().plus(MINUTE * 10))] {
            let explained = || {
                let token = issued.token.expose().as_bytes();
                scene.store().explain(scene.acme(), token, None, &request).unwrap()
            };
            for verdict in ["granted", "granted", "rate_limited"] {
                let refused_by = Some(verdict).filter(|verdict| *verdict != "granted");
                // However often it is asked.
                (0..3).for_each(|_| assert_eq!(explained().refused_by(), refused_by, "{buckets}"));
                assert_eq!(scene.decide(&issued, &request), verdict, "{buckets}");
            }
        }
    }
}
