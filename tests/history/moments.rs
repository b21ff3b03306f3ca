//! What happened to each key, on one scale of moments.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

pub const READERS: usize = 2;

/// No key.
const NONE: usize = usize::MAX;

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

/// What happened to all keys. Verifies only read it for the most part, so that they wait for
/// nothing but the store.
pub struct History {
    /// The moment that it is. A denial makes it the next when it begins and when it has returned.
    moment: AtomicU64,
    /// How many rounds each reader has made among the keys that are watched.
    rounds: [AtomicU64; READERS],
    /// A key that is watched beside those whose turn it is.
    also: AtomicUsize,
    grants: AtomicU64,
    /// How often something else was done meanwhile.
    meanwhile: AtomicU64,
    lives: Vec<Life>,
}

impl History {
    pub fn new(keys: usize) -> Self {
        let life = || Life {
            denying: AtomicU64::new(u64::MAX),
            denied: AtomicU64::new(u64::MAX),
            granted: AtomicU64::new(0),
            refused: AtomicU64::new(u64::MAX),
        };
        Self {
            moment: AtomicU64::new(1),
            rounds: [0; READERS].map(AtomicU64::new),
            also: AtomicUsize::new(NONE),
            grants: AtomicU64::new(0),
            meanwhile: AtomicU64::new(0),
            lives: (0..keys).map(|_| life()).collect(),
        }
    }

    /// The moment that it is. Where it is later than that of a denial, the denial had returned.
    pub fn now(&self) -> u64 {
        self.moment.load(Ordering::SeqCst)
    }

    /// Ends a moment, and gives it.
    pub fn pass(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }

    pub fn note_denying(&self, key: usize) {
        let last = self.pass();
        self.lives[key].denying.store(last + 1, Ordering::Relaxed);
    }

    /// The call that was to take the key's rights away had returned after `last`.
    pub fn note_denial(&self, key: usize, last: u64) {
        self.lives[key].denied.store(last, Ordering::Relaxed);
    }

    /// The call that might have taken the key's rights away did not.
    pub fn note_spared(&self, key: usize) {
        self.lives[key].denying.store(u64::MAX, Ordering::Relaxed);
    }

    pub fn note_grant(&self, key: usize, began: u64) {
        let granted = &self.lives[key].granted;
        if granted.load(Ordering::Relaxed) < began {
            granted.fetch_max(began, Ordering::Relaxed);
        }
    }

    pub fn note_refusal(&self, key: usize, ended: u64) {
        let refused = &self.lives[key].refused;
        if refused.load(Ordering::Relaxed) > ended {
            refused.fetch_min(ended, Ordering::Relaxed);
        }
    }

    /// A reader has made one more round, with so many grants.
    pub fn note_round(&self, reader: usize, grants: u64) {
        self.grants.fetch_add(grants, Ordering::Relaxed);
        self.rounds[reader].fetch_add(1, Ordering::Relaxed);
    }

    pub fn note_meanwhile(&self) {
        self.meanwhile.fetch_add(1, Ordering::Relaxed);
    }

    /// Has this key watched, too, from now on, or no key but those whose turn it is.
    pub fn watch_also(&self, key: Option<usize>) {
        self.also.store(key.unwrap_or(NONE), Ordering::Relaxed);
    }

    pub fn also(&self) -> Option<usize> {
        Some(self.also.load(Ordering::Relaxed)).filter(|key| *key != NONE)
    }

    /// Waits until each reader has made a round that begins from now on, unless all is over.
    pub fn wait_for_a_round(&self, is_over: &AtomicBool) {
        let rounds = || self.rounds.each_ref().map(|rounds| rounds.load(Ordering::Relaxed));
        let begun = rounds().map(|rounds| rounds + 1);
        let is_behind = || rounds().iter().zip(begun).any(|(rounds, begun)| *rounds <= begun);
        while is_behind() && !is_over.load(Ordering::Acquire) {
            thread::yield_now();
        }
    }

    /// The keys that were granted to a verify that began after they had been denied, or refused to
    /// one that ended before.
    pub fn wrong(&self) -> Vec<usize> {
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let is_wrong = |key: &usize| {
            let life = &self.lives[*key];
            load(&life.granted) > load(&life.denied) || load(&life.refused) < load(&life.denying)
        };
        (0..self.lives.len()).filter(is_wrong).collect()
    }

    /// How many of these keys were denied.
    pub fn denials(&self, keys: impl Iterator<Item = usize>) -> usize {
        let is_denied = |key: &usize| self.lives[*key].denied.load(Ordering::Relaxed) < u64::MAX;
        keys.filter(is_denied).count()
    }

    /// How many rounds the readers made, how many keys they were granted, and how often something
    /// else was done meanwhile.
    pub fn counts(&self) -> [u64; 3] {
        let rounds = self.rounds.iter().map(|rounds| rounds.load(Ordering::Relaxed)).sum();
        let [grants, meanwhile] =
            [&self.grants, &self.meanwhile].map(|count| count.load(Ordering::Relaxed));
        [rounds, grants, meanwhile]
    }
}
