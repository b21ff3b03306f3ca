//! Keys that whoever may import chose so that they are alike: how many slots a verify reads then.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::index::tests::reads;
use crate::spec::Import;
use crate::store::{ISSUE_MAX, ImportRules};

/// Keys of a sort.
const COUNT: usize = 6_000;

fn import(scene: &Scene, imports: impl Iterator<Item = Import>) {
    let imports: Vec<Import> = imports.collect();
    for some in imports.chunks(ISSUE_MAX) {
        scene.store.import(some, &ImportRules::new(), &by()).unwrap();
    }
}

/// How many slots a verify reads at most of the texts with these numbers, all of which are tokens
/// of keys or none.
fn most(scene: &Scene, numbers: std::ops::Range<usize>, are_keys: bool) -> usize {
    let slots = numbers.map(|n| {
        let (reason, reads) = reads::of(|| scene.reason(&text(n)));
        assert_eq!(reason, (!are_keys).then_some(Reason::Unknown), "{n}");
        reads.slots()
    });
    slots.max().unwrap()
}

fn text(n: usize) -> String {
    format!("old-{n}-same")
}

/// C15: of so many keys a segment and the overflow take a part each.
#[test]
fn a_verify_of_imported_tokens_that_end_alike_reads_sixteen_slots_at_most() {
    let scene = Scene::new();
    let spec = Spec::new(scene.acme, "live", "o");
    import(&scene, (0..COUNT).map(|n| Import::token(spec.clone(), &text(n)).unwrap()));
    let [found, missed] =
        [(0, true), (COUNT, false)].map(|(from, are)| most(&scene, from..from + COUNT, are));
    assert!((9..=16).contains(&found) && missed <= 16, "{found} {missed}");
}

/// C15: a text is looked for by the present digest and by the scheme's.
#[test]
fn a_verify_beside_imported_digests_that_are_alike_reads_eight_slots_for_each_way_to_find_a_key() {
    let scene = Scene::new();
    let spec = Spec::new(scene.acme, "live", "o");
    let of = |digest: &[u8]| {
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Import::digest(spec.clone(), "sha256".parse().unwrap(), &hex).unwrap().last_four("same")
    };
    let alike = (0..COUNT).map(|n| {
        let mut digest = [0xAB; 32];
        let at = if n % 2 == 0 { 0 } else { 24 };
        digest[at..at + 8].copy_from_slice(&(n as u64).to_le_bytes());
        of(&digest)
    });
    let known = (0..100).map(|n| of(&Sha256::digest(text(n))));
    import(&scene, alike.chain(known));
    let [found, missed] =
        [(0..100, true), (100..COUNT, false)].map(|(n, are)| most(&scene, n, are));
    assert!((1..=16).contains(&found) && missed <= 16, "{found} {missed}");
}
