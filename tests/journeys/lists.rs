//! Lists of keys, in the store that writes and in one that reads.

use std::time::Duration;

use keycask::{ErrorKind, Filter, OwnerChange, Spec, State, Store};

use crate::kit::{PROFILE, Scene, by};

#[test]
fn lists_are_paged_by_realm_owner_and_state_without_a_gap() {
    let scene = Scene::new();
    let store = scene.store();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "p", &OwnerChange::new(), &by()).unwrap();
    let mut mine = Vec::new();
    for round in 0..10 {
        mine.push(scene.issue(&[]).0.key_id);
        store.issue(&Spec::new(acme, "test", "p"), &by()).unwrap();
        scene.clock.forward(Duration::from_millis(1 + round));
    }
    store.revoke(mine[4], &by()).unwrap();
    let filter = Filter::new().realm(acme).owner("o");
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(&filter, after, 3).unwrap();
        seen.extend(page.keys.iter().map(|key| key.key_id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, mine);
    let revoked = store.list(&filter.clone().state(State::Revoked), None, 100).unwrap();
    assert_eq!(revoked.keys.len(), 1);
    assert_eq!(store.list(&Filter::new(), None, 100).unwrap().keys.len(), 20);
    assert_eq!(store.list(&Filter::new(), None, 0).unwrap_err().kind(), ErrorKind::Argument);
    assert_eq!(store.list(&Filter::new(), None, 1001).unwrap_err().kind(), ErrorKind::Argument);
}

/// Owners and kinds that the writer added were unknown to a reader's memory, and its lists
/// failed.
#[test]
fn a_reader_lists_what_a_writer_has_added_since_it_was_opened() {
    let scene = Scene::new();
    let path = scene.dir.path().join("keys.redb");
    let reader = Store::options().read_only(true).open(path).unwrap();
    let store = scene.store();
    let more = PROFILE.replacen(
        "[[scope]]",
        "[[kind]]\nname = \"new\"\nprefix = \"n_\"\nbody = 32\n[[scope]]",
        1,
    );
    store.apply_realm("acme.toml", &more, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "p", &OwnerChange::new(), &by()).unwrap();
    let issued = store.issue(&Spec::new(acme, "new", "p"), &by()).unwrap();
    let page = reader.list(&Filter::new(), None, 10).unwrap();
    assert_eq!(page.keys, [store.key(issued.key.key_id).unwrap()]);
    assert_eq!(reader.key(issued.key.key_id).unwrap().owner, "p");
}
