use super::*;
use crate::audit::Event;
use crate::spec::{Spec, Update};

const LIFE: Duration = Duration::from_secs(60);

/// Lets some keys of a realm that retains for an hour end beside `kept` of one that retains for
/// a year, and gives how many operations of the disk one sweep of the first takes.
fn operations_of_a_sweep(kept: usize) -> u64 {
    let scene = Scene::new();
    let long = PROFILE.replace("acme", "long").replace("1h", "365d");
    scene.store.apply_realm("long.toml", &long, &by()).unwrap();
    let realm = scene.store.realm("long").unwrap();
    scene.store.set_owner(realm, "o", &OwnerChange::new(), &by()).unwrap();
    for (realm, count) in [(realm, kept), (scene.acme, 40)] {
        let spec = Spec::new(realm, "live", "o").life(LIFE);
        for _ in 0..count {
            scene.store.issue(&spec, &by()).unwrap();
        }
    }
    scene.clock.forward(LIFE + Duration::from_secs(3_600));
    let Scene { disk, clock, store, .. } = scene;
    store.close().unwrap();
    // Without a cache every row that is read is read from the disk.
    let store = open(&disk, options(&clock).cache_bytes(0)).unwrap();
    disk.fail(None);
    assert_eq!(store.sweep(1_000, &by()).unwrap(), Swept { keys: 40, more: false });
    disk.done(true)
}

#[test]
fn a_sweep_reads_no_key_that_it_keeps_however_many_there_are() {
    let (beside_few, beside_many) = (operations_of_a_sweep(10), operations_of_a_sweep(2_000));
    // The trees of a larger file are a little deeper.
    assert!(beside_many < 2 * beside_few, "{beside_few} and {beside_many} operations");
}

#[test]
fn a_writer_has_its_turn_between_two_batches_of_a_sweep() {
    let scene = Scene::new();
    let lasting = scene.issue().unwrap().key.key_id;
    let spec = Spec::new(scene.acme, "live", "o").life(LIFE);
    for _ in 0..9 {
        scene.store.issue(&spec, &by()).unwrap();
    }
    scene.clock.forward(LIFE + Duration::from_secs(3_600));
    let begin = scene.store.audit(0, 1_000).unwrap().len() as u64;
    let sweep = || -> Box<dyn FnOnce() -> Result<()> + Send + '_> {
        Box::new(|| scene.store.sweep(3, &by()).map(drop))
    };
    let rename = || -> Box<dyn FnOnce() -> Result<()> + Send + '_> {
        Box::new(|| scene.store.update(lasting, &Update::new().name("new"), &by()).map(drop))
    };
    let done = sharing::share(&scene, sweep(), vec![sweep(), rename(), sweep()]);
    assert!(done.iter().all(Result::is_ok));
    let trail = scene.store.audit(begin, 1_000).unwrap();
    let at = trail.iter().position(|entry| entry.event == Event::KeyUpdated);
    assert_eq!((at, trail.len()), (Some(2), 4));
}

/// Who came between two batches had its change in one transaction with the second, and waited for
/// both.
#[test]
fn a_writer_that_came_before_a_batch_does_not_share_its_commit() {
    let scene = Scene::new();
    let lasting = scene.issue().unwrap().key.key_id;
    let spec = Spec::new(scene.acme, "live", "o").life(LIFE);
    scene.store.issue_many(&vec![spec; 6], &by()).unwrap();
    scene.clock.forward(LIFE + Duration::from_secs(3_600));
    let begin = scene.store.audit(0, 1_000).unwrap().len() as u64;
    let sweep = || -> Box<dyn FnOnce() -> Result<()> + Send + '_> {
        Box::new(|| scene.store.sweep(3, &by()).map(drop))
    };
    let rename = || -> Box<dyn FnOnce() -> Result<()> + Send + '_> {
        Box::new(|| scene.store.update(lasting, &Update::new().name("new"), &by()).map(drop))
    };
    let done = sharing::share(&scene, sweep(), vec![rename(), sweep()]);
    assert!(done.iter().all(Result::is_ok));
    let trail = scene.store.audit(begin, 1_000).unwrap();
    let seq = |event| trail.iter().rfind(|entry| entry.event == event).unwrap().seq;
    assert!(seq(Event::KeyUpdated) < seq(Event::KeysSwept));
}
