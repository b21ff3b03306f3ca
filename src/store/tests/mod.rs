//! What is promised of a store, kept against failing, hanging and lying disks.

#[cfg(not(loom))]
mod alike;
mod chance;
mod crash;
mod credits;
mod damaged;
mod ending;
mod filling;
mod growing;
mod halted;
mod lines;
mod meanwhile;
mod narrowing;
mod operations;
mod panicking;
mod salvage;
mod sharing;
mod stale;
mod sweeping;
mod turning;
mod ways;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Store, Swept};
use crate::actor::Actor;
use crate::entry::State;
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

/// The realm of tests/common/acme.toml.
const PROFILE: &str =
    concat!(include_str!("../../../tests/common/acme.toml"), "usage = true\nretain = \"1h\"\n");

const START_MS: i64 = 1_767_225_600_000;

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self::at(START_MS)
    }

    fn at(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    fn set(&self, at: Timestamp) {
        self.0.store(at.as_ms(), Ordering::Relaxed);
    }

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
fn formatted(random: &Random) -> Disk {
    let disk = Disk::new(Vec::new());
    Storage::format(disk.clone(), &StorageOptions::new(None), random, "create it").unwrap();
    disk
}

fn options(clock: &Hands) -> Options {
    Options::new().clock(clock.clone()).sealing_key(SealingKey::new(&[7; 32]))
}

fn open(disk: &Disk, options: Options) -> Result<Store> {
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
        let (disk, clock) = (formatted(&Random::system()), Hands::new());
        let store = open(&disk, options(&clock)).unwrap();
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
        let store = open(&disk, options(&clock)).unwrap();
        store.check().unwrap();
        Self { disk, clock, store, acme }
    }

    fn issue(&self) -> Result<Issued> {
        self.store.issue(&Spec::new(self.acme, "live", "o").scopes(["read"]), &by())
    }

    fn seq(&self) -> u64 {
        self.store.anchor().unwrap().seq
    }

    /// Why a token is refused, if it is.
    fn reason(&self, token: &str) -> Option<Reason> {
        let answer = self.store.verify(self.acme, token.as_bytes(), &Request::new());
        answer.err().map(|error| error.denial().unwrap().reason)
    }
}

/// Lets a disk go on that hangs, also when something panics: lest who waits for it does for ever.
struct GoOn<'d>(&'d Disk);

impl<'d> GoOn<'d> {
    fn once_stuck(disk: &'d Disk) -> Self {
        disk.stick(true);
        Self(disk)
    }
}

impl Drop for GoOn<'_> {
    fn drop(&mut self) {
        self.0.stick(false);
    }
}

/// Runs `first` until it waits for the disk, then `others`, who stand in line in their order;
/// then lets the disk go on.
fn share<'s, T: Send>(
    disk: &Disk,
    store: &Store,
    first: impl FnOnce() -> T + Send + 's,
    others: Vec<Box<dyn FnOnce() -> T + Send + 's>>,
) -> Vec<T> {
    thread::scope(|scope| {
        let go_on = GoOn::once_stuck(disk);
        let mut threads = vec![scope.spawn(first)];
        let others = others.into_iter().map(|other| scope.spawn(other));
        // Each is waited for before the next one is asked for: the map is lazy.
        for next in std::iter::once(None).chain(others.map(Some)) {
            threads.extend(next);
            let last = &threads[threads.len() - 1];
            wait_for(|| {
                let running = threads.iter().filter(|thread| !thread.is_finished()).count();
                last.is_finished() || disk.hangs() && store.writers.waiting() + 1 == running
            });
        }
        drop(go_on);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Waits until what another thread does has come true.
pub(super) fn wait_for(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not come true");
        std::thread::yield_now();
    }
}
