//! A row that is damaged under an open store.

use super::*;
use crate::error::ErrorKind;
use crate::query::{Ending, Filter};
use crate::spec::{Rotation, Update};
use crate::storage::tests::damage::damage_open_key;
use crate::verdict::VerifyError;

/// A change that is refused takes nothing away, not in memory either: what a process decides and
/// what the next one would are the same.
#[test]
fn a_change_that_meets_a_damaged_row_changes_nothing() {
    let scene = Scene::new();
    let [damaged, sound] = [(); 2].map(|()| scene.issue().unwrap());
    let key = damaged.key.key_id;
    damage_open_key(&scene.store.storage, key);
    let seq = scene.seq();
    let store = &scene.store;
    let update = Update::new().scopes([] as [&str; 0]);
    let ending = Ending::revoke(Filter::new().keys([key]));
    let failed = |error| match error {
        VerifyError::Failed(error) => error,
        VerifyError::Denied(denied) => panic!("{denied:?}"),
    };
    let errors = [
        store.suspend(key, &by()).unwrap_err(),
        store.revoke(key, &by()).unwrap_err(),
        store.update(key, &update, &by()).unwrap_err(),
        store.rotate(key, &Rotation::new(), &by()).unwrap_err(),
        store.end_many(&ending, &by()).unwrap_err(),
        failed(
            store
                .revoke_presented(scene.acme, damaged.token.expose().as_bytes(), "lost")
                .unwrap_err(),
        ),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
    assert_eq!(scene.reason(damaged.token.expose()), None);
    assert_eq!(scene.seq(), seq);
    // The others go on, to be changed too.
    store.revoke(sound.key.key_id, &by()).unwrap();
    assert_eq!(scene.reason(sound.token.expose()), Some(Reason::Revoked));
}
