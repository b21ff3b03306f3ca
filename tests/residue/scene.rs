//! A store, and what is known of its tokens.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use keycask::{
    Actor, Clock, Issued, OwnerChange, Pepper, RealmRef, SealingKey, Spec, Store, SystemClock,
    Timestamp, Token,
};
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use crate::memory::Known;

const PROFILE: &str = r#"
realm = "acme"
[present]
headers = [{ name = "Authorization", scheme = "Bearer" }]
[[kind]]
name = "live"
prefix = "acme_"
body = 32
checksum = "crc32"
[[kind]]
name = "shown"
prefix = "show_"
body = 32
reveal = true
[[scope]]
name = "read"
[[scope]]
name = "write"
"#;

/// Bytes that are drawn at once for the body of a token.
const DRAW: usize = 64;

/// A store whose tokens are known, under masks, and one whose are, too, and mean nothing to it.
pub struct Scene {
    pub path: PathBuf,
    pub store: Store,
    pub realm: RealmRef,
    /// The texts of tokens and the bytes that they were made of.
    known: Arc<Mutex<Known>>,
    is_stopped: Arc<AtomicBool>,
    keeps_draws: Arc<AtomicBool>,
}

impl Scene {
    pub fn new(path: PathBuf, known: &Arc<Mutex<Known>>) -> Self {
        Self::with(path, known, &[7; 32], &[9; 32])
    }

    pub fn with(
        path: PathBuf,
        known: &Arc<Mutex<Known>>,
        pepper: &[u8; 32],
        sealing_key: &[u8; 32],
    ) -> Self {
        let (is_stopped, keeps_draws) = (Arc::default(), Arc::default());
        let clock = Stopping { clock: SystemClock::new(), is_stopped: Arc::clone(&is_stopped) };
        let noted = Noted { known: Arc::clone(known), keeps: Arc::clone(&keeps_draws) };
        let options = Store::options().import_secret("old", b"salt").clock(clock);
        let options = options.random(noted).cache_bytes(1 << 20);
        let options = options.pepper(Pepper::new(pepper)).sealing_key(SealingKey::new(sealing_key));
        let store = options.create(&path).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let realm = store.realm("acme").unwrap();
        store.set_owner(realm, "o", &OwnerChange::new(), &by()).unwrap();
        Self { path, store, realm, known: Arc::clone(known), is_stopped, keeps_draws }
    }

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    pub fn learn(&self, token: &Token) {
        self.known().add(token.expose().as_bytes());
    }

    pub fn spec(&self, kind: &str) -> Spec {
        Spec::new(self.realm, kind, "o").scopes(["read"])
    }

    /// A key whose token is known.
    pub fn issue(&self, kind: &str) -> Issued {
        let issued = self.store.issue(&self.spec(kind), &by()).unwrap();
        self.learn(&issued.token);
        issued
    }

    /// From now on, whether who asks for the time panics.
    pub fn stop_the_clock(&self, stopped: bool) {
        self.is_stopped.store(stopped, Ordering::Relaxed);
    }

    /// From now on, whether what is drawn is left in memory: a mistake.
    pub fn keep_draws(&self, keep: bool) {
        self.keeps_draws.store(keep, Ordering::Relaxed);
    }
}

pub fn by() -> Actor {
    Actor::new("tester")
}

/// Logs a value as an application would.
pub fn log(value: impl Debug) {
    eprintln!("{value:?}");
    eprintln!("{value:#?}");
}

/// A text of pieces, in a buffer that does not grow and is wiped.
pub fn text(pieces: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(pieces.iter().map(|it| it.len()).sum()));
    pieces.iter().for_each(|piece| text.extend_from_slice(piece));
    text
}

/// The system's clock, until it is stopped.
struct Stopping {
    clock: SystemClock,
    is_stopped: Arc<AtomicBool>,
}

impl Clock for Stopping {
    fn now(&self) -> Timestamp {
        assert!(!self.is_stopped.load(Ordering::Relaxed), "the clock stands");
        self.clock.now()
    }

    fn uptime(&self) -> Duration {
        self.clock.uptime()
    }
}

/// The system's source of randomness. What is drawn for a token is known.
struct Noted {
    known: Arc<Mutex<Known>>,
    keeps: Arc<AtomicBool>,
}

impl TryRng for Noted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        getrandom::fill(bytes).unwrap();
        if bytes.len() == DRAW {
            self.known.lock().unwrap().add(bytes);
            if self.keeps.load(Ordering::Relaxed) {
                // Seen by nobody, it would not be made.
                std::mem::forget(black_box(Box::<[u8]>::from(&*bytes)));
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Noted {}
