//! What others are told of a store: events of `tracing`, values of `metrics`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod events;
mod values;

use std::sync::{Mutex, MutexGuard, PoisonError};

use keycask::{Actor, OwnerChange, RealmRef, Spec, Store};

/// Where a store is, and that no other test has one: whom an event is told is kept for the whole
/// process, and one that happens while another test's subscriber comes or goes is told to nobody.
type Alone = (MutexGuard<'static, ()>, tempfile::TempDir);

/// A store with the realm of profiles/cloudgeni.toml and an owner, acme.
fn place() -> (Alone, Store, RealmRef) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys")).unwrap();
    let profile = std::fs::read_to_string("profiles/cloudgeni.toml").unwrap();
    store.apply_realm("cloudgeni.toml", &profile, &by()).unwrap();
    let realm = store.realm("cloudgeni").unwrap();
    store.set_owner(realm, "acme", &OwnerChange::new().plan("pro"), &by()).unwrap();
    ((alone, dir), store, realm)
}

fn by() -> Actor {
    Actor::new("test")
}

fn spec(realm: RealmRef) -> Spec {
    Spec::new(realm, "live", "acme").scopes(["read-only"])
}
