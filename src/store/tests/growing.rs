use std::thread;

use super::*;
use crate::error::Error;
use crate::query::{Ending, Filter};
use crate::spec::{Rotation, Update};

/// While redb made a file longer it let nobody begin to read, and a revocation looked its key up
/// before it was enforced: so a stolen token was granted for as long as a disk took to make
/// the new length durable.
#[test]
fn a_denial_holds_at_once_while_the_disk_makes_the_file_longer_for_another() {
    let scene = Scene::new();
    let read = scene.store.profile(scene.acme).unwrap().scope_set(["read"]).unwrap();
    let issued: Vec<Issued> = (0..5).map(|_| scene.issue().unwrap()).collect();
    scene.store.set_owner(scene.acme, "p", &OwnerChange::new(), &by()).unwrap();
    let of_p = Spec::new(scene.acme, "live", "p").scopes(["read"]);
    let [of_p, other] = [0; 2].map(|_| scene.store.issue(&of_p, &by()).unwrap());
    let key = |n: usize| issued[n].key.key_id;
    let (store, acme) = (&scene.store, scene.acme);
    type Denying<'s> = Box<dyn FnOnce() -> Result<(), Error> + Send + 's>;
    let denials: Vec<(&Issued, Denying<'_>)> = vec![
        (&issued[0], Box::new(|| store.revoke(key(0), &by()).map(drop))),
        (&issued[1], Box::new(|| store.suspend(key(1), &by()).map(drop))),
        (&issued[2], Box::new(|| store.rotate(key(2), &Rotation::regenerate(), &by()).map(drop))),
        (
            &issued[3],
            Box::new(|| {
                let none = Update::new().scopes([] as [&str; 0]);
                store.update(key(3), &none, &by()).map(drop)
            }),
        ),
        (
            &of_p,
            Box::new(|| {
                let suspended = OwnerChange::new().suspended(true);
                store.set_owner(acme, "p", &suspended, &by()).map(drop)
            }),
        ),
        (
            &issued[4],
            Box::new(|| {
                let of = Filter::new().lineage(key(4));
                store.end_many(&Ending::revoke(of), &by()).map(drop)
            }),
        ),
    ];
    let is_denied = |issued: &Issued| {
        let (token, request) = (issued.token.expose().as_bytes(), Request::new().needs(read));
        store.verify(acme, token, &request).is_err()
    };
    assert!(denials.iter().all(|(issued, _)| !is_denied(issued)));
    scene.disk.stick_growing(true);
    thread::scope(|scope| {
        let long = format!("\"{}\"", "x".repeat(4_000));
        let spec = Spec::new(acme, "live", "o").metadata(long);
        let writer = scope.spawn(move || store.issue_many(&vec![spec; 2_000], &by()).map(drop));
        wait_for(|| scene.disk.hangs_growing());
        let mut threads = vec![writer];
        let mut early = Vec::new();
        for (issued, deny) in denials {
            threads.push(scope.spawn(deny));
            let start = Instant::now();
            while !is_denied(issued) && start.elapsed() < Duration::from_secs(20) {
                thread::yield_now();
            }
            early.push(is_denied(issued));
        }
        let hangs = scene.disk.hangs_growing();
        scene.disk.stick_growing(false);
        threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
        assert!(hangs, "the file was longer before");
        assert_eq!(early, [true; 6]);
    });
    assert!(is_denied(&other), "its owner is suspended");
    scene.store.check().unwrap();
}
