//! A store with a pepper, a sealing key and two owners; its backups, and what comes of them.

use std::fs;
use std::path::{Path, PathBuf};

use keycask::{
    Error, FeedCursor, Filter, KeyId, Options, OwnerChange, Pepper, Restore, Restored, SealingKey,
    Spec, Store,
};

use crate::acme::{Scene, by};

pub const POLICY: &str = "usage = true\nretain = \"0s\"";

pub fn options() -> Options {
    Store::options().pepper(Pepper::new(&[1; 32])).sealing_key(SealingKey::new(&[2; 32]))
}

impl Scene {
    pub fn new() -> Self {
        let scene = Self::with(options(), POLICY);
        scene.store.set_owner(scene.acme, "bob", &OwnerChange::new(), &by()).unwrap();
        scene
    }

    pub fn issue(&self, kind: &str, owner: &str) -> (KeyId, String) {
        issue(&self.store, kind, owner).unwrap()
    }

    pub fn backup(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        self.store.backup(&path).unwrap();
        path
    }

    pub fn restore(&self, backup: &Path, name: &str, how: &Restore) -> Result<Restored, Error> {
        options().restore(backup, self.path(name), how, &by())
    }

    pub fn restored(&self, backup: &Path, name: &str) -> Store {
        self.restore(backup, name, &Restore::new()).unwrap();
        options().open(self.path(name)).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub fn issue(store: &Store, kind: &str, owner: &str) -> Result<(KeyId, String), Error> {
    let spec = Spec::new(store.realm("acme")?, kind, owner).scopes(["read", "write"]);
    let issued = store.issue(&spec, &by())?;
    Ok((issued.key.key_id, issued.token.expose().to_owned()))
}

pub fn cursor(store: &Store, seq: u64) -> FeedCursor {
    FeedCursor { seq, store_id: store.id() }
}

/// All that a store tells of its keys, owners and trail.
pub fn contents(store: &Store) -> (String, String) {
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(&Filter::new(), after, 1000).unwrap();
        keys.extend(page.keys);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let trail = store.audit(0, usize::MAX).unwrap();
    (format!("{keys:?}"), format!("{trail:?}"))
}
