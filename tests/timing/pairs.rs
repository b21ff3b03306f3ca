//! Classes of tokens, two by two, between which a stranger is to see no difference, and some
//! between which there may be one, if it is small.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use keycask::{KeyId, Pepper, Reason, Request, Spec, Store};

use crate::numbers::Numbers;
use crate::shapes::{Scene, by};
use crate::welch::Times;

const PEPPER: [u8; 32] = [7; 32];
const PREFIX: &[u8] = b"acme_";
const LEN: usize = PREFIX.len() + 32;
/// How many keys there are of each sort.
const KEYS: usize = 8;

/// How many nanoseconds two decisions may differ by that differ in what they have to do: several
/// times what is measured, and less than what waits, reads or walks through a list takes.
const OTHER_WORK: f64 = 100.0;
/// The same where they do the same work, on other parts of a token.
const SAME_WORK: f64 = 5.0;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many tokens there are at a time, of which each measurement takes one, and how many
/// measurements there are before others are drawn. A token has a time of its own, by where it is
/// looked for, and by what it pushes out of the processor's cache from where it stands: each is
/// measured so seldom that this is no part of the difference of two classes.
const TOKENS: usize = 512;
const DRAWN_FOR: u64 = 4096;

/// Fills `body` with characters of a token.
fn fill(numbers: &mut Numbers, body: &mut [u8]) {
    for character in body {
        *character = BASE62[(numbers.next() % 62) as usize];
    }
}

/// Draws a token of one class or the other: of 0 or 1.
type Draw<'w> = Box<dyn Fn(&mut Numbers, usize) -> Vec<u8> + 'w>;

/// Two classes of tokens of one length.
pub struct Pair<'w> {
    pub name: &'static str,
    /// How many nanoseconds they may differ by. If none are named, no difference is to be seen.
    pub most: Option<f64>,
    draw: Draw<'w>,
}

/// A store with few keys, so that nothing but what a token is makes a difference: none of them
/// stands in another's way, and all of the table is in the processor's cache.
pub struct World {
    scene: Scene,
    /// The token of a live key.
    known: Vec<u8>,
    live: Vec<Vec<u8>>,
    revoked: Vec<Vec<u8>>,
    expired: Vec<Vec<u8>>,
    /// Tokens with a checksum.
    checked: Vec<Vec<u8>>,
}

impl World {
    pub fn new() -> Self {
        let scene = Scene::with(Store::options().pepper(Pepper::new(&PEPPER)));
        let issue = |spec: &Spec| {
            let issued = scene.store.issue(spec, &by()).unwrap();
            (issued.key.key_id, issued.token.expose().as_bytes().to_vec())
        };
        let some = |spec: Spec| (0..KEYS).map(|_| issue(&spec)).unzip();
        let spec = |kind| Spec::new(scene.acme, kind, "o");
        let (keys, revoked): (Vec<KeyId>, _) = some(spec("live"));
        for key in keys {
            scene.store.revoke(key, &by()).unwrap();
        }
        let (_, expired): (Vec<_>, Vec<Vec<u8>>) = some(spec("live").life(Duration::from_secs(1)));
        let (_, checked): (Vec<_>, _) = some(spec("checked"));
        let (_, live): (Vec<_>, Vec<Vec<u8>>) = some(spec("live"));
        let world = Self { known: live[0].clone(), scene, live, revoked, expired, checked };
        while world.refused(&world.expired[KEYS - 1]) != Some(Reason::Expired) {
            thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(world.refused(&world.revoked[0]), Some(Reason::Revoked));
        assert_eq!(world.refused(&world.live[0]), None);
        world
    }

    fn refused(&self, token: &[u8]) -> Option<Reason> {
        let answer = self.scene.store.verify(self.scene.acme, token, &Request::new());
        answer.err().map(|error| error.denial().unwrap().reason)
    }

    /// All pairs.
    pub fn pairs(&self) -> Vec<Pair<'_>> {
        let pair = |name, most, draw| Pair { name, most, draw };
        let last_four = LEN - 4;
        vec![
            pair("the same class twice", None, Box::new(|numbers, _| self.nobody(numbers))),
            pair(
                "body: other from the first character, or from the eighth to last",
                None,
                Box::new(|numbers, class| {
                    let mut token = self.nobody(numbers);
                    if class == 1 {
                        token[..LEN - 8].copy_from_slice(&self.known[..LEN - 8]);
                    }
                    token
                }),
            ),
            // A slot compares digests as two words of 64 bits, without a branch. The classes of
            // this pair are a few bits apart, far less than a word: so nothing but a comparison bit
            // by bit or byte by byte, up to the first difference, could show here, and none is
            // planted. One word by word does not: no digest is drawn of which a whole word is the
            // key's.
            pair(
                "digest: other in the first bit, or not in the first eight",
                None,
                Box::new(move |numbers, class| {
                    let mut token = self.known.clone();
                    loop {
                        fill(numbers, &mut token[PREFIX.len()..last_four]);
                        let common = self.bits_in_common(&token);
                        if if class == 0 { common == 0 } else { common >= 8 } {
                            return token;
                        }
                    }
                }),
            ),
            pair(
                "last four: nobody's, or a live key's",
                Some(SAME_WORK),
                Box::new(move |numbers, class| {
                    let mut token = self.nobody(numbers);
                    if class == 1 {
                        token[last_four..].copy_from_slice(&self.known[last_four..]);
                    }
                    token
                }),
            ),
            pair(
                "checksum: wrong in the first character, or in the last",
                Some(SAME_WORK),
                Box::new(|numbers, class| {
                    let mut token = self.any(&self.checked, numbers);
                    let at = token.len() - [6, 1][class];
                    token[at] = if token[at] == b'x' { b'y' } else { b'x' };
                    token
                }),
            ),
            pair(
                "unknown, or revoked",
                Some(OTHER_WORK),
                Box::new(|numbers, class| match class {
                    0 => self.nobody(numbers),
                    _ => self.any(&self.revoked, numbers),
                }),
            ),
            pair(
                "unknown, or granted",
                Some(OTHER_WORK),
                Box::new(|numbers, class| match class {
                    0 => self.nobody(numbers),
                    _ => self.any(&self.live, numbers),
                }),
            ),
            pair(
                "expired, or granted",
                Some(OTHER_WORK),
                Box::new(|numbers, class| self.any([&self.expired, &self.live][class], numbers)),
            ),
        ]
    }

    fn nobody(&self, numbers: &mut Numbers) -> Vec<u8> {
        let mut token = self.known.clone();
        fill(numbers, &mut token[PREFIX.len()..]);
        token
    }

    fn any(&self, tokens: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
        tokens[(numbers.next() % tokens.len() as u64) as usize].clone()
    }

    /// How many bits of its digest, from the first on, a token has in common with the live key.
    fn bits_in_common(&self, token: &[u8]) -> u32 {
        let word = |token: &[u8]| {
            let hash = blake3::keyed_hash(&PEPPER, token);
            u64::from_le_bytes(*hash.as_bytes().first_chunk().unwrap())
        };
        (word(token) ^ word(&self.known)).trailing_zeros()
    }

    /// Decides about a token: what is measured.
    pub fn verify(&self, token: &[u8]) -> u64 {
        u64::from(self.scene.store.verify(self.scene.acme, token, &Request::new()).is_ok())
    }

    /// A mistake that must be seen: a key that is revoked takes some steps more.
    pub fn verify_revoked_in(&self, steps: Steps, token: &[u8]) -> u64 {
        let is_slow = self.revoked.iter().any(|revoked| revoked == token);
        self.verify(steps.then(token, is_slow))
    }

    /// A mistake that must be seen: the last four characters of a live key take some steps more.
    pub fn verify_last_four_in(&self, steps: Steps, token: &[u8]) -> u64 {
        let last_four = LEN - 4;
        self.verify(steps.then(token, token[last_four..] == self.known[last_four..]))
    }

    /// A mistake that must be seen: the token is compared with the key's, too, up to the first
    /// character that differs.
    pub fn verify_and_compare(&self, token: &[u8]) -> u64 {
        let same = token.iter().zip(&self.known).take_while(|(one, other)| one == other);
        self.verify(token) + same.count() as u64
    }
}

/// Steps of the processor's, each of which needs the one before: a wait that is shorter than it
/// takes to read a clock.
#[derive(Clone, Copy)]
pub struct Steps(u64);

impl Steps {
    /// As many as take so long.
    pub fn taking(nanoseconds: f64) -> Self {
        let many = 10_000;
        let time = |_| {
            let start = Instant::now();
            black_box(take(black_box(many)));
            start.elapsed().as_nanos()
        };
        // What takes longest was interrupted.
        let least = (0..100).map(time).min().unwrap();
        Self((nanoseconds * many as f64 / least as f64).ceil() as u64)
    }

    /// The token, after the steps if it is slow. Where it begins is known by the last of them, so
    /// that the processor does nothing with it meanwhile.
    fn then(self, token: &[u8], is_slow: bool) -> &[u8] {
        let last = take(if is_slow { self.0 } else { 0 });
        &token[usize::from(last == u64::MAX)..]
    }
}

/// Takes steps, and gives what the last one comes to, which for so few is not all ones.
fn take(steps: u64) -> u64 {
    (0..steps).fold(0, |value: u64, _| value.wrapping_mul(FACTOR).wrapping_add(1))
}

/// What a step multiplies by: Knuth's, of his generator for 64 bits.
const FACTOR: u64 = 6_364_136_223_846_793_005;

/// Measures `run` so many times, each with a token of a class that chance chooses.
pub fn measure(pair: &Pair<'_>, seed: u64, amount: u64, run: impl Fn(&[u8]) -> u64) -> Times {
    let (mut numbers, mut times) = (Numbers::new(seed), Times::new());
    let mut tokens = Vec::new();
    // Every token is read from the same place, where it has just been written.
    let mut room = (pair.draw)(&mut numbers, 0);
    for turn in 0..amount {
        if turn.is_multiple_of(DRAWN_FOR) {
            // Where a class stands is chosen anew, too.
            let mut draw = |_| {
                let class = (numbers.next() & 1) as usize;
                (class, (pair.draw)(&mut numbers, class))
            };
            tokens = (0..TOKENS).map(&mut draw).collect();
        }
        let (class, drawn) = &tokens[numbers.next() as usize % TOKENS];
        room.copy_from_slice(drawn);
        let token = black_box(&*room);
        let start = Instant::now();
        black_box(run(token));
        times.add(*class, start.elapsed().as_nanos());
    }
    times
}
