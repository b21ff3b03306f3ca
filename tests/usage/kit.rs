//! A store, and a clock that stands still until it is moved.

use std::time::Duration;

use keycask::{
    Actor, Clock, Issued, KeyInfo, OwnerChange, RealmRef, Request, Spec, Store, Timestamp, Update,
};

use crate::hands::Hands;

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(86_400);
pub const MINUTE: Duration = Duration::from_secs(60);

/// A profile with this policy.
pub fn profile(policy: &str) -> String {
    format!(
        "realm = \"acme\"\n[[kind]]\nname = \"live\"\nprefix = \"acme_live_\"\nbody = 32\n\
         [[scope]]\nname = \"read\"\n[policy]\ndefault_grace = \"7d\"\n{policy}\n"
    )
}

pub struct Scene {
    dir: tempfile::TempDir,
    pub clock: Hands,
    store: Option<Store>,
}

impl Scene {
    pub fn new(policy: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().as_ms();
        let clock = Hands::at_ms(start);
        let store =
            Store::options().clock(clock.clone()).create(dir.path().join("keys.redb")).unwrap();
        let scene = Self { dir, clock, store: Some(store) };
        scene.apply(policy);
        scene.store().set_owner(scene.acme(), "o", &OwnerChange::new(), &by()).unwrap();
        scene
    }

    pub fn apply(&self, policy: &str) {
        self.store().apply_realm("acme.toml", &profile(policy), &by()).unwrap();
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn acme(&self) -> RealmRef {
        self.store().realm("acme").unwrap()
    }

    pub fn reopen(&mut self) {
        self.store.take().unwrap().close().unwrap();
        self.open();
    }

    /// Closes the store in order, and opens it when this time has passed.
    pub fn close_for(&mut self, span: Duration) {
        self.store.take().unwrap().close().unwrap();
        self.clock.forward(span);
        self.open();
    }

    /// As one does who saw a call panic.
    pub fn abandon(&mut self) {
        self.store.take().unwrap().abandon();
        self.open();
    }

    /// As if the process had been killed: what the file has so far is opened elsewhere.
    pub fn crash(&mut self) {
        let killed = self.dir.path().join("killed.redb");
        std::fs::copy(self.dir.path().join("keys.redb"), &killed).unwrap();
        self.store.take().unwrap().close().unwrap();
        std::fs::rename(&killed, self.dir.path().join("keys.redb")).unwrap();
        self.open();
    }

    fn open(&mut self) {
        let path = self.dir.path().join("keys.redb");
        self.store = Some(Store::options().clock(self.clock.clone()).open(path).unwrap());
    }

    pub fn spec(&self) -> Spec {
        Spec::new(self.acme(), "live", "o").scopes(["read"])
    }

    pub fn issue(&self, spec: &Spec) -> Issued {
        self.store().issue(spec, &by()).unwrap()
    }

    pub fn update(&self, issued: &Issued, update: &Update) -> KeyInfo {
        self.store().update(issued.key.key_id, update, &by()).unwrap()
    }

    pub fn info(&self, issued: &Issued) -> KeyInfo {
        self.store().key(issued.key.key_id).unwrap()
    }

    /// "granted", or the reason's name.
    pub fn decide(&self, issued: &Issued, request: &Request) -> &'static str {
        let token = issued.token.expose().as_bytes();
        match self.store().verify(self.acme(), token, request) {
            Ok(_) => "granted",
            Err(error) => error.denial().unwrap().reason.name(),
        }
    }

    pub fn verify(&self, issued: &Issued) -> &'static str {
        self.decide(issued, &Request::new())
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

pub fn by() -> Actor {
    Actor::new("tester")
}
