//! A store, and a clock that stands still until it is moved.

use keycask::{Actor, KeyInfo, OwnerChange, Reason, Request, Spec, Store};

use crate::hands::Hands;

pub const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
[[scope]]
name = "read"
[[scope]]
name = "write"
[[scope]]
name = "admin"
implies = ["read", "write"]
[[plan]]
name = "small"
active = 2
rates = ["5 per 1m"]
[policy]
default_grace = "1h"
usage = true
"#;

pub struct Scene {
    pub dir: tempfile::TempDir,
    pub clock: Hands,
    store: Option<Store>,
}

impl Scene {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-01-01T00:00:00Z");
        let store =
            Store::options().clock(clock.clone()).create(dir.path().join("keys.redb")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        Self { dir, clock, store: Some(store) }
    }

    /// One whose owner has the plan: two keys, and five requests a minute.
    pub fn planned() -> Self {
        let scene = Self::new();
        let acme = scene.store().realm("acme").unwrap();
        let small = OwnerChange::new().plan("small");
        scene.store().set_owner(acme, "o", &small, &by()).unwrap();
        scene
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn reopen(&mut self) {
        self.store.take().unwrap().close().unwrap();
        let path = self.dir.path().join("keys.redb");
        self.store = Some(Store::options().clock(self.clock.clone()).open(path).unwrap());
    }

    pub fn issue(&self, scopes: &[&str]) -> (KeyInfo, String) {
        let acme = self.store().realm("acme").unwrap();
        let spec = Spec::new(acme, "live", "o").scopes(scopes.iter().copied());
        let issued = self.store().issue(&spec, &by()).unwrap();
        (issued.key, issued.token.expose().to_owned())
    }

    pub fn reason(&self, token: &str) -> Option<Reason> {
        self.reason_for(token, &[])
    }

    pub fn reason_for(&self, token: &str, needs: &[&str]) -> Option<Reason> {
        let acme = self.store().realm("acme").unwrap();
        let scopes = self.store().profile(acme).unwrap().scope_set(needs).unwrap();
        let request = Request::new().needs(scopes);
        let answer = self.store().verify(acme, token.as_bytes(), &request);
        answer.err().map(|e| e.denial().unwrap().reason)
    }
}

pub fn by() -> Actor {
    Actor::new("tester").because("to see")
}
