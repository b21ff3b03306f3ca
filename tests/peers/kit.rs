//! A store with a clock that is moved by hand.

use keycask::{
    Actor, Clock, HttpRequest, Issued, Outcome, OwnerChange, RealmRef, Reason, Request, Spec,
    Store, Timestamp,
};

use crate::hands::Hands;

pub struct Scene {
    dir: tempfile::TempDir,
    pub clock: Hands,
    store: Option<Store>,
    pub realm: RealmRef,
}

impl Scene {
    /// A store with the realm of `profile` and its owner `ann`.
    pub fn new(profile: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-01-01T00:00:00Z");
        let options = Store::options().clock(clock.clone());
        let store = options.create(dir.path().join("keys.redb")).unwrap();
        let change = store.apply_realm("profile.toml", profile, &by()).unwrap();
        let realm = store.realm(&change.realm).unwrap();
        store.set_owner(realm, "ann", &OwnerChange::new(), &by()).unwrap();
        Self { dir, clock, store: Some(store), realm }
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn into_store(mut self) -> (Store, tempfile::TempDir) {
        (self.store.take().unwrap(), self.dir)
    }

    /// What the store's clock says.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("keys.redb")
    }

    pub fn reopen(&mut self) {
        self.store.take().unwrap().close().unwrap();
        let options = Store::options().clock(self.clock.clone());
        self.store = Some(options.open(self.path()).unwrap());
    }

    pub fn spec(&self, kind: &str) -> Spec {
        Spec::new(self.realm, kind, "ann")
    }

    pub fn issue(&self, spec: &Spec) -> Issued {
        self.store().issue(spec, &by()).unwrap()
    }

    /// Why `token` is refused, or none.
    pub fn reason(&self, token: impl AsRef<[u8]>) -> Option<Reason> {
        self.reason_for(token, &[])
    }

    /// Why `token` is refused for these scopes, or none.
    pub fn reason_for(&self, token: impl AsRef<[u8]>, needs: &[&str]) -> Option<Reason> {
        let needs = self.store().profile(self.realm).unwrap().scope_set(needs).unwrap();
        let request = Request::new().needs(needs);
        let answer = self.store().verify(self.realm, token.as_ref(), &request);
        answer.err().map(|error| error.denial().unwrap().reason)
    }

    /// What becomes of a request with these headers.
    pub fn present(&self, headers: &[(&str, &str)]) -> Outcome {
        let headers: Vec<_> = headers.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let http = HttpRequest { method: "GET", headers: &headers, request_id: "r" };
        self.store().present(self.realm, &http, &Request::new()).unwrap()
    }
}

pub fn by() -> Actor {
    Actor::new("tester")
}

pub fn text(issued: &Issued) -> &str {
    issued.token.expose()
}
