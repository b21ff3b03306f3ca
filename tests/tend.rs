//! Keeping a store in order while it is used: sweeping and compacting.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use keycask::{
    Actor, Clock, ErrorKind, KeyId, OwnerChange, Progress, RealmRef, Reason, Request, Spec, Step,
    Store, Timestamp, Update,
};

/// Two realms of which one retains nothing and the other everything.
const PROFILE: &str = r#"
realm = "NAME"
[[kind]]
name = "live"
prefix = "NAME_"
body = 32
[[scope]]
name = "read"
[policy]
retain = "RETAIN"
"#;

const DAY: Duration = Duration::from_secs(86_400);

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn forward(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_767_225_600_000 + self.0.load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.load(Ordering::Relaxed)).unwrap())
    }
}

struct Scene {
    dir: tempfile::TempDir,
    clock: Hands,
    store: Store,
    told: Arc<Mutex<Vec<Progress>>>,
}

fn by() -> Actor {
    Actor::new("tester")
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let clock = Hands(Arc::new(AtomicI64::new(0)));
        let told = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&told);
        let options = Store::options().clock(clock.clone());
        let options = options.progress(move |progress| to.lock().unwrap().push(progress));
        let store = options.create(dir.path().join("k")).unwrap();
        let scene = Self { dir, clock, store, told };
        scene.realm("brief", "0s");
        scene.realm("long", "36500d");
        scene
    }

    fn realm(&self, name: &str, retain: &str) {
        let profile = PROFILE.replace("NAME", name).replace("RETAIN", retain);
        self.store.apply_realm(name, &profile, &by()).unwrap();
        let realm = self.store.realm(name).unwrap();
        self.store.set_owner(realm, "o", &OwnerChange::new(), &by()).unwrap();
    }

    fn named(&self, realm: &str) -> RealmRef {
        self.store.realm(realm).unwrap()
    }

    /// Issues `count` keys of `realm` that end after a day, from several threads, so that they
    /// share commits.
    fn issue(&self, realm: &str, count: usize) {
        let spec = Spec::new(self.named(realm), "live", "o").scopes(["read"]).life(DAY);
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..count / 16 {
                        self.store.issue(&spec, &by()).unwrap();
                    }
                });
            }
        });
    }

    /// A key that does not end, and its token.
    fn lasting(&self, realm: &str) -> (KeyId, String) {
        let issued = self.store.issue(&Spec::new(self.named(realm), "live", "o"), &by()).unwrap();
        (issued.key.key_id, issued.token.expose().to_owned())
    }

    fn reason(&self, realm: &str, token: &str) -> Option<Reason> {
        let answer = self.store.verify(self.named(realm), token.as_bytes(), &Request::new());
        answer.err().map(|error| error.denial().unwrap().reason)
    }
}

#[test]
fn a_sweep_until_nothing_is_left_takes_what_each_profile_lets_it_and_tells_how_far_it_is() {
    let scene = Scene::new();
    scene.issue("brief", 2_400);
    scene.issue("long", 320);
    let (_, token) = scene.lasting("brief");
    scene.clock.forward(DAY);
    scene.told.lock().unwrap().clear();
    assert_eq!(scene.store.sweep_all(&by()).unwrap(), 2_400);
    let told = scene.told.lock().unwrap().clone();
    let (first, last) = (told[0], told[told.len() - 1]);
    assert_eq!((first.step, first.done, first.total), (Step::Sweep, 0, 2_400));
    assert_eq!((last.done, last.total), (2_400, 2_400));
    assert_eq!(scene.store.stats().unwrap().keys, 321);
    assert_eq!(scene.reason("brief", &token), None);
    assert_eq!(scene.store.sweep_all(&by()).unwrap(), 0);
    scene.store.check().unwrap();
}

#[test]
fn a_writer_waits_for_one_batch_of_a_sweep_and_not_for_the_sweep() {
    let scene = Scene::new();
    scene.issue("brief", 6_400);
    let (key, _) = scene.lasting("long");
    scene.clock.forward(DAY);
    let (done, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let number = written.load(Ordering::Relaxed) + 1;
                let update = Update::new().name(number.to_string());
                scene.store.update(key, &update, &by()).unwrap();
                written.store(number, Ordering::Relaxed);
            }
        });
        while written.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        let mut seen = Vec::new();
        while scene.store.sweep(1_000, &by()).unwrap().more {
            seen.push(written.load(Ordering::Relaxed));
        }
        done.store(true, Ordering::Relaxed);
        // It has its turn between any two batches, so in any three of them at least once.
        assert_eq!(seen.len(), 6);
        assert!(seen.windows(3).all(|batches| batches[0] < batches[2]), "{seen:?}");
    });
}

#[test]
fn deciding_and_reading_go_on_while_the_file_is_written_anew_and_writers_wait() {
    let scene = Scene::new();
    scene.issue("long", 3_200);
    let (key, token) = scene.lasting("long");
    let (store, steps) = (&scene.store, AtomicUsize::new(0));
    let (begun, written) = (AtomicBool::new(false), AtomicBool::new(false));
    scene.told.lock().unwrap().clear();
    thread::scope(|scope| {
        scope.spawn(|| {
            // Who is told of the first step has the turn.
            while scene.told.lock().unwrap().is_empty() {
                thread::yield_now();
            }
            begun.store(true, Ordering::Relaxed);
            store.update(key, &Update::new().name("after"), &by()).unwrap();
            written.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            while !begun.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            while scene.told.lock().unwrap().last().is_some_and(|p| p.done < p.total) {
                assert_eq!(scene.reason("long", &token), None);
                assert_eq!(store.key(key).unwrap().name, "");
                assert!(!written.load(Ordering::Relaxed));
                steps.fetch_add(1, Ordering::Relaxed);
            }
        });
        let compacted = store.compact().unwrap();
        assert!(compacted.after < compacted.before, "{compacted:?}");
    });
    assert!(steps.load(Ordering::Relaxed) > 0);
    assert_eq!(store.key(key).unwrap().name, "after");
    store.check().unwrap();
    let Scene { dir, clock, store, .. } = scene;
    store.close().unwrap();
    let path = dir.path().join("k");
    let store = Store::options().clock(clock.clone()).open(&path).unwrap();
    store.check().unwrap();
    assert_eq!(store.key(key).unwrap().name, "after");
    let reader = Store::options().clock(clock).read_only(true).open(&path).unwrap();
    assert_eq!(reader.compact().unwrap_err().kind(), ErrorKind::ReadOnly);
}
