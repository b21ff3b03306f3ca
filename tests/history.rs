//! Verifies on two threads while a third takes keys' rights away: no verify that began after a
//! denial had returned is granted what was taken away, and none that ended before it began is
//! refused. `KEYCASK_HISTORY_KEYS` says how many keys live and die in it, between some hundred and
//! some ten thousand verifies each.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use keycask::{
    Actor, Issued, KeyId, OwnerChange, Pepper, RealmRef, Request, Rotation, Spec, Store, Update,
};

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[scope]]
name = "read"
[[scope]]
name = "write"
"#;

/// Keys of one store. More are as many stores one after another, so that any number of them takes
/// the same memory, and the table grows from small in each.
const ROUND: usize = 1_000;

/// Keys at a time that are presented over and over.
const WATCHED: usize = 16;

const READERS: usize = 2;

/// What happened to one key.
struct Life {
    /// The first moment after the call that took its rights away had begun, if it has.
    denying: AtomicU64,
    /// The last moment before the call that took its rights away had returned, if it has.
    denied: AtomicU64,
    /// The moment in which the last verify began that granted it, if any did.
    granted: AtomicU64,
    /// The first moment in which a verify ended that refused it, if any did.
    refused: AtomicU64,
}

/// What happened to all keys, on one scale of moments. Verifies only read it for the most part, so
/// that they wait for nothing but the store.
struct History {
    /// The moment that it is. A denial makes it the next when it begins and when it has returned.
    moment: AtomicU64,
    /// How many rounds each reader has made among the keys that are watched.
    rounds: [AtomicU64; READERS],
    grants: AtomicU64,
    lives: Vec<Life>,
}

impl History {
    fn new(keys: usize) -> Self {
        let life = || Life {
            denying: AtomicU64::new(u64::MAX),
            denied: AtomicU64::new(u64::MAX),
            granted: AtomicU64::new(0),
            refused: AtomicU64::new(u64::MAX),
        };
        let lives = (0..keys).map(|_| life()).collect();
        let rounds = [0; READERS].map(AtomicU64::new);
        Self { moment: AtomicU64::new(1), rounds, grants: AtomicU64::new(0), lives }
    }

    /// The moment that it is. Where it is later than that of a denial, the denial had returned.
    fn now(&self) -> u64 {
        self.moment.load(Ordering::SeqCst)
    }

    fn note_denying(&self, key: usize) {
        let last = self.moment.fetch_add(1, Ordering::SeqCst);
        self.lives[key].denying.store(last + 1, Ordering::Relaxed);
    }

    fn note_denial(&self, key: usize) {
        let last = self.moment.fetch_add(1, Ordering::SeqCst);
        self.lives[key].denied.store(last, Ordering::Relaxed);
    }

    fn note_grant(&self, key: usize, began: u64) {
        let granted = &self.lives[key].granted;
        if granted.load(Ordering::Relaxed) < began {
            granted.fetch_max(began, Ordering::Relaxed);
        }
    }

    fn note_refusal(&self, key: usize, ended: u64) {
        let refused = &self.lives[key].refused;
        if refused.load(Ordering::Relaxed) > ended {
            refused.fetch_min(ended, Ordering::Relaxed);
        }
    }

    /// Waits until each reader has made a round that begins from now on, unless all is over.
    fn wait_for_a_round(&self, is_over: &AtomicBool) {
        let rounds = || self.rounds.each_ref().map(|rounds| rounds.load(Ordering::Relaxed));
        let begun = rounds().map(|rounds| rounds + 1);
        let is_behind = || rounds().iter().zip(begun).any(|(rounds, begun)| *rounds <= begun);
        while is_behind() && !is_over.load(Ordering::Acquire) {
            thread::yield_now();
        }
    }

    /// The keys that were granted to a verify that began after they had been denied, or refused to
    /// one that ended before.
    fn wrong(&self) -> usize {
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let is_wrong = |life: &&Life| {
            load(&life.granted) > load(&life.denied) || load(&life.refused) < load(&life.denying)
        };
        self.lives.iter().filter(is_wrong).count()
    }
}

struct Scene {
    _dir: tempfile::TempDir,
    store: Store,
    acme: RealmRef,
    request: Request,
}

impl Scene {
    fn new() -> Self {
        let by = by();
        // In memory, where there is such a place: a denial takes less time, so that there are more.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let store = Store::create(dir.path().join("keys.redb")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by).unwrap();
        let write = store.profile(acme).unwrap().scope_set(["write"]).unwrap();
        Self { _dir: dir, store, acme, request: Request::new().needs(write) }
    }

    fn spec(&self) -> Spec {
        Spec::new(self.acme, "live", "o").scopes(["read", "write"])
    }

    fn is_granted(&self, token: &str) -> bool {
        self.store.verify(self.acme, token.as_bytes(), &self.request).is_ok()
    }

    /// Takes the right to write from a key, in one of the ways that there are.
    fn deny(&self, key: KeyId, way: usize) {
        let (store, by) = (&self.store, by());
        match way % 4 {
            0 => drop(store.revoke(key, &by).unwrap()),
            1 => drop(store.rotate(key, &Rotation::new().grace(Duration::ZERO), &by).unwrap()),
            2 => drop(store.suspend(key, &by).unwrap()),
            _ => drop(store.update(key, &Update::new().scopes(["read"]), &by).unwrap()),
        }
    }
}

/// The table grows, and the slots of keys that are watched move.
fn grow(scene: &Scene, key: usize, _: &[Issued]) {
    if key.is_multiple_of(8) {
        scene.store.issue_many(&vec![scene.spec(); 64], &by()).unwrap();
    }
}

/// All keys that are left come over to another pepper, and the one before is retired.
fn turn_pepper(scene: &Scene, key: usize, issued: &[Issued]) {
    if !key.is_multiple_of(8) {
        return;
    }
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&(key as u64).to_le_bytes());
    scene.store.rotate_pepper(Pepper::new(&bytes), &by()).unwrap();
    while scene.store.pepper_status().unwrap().left > 0 {
        for issued in issued {
            let token = issued.token.expose().as_bytes();
            let _ = scene.store.verify(scene.acme, token, &Request::new());
        }
        scene.store.rehash().unwrap();
    }
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 0);
}

fn by() -> Actor {
    Actor::new("tester")
}

/// Ends the run with the thread that has it, also when that panics, lest the others go on for ever.
struct Finish<'a>(&'a AtomicBool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Lets `keys` keys live and die, and gives the history. Each is denied by `deny`, which tells when
/// that has returned; then `meanwhile` does what else happens.
fn run(
    scene: &Scene,
    keys: usize,
    deny: impl Fn(&Scene, KeyId, usize, &dyn Fn()),
    meanwhile: impl Fn(&Scene, usize, &[Issued]),
) -> History {
    let history = History::new(keys);
    let issued = scene.store.issue_many(&vec![scene.spec(); keys], &by()).unwrap();
    let tokens: Vec<&str> = issued.iter().map(|issued| issued.token.expose()).collect();
    let (turn, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for rounds in &history.rounds {
            let (history, tokens, turn, done) = (&history, &tokens, &turn, &done);
            scope.spawn(move || {
                let _finish = Finish(done);
                let mut grants = 0;
                while !done.load(Ordering::Acquire) {
                    // Those whose turn it is, those who have had it, and those who are next.
                    let first = turn.load(Ordering::Relaxed).saturating_sub(WATCHED / 2);
                    for key in first..first + WATCHED {
                        let key = key.min(keys - 1);
                        let began = history.now();
                        if scene.is_granted(tokens[key]) {
                            grants += 1;
                            history.note_grant(key, began);
                        } else {
                            history.note_refusal(key, history.now());
                        }
                    }
                    rounds.fetch_add(1, Ordering::Relaxed);
                }
                history.grants.fetch_add(grants, Ordering::Relaxed);
            });
        }
        let _finish = Finish(&done);
        for (key, Issued { key: info, .. }) in issued.iter().enumerate() {
            turn.store(key, Ordering::Relaxed);
            // It is granted before, and whether it still is after, the next round tells.
            history.wait_for_a_round(&done);
            history.note_denying(key);
            deny(scene, info.key_id, key, &|| history.note_denial(key));
            meanwhile(scene, key, &issued);
        }
        history.wait_for_a_round(&done);
    });
    history
}

/// Lets so many keys as are asked for live and die, a round of them in a store. Nothing is wrong.
fn run_all(
    deny: impl Fn(&Scene, KeyId, usize),
    meanwhile: impl Fn(&Scene, usize, &[Issued]) + Copy,
) {
    let keys = env::var("KEYCASK_HISTORY_KEYS").map_or(100, |keys| keys.parse().unwrap());
    let (mut left, mut verifies, mut grants) = (keys, 0, 0);
    while left > 0 {
        let some = left.min(ROUND);
        let deny = |scene: &Scene, key, way, returned: &dyn Fn()| {
            deny(scene, key, way);
            returned();
        };
        let history = run(&Scene::new(), some, deny, meanwhile);
        assert_eq!(history.wrong(), 0);
        let rounds = history.rounds.map(AtomicU64::into_inner).iter().sum::<u64>();
        verifies += rounds * WATCHED as u64;
        grants += history.grants.into_inner();
        left -= some;
    }
    println!("history: {keys} denials, {grants} grants, {verifies} verifies");
    assert!(grants > 0, "the readers saw nothing");
}

#[test]
fn p7_no_verify_that_begins_after_a_denial_has_returned_is_granted_the_key() {
    run_all(Scene::deny, grow);
}

/// A key that is on its way from one pepper to the next is found at every moment.
#[test]
fn p44_no_verify_is_refused_while_keys_come_over_to_another_pepper() {
    // By calls that leave no key behind that no verify grants.
    run_all(|scene, key, way| scene.deny(key, [0, 3][way % 2]), turn_pepper);
}

#[test]
fn a_key_that_is_refused_for_a_moment_is_found() {
    let deny = |scene: &Scene, key, way, returned: &dyn Fn()| {
        scene.deny(key, way);
        returned();
    };
    let is_found = || {
        let history = run(&Scene::new(), 20, deny, |scene, key, issued| {
            let Some(next) = issued.get(key + 1) else { return };
            scene.store.suspend(next.key.key_id, &by()).unwrap();
            scene.store.resume(next.key.key_id, &by()).unwrap();
        });
        history.wrong() > 0
    };
    assert!((0..20).any(|_| is_found()));
}

#[test]
fn a_denial_that_returns_before_it_holds_is_found() {
    let scene = Scene::new();
    let late = Mutex::new(None);
    let history = run(
        &scene,
        50,
        |scene, key, way, returned| {
            // Each call does what the one before it should have done.
            let before = late.lock().unwrap().replace(key);
            if let Some(before) = before {
                scene.deny(before, way);
            }
            returned();
        },
        grow,
    );
    assert!(history.wrong() > 0);
}

/// What is wrong is the time that a call takes until the key is denied in memory. A reader looks in
/// it sooner or later.
#[test]
fn a_denial_that_returns_just_before_it_holds_is_found() {
    let is_found = || {
        let history = run(
            &Scene::new(),
            100,
            |scene, key, way, returned| {
                returned();
                scene.deny(key, way);
            },
            grow,
        );
        println!("history: {} of 100 keys are granted after an early word", history.wrong());
        history.wrong() > 0
    };
    assert!((0..20).any(|_| is_found()));
}
