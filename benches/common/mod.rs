//! A store to measure, and keys in it.
#![allow(dead_code, reason = "each bench uses a part")]

use std::path::Path;

use keycask::{Actor, OwnerChange, Pepper, RealmRef, Spec, Store};

/// The pepper of every store here.
pub const PEPPER: [u8; 32] = [7; 32];

/// Tokens of both kinds are 40 bytes long: 8 of prefix, then 32 of body, or 26 of body and 6 of
/// checksum.
pub const PROFILE: &str = r#"
realm = "bench"

[present]
headers = [{ name = "Authorization", scheme = "Bearer" }]

[[kind]]
name = "live"
prefix = "kc_live_"
environment = "production"
body = 26
checksum = "crc32"

[[kind]]
name = "plain"
prefix = "kc_bare_"
environment = "production"
body = 32
checksum = "none"

[[scope]]
name = "read"

[[scope]]
name = "write"
"#;

/// A realm whose decisions take all that a decision can: the last use is kept, each lineage has
/// a limit, and a key has the scopes that it and its owner have.
const FULL: &str = r#"
realm = "full"

[[kind]]
name = "plain"
prefix = "kc_full_"
environment = "production"
body = 32
checksum = "none"
rights = "both"

[[scope]]
name = "read"

[[scope]]
name = "write"

[[plan]]
name = "pro"
rates = ["1000000 per 1m"]

[policy]
default_plan = "pro"
usage = true
"#;

/// The realm "full", in a store that has none; its plan gives each key a quota, if there is one.
pub fn full_realm(store: &Store, quota: Option<&str>) -> RealmRef {
    let mut profile = FULL.to_owned();
    if let Some(quota) = quota {
        profile = profile.replace("[policy]", &format!("quota = \"{quota}\"\n\n[policy]"));
    }
    store.apply_realm("full.toml", &profile, &actor()).unwrap();
    store.realm("full").unwrap()
}

/// A new store in `directory` with a realm and one owner.
pub fn store(directory: &Path) -> (Store, RealmRef) {
    let options = Store::options().pepper(Pepper::new(&PEPPER));
    let store = options.create(directory.join("keys.redb")).unwrap();
    store.apply_realm("bench.toml", PROFILE, &actor()).unwrap();
    let realm = store.realm("bench").unwrap();
    store.set_owner(realm, "owner", &OwnerChange::new(), &actor()).unwrap();
    (store, realm)
}

/// The store in `directory`.
pub fn open(directory: &Path) -> Store {
    let options = Store::options().pepper(Pepper::new(&PEPPER));
    options.open(directory.join("keys.redb")).unwrap()
}

/// Who makes the changes.
pub fn actor() -> Actor {
    Actor::new("bench")
}

/// What each key here is: granted one of the two scopes.
pub fn spec(realm: RealmRef) -> Spec {
    Spec::new(realm, "live", "owner").scopes(["read"])
}
