//! A writer that is halted, and who waits for it.

use std::thread;

use super::*;

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
