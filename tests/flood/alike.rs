//! Keys that whoever may import chose so that they are alike: digests that begin or end the same,
//! tokens that end in the same four characters. `KEYCASK_ALIKE` says how many there are of each.

use keycask::{Import, ImportOutcome, ImportRules, Reason, Request, Spec, Store};
use sha2::{Digest as _, Sha256};

use crate::shapes::{Scene, by};
use crate::{alone, amount};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Scene {
    fn reason(&self, token: &str) -> Option<Reason> {
        let answer = self.store.verify(self.acme, token.as_bytes(), &Request::new());
        answer.err().map(|error| error.denial().unwrap().reason)
    }

    /// Imports these keys, whose digests SHA-256 makes of something.
    fn import(&self, digests: impl Iterator<Item = String>) -> u64 {
        let (mut imports, mut count) = (Vec::new(), 0);
        for digest in digests {
            let spec = Spec::new(self.acme, "live", "o");
            let import = Import::digest(spec, "sha256".parse().unwrap(), &digest).unwrap();
            imports.push(import.last_four("same"));
        }
        for some in imports.chunks(keycask::ISSUE_MAX) {
            let outcomes = self.store.import(some, &ImportRules::new(), &by()).unwrap();
            let is_in = |outcome: &&ImportOutcome| matches!(outcome, ImportOutcome::Imported(_));
            count += outcomes.iter().filter(is_in).count() as u64;
        }
        count
    }
}

/// The table was tried with keys that stand close; this tries whether anybody can put them there.
#[test]
fn keys_that_were_chosen_to_be_alike_take_no_more_memory_and_are_told_apart() {
    let _alone = alone();
    let count = amount("KEYCASK_ALIKE", 4_000);
    let bytes_a_key = |fill: &dyn Fn(&Scene)| {
        let scene = Scene::with(Store::options());
        fill(&scene);
        let stats = scene.store.stats().unwrap();
        (scene, stats.index_bytes / stats.keys)
    };
    let (_, usual) = bytes_a_key(&|scene| {
        let digest = |n: u64| hex(&Sha256::digest(n.to_le_bytes()));
        assert_eq!(scene.import((0..count).map(digest)), count);
    });
    // Digests that differ in their last eight bytes alone, or in their first.
    for at in [24, 0] {
        let (scene, alike) = bytes_a_key(&|scene| {
            let digest = |n: u64| {
                let mut digest = [0xAB; 32];
                digest[at..at + 8].copy_from_slice(&n.to_le_bytes());
                hex(&digest)
            };
            assert_eq!(scene.import((0..count).map(digest)), count);
        });
        assert!(alike <= usual * 5 / 4, "{alike} bytes a key, where others take {usual}");
        assert_eq!(scene.reason("nobody's"), Some(Reason::Unknown));
    }
    // Tokens that all end alike, each found by itself.
    let text = |n: u64| format!("old-{n}-same");
    let (scene, alike) = bytes_a_key(&|scene| {
        let imports =
            (0..count).map(|n| Import::token(Spec::new(scene.acme, "live", "o"), &text(n)));
        let imports = imports.collect::<Result<Vec<_>, _>>().unwrap();
        for some in imports.chunks(keycask::ISSUE_MAX) {
            scene.store.import(some, &ImportRules::new(), &by()).unwrap();
        }
    });
    assert!(alike <= usual * 5 / 4, "{alike} bytes a key, where others take {usual}");
    for n in 0..count {
        assert_eq!(scene.reason(&text(n)), None, "{n}");
        assert_eq!(scene.reason(&text(n + count)), Some(Reason::Unknown), "{n}");
    }
}
