//! What strangers, and people who may give input, can make a store spend: floods of tokens that
//! are nobody's, keys that were chosen to collide, and input that is very long or nested deep.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod alike;
#[path = "../../benches/common/numbers.rs"]
mod numbers;
mod oversize;
mod spray;

use std::sync::{Mutex, MutexGuard, PoisonError};

use keycask::{Actor, OwnerChange, RealmRef, Store};

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_"
body = 32
checksum = "none"
[[kind]]
name = "checked"
prefix = "chkd_"
body = 32
"#;

struct Scene {
    _dir: tempfile::TempDir,
    store: Store,
    acme: RealmRef,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(dir.path().join("keys.keycask")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        Self { _dir: dir, store, acme }
    }
}

fn by() -> Actor {
    Actor::new("tester")
}

/// How much of an attack there is to be: what the environment says under `name`, or `few`.
fn amount(name: &str, few: u64) -> u64 {
    std::env::var(name).map_or(few, |text| text.parse().unwrap())
}

/// Each test has the process to itself: others' memory would count as its own.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
