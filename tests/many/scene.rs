//! A store with two realms and a clock that stands still until it is moved.

use std::time::Duration;

use keycask::{
    Actor, Clock, Cursor, Filter, Issued, KeyId, KeyInfo, OwnerChange, RealmRef, Request, Rotation,
    Spec, Store, Timestamp,
};

use crate::hands::Hands;

const ACME: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
reveal = true
[[scope]]
name = "read"
[[scope]]
name = "write"
[policy]
longest_grace = "30d"
rotate_after = "90d"
usage = true
"#;

/// It keeps no usage and advises no rotation.
pub const MALL: &str = r#"
realm = "mall"
[[kind]]
name = "live"
prefix = "mall_"
body = 32
"#;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const DAY: Duration = Duration::from_secs(86_400);

pub struct Scene {
    dir: tempfile::TempDir,
    clock: Hands,
    store: Option<Store>,
    pub acme: RealmRef,
    pub mall: RealmRef,
}

pub fn by() -> Actor {
    Actor::new("tester").because("to see")
}

impl Scene {
    /// Owners `a` and `b` of acme, and `m` of mall.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-01-01T00:00:00Z");
        let options =
            Store::options().clock(clock.clone()).sealing_key(keycask::SealingKey::new(&[7; 32]));
        let store = options.create(dir.path().join("keys.keycask")).unwrap();
        for profile in [ACME, MALL] {
            store.apply_realm("a profile", profile, &by()).unwrap();
        }
        let [acme, mall] = ["acme", "mall"].map(|name| store.realm(name).unwrap());
        for (realm, owner) in [(acme, "a"), (acme, "b"), (mall, "m")] {
            store.set_owner(realm, owner, &OwnerChange::new(), &by()).unwrap();
        }
        Self { dir, clock, store: Some(store), acme, mall }
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn reopen(&mut self) {
        self.store.take().unwrap().close().unwrap();
        let options = Store::options()
            .clock(self.clock.clone())
            .sealing_key(keycask::SealingKey::new(&[7; 32]));
        self.store = Some(options.open(self.dir.path().join("keys.keycask")).unwrap());
    }

    /// The store as another process has it open that only reads.
    pub fn reader(&self) -> Store {
        let options = Store::options().clock(self.clock.clone()).read_only(true);
        options.open(self.dir.path().join("keys.keycask")).unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn forward(&self, span: Duration) {
        self.clock.forward(span);
    }

    pub fn spec(&self, kind: &str, owner: &str) -> Spec {
        let realm = if owner == "m" { self.mall } else { self.acme };
        Spec::new(realm, kind, owner)
    }

    /// Issues a key a millisecond later than the last.
    pub fn issue(&self, spec: &Spec) -> Issued {
        self.forward(Duration::from_millis(1));
        self.store().issue(spec, &by()).unwrap()
    }

    /// Rotates a key, a millisecond later than anything before.
    pub fn rotate(&self, key: KeyId, rotation: &Rotation) -> Issued {
        self.forward(Duration::from_millis(1));
        self.store().rotate(key, rotation, &by()).unwrap()
    }

    /// The id of a live key of owner `a`.
    pub fn key(&self) -> KeyId {
        self.issue(&self.spec("live", "a")).key.key_id
    }

    /// Why a token is refused, if it is.
    pub fn reason(&self, issued: &Issued) -> Option<&'static str> {
        let token = issued.token.expose().as_bytes();
        let answer = self.store().verify(issued.key.realm, token, &Request::new());
        answer.err().map(|error| error.denial().unwrap().reason.name())
    }

    /// All keys that a filter selects, asked for in pages of `limit`. None is on two.
    pub fn pages(&self, filter: &Filter, limit: usize) -> Vec<KeyInfo> {
        let (mut keys, mut after): (Vec<KeyInfo>, Option<Cursor>) = (Vec::new(), None);
        loop {
            let page = self.store().list(filter, after, limit).unwrap();
            assert!(page.keys.len() <= limit);
            keys.extend(page.keys);
            after = page.next;
            if after.is_none() {
                let mut ids: Vec<_> = keys.iter().map(|key| key.key_id).collect();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(ids.len(), keys.len(), "a key is on two pages");
                return keys;
            }
        }
    }

    /// The ids of all keys that a filter selects, which are as many as are counted.
    pub fn ids(&self, filter: &Filter) -> Vec<KeyId> {
        let ids: Vec<_> = self.pages(filter, 1000).iter().map(|key| key.key_id).collect();
        assert_eq!(self.store().count(filter).unwrap(), ids.len() as u64, "{filter:?}");
        ids
    }
}
