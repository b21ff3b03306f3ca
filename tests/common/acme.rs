//! A store with the realm of `acme.toml`, in a directory of its own. What else a test wants of it
//! stands beside the test.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::path::PathBuf;

use keycask::{Actor, Options, OwnerChange, RealmRef, Reason, Request, Spec, Store};

/// Its owner `ann` has no plan.
pub struct Scene {
    pub dir: tempfile::TempDir,
    pub store: Store,
    pub acme: RealmRef,
}

pub fn by() -> Actor {
    Actor::new("tester")
}

/// The profile, with these lines in its policy.
pub fn profile(policy: &str) -> String {
    format!("{}{policy}\n", include_str!("acme.toml"))
}

impl Scene {
    /// A new store whose realm has these lines in its policy (seq 1), and an owner (seq 2).
    pub fn with(options: Options, policy: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = options.create(dir.path().join("keys.keycask")).unwrap();
        store.apply_realm("acme.toml", &profile(policy), &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "ann", &OwnerChange::new(), &by()).unwrap();
        Self { dir, store, acme }
    }

    /// The store, closed and opened again with these.
    pub fn reopened(self, options: Options) -> Self {
        let file = self.file();
        self.store.close().unwrap();
        let store = options.open(file).unwrap();
        Self { store, ..self }
    }

    /// Where a file of this name is, or would be, beside that of the store.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The file of the store.
    pub fn file(&self) -> PathBuf {
        self.path("keys.keycask")
    }

    /// A key of the owner's.
    pub fn spec(&self) -> Spec {
        Spec::new(self.acme, "live", "ann")
    }

    /// Why a token is refused, if it is.
    pub fn reason(&self, token: &str) -> Option<Reason> {
        reason(&self.store, token)
    }
}

/// Why a token of the realm is refused, if it is.
pub fn reason(store: &Store, token: &str) -> Option<Reason> {
    let acme = store.realm("acme").unwrap();
    let answer = store.verify(acme, token.as_bytes(), &Request::new());
    answer.err().map(|error| error.denial().unwrap().reason)
}
