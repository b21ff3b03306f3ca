//! Fewer networks, a first quota, an idle span: enforced while the change is on its way to the
//! disk, and while nobody knows whether it came there.

use std::thread;
use std::time::Duration;

use rustix::io::Errno;

use super::{Scene, by, wait_for};
use crate::error::ErrorKind;
use crate::quota::{Quota, Refill};
use crate::request::Request;
use crate::spec::{Spec, Update};
use crate::storage::tests::disk::Fault;
use crate::verdict::Reason;

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

/// Changes a key with the disk failing at each step in turn. Gives to `look` each scene in which
/// nobody knows what became of the change, and the key's token.
fn unknown(update: &Update, look: impl Fn(&Scene, &str)) {
    for after in 0.. {
        let scene = Scene::new();
        let issued = scene.issue().unwrap();
        let (key, token) = (issued.key.key_id, issued.token.expose());
        let fault = Fault { after, errno: Errno::IO, for_ever: true, reads: false, half: true };
        scene.disk.fail(Some(fault));
        match scene.store.update(key, update, &by()).map_err(|error| error.kind()) {
            Err(ErrorKind::Indeterminate) => look(&scene, token),
            Err(_) => assert_eq!(scene.reason(token), None, "a change that was not made"),
            Ok(_) => break,
        }
    }
}

/// A change that gave a key its first quota, and of which nobody knew whether it was made, left
/// the key without one until the store was reopened: no request was charged.
#[test]
fn a_key_that_may_have_got_its_first_quota_is_refused_until_the_store_is_reopened() {
    let quota = Quota::new(2, Refill::Never).unwrap();
    let found = std::cell::Cell::new(0);
    unknown(&Update::new().quota(quota), |scene, token| {
        assert_eq!(scene.reason(token), Some(Reason::Suspended));
        found.set(found.get() + 1);
    });
    assert!(found.get() > 0);
}

/// The same, of an idle span.
#[test]
fn a_key_that_may_have_got_an_idle_span_is_granted_for_that_span_at_most() {
    let found = std::cell::Cell::new(0);
    let hour = Duration::from_secs(3_600);
    unknown(&Update::new().idle(hour), |scene, token| {
        scene.clock.forward(hour - Duration::from_secs(1));
        assert_eq!(scene.reason(token), None);
        scene.clock.forward(Duration::from_secs(1));
        assert_eq!(scene.reason(token), Some(Reason::Expired));
        found.set(found.get() + 1);
    });
    assert!(found.get() > 0);
}
