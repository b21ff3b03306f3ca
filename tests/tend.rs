//! Keeping a store in order while it is used: sweeping and compacting.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "common/hands.rs"]
mod hands;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use keycask::{
    Actor, ErrorKind, KeyId, OwnerChange, Progress, RealmRef, Reason, Request, Spec, Step, Store,
    Update,
};

use hands::Hands;

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

struct Scene {
    dir: tempfile::TempDir,
    clock: Hands,
    store: Store,
    told: Arc<Mutex<Vec<Progress>>>,
    /// Whom to tell that the file is being written anew, and for whom to wait then.
    pause: Arc<Mutex<Option<Pause>>>,
}

type Pause = (mpsc::Sender<()>, mpsc::Receiver<()>);

fn by() -> Actor {
    Actor::new("tester")
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let clock = Hands::at("2026-01-01T00:00:00Z");
        let told = Arc::new(Mutex::new(Vec::new()));
        let pause: Arc<Mutex<Option<Pause>>> = Arc::default();
        let (to, pauses) = (Arc::clone(&told), Arc::clone(&pause));
        let options = Store::options().clock(clock.clone());
        let options = options.progress(move |progress: Progress| {
            to.lock().unwrap().push(progress);
            if progress.step == Step::Copy
                && let Some((begun, goes)) = pauses.lock().unwrap().take()
            {
                begun.send(()).unwrap();
                goes.recv().unwrap();
            }
        });
        let store = options.create(dir.path().join("k")).unwrap();
        let scene = Self { dir, clock, store, told, pause };
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
fn deciding_and_reading_go_on_while_the_file_is_written_anew_and_writers_wait() {
    let scene = Scene::new();
    scene.issue("long", 3_200);
    let (key, token) = scene.lasting("long");
    let store = &scene.store;
    let (begun, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel();
    *scene.pause.lock().unwrap() = Some((begun, goes));
    let written = AtomicBool::new(false);
    thread::scope(|scope| {
        let compacting = scope.spawn(|| store.compact().unwrap());
        begins.recv().unwrap();
        scope.spawn(|| {
            store.update(key, &Update::new().name("after"), &by()).unwrap();
            written.store(true, Ordering::Relaxed);
        });
        for _ in 0..100 {
            assert_eq!(scene.reason("long", &token), None);
            assert_eq!(store.key(key).unwrap().name, "");
        }
        assert!(!written.load(Ordering::Relaxed));
        go.send(()).unwrap();
        let compacted = compacting.join().unwrap();
        assert!(compacted.after < compacted.before, "{compacted:?}");
    });
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
