//! What is promised of a store, kept against failing, hanging and lying disks.

mod halted;
mod sharing;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use super::Store;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::RealmRef;
use crate::info::Issued;
use crate::options::Options;
use crate::random::Random;
use crate::request::Request;
use crate::seal::SealingKey;
use crate::spec::{OwnerChange, Spec};
use crate::storage::tests::disk::Disk;
use crate::storage::{Storage, StorageOptions, Unread};
use crate::time::{Clock, Timestamp};
use crate::verdict::Reason;

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "shown"
prefix = "acme_shown_"
body = 32
reveal = true
[[scope]]
name = "read"
[[scope]]
name = "write"
[[plan]]
name = "two"
active = 2
[policy]
usage = true
retain = "1h"
"#;

const START_MS: i64 = 1_767_225_600_000;

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START_MS)))
    }

    #[expect(dead_code, reason = "a simulator of power cuts is to move it")]
    fn forward(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        let since = self.0.load(Ordering::Relaxed) - START_MS;
        Duration::from_millis(u64::try_from(since).unwrap())
    }
}

fn by() -> Actor {
    Actor::new("tester")
}

/// A disk with an empty store.
fn formatted() -> Disk {
    let disk = Disk::new(Vec::new());
    Storage::format(disk.clone(), &StorageOptions::new(None), &Random::system(), "create it")
        .unwrap();
    disk
}

fn open(disk: &Disk, clock: &Hands) -> Result<Store> {
    let options = Options::new().clock(clock.clone()).sealing_key(SealingKey::new(&[7; 32]));
    Store::start(options, |settings| Unread::attach(disk.clone(), None, settings, "open it"))
}

/// A store with a realm and an owner, its disk and its clock.
struct Scene {
    disk: Disk,
    clock: Hands,
    store: Store,
    acme: RealmRef,
}

impl Scene {
    fn new() -> Self {
        let (disk, clock) = (formatted(), Hands::new());
        let store = open(&disk, &clock).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        Self { disk, clock, store, acme }
    }

    fn reopen(self) -> Self {
        let Self { disk, clock, store, acme } = self;
        // What a failing disk does to the closing of a file is no concern of these tests.
        let _ = store.close();
        disk.fail(None);
        let store = open(&disk, &clock).unwrap();
        store.check().unwrap();
        Self { disk, clock, store, acme }
    }

    fn issue(&self) -> Result<Issued> {
        self.store.issue(&Spec::new(self.acme, "live", "o").scopes(["read"]), &by())
    }

    fn seq(&self) -> u64 {
        self.store.stats().unwrap().seq
    }

    /// Why a token is refused, if it is.
    fn reason(&self, token: &str) -> Option<Reason> {
        let answer = self.store.verify(self.acme, token.as_bytes(), &Request::new());
        answer.err().map(|error| error.denial().unwrap().reason)
    }
}

/// Waits until what another thread does has come true.
fn wait_for(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not come true");
        std::thread::yield_now();
    }
}
