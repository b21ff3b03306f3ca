//! Lists of scopes: none is nothing, and an unknown name is no name.

use std::sync::Barrier;
use std::thread;

use keycask::{ErrorKind, Request, Update};

use crate::scene::{Scene, by};

#[test]
fn p21_a_key_without_scopes_may_do_nothing() {
    let scene = Scene::new();
    let none = scene.issue(&scene.spec("live", "a"));
    let empty = scene.issue(&scene.spec("live", "a").scopes([] as [&str; 0]));
    let profile = scene.store().profile(scene.acme).unwrap();
    for issued in [&none, &empty] {
        assert!(issued.key.scopes.is_empty());
        for scope in ["read", "write"] {
            let request = Request::new().needs(profile.scope_set([scope]).unwrap());
            let token = issued.token.expose().as_bytes();
            let refused = scene.store().verify(scene.acme, token, &request).unwrap_err();
            assert_eq!(refused.denial().unwrap().reason.name(), "scope");
        }
    }
    let update = Update::new().scopes([] as [&str; 0]);
    let key = scene.issue(&scene.spec("live", "a").scopes(["read"])).key.key_id;
    assert!(scene.store().update(key, &update, &by()).unwrap().scopes.is_empty());
}

#[test]
fn p22_an_unknown_scope_is_an_error_that_names_it_and_changes_nothing() {
    let scene = Scene::new();
    let key = scene.issue(&scene.spec("live", "a").scopes(["read"])).key.key_id;
    for bad in ["", "wriet", "READ", "read ", "*"] {
        let names = ["read", bad];
        let spec = scene.spec("live", "a").scopes(names);
        let refusals = [
            scene.store().issue(&spec, &by()).unwrap_err(),
            scene.store().update(key, &Update::new().scopes(names), &by()).unwrap_err(),
            scene.store().profile(scene.acme).unwrap().scope_set(names).unwrap_err(),
        ];
        for refused in refusals {
            assert_eq!(refused.kind(), ErrorKind::NotFound);
            assert!(refused.to_string().contains(&format!("{bad:?}")), "{refused}");
        }
    }
    assert_eq!(scene.store().key(key).unwrap().scopes, ["read"]);
    assert_eq!(scene.store().stats().unwrap().keys, 1);
}

#[test]
fn p46_updates_of_different_fields_at_the_same_time_both_survive() {
    let scene = Scene::new();
    for _ in 0..20 {
        let key = scene.key();
        let end = scene.now().plus(crate::scene::DAY);
        let updates = [
            Update::new().name("new"),
            Update::new().metadata("{\"n\":1}"),
            Update::new().scopes(["write"]),
            Update::new().end(end),
        ];
        let start = Barrier::new(updates.len());
        thread::scope(|scope| {
            for update in &updates {
                let (start, store) = (&start, scene.store());
                scope.spawn(move || {
                    start.wait();
                    store.update(key, update, &by()).unwrap();
                });
            }
        });
        let key = scene.store().key(key).unwrap();
        assert_eq!((key.name.as_str(), key.metadata.as_str()), ("new", "{\"n\":1}"));
        assert_eq!((key.scopes, key.end), (vec!["write".to_owned()], end));
    }
}
