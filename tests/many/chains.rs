//! Chains of rotations.

use keycask::{Filter, Issued, Rotation};

use crate::scene::{DAY, Scene};

#[test]
fn p12_of_a_chain_of_rotations_two_generations_live_and_none_is_orphaned() {
    let scene = Scene::new();
    let mut chain: Vec<Issued> = vec![scene.issue(&scene.spec("live", "a"))];
    for _ in 0..6 {
        let last = chain.last().unwrap().key.key_id;
        let grace = Rotation::new().grace(DAY);
        chain.push(scene.rotate(last, &grace));
        let living: Vec<usize> =
            (0..chain.len()).filter(|n| scene.reason(&chain[*n]).is_none()).collect();
        assert_eq!(living, [chain.len() - 2, chain.len() - 1]);
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
    scene.forward(DAY);
    let living = chain.iter().filter(|issued| scene.reason(issued).is_none()).count();
    assert_eq!(living, 1);
}
