//! A store with an owner `o` in a realm whose tokens have a checksum or none, in a directory of its
//! own.

use keycask::{Actor, Options, OwnerChange, RealmRef, Store};

pub const PROFILE: &str = r#"
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

pub struct Scene {
    _dir: tempfile::TempDir,
    pub store: Store,
    pub acme: RealmRef,
}

pub fn by() -> Actor {
    Actor::new("tester")
}

impl Scene {
    pub fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = options.create(dir.path().join("keys.keycask")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        Self { _dir: dir, store, acme }
    }
}
