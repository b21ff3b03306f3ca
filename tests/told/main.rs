//! What others are told of a store: events of `tracing`, values of `metrics`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod events;
mod values;

use keycask::{Actor, OwnerChange, RealmRef, Spec, Store};

/// A store with the realm of profiles/cloudgeni.toml and an owner, acme.
fn place() -> (tempfile::TempDir, Store, RealmRef) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys")).unwrap();
    let profile = std::fs::read_to_string("profiles/cloudgeni.toml").unwrap();
    store.apply_realm("cloudgeni.toml", &profile, &by()).unwrap();
    let realm = store.realm("cloudgeni").unwrap();
    store.set_owner(realm, "acme", &OwnerChange::new().plan("pro"), &by()).unwrap();
    (dir, store, realm)
}

fn by() -> Actor {
    Actor::new("test")
}

fn spec(realm: RealmRef) -> Spec {
    Spec::new(realm, "live", "acme").scopes(["read-only"])
}
