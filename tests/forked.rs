//! A store in a fork of the process that opened it: every call refuses. The fork itself is tried
//! through the C ABI; here the process is told of one that was not.
#![allow(clippy::unwrap_used, clippy::panic)]

use keycask::{
    Actor, ErrorKind, Filter, HttpRequest, OwnerChange, Request, Rotation, Spec, Store, Update,
};

const PROFILE: &str = "realm = 'acme'\n[[kind]]\nname = 'live'\nprefix = 'a_'\nbody = 32\n";

#[test]
fn a_store_that_was_inherited_refuses_every_call() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.redb");
    let by = Actor::new("parent");
    let store = Store::create(&path).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by).unwrap();
    let issued = store.issue(&Spec::new(acme, "live", "o"), &by).unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose().as_bytes());
    let request = Request::new();
    let grant = store.verify(acme, token, &request).unwrap();
    assert!(!store.is_forked());

    assert!(keycask::forked().count() > 0, "the file's descriptor is not listed");

    assert!(store.is_forked());
    let http = HttpRequest { method: "GET", headers: &[], request_id: "" };
    let spec = Spec::new(acme, "live", "o");
    let kinds = [
        store.verify(acme, token, &request).map(drop).map_err(|error| match error {
            keycask::VerifyError::Failed(error) => error,
            denied => panic!("{denied}"),
        }),
        store.verify_many(acme, &[token], &request, &mut Vec::new()),
        store.present(acme, &http, &request).map(drop),
        store.explain(acme, token, None, &request).map(drop),
        store.describe(&grant).map(drop),
        store.issue(&spec, &by).map(drop),
        store.rotate(key, &Rotation::new(), &by).map(drop),
        store.suspend(key, &by).map(drop),
        store.resume(key, &by).map(drop),
        store.revoke(key, &by).map(drop),
        store.update(key, &Update::new().name("n"), &by).map(drop),
        store.key(key).map(drop),
        store.list(&Filter::new(), None, 1).map(drop),
        store.reveal(key, &by).map(drop),
        store.set_owner(acme, "p", &OwnerChange::new(), &by).map(drop),
        store.owner(acme, "o").map(drop),
        store.owners(acme, None, 1).map(drop),
        store.apply_realm("acme.toml", PROFILE, &by).map(drop),
        store.realm("acme").map(drop),
        store.sweep(1, &by).map(drop),
        store.feed().map(drop),
        store.audit(0, 1).map(drop),
        store.stats().map(drop),
        store.check(),
        store.flush(),
        store.reset_clock(&by).map(drop),
    ];
    for (call, result) in kinds.into_iter().enumerate() {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Forked, "call {call}");
    }
}
