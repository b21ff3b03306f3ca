//! Lineages and their graces.

use std::time::Duration;

use keycask::{ErrorKind, Filter, Issued, Rotation};

use crate::scene::{DAY, Scene, by};

#[test]
fn a_lineage_is_listed_by_generation_each_beside_its_neighbours() {
    let scene = Scene::new();
    let mut chain: Vec<Issued> = vec![scene.issue(&scene.spec("live", "a"))];
    for _ in 0..6 {
        let last = chain.last().unwrap().key.key_id;
        chain.push(scene.rotate(last, &Rotation::new().grace(DAY)));
    }
    let first = chain[0].key.key_id;
    let listed = scene.pages(&Filter::new().lineage(first), 3);
    assert_eq!(listed.len(), chain.len());
    for (n, key) in listed.iter().enumerate() {
        assert_eq!((key.generation as usize, key.lineage), (n + 1, first));
        let [before, after] = [n.checked_sub(1), Some(n + 1)];
        let id = |n: usize| listed.get(n).map(|key| key.key_id);
        assert_eq!((key.predecessor, key.successor), (before.and_then(id), after.and_then(id)));
    }
}

/// A grace was not enforced, could not be reached, or took odd values, for four peers.
#[test]
fn p11_a_grace_holds_to_its_last_millisecond_and_one_that_is_too_long_is_refused() {
    const MS: Duration = Duration::from_millis(1);
    for grace in [Duration::ZERO, MS, DAY, DAY * 30] {
        let scene = Scene::new();
        let old = scene.issue(&scene.spec("live", "a"));
        let new = scene.rotate(old.key.key_id, &Rotation::new().grace(grace));
        if grace.is_zero() {
            assert_eq!(scene.reason(&old), Some("revoked"));
        } else {
            scene.forward(grace - MS);
            assert_eq!(scene.reason(&old), None, "{grace:?}");
            scene.forward(MS);
            assert_eq!(scene.reason(&old), Some("expired"), "{grace:?}");
        }
        assert_eq!(scene.reason(&new), None);
    }
    let scene = Scene::new();
    let old = scene.issue(&scene.spec("live", "a"));
    for grace in [DAY * 30 + MS, Duration::MAX] {
        let rotation = Rotation::new().grace(grace);
        let refused = scene.store().rotate(old.key.key_id, &rotation, &by()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Argument);
        assert!(refused.to_string().contains("grace"), "{refused}");
    }
    assert_eq!(scene.reason(&old), None);
}
