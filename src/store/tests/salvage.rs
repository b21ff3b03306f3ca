use super::*;
use crate::error::ErrorKind;
use crate::key_id::KeyId;
use crate::storage::tests::damage::damage_key;
use crate::store::Restore;

#[test]
fn a_file_that_no_longer_opens_still_denies_what_its_sound_rows_deny() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let store = Store::create(path("keys")).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let issue =
        || -> KeyId { store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap().key.key_id };
    let mut keys = [(); 3].map(|()| issue());
    // Those of one millisecond have ids in any order, and what is denied is told in that of ids.
    keys.sort_unstable();
    let [revoked, damaged, kept] = keys;
    store.backup(path("backup")).unwrap();
    store.revoke(revoked, &by()).unwrap();
    store.revoke(damaged, &by()).unwrap();
    store.close().unwrap();
    damage_key(&path("keys"), damaged);
    assert_eq!(Store::open(path("keys")).unwrap_err().kind(), ErrorKind::Corrupt);

    let how = Restore::new().denials_of(path("keys"));
    let told = Store::options().restore(path("backup"), path("new"), &how, &by()).unwrap();
    assert_eq!(told.denied, [revoked, damaged]);
    assert_eq!((told.unreadable, told.missing), (1, Some(2)));
    let store = Store::open(path("new")).unwrap();
    let state = |key| store.key(key).unwrap().state;
    // What is not known is denied, until somebody who knows more resumes it.
    let want = [State::Revoked, State::Suspended, State::Active];
    assert_eq!([revoked, damaged, kept].map(state), want);
    assert_eq!(store.audit(told.last_entry, 9).unwrap().last().unwrap().after["unreadable"], 1);
}
