use std::path::Path;

use super::*;
use crate::error::ErrorKind;
use crate::key_id::KeyId;
use crate::spec::{Rotation, Update};
use crate::storage::tests::damage::{damage_balance, damage_key, damage_state};
use crate::storage::tests::mend::{Mender, PAGE};
use crate::store::Restore;

/// A new store at `path`, whose realm has the owner `o`.
fn made(path: &Path) -> (Store, RealmRef) {
    made_with(Options::new(), path)
}

fn made_with(options: Options, path: &Path) -> (Store, RealmRef) {
    let store = options.create(path).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    (store, acme)
}

#[test]
fn a_file_that_no_longer_opens_still_denies_what_its_sound_rows_deny() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let (store, acme) = made(&path("keys"));
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

/// It may be from before there was the row.
#[test]
fn a_key_that_is_not_in_an_original_of_unknown_age_is_suspended_and_not_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let clock = Hands::new();
    let (store, acme) = made_with(options(&clock), &path("keys"));
    let key = store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap().key.key_id;
    store.backup(path("backup")).unwrap();
    store.revoke(key, &by()).unwrap();
    clock.forward(Duration::from_secs(2 * 3_600));
    assert_eq!(store.sweep(9, &by()).unwrap().keys, 1);
    store.close().unwrap();
    let restored = |name: &str| {
        let how = Restore::new().denials_of(path("keys"));
        let told = options(&clock).restore(path("backup"), path(name), &how, &by()).unwrap();
        let store = options(&clock).read_only(true).open(path(name)).unwrap();
        (told.unreadable, store.key(key).unwrap().state)
    };
    assert_eq!(restored("known"), (0, State::Revoked));
    damage_state(&path("keys"));
    assert_eq!(restored("unknown"), (1, State::Suspended));
}

/// Credits of which it is not known how many are left are none, or they would be granted twice.
#[test]
fn credits_whose_row_is_damaged_are_spent_until_they_are_refilled() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let (store, acme) = made(&path("keys"));
    let quota: crate::Quota = "7 per month".parse().unwrap();
    let key = store.issue(&Spec::new(acme, "live", "o").quota(quota), &by()).unwrap().key.key_id;
    let due = store.key(key).unwrap().quota.unwrap().reset;
    store.backup(path("backup")).unwrap();
    store.close().unwrap();
    damage_balance(&path("keys"), key);
    let how = Restore::new().denials_of(path("keys"));
    let told = Store::options().restore(path("backup"), path("new"), &how, &by()).unwrap();
    assert_eq!((told.denied, told.unreadable), (Vec::new(), 1));
    let quota = Store::open(path("new")).unwrap().key(key).unwrap().quota.unwrap();
    assert_eq!((quota.remaining, quota.reset), (0, due));
}

/// What is left says its own row, and that is sound.
#[test]
fn a_key_whose_row_is_damaged_has_no_more_credits_than_are_left_in_the_original() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let (store, acme) = made(&path("keys"));
    let spec = Spec::new(acme, "live", "o").quota("5".parse::<crate::Quota>().unwrap());
    let issued = store.issue(&spec, &by()).unwrap();
    let key = issued.key.key_id;
    store.backup(path("backup")).unwrap();
    let token = issued.token.expose().as_bytes();
    (0..4).for_each(|_| _ = store.verify(acme, token, &Request::new()).unwrap());
    store.close().unwrap();
    damage_key(&path("keys"), key);
    let how = Restore::new().denials_of(path("keys"));
    let told = Store::options().restore(path("backup"), path("new"), &how, &by()).unwrap();
    assert_eq!(told.denied, [key]);
    let restored = Store::open(path("new")).unwrap().key(key).unwrap();
    assert_eq!((restored.state, restored.quota.unwrap().remaining), (State::Suspended, 1));
}

/// A generation that was revoked has the quota that was its own, and no part in the credits.
#[test]
fn a_revoked_generation_takes_no_credits_from_its_lineage() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let clock = Hands::new();
    let (store, acme) = made_with(options(&clock), &path("keys"));
    let spec = Spec::new(acme, "live", "o").quota("100 per day".parse::<crate::Quota>().unwrap());
    let first = store.issue(&spec, &by()).unwrap().key.key_id;
    let rotation = Rotation::new().grace(Duration::ZERO);
    let second = store.rotate(first, &rotation, &by()).unwrap().key.key_id;
    let more = Update::new().quota("1000 per day".parse::<crate::Quota>().unwrap());
    store.update(second, &more, &by()).unwrap();
    store.backup(path("backup")).unwrap();
    clock.forward(Duration::from_secs(25 * 3_600));
    store.update(second, &Update::new().take_credits(100), &by()).unwrap();
    store.close().unwrap();
    let how = Restore::new().denials_of(path("keys"));
    options(&clock).restore(path("backup"), path("new"), &how, &by()).unwrap();
    let store = options(&clock).open(path("new")).unwrap();
    assert_eq!(store.key(second).unwrap().quota.unwrap().remaining, 900);
}

#[test]
fn credits_that_were_refilled_since_the_backup_are_those_that_are_left_in_the_original() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let clock = Hands::new();
    let (store, acme) = made_with(options(&clock), &path("keys"));
    let quota: crate::Quota = "5 per day".parse().unwrap();
    let issued = store.issue(&Spec::new(acme, "live", "o").quota(quota), &by()).unwrap();
    let take = |store: &Store, credits: u32| {
        let token = issued.token.expose().as_bytes();
        (0..credits).for_each(|_| _ = store.verify(acme, token, &Request::new()).unwrap());
    };
    take(&store, 4);
    store.close().unwrap();
    let store = options(&clock).open(path("keys")).unwrap();
    store.backup(path("backup")).unwrap();
    clock.forward(Duration::from_secs(25 * 3_600));
    take(&store, 2);
    store.close().unwrap();
    let how = Restore::new().denials_of(path("keys"));
    options(&clock).restore(path("backup"), path("new"), &how, &by()).unwrap();
    let store = options(&clock).open(path("new")).unwrap();
    assert_eq!(store.key(issued.key.key_id).unwrap().quota.unwrap().remaining, 3);
}

/// redb trusts a page whose checksum is right, and may panic when such a page makes no sense.
/// Nothing else reads the rows of an original before its denials are looked for.
#[test]
fn an_original_with_forged_pages_is_refused_or_denies_what_can_be_read() {
    let memory = tempfile::tempdir_in("/dev/shm");
    let dir = memory.or_else(|_| tempfile::tempdir()).unwrap();
    let path = |name: &str| dir.path().join(name);
    let (store, acme) = made(&path("keys"));
    let specs = vec![Spec::new(acme, "live", "o"); 60];
    store.issue_many(&specs, &by()).unwrap();
    store.backup(path("backup")).unwrap();
    store.close().unwrap();
    let whole = std::fs::read(path("keys")).unwrap();
    let mender = Mender::new(&whole);
    let (mut read, mut refused) = (0, 0);
    for page in mender.live(&whole) {
        // Of a leaf, bytes 7 and 11 are the highest of where its first two rows end.
        for (at, byte) in [(0, 1), (0, 2), (0, 9), (2, 0), (2, 255), (7, 255), (11, 255), (40, 255)]
        {
            let mut bytes = whole.clone();
            bytes[page * PAGE + at] = byte;
            mender.mend(&mut bytes, page);
            std::fs::write(path("keys"), &bytes).unwrap();
            let how = Restore::new().denials_of(path("keys"));
            match Store::options().restore(path("backup"), path("new"), &how, &by()) {
                Ok(_) => {
                    read += 1;
                    let store = Store::options().read_only(true).open(path("new")).unwrap();
                    store.check().unwrap();
                    drop(store);
                    std::fs::remove_file(path("new")).unwrap();
                }
                Err(error) => {
                    refused += 1;
                    use ErrorKind::{Conflict, Corrupt, Foreign, Newer, Pepper};
                    let known = [Conflict, Corrupt, Foreign, Newer, Pepper];
                    assert!(known.contains(&error.kind()), "page {page}, byte {at}: {error:?}");
                    assert!(!path("new").exists(), "page {page}, byte {at}");
                }
            }
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

#[test]
fn a_backup_of_which_a_row_is_damaged_is_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let (store, acme) = made(&path("keys"));
    let key = store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap().key.key_id;
    store.backup(path("backup")).unwrap();
    damage_key(&path("backup"), key);
    let restored = Store::options().restore(path("backup"), path("new"), &Restore::new(), &by());
    let error = restored.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let told = error.to_string();
    assert!(told.contains("could not restore from") && told.contains(&key.to_string()), "{told}");
    assert!(!path("new").exists());
}
