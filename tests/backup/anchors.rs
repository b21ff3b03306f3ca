//! Older backups, files that were put back and other histories, each told by an anchor.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use keycask::{ErrorKind, Restore};

use crate::acme::{Scene, by};
use crate::kit::{issue, options};

#[test]
fn each_of_100_old_backups_is_told_from_what_the_store_is_known_to_be() {
    let scene = Scene::new();
    let mut backups = Vec::new();
    for number in 0..100 {
        scene.issue("live", "ann");
        backups.push(scene.backup(&format!("backup-{number}")));
    }
    let (key, _) = scene.issue("live", "ann");
    scene.store.revoke(key, &by()).unwrap();
    let anchor = scene.store.anchor().unwrap();
    for (number, backup) in backups.iter().enumerate() {
        let missing = 100 - number as u64 - 1 + 2;
        let known = options().read_only(true).min_seq(anchor.seq);
        let error = known.open(backup).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RolledBack, "{error}");
        let (have, want) = (anchor.seq - missing, anchor.seq);
        for seq in [have, want] {
            assert!(error.message().contains(&format!("seq {seq}")), "{error}");
        }
        let told = scene.restore(backup, "new", &Restore::new().anchor(anchor)).unwrap();
        assert_eq!(told.missing, Some(missing));
        let new = options().open(scene.path("new")).unwrap();
        assert_eq!(new.audit(told.last_entry, 1).unwrap()[0].after["missing"], missing);
        drop(new);
        fs::remove_file(scene.path("new")).unwrap();
    }
}

#[test]
fn a_file_that_was_put_back_is_refused_and_not_touched() {
    let scene = Scene::new();
    let (key, _) = scene.issue("live", "ann");
    let Scene { dir, store, .. } = scene;
    let path = dir.path().join("keys.keycask");
    store.close().unwrap();
    let old = fs::read(&path).unwrap();
    let store = options().open(&path).unwrap();
    store.revoke(key, &by()).unwrap();
    let seq = store.anchor().unwrap().seq;
    store.close().unwrap();
    options().min_seq(seq).open(&path).unwrap().close().unwrap();
    fs::write(&path, &old).unwrap();
    let error = options().min_seq(seq).open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RolledBack, "{error}");
    assert!(error.message().contains(&format!("{path:?}")), "{error}");
    assert_eq!(fs::read(&path).unwrap(), old);
    options().min_seq(seq - 1).open(&path).unwrap();
    let error = options().min_seq(1).create(dir.path().join("new")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
}

#[test]
fn an_anchor_of_another_store_or_another_history_refuses_a_backup() {
    let scene = Scene::new();
    let backup = scene.backup("backup");
    let other = Scene::new().store.anchor().unwrap();
    let error = scene.restore(&backup, "new", &Restore::new().anchor(other)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains("another store"), "{error}");

    // The same file goes on twice.
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();
    let twin = dir.path().join("twin");
    fs::copy(dir.path().join("keys.keycask"), &twin).unwrap();
    fs::set_permissions(&twin, fs::Permissions::from_mode(0o600)).unwrap();
    let one = options().open(dir.path().join("keys.keycask")).unwrap();
    let two = options().open(&twin).unwrap();
    issue(&one, "live", "ann").unwrap();
    issue(&two, "live", "ann").unwrap();
    let anchor = one.anchor().unwrap();
    assert_eq!(anchor.seq, two.anchor().unwrap().seq);
    two.backup(dir.path().join("of-two")).unwrap();
    let how = Restore::new().anchor(anchor);
    let new = dir.path().join("new");
    let error = options().restore(dir.path().join("of-two"), &new, &how, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains("another history"), "{error}");
    one.backup(dir.path().join("of-one")).unwrap();
    let told = options().restore(dir.path().join("of-one"), &new, &how, &by()).unwrap();
    assert_eq!(told.missing, None);
}

/// It was said that none was missing, though there was a revocation: as the anchor of the backup
/// itself was given, or one from before.
#[test]
fn an_anchor_that_is_no_later_than_the_backup_tells_of_no_missing_commits() {
    let scene = Scene::new();
    let (key, _) = scene.issue("live", "ann");
    let before = scene.store.anchor().unwrap();
    scene.issue("live", "ann");
    let backup = scene.backup("backup");
    let own = scene.store.anchor().unwrap();
    scene.store.revoke(key, &by()).unwrap();
    for anchor in [before, own] {
        let told = scene.restore(&backup, "new", &Restore::new().anchor(anchor)).unwrap();
        assert_eq!(told.missing, None, "{anchor}");
        let new = options().open(scene.path("new")).unwrap();
        let entry = &new.audit(told.last_entry, 1).unwrap()[0];
        assert!(entry.after["missing"].is_null(), "{anchor}");
        drop(new);
        fs::remove_file(scene.path("new")).unwrap();
    }
    // The original tells where it ends, also if it has gone no further.
    let after = scene.backup("after");
    let path = scene.path("keys.keycask");
    let Scene { dir, store, .. } = scene;
    let anchor = store.anchor().unwrap();
    store.close().unwrap();
    for (backup, missing) in [(&backup, anchor.seq - own.seq), (&after, 0)] {
        let how = Restore::new().anchor(own).denials_of(&path);
        let new = dir.path().join(format!("new-{missing}"));
        let told = options().restore(backup, new, &how, &by()).unwrap();
        assert_eq!(told.missing, Some(missing));
    }
}
