//! Keys that no store would hold, and stores without a name.

use super::*;
use crate::digest::Trace;
use crate::error::ErrorKind;
use crate::feed_cursor::FeedCursor;
use crate::ids::KindRef;
use crate::record::{Imported, KeyRecord, Op};
use crate::store::Draft;
use crate::store::feed::Changes;
use crate::store::ways::Counted;

/// A scene with two keys.
fn scene() -> (Scene, [KeyRecord; 2]) {
    let scene = Scene::new();
    let keys = [(); 2].map(|()| {
        let key = scene.issue().unwrap().key.key_id;
        scene.store.storage.view().unwrap().key(key).unwrap().unwrap()
    });
    (scene, keys)
}

/// What opening a store says that has these rows of keys.
fn opened(scene: Scene, keys: impl IntoIterator<Item = KeyRecord>) -> Result<Store> {
    let Scene { disk, clock, store, .. } = scene;
    let put = |draft: Draft<()>, key| draft.op(Op::Key(key));
    let draft = keys.into_iter().fold(Draft::new(()), put);
    store.commit(|_, _, _| Ok(draft)).unwrap();
    store.close().unwrap();
    open(&disk, options(&clock).import_secret("old", b"the old pepper"))
}

#[test]
fn a_key_of_a_generation_that_there_is_not_is_corrupt_unless_it_is_revoked() {
    let (scene, [key, _]) = scene();
    let of_no = KeyRecord { pepper: 200, ..key.clone() };
    let error = opened(scene, [of_no]).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains("generation 200 of the pepper"), "{error}");
    let (scene, [key, _]) = self::scene();
    let revoked = KeyRecord { pepper: 200, state: State::Revoked, ..key };
    opened(scene, [revoked]).unwrap();
}

#[test]
fn two_secrets_of_one_name_are_refused() {
    let (scene, keys) = scene();
    let mut check = 0;
    let keys = keys.map(|mut key| {
        check += 1;
        let scheme = "sha256:after=old".parse().unwrap();
        let digest = Imported::Digest { trace: Trace::NONE, scheme, check: [check; 4] };
        key.parts.imported = Some(digest);
        key
    });
    let error = opened(scene, keys).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Pepper);
    assert!(error.message().contains("\"old\": keys were imported with two"), "{error}");
}

#[test]
fn keys_of_a_kind_without_a_realm_are_on_no_way_of_any() {
    let (scene, [key, other]) = scene();
    let of_none = KeyRecord { kind: KindRef::new(77), ..other };
    let mut counted = Counted::new(9, Some(key.pepper));
    [&key, &of_none].into_iter().for_each(|key| counted.see(key).unwrap());
    let counts = counted.by_realm(|kind| (kind == key.kind).then_some(scene.acme));
    let counts: Vec<_> = counts.into_iter().map(|((realm, _), count)| (realm, count)).collect();
    assert_eq!(counts, [(scene.acme, 1)]);
}

#[test]
fn a_store_without_a_name_has_no_other_file_by_now() {
    let Scene { disk, clock, store, .. } = Scene::new();
    store.close().unwrap();
    let reader = open(&disk, options(&clock).read_only(true)).unwrap();
    let newest: FeedCursor = reader.feed().unwrap().newest;
    assert_eq!(reader.changes(newest, 10).unwrap(), Changes::Since(Vec::new()));
}
