//! A store with one realm, a clock that stands still until it is moved, and crashes.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use keycask::{
    Actor, Grant, KeyId, KeyQuota, OwnerChange, Quota, RealmRef, Reason, Request, Rotation, Spec,
    Store, Update, VerifyError,
};

use crate::hands::Hands;

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[scope]]
name = "read"
[[plan]]
name = "plain"
[[plan]]
name = "paced"
rates = ["5 per 1m"]
[[plan]]
name = "metered"
quota = "20 per day"
[[plan]]
name = "capped"
active = 1
"#;

pub const HOUR: Duration = Duration::from_secs(3_600);
pub const DAY: Duration = Duration::from_secs(86_400);

pub struct Scene {
    dir: tempfile::TempDir,
    files: usize,
    pub clock: Hands,
    store: Option<Store>,
    pub realm: RealmRef,
    lease_max: Option<u64>,
}

/// A key and the text that presents it.
#[derive(Clone)]
pub struct Key {
    pub id: KeyId,
    pub token: String,
}

pub fn by() -> Actor {
    Actor::new("tester")
}

pub fn quota(text: &str) -> Quota {
    text.parse().unwrap()
}

impl Scene {
    /// At noon of 2026-01-15, with an owner on each plan, of its name.
    pub fn new() -> Self {
        Self::leasing(None)
    }

    /// The same, with chunks of `lease_max` credits at most.
    pub fn leasing(lease_max: impl Into<Option<u64>>) -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let clock = Hands::at("2026-01-15T12:00:00Z");
        let store = Store::options().clock(clock.clone()).create(dir.path().join("0")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let realm = store.realm("acme").unwrap();
        for plan in ["plain", "paced", "metered", "capped"] {
            store.set_owner(realm, plan, &OwnerChange::new().plan(plan), &by()).unwrap();
        }
        store.close().unwrap();
        let lease_max = lease_max.into();
        let mut scene = Self { dir, files: 0, clock, store: None, realm, lease_max };
        scene.open();
        scene
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(self.files.to_string())
    }

    fn open(&mut self) {
        let options = Store::options().clock(self.clock.clone());
        let options = match self.lease_max {
            Some(credits) => options.lease_max(credits),
            None => options,
        };
        self.store = Some(options.open(self.path()).unwrap());
    }

    /// Closes the store in order, and opens it.
    pub fn restart(&mut self) {
        self.store.take().unwrap().close().unwrap();
        self.open();
    }

    /// Closes the store in order, and opens it at that time.
    pub fn close_until(&mut self, then: &str) {
        self.store.take().unwrap().close().unwrap();
        self.clock.until(then);
        self.open();
    }

    /// Goes on with what the file has at this moment.
    pub fn crash(&mut self) {
        let before = self.path();
        self.files += 1;
        fs::copy(before, self.path()).unwrap();
        self.store = None;
        self.open();
        self.store().check().unwrap();
    }

    /// Opens the file beside the one who writes it.
    pub fn beside(&self) -> Store {
        Store::options().clock(self.clock.clone()).read_only(true).open(self.path()).unwrap()
    }

    /// A key of the owner who is on the plan "plain".
    pub fn key(&self, text: &str) -> Key {
        self.key_of("plain", Some(text))
    }

    /// A key of `owner` with this quota, or what its plan gives it.
    pub fn key_of(&self, owner: &str, text: Option<&str>) -> Key {
        let spec = Spec::new(self.realm, "live", owner).scopes(["read"]);
        let spec = match text {
            Some(text) => spec.quota(quota(text)),
            None => spec,
        };
        let issued = self.store().issue(&spec, &by()).unwrap();
        Key { id: issued.key.key_id, token: issued.token.expose().to_owned() }
    }

    pub fn rotate(&self, key: &Key, rotation: &Rotation) -> Key {
        let issued = self.store().rotate(key.id, rotation, &by()).unwrap();
        Key { id: issued.key.key_id, token: issued.token.expose().to_owned() }
    }

    pub fn update(&self, key: &Key, update: &Update) -> KeyQuota {
        let info = self.store().update(key.id, update, &by()).unwrap();
        assert_eq!(info.quota, self.quota(key), "what is told of an update is not what it did");
        info.quota.unwrap()
    }

    pub fn quota(&self, key: &Key) -> Option<KeyQuota> {
        self.store().key(key.id).unwrap().quota
    }

    pub fn remaining(&self, key: &Key) -> u64 {
        self.quota(key).unwrap().remaining
    }

    pub fn ask(&self, key: &Key, request: &Request) -> Result<Grant, Reason> {
        ask(self.store(), self.realm, key, request)
    }

    /// Whether a request of this cost is granted; if not, it is for want of credits.
    pub fn pay(&self, key: &Key, cost: u32) -> bool {
        match self.ask(key, &Request::new().cost(cost)) {
            Ok(grant) => {
                assert!(grant.credits.is_some());
                true
            }
            Err(Reason::QuotaExhausted { .. }) => false,
            Err(reason) => panic!("{}", reason.name()),
        }
    }

    /// How many requests of cost 1 are granted until one is not.
    pub fn drain(&self, key: &Key) -> u64 {
        (0..).find(|_| !self.pay(key, 1)).unwrap()
    }
}

pub fn ask(store: &Store, realm: RealmRef, key: &Key, request: &Request) -> Result<Grant, Reason> {
    store.verify(realm, key.token.as_bytes(), request).map_err(|error| match error {
        VerifyError::Denied(denial) => denial.reason,
        VerifyError::Failed(error) => panic!("{error}"),
    })
}
