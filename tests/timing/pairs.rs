//! Classes of tokens, two by two, between which a stranger is to see no difference, and some
//! between which he may.

use std::hint::black_box;
use std::time::Instant;

use keycask::{Actor, OwnerChange, Pepper, RealmRef, Request, Spec, Store};

use crate::welch::Times;

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_"
body = 32
checksum = "none"
[[kind]]
name = "checked"
prefix = "chkd_"
body = 32
"#;

const PEPPER: [u8; 32] = [7; 32];
const PREFIX: &[u8] = b"acme_";
const LEN: usize = PREFIX.len() + 32;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many tokens a class has, of which each measurement takes one.
const TOKENS: usize = 256;

/// A small, fast and repeatable source of numbers (SplitMix64).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn fill(&mut self, body: &mut [u8]) {
        for character in body {
            *character = BASE62[(self.next() % 62) as usize];
        }
    }
}

/// Two classes of tokens of one length.
pub struct Pair {
    pub name: &'static str,
    /// Whether no difference is to be seen.
    pub hidden: bool,
    classes: [Vec<Vec<u8>>; 2],
}

/// A store with few keys, so that nothing but what a token is makes a difference: none of them
/// stands in another's way, and all of the table is in the processor's cache.
pub struct World {
    _dir: tempfile::TempDir,
    store: Store,
    realm: RealmRef,
    /// The token of a live key.
    known: Vec<u8>,
    /// Tokens of revoked keys.
    revoked: Vec<Vec<u8>>,
    /// A token with a checksum.
    checked: Vec<u8>,
}

impl World {
    pub fn new() -> Self {
        let (dir, by) = (tempfile::tempdir().unwrap(), Actor::new("tester"));
        let options = Store::options().pepper(Pepper::new(&PEPPER));
        let store = options.create(dir.path().join("keys.keycask")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by).unwrap();
        let realm = store.realm("acme").unwrap();
        store.set_owner(realm, "o", &OwnerChange::new(), &by).unwrap();
        let issue = |kind: &str| {
            let issued = store.issue(&Spec::new(realm, kind, "o"), &by).unwrap();
            (issued.key.key_id, issued.token.expose().as_bytes().to_vec())
        };
        let revoked = (0..8).map(|_| issue("live")).collect::<Vec<_>>();
        for (key, _) in &revoked {
            store.revoke(*key, &by).unwrap();
        }
        let revoked = revoked.into_iter().map(|(_, token)| token).collect();
        let ((_, known), (_, checked)) = (issue("live"), issue("checked"));
        Self { _dir: dir, store, realm, known, revoked, checked }
    }

    /// All pairs. A digest of the closest class has `bits` bits in common with a live key's.
    pub fn pairs(&self, bits: u32) -> Vec<Pair> {
        let numbers = &mut Numbers::new(2);
        let last_four = LEN - 4..LEN;
        let nobody = |numbers: &mut Numbers| {
            let mut token = self.known.clone();
            numbers.fill(&mut token[PREFIX.len()..]);
            token
        };
        let many = |numbers: &mut Numbers, change: &dyn Fn(&mut [u8])| {
            let one = |_| {
                let mut token = nobody(numbers);
                change(&mut token);
                token
            };
            (0..TOKENS).map(one).collect::<Vec<_>>()
        };
        let ends_alike = |token: &mut [u8]| {
            token[last_four.clone()].copy_from_slice(&self.known[last_four.clone()]);
        };
        let nearly = |token: &mut [u8]| {
            let most = PREFIX.len()..LEN - 8;
            token[most.clone()].copy_from_slice(&self.known[most]);
        };
        let by_digest = |numbers: &mut Numbers, wanted: &dyn Fn(u32) -> bool| {
            let mut token = self.known.clone();
            let mut next = || loop {
                numbers.fill(&mut token[PREFIX.len()..last_four.start]);
                if wanted(self.bits_in_common(&token)) {
                    return token.clone();
                }
            };
            (0..TOKENS.min(16)).map(|_| next()).collect::<Vec<_>>()
        };
        let spoilt = |at: usize| {
            let mut token = self.checked.clone();
            token[at] = if token[at] == b'x' { b'y' } else { b'x' };
            vec![token]
        };
        let checksum = self.checked.len() - 6;
        vec![
            Pair {
                name: "the same class twice",
                hidden: true,
                classes: [many(numbers, &|_| {}), many(numbers, &|_| {})],
            },
            Pair {
                name: "body: other from the first character, or from the ninth to last",
                hidden: true,
                classes: [many(numbers, &|_| {}), many(numbers, &nearly)],
            },
            Pair {
                name: "digest: other in the first bit, or after many",
                hidden: true,
                classes: [
                    by_digest(numbers, &|common| common == 0),
                    by_digest(numbers, &|common| common >= bits),
                ],
            },
            Pair {
                name: "checksum: wrong in the first character, or in the last",
                hidden: true,
                classes: [spoilt(checksum), spoilt(checksum + 5)],
            },
            Pair {
                name: "last four: nobody's, or a live key's",
                hidden: false,
                classes: [many(numbers, &|_| {}), many(numbers, &ends_alike)],
            },
            Pair {
                name: "unknown, or revoked",
                hidden: false,
                classes: [many(numbers, &|_| {}), self.revoked.clone()],
            },
        ]
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
        u64::from(self.store.verify(self.realm, token, &Request::new()).is_ok())
    }

    /// A mistake that must be seen: the token is compared with the key's, up to the first
    /// character that differs.
    pub fn compare(&self, token: &[u8]) -> u64 {
        let same = token.iter().zip(&self.known).take_while(|(one, other)| black_box(one) == other);
        same.count() as u64
    }
}

/// Measures `run` so many times, each with a token of a class that chance chooses.
pub fn measure(pair: &Pair, seed: u64, amount: u64, run: impl Fn(&[u8]) -> u64) -> Times {
    let (mut numbers, mut times) = (Numbers::new(seed), Times::new());
    // Every token is read from the same place, where it has just been written.
    let mut room = pair.classes[0][0].clone();
    for _ in 0..amount {
        let number = numbers.next();
        let class = (number & 1) as usize;
        let tokens = &pair.classes[class];
        room.copy_from_slice(&tokens[(number >> 1) as usize % tokens.len()]);
        let token = black_box(&*room);
        let start = Instant::now();
        black_box(run(token));
        times.add(class, start.elapsed().as_nanos());
    }
    times
}
