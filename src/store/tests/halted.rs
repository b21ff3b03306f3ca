//! A writer that is halted, and who waits for it.

use std::thread;

use super::*;
use crate::error::ErrorKind;

#[test]
fn a_journey_that_is_refused_or_changes_nothing_writes_nothing() {
    let scene = Scene::new();
    let key = scene.issue().unwrap().key.key_id;
    scene.clock.forward(Duration::from_secs(1));
    scene.disk.fail(None);
    let nobodys = Spec::new(scene.acme, "live", "nobody");
    assert_eq!(scene.store.issue(&nobodys, &by()).unwrap_err().kind(), ErrorKind::NotFound);
    scene.store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    assert_eq!(scene.disk.done(false), 0);
    scene.store.revoke(key, &by()).unwrap();
    assert!(scene.disk.done(false) > 0);
}

#[test]
fn a_writer_that_is_halted_with_every_lock_of_writers_holds_up_no_verify() {
    let scene = Scene::new();
    let issued: Vec<Issued> = (0..3).map(|_| scene.issue().unwrap()).collect();
    let token = |n: usize| issued[n].token.expose();
    let foreign = Scene::new().issue().unwrap();
    scene.store.revoke(issued[1].key.key_id, &by()).unwrap();
    thread::scope(|scope| {
        let go_on = GoOn::once_stuck(&scene.disk);
        // The disk holds a transaction, and with it the line of writers.
        let writer = scope.spawn(|| scene.issue());
        wait_for(|| scene.disk.hangs());
        let held = scene.store.index.hold();
        let verifying = scope.spawn(|| {
            let revoked = Some(Reason::Revoked);
            assert_eq!([0, 1, 2].map(|n| scene.reason(token(n))), [None, revoked, None]);
            assert_eq!(scene.reason(foreign.token.expose()), Some(Reason::Unknown));
        });
        wait_for(|| verifying.is_finished());
        // Who takes such a lock is held up: one that asks the index how large it is, and one
        // that stands in line.
        let (asking, waiting) =
            (scope.spawn(|| scene.store.index.stats()), scope.spawn(|| scene.issue()));
        wait_for(|| scene.store.writers.waiting() == 1);
        assert!(!asking.is_finished() && !waiting.is_finished() && !writer.is_finished());
        drop(held);
        drop(go_on);
        asking.join().unwrap();
        waiting.join().unwrap().unwrap();
        writer.join().unwrap().unwrap();
        verifying.join().unwrap();
    });
}
