//! What is left of tokens in the memory of a process that issued, verified and dropped them.
//!
//! The process looks through all of its own memory. It knows the tokens under a mask, so that it
//! does not find what it looks for in its own hands.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;

use keycask::{
    Actor, HttpRequest, Import, ImportLines, ImportRules, Issued, OwnerChange, Pepper, RealmRef,
    Request, Rotation, SealingKey, Spec, Store, Token,
};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_"
body = 32
[[kind]]
name = "shown"
prefix = "show_"
body = 32
reveal = true
"#;

const MASK: u8 = 0xA5;

/// A part of a secret that no other has: of a token, from the middle of its body.
const PART: Range<usize> = 12..28;

/// Parts of secrets, masked.
#[derive(Default)]
struct Known {
    parts: Vec<[u8; 16]>,
    /// The first two bytes of the parts.
    begins: BTreeSet<[u8; 2]>,
}

impl Known {
    fn add(&mut self, secret: &[u8]) {
        let mut part: [u8; 16] = secret[PART].try_into().unwrap();
        self.begins.insert([part[0], part[1]]);
        part.iter_mut().for_each(|byte| *byte ^= MASK);
        self.parts.push(part);
    }

    /// The numbers of the secrets of which a part is in `memory`.
    fn found(&self, memory: &[u8]) -> Vec<usize> {
        let mut begins = vec![false; 1 << 16];
        for [first, second] in &self.begins {
            begins[usize::from(*first) << 8 | usize::from(*second)] = true;
        }
        let mut found = Vec::new();
        for window in memory.windows(16) {
            if begins[usize::from(window[0]) << 8 | usize::from(window[1])] {
                let is_part = |part: &&[u8; 16]| {
                    window.iter().zip(part.iter()).all(|(byte, masked)| byte ^ MASK == *masked)
                };
                let at = self.parts.iter().enumerate().filter(|(_, part)| is_part(part));
                found.extend(at.map(|(number, _)| number));
            }
        }
        found
    }
}

/// Secrets that were found on the stack of this thread, and elsewhere.
#[derive(Debug, Default)]
struct Left {
    stack: BTreeSet<usize>,
    elsewhere: BTreeSet<usize>,
}

/// One test looks at a time: what another has just read is not to be found where it was read to.
static LOOKING: Mutex<()> = Mutex::new(());

/// Looks through the memory that this process can write to.
fn look(known: &Known) -> Left {
    let _alone = LOOKING.lock().unwrap();
    let (mut left, memory) = (Left::default(), File::open("/proc/self/mem").unwrap());
    let mut buffer = vec![0; 1 << 20];
    let here = std::ptr::from_ref(&left).addr() as u64;
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let [start, end] = [start, end].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        if !rest.starts_with("rw") {
            continue;
        }
        let of_stack = (start..end).contains(&here);
        let mut at = start;
        while at < end {
            let len = (end - at).min(buffer.len() as u64) as usize;
            let Ok(read) = memory.read_at(&mut buffer[..len], at) else { break };
            let found = known.found(&buffer[..read]);
            // What was read is not to be found a second time, where it was read to.
            buffer[..read].zeroize();
            if of_stack { &mut left.stack } else { &mut left.elsewhere }.extend(found);
            // A part may lie across the end.
            at += if read > 16 && (read as u64) < end - at { read as u64 - 16 } else { len as u64 };
        }
    }
    left
}

struct Scene {
    _dir: tempfile::TempDir,
    store: Store,
    realm: RealmRef,
    known: Known,
}

impl Scene {
    fn new() -> Self {
        Self::with(&[7; 32], &[9; 32])
    }

    fn with(pepper: &[u8; 32], sealing_key: &[u8; 32]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Store::options().import_secret("old", b"salt");
        let options = options.pepper(Pepper::new(pepper)).sealing_key(SealingKey::new(sealing_key));
        let store = options.create(dir.path().join("keys.keycask")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let realm = store.realm("acme").unwrap();
        store.set_owner(realm, "o", &OwnerChange::new(), &by()).unwrap();
        Self { _dir: dir, store, realm, known: Known::default() }
    }

    fn issue(&mut self, kind: &str) -> Issued {
        let issued = self.store.issue(&Spec::new(self.realm, kind, "o"), &by()).unwrap();
        self.known.add(issued.token.expose().as_bytes());
        issued
    }

    /// Has a token decided about in every way that there is.
    fn present(&self, token: &Token) {
        let (store, bytes) = (&self.store, token.expose().as_bytes());
        let request = Request::new();
        let _ = store.verify(self.realm, bytes, &request);
        let _ = store.verify(self.realm, &bytes[..bytes.len() - 1], &request);
        let _ = store.explain(self.realm, bytes, None, &request).unwrap();
        store.verify_many(self.realm, &[bytes; 5], &request, &mut Vec::new()).unwrap();
        let mut header = Zeroizing::new(Vec::with_capacity(256));
        header.extend_from_slice(b"Bearer ");
        header.extend_from_slice(bytes);
        let headers = [("Authorization", header.as_slice())];
        let http = HttpRequest { method: "GET", headers: &headers, request_id: "" };
        let _ = store.present(self.realm, &http, &request).unwrap();
        let _ = store.leaked(bytes, &mut |_: &keycask::Leak| Ok(())).unwrap();
    }
}

fn by() -> Actor {
    Actor::new("tester")
}

/// Whether `live`, which gives the tokens that it knows, leaves none of them in memory.
///
/// On the stack the compiler's copies of the last one may stay, and BLAKE3's. Where a value that
/// does not fill its place, like an enum, is moved to the heap, it takes along what was left below
/// it on the stack: that is there by chance, and what is left by a mistake is there every time.
fn nothing_is_left_by(live: impl Fn() -> Scene) {
    const LIVES: usize = 4;
    let mut found = Vec::new();
    for _ in 0..LIVES {
        let scene = live();
        let left = look(&scene.known);
        let last = scene.known.parts.len() - 1;
        assert!(left.stack.iter().all(|number| *number == last), "{left:?}, {last} was the last");
        if left.elsewhere.is_empty() {
            return;
        }
        found.push(left);
    }
    panic!("{found:?}");
}

#[test]
fn no_token_is_left_in_memory_when_its_holder_has_dropped_it() {
    nothing_is_left_by(life);
}

#[test]
#[should_panic = "elsewhere: {0}"]
fn a_token_that_every_life_leaves_is_noticed() {
    nothing_is_left_by(|| {
        let mut scene = Scene::new();
        std::mem::forget(scene.issue("live"));
        scene
    });
}

fn life() -> Scene {
    let mut scene = Scene::new();
    for round in 0..50 {
        let issued = scene.issue(if round % 2 == 0 { "live" } else { "shown" });
        scene.present(&issued.token);
        let key = issued.key.key_id;
        if round % 2 == 1 {
            scene.present(&scene.store.reveal(key, &by()).unwrap());
        }
        match round % 3 {
            0 => {
                let successor = scene.store.rotate(key, &Rotation::new(), &by()).unwrap();
                scene.known.add(successor.token.expose().as_bytes());
            }
            1 => _ = scene.store.suspend(key, &by()).unwrap(),
            _ => {
                let token = issued.token.expose().as_bytes();
                let _ = scene.store.revoke_presented(scene.realm, token, "leaked").unwrap();
            }
        }
        scene.present(&issued.token);
    }
    scene
}

/// A line of an import was once read into a buffer that grew, a token with escapes was left where
/// it was parsed, and hashes of other systems kept the block that they had hashed.
#[test]
fn no_token_is_left_in_memory_when_it_was_imported() {
    nothing_is_left_by(imported);
}

fn imported() -> Scene {
    let (mut scene, mut other) = (Scene::new(), Scene::new());
    let lines = ImportLines::new(scene.realm).kind("live");
    let rules = ImportRules::new().skip_refused(true);
    for round in 0..40 {
        let issued = other.issue("live");
        scene.known.add(issued.token.expose().as_bytes());
        let text = issued.token.expose();
        if round % 4 == 3 {
            let scheme = ["sha256:after=old", "hmac-sha256:key=old"][round / 4 % 2];
            let mut hasher = Sha256::new();
            hasher.update(text);
            hasher.update(b"salt");
            let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            let spec = Spec::new(scene.realm, "live", "o");
            let import = Import::digest(spec, scheme.parse().unwrap(), &hex).unwrap();
            scene.store.import(&[import], &rules, &by()).unwrap();
        } else {
            let mut line = Zeroizing::new(Vec::with_capacity(8 << 10));
            line.extend_from_slice(br#"{"owner": "o", "metadata": ""#);
            line.extend_from_slice(&[b'm'; 3000]);
            line.extend_from_slice(br#"", "token": ""#);
            match round % 4 {
                0 => line.extend_from_slice(text.as_bytes()),
                1 => {
                    line.extend_from_slice(br"\u0061");
                    line.extend_from_slice(&text.as_bytes()[1..]);
                }
                _ => {
                    line.extend_from_slice(text.as_bytes());
                    line.extend_from_slice(br#"", "tokan": "a"#);
                }
            }
            line.extend_from_slice(b"\"}\n");
            let told = |_, _: &keycask::Error| {};
            let report = scene.store.import_lines(&lines, &**line, &rules, &by(), told).unwrap();
            assert_eq!(
                (report.imported, report.refused),
                if round % 4 == 2 { (0, 1) } else { (1, 0) }
            );
        }
        scene.present(&issued.token);
    }
    assert_eq!(scene.store.rehash().unwrap(), 5);
    scene
}

#[test]
fn a_token_that_is_kept_is_seen_in_memory() {
    let mut scene = Scene::new();
    let (_, kept) = (scene.issue("live"), scene.issue("live"));
    let left = look(&scene.known);
    assert!(left.elsewhere.contains(&1), "{left:?}");
    drop(kept);
}

#[test]
fn no_pepper_and_no_sealing_key_is_left_in_memory_when_the_store_is_closed() {
    let mut known = Known::default();
    let mut secrets = Zeroizing::new([[0; 32]; 2]);
    for secret in secrets.iter_mut() {
        File::open("/dev/urandom").unwrap().read_exact(secret).unwrap();
        known.add(secret);
    }
    let [pepper, sealing_key] = &*secrets;
    let mut scene = Scene::with(pepper, sealing_key);
    secrets.zeroize();
    assert!(look(&known).elsewhere.contains(&0), "the pepper of an open store is not seen");
    let issued = scene.issue("shown");
    scene.present(&scene.store.reveal(issued.key.key_id, &by()).unwrap());
    scene.store.close().unwrap();
    let left = look(&known);
    assert!(left.elsewhere.is_empty(), "{left:?}");
}
