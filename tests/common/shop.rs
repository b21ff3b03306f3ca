/// What the examples of the engine's types begin with: a store with a realm and an owner in it,
/// whose file goes with the directory; and who asks.
#[allow(dead_code, reason = "an example uses what it needs")]
struct Shop {
    store: keycask::Store,
    realm: keycask::RealmRef,
    me: keycask::Actor,
    dir: tempfile::TempDir,
}

fn shop() -> keycask::Result<Shop> {
    let dir = tempfile::tempdir().expect("a directory");
    let store = keycask::Store::create(dir.path().join("keys.keycask"))?;
    let me = keycask::Actor::new("me");
    let profile = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/seogeo.toml"));
    store.apply_realm("seogeo.toml", profile, &me)?;
    let realm = store.realm("seogeo")?;
    store.set_owner(realm, "user-7", &keycask::OwnerChange::new().plan("pro"), &me)?;
    Ok(Shop { store, realm, me, dir })
}
