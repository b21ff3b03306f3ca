//! Networks from which alone a key may be used.

use std::net::IpAddr;

use keycask::{ErrorKind, HttpRequest, Issued, Refusal, Request, Rotation, Update};

use super::kit::{Scene, by};

fn from(scene: &Scene, issued: &Issued, address: &str) -> &'static str {
    scene.decide(issued, &Request::new().address(address.parse().unwrap()))
}

/// P-26: peers compared prefixes as text, missed mapped addresses, and took an address from
/// whatever the request said.
#[test]
fn p_26_a_key_is_granted_from_its_networks_alone() {
    let mut scene = Scene::new("");
    let spec = scene.spec().networks(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]);
    let issued = scene.issue(&spec);
    let free = scene.issue(&scene.spec());
    for _ in 0..2 {
        for (address, verdict) in [
            ("10.1.2.3", "granted"),
            ("::ffff:10.1.2.3", "granted"),
            ("192.0.2.7", "granted"),
            ("2001:db8::1", "granted"),
            ("11.0.0.1", "network"),
            ("192.0.2.8", "network"),
            ("::ffff:192.0.2.8", "network"),
            ("2001:db9::1", "network"),
            ("::", "network"),
        ] {
            assert_eq!(from(&scene, &issued, address), verdict, "{address}");
            assert_eq!(from(&scene, &free, address), "granted", "{address}");
        }
        assert_eq!(scene.verify(&issued), "network");
        assert_eq!(scene.verify(&free), "granted");
        let networks: Vec<_> =
            scene.info(&issued).networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]);
        scene.reopen();
    }
}

/// P-26: the left-most forwarded address was trusted, which any client can write.
#[test]
fn p_26_no_header_tells_the_address() {
    let scene = Scene::new("");
    let issued = scene.issue(&scene.spec().networks(["10.0.0.0/8"]));
    let bearer = format!("Bearer {}", issued.token.expose());
    let forwarded: [(&str, &[u8]); 4] = [
        ("Authorization", bearer.as_bytes()),
        ("X-Forwarded-For", b"10.0.0.1"),
        ("Forwarded", b"for=10.0.0.1"),
        ("X-Real-IP", b"10.0.0.1"),
    ];
    let http = HttpRequest { method: "GET", headers: &forwarded, request_id: "" };
    let present = |request: &Request| {
        let outcome = scene.store().present(scene.acme(), &http, request).unwrap();
        match outcome.verdict {
            Ok(_) => ("granted", outcome.answer.status),
            Err(Refusal::Denied(denial)) => (denial.reason.name(), outcome.answer.status),
            Err(other) => panic!("{other}"),
        }
    };
    let address = |text: &str| Request::new().address(text.parse::<IpAddr>().unwrap());
    assert_eq!(present(&Request::new()), ("network", 401));
    assert_eq!(present(&address("203.0.113.9")), ("network", 401));
    assert_eq!(present(&address("10.0.0.9")), ("granted", 200));
}

/// P-26: malformed addresses were coerced, or stored and never matched.
#[test]
fn p_26_what_is_no_network_is_refused_where_it_is_written_and_nothing_is_changed() {
    let scene = Scene::new("");
    let store = scene.store();
    let issued = scene.issue(&scene.spec().networks(["10.0.0.0/8"]));
    let seq = store.stats().unwrap().seq;
    for text in ["10.0.0.1/8", "10.0.0.0/33", "fe80::1%eth0", "010.0.0.0/8", "office", ""] {
        let refused = [
            store.issue(&scene.spec().networks(["::/0", text]), &by()).map(drop),
            store
                .update(issued.key.key_id, &Update::new().networks(["::/0", text]), &by())
                .map(drop),
        ];
        for refused in refused {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument);
            assert!(error.message().contains(&format!("{text:?}")), "{error}");
        }
    }
    let many: Vec<String> = (0..65).map(|n| format!("10.0.{n}.0/24")).collect();
    let error = store.issue(&scene.spec().networks(many.clone()), &by()).unwrap_err();
    assert_eq!(error.message(), "networks: 65; from 1 to 64 are allowed");
    assert!(store.issue(&scene.spec().networks(many[..64].to_vec()), &by()).is_ok());
    // An empty list would let everybody in or nobody; who means either says so.
    let nothing = || Vec::<String>::new();
    for refused in [
        store.issue(&scene.spec().networks(nothing()), &by()).map(drop),
        store.update(issued.key.key_id, &Update::new().networks(nothing()), &by()).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().message(), "networks: 0; from 1 to 64 are allowed");
    }
    assert_eq!(from(&scene, &issued, "10.0.0.1"), "granted");
    assert_eq!(store.stats().unwrap().seq, seq + 1);
}

#[test]
fn an_operation_that_took_the_networks_away_was_not_asked_for_none() {
    let scene = Scene::new("");
    let issued = scene.issue(&scene.spec().networks(["10.0.0.0/8"]));
    let by = by().operation("op-1");
    let update = |update| scene.store().update(issued.key.key_id, &update, &by);
    update(Update::new().any_network()).unwrap();
    update(Update::new().any_network()).unwrap();
    let error = update(Update::new().networks(Vec::<String>::new())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[test]
fn an_update_changes_the_networks_and_the_trail_tells_them() {
    let mut scene = Scene::new("");
    let issued = scene.issue(&scene.spec());
    let narrow = Update::new().networks(["10.0.0.0/8"]);
    scene.update(&issued, &narrow);
    assert_eq!(from(&scene, &issued, "11.0.0.1"), "network");
    assert_eq!(from(&scene, &issued, "10.0.0.1"), "granted");
    scene.update(&issued, &Update::new().name("renamed"));
    assert_eq!(from(&scene, &issued, "11.0.0.1"), "network");
    scene.reopen();
    assert_eq!(from(&scene, &issued, "11.0.0.1"), "network");
    scene.update(&issued, &Update::new().any_network());
    assert_eq!(from(&scene, &issued, "11.0.0.1"), "granted");
    assert_eq!(scene.verify(&issued), "granted");
    assert!(scene.info(&issued).networks.is_empty());
    let trail = scene.store().audit(0, 100).unwrap();
    let told = |n: usize| {
        let entry = &trail[trail.len() - n];
        (entry.before.get("networks").cloned(), entry.after.get("networks").cloned())
    };
    let (list, none) = (serde_json::json!(["10.0.0.0/8"]), serde_json::Value::Null);
    assert_eq!(told(3), (Some(none.clone()), Some(list.clone())));
    assert_eq!(told(2), (None, None));
    assert_eq!(told(1), (Some(list), Some(none)));
}

/// P-26: a list was stored and not enforced on another path. A successor is on no other path.
#[test]
fn p_26_a_successor_has_the_networks_of_the_key_before_it() {
    let scene = Scene::new("");
    let first = scene.issue(&scene.spec().networks(["10.0.0.0/8"]));
    let second = scene.store().rotate(first.key.key_id, &Rotation::new(), &by()).unwrap();
    for issued in [&first, &second] {
        assert_eq!(from(&scene, issued, "10.0.0.1"), "granted");
        assert_eq!(from(&scene, issued, "11.0.0.1"), "network");
    }
    scene.update(&second, &Update::new().networks(["11.0.0.0/8"]));
    assert_eq!(from(&scene, &first, "10.0.0.1"), "granted");
    assert_eq!(from(&scene, &second, "10.0.0.1"), "network");
}

#[test]
fn explain_says_why_an_address_is_refused() {
    let scene = Scene::new("");
    let issued = scene.issue(&scene.spec().networks(["10.0.0.0/8"]));
    let token = issued.token.expose().as_bytes();
    let explain = |request: &Request| {
        let found = scene.store().explain(scene.acme(), token, None, request).unwrap();
        let check = found.checks.iter().find(|check| check.name == "network").unwrap().clone();
        (check.passed, check.detail)
    };
    let request = Request::new().address("192.0.2.1".parse().unwrap());
    let outside = "192.0.2.1 is in none of the key's networks";
    assert_eq!(explain(&request), (Some(false), outside.to_owned()));
    let unknown = "the key has networks, and no address was given";
    assert_eq!(explain(&Request::new()), (Some(false), unknown.to_owned()));
    let request = Request::new().address("10.0.0.1".parse().unwrap());
    assert_eq!(explain(&request).0, Some(true));
}
