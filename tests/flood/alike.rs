//! Keys that whoever may import chose so that they are alike: digests that begin or end the same,
//! tokens that end in the same four characters.

use keycask::{Import, ImportOutcome, ImportRules, Reason, Request, Spec, Store};
use sha2::{Digest as _, Sha256};

use crate::alone;
use crate::shapes::{Scene, by};

/// Keys of a sort.
const COUNT: u64 = 4_000;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Scene {
    fn reason(&self, token: &str) -> Option<Reason> {
        let answer = self.store.verify(self.acme, token.as_bytes(), &Request::new());
        answer.err().map(|error| error.denial().unwrap().reason)
    }

    fn spec(&self) -> Spec {
        Spec::new(self.acme, "live", "o")
    }

    fn import(&self, imports: &[Import]) {
        for some in imports.chunks(keycask::ISSUE_MAX) {
            let outcomes = self.store.import(some, &ImportRules::new(), &by()).unwrap();
            let is_in = |outcome: &ImportOutcome| matches!(outcome, ImportOutcome::Imported(_));
            assert!(outcomes.iter().all(is_in));
        }
    }
}

/// A store of keys with these digests, which SHA-256 makes of something, and how many bytes of
/// memory each takes.
fn digests(spec: impl Fn(&Scene) -> Spec, digest: impl Fn(u64) -> [u8; 32]) -> (Scene, u64) {
    bytes_a_key(|scene, n| {
        let scheme = "sha256".parse().unwrap();
        Import::digest(spec(scene), scheme, &hex(&digest(n))).unwrap().last_four("same")
    })
}

fn bytes_a_key(import: impl Fn(&Scene, u64) -> Import) -> (Scene, u64) {
    let scene = Scene::with(Store::options());
    let imports: Vec<Import> = (0..COUNT).map(|n| import(&scene, n)).collect();
    scene.import(&imports);
    let stats = scene.store.stats().unwrap();
    (scene, stats.index_bytes / stats.keys)
}

/// Bytes that a key takes whose digest is like nobody's.
fn usual() -> u64 {
    digests(Scene::spec, |n| Sha256::digest(n.to_le_bytes()).into()).1
}

/// Digests that differ in eight bytes alone, from one on.
fn alike(at: usize) -> impl Fn(u64) -> [u8; 32] {
    move |n| {
        let mut digest = [0xAB; 32];
        digest[at..at + 8].copy_from_slice(&n.to_le_bytes());
        digest
    }
}

/// Whether keys that are alike take hardly more than others.
fn are_no_more(alike: u64, usual: u64) -> bool {
    alike <= usual * 5 / 4
}

/// The table was tried with keys that stand close; this tries whether anybody can put them there.
#[test]
fn keys_that_were_chosen_to_be_alike_take_no_more_memory_and_are_told_apart() {
    let _alone = alone();
    let usual = usual();
    // Digests that differ in their last eight bytes alone, or in their first.
    for at in [24, 0] {
        let (scene, bytes) = digests(Scene::spec, alike(at));
        assert!(are_no_more(bytes, usual), "{bytes} bytes a key, where others take {usual}");
        assert_eq!(scene.reason("nobody's"), Some(Reason::Unknown));
    }
    // Tokens that all end alike, each found by itself.
    let text = |n: u64| format!("old-{n}-same");
    let (scene, bytes) = bytes_a_key(|scene, n| Import::token(scene.spec(), &text(n)).unwrap());
    assert!(are_no_more(bytes, usual), "{bytes} bytes a key, where others take {usual}");
    for n in 0..COUNT {
        assert_eq!(scene.reason(&text(n)), None, "{n}");
        assert_eq!(scene.reason(&text(n + COUNT)), Some(Reason::Unknown), "{n}");
    }
}

/// What is kept beside the slots of a table would be more for keys that do not fit into them.
#[test]
fn alike_keys_of_which_more_is_kept_are_noticed() {
    let _alone = alone();
    let (_, bytes) = digests(|scene| scene.spec().networks(["10.0.0.0/8"]), alike(24));
    assert!(!are_no_more(bytes, usual()), "{bytes} bytes a key");
}
