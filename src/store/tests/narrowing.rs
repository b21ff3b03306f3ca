//! Fewer networks, enforced while the change is on its way to the disk.

use std::thread;

use super::{Scene, by, wait_for};
use crate::error::ErrorKind;
use crate::request::Request;
use crate::spec::{Spec, Update};

/// Whether a token is granted from each of three addresses.
fn granted(scene: &Scene, token: &str) -> [bool; 3] {
    ["10.0.0.1", "10.200.0.1", "192.0.2.1"].map(|address| {
        let request = Request::new().address(address.parse().unwrap());
        scene.store.verify(scene.acme, token.as_bytes(), &request).is_ok()
    })
}

#[test]
fn what_a_new_list_takes_away_is_refused_at_once_and_what_it_adds_only_after_its_commit() {
    let scene = Scene::new();
    let spec = || Spec::new(scene.acme, "live", "o");
    let [free, listed] = [spec(), spec().networks(["10.0.0.0/8"])]
        .map(|spec| scene.store.issue(&spec, &by()).unwrap());
    let tokens = [&free, &listed].map(|issued| issued.token.expose());
    let update = Update::new().networks(["10.0.0.0/16", "192.0.2.0/24"]);
    scene.disk.stick(true);
    thread::scope(|scope| {
        let other = scope.spawn(|| scene.issue());
        wait_for(|| scene.disk.hangs());
        let changing = [&free, &listed].map(|issued| {
            let (store, update, key) = (&scene.store, &update, issued.key.key_id);
            scope.spawn(move || store.update(key, update, &by()))
        });
        wait_for(|| scene.store.writers.waiting() == 2);
        assert_eq!(granted(&scene, tokens[0]), [true, false, true]);
        assert_eq!(granted(&scene, tokens[1]), [true, false, false]);
        assert!(!other.is_finished() && !changing.iter().any(|thread| thread.is_finished()));
        scene.disk.stick(false);
        other.join().unwrap().unwrap();
        changing.into_iter().for_each(|thread| drop(thread.join().unwrap().unwrap()));
    });
    for token in tokens {
        assert_eq!(granted(&scene, token), [true, false, true]);
    }
}

#[test]
fn a_list_that_was_refused_leaves_the_key_as_it_was() {
    let scene = Scene::new();
    let issued = scene.issue().unwrap();
    let (key, token) = (issued.key.key_id, issued.token.expose());
    let update = Update::new().networks(["10.0.0.0/16"]).metadata("no JSON");
    let error = scene.store.update(key, &update, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert_eq!(granted(&scene, token), [true; 3]);
}
