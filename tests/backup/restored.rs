//! What is restored from a backup.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use keycask::{
    Changes, Error, ErrorKind, Event, Filter, Gone, OwnerChange, Pepper, Progress, Reason, Restore,
    SealingKey, Step, Store, Update,
};

use crate::acme::{Scene, by, profile, reason};
use crate::kit::{POLICY, contents, cursor, issue, options};

/// They are of an opening, and a restored store is not open.
#[test]
fn to_read_alone_and_a_least_seq_mean_nothing_to_a_restoring() {
    let scene = Scene::new();
    let (_, token) = scene.issue("live", "ann");
    let (backup, new) = (scene.backup("backup"), scene.path("new"));
    let how = Restore::new().denials_of(scene.backup("original"));
    options().read_only(true).min_seq(u64::MAX).restore(backup, &new, &how, &by()).unwrap();
    assert_eq!(reason(&options().open(new).unwrap(), &token), None);
}

/// Who opens a file to read it alone is not told of all that redb finds damaged.
#[test]
fn a_backup_with_a_damaged_page_is_not_restored_though_it_be_read_alone() {
    let scene = Scene::new();
    scene.issue("live", "ann");
    let whole = fs::read(scene.backup("backup")).unwrap();
    let (damaged, new) = (scene.path("damaged"), scene.path("new"));
    let read_only = || options().read_only(true);
    let is_met = |at: &usize| {
        let mut bytes = whole.clone();
        bytes[*at] ^= 1;
        fs::write(&damaged, &bytes).unwrap();
        fs::set_permissions(&damaged, fs::Permissions::from_mode(0o600)).unwrap();
        let restored = options().restore(&damaged, &new, &Restore::new(), &by());
        let _ = fs::remove_file(&new);
        restored.is_err() && read_only().open(&damaged).is_ok()
    };
    (4096..whole.len()).step_by(61).find(is_met).expect("whoever reads it alone is told of all");
    let error = read_only().restore(&damaged, &new, &Restore::new(), &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn a_restored_store_decides_as_the_backup_and_changes_nothing_until_it_is_confirmed() {
    let scene = Scene::new();
    let (key, token) = scene.issue("live", "ann");
    let (shown, secret) = scene.issue("shown", "ann");
    let backup = scene.backup("backup");
    let told = scene.restore(&backup, "new", &Restore::new()).unwrap();
    assert_eq!((told.missing, told.keys, told.unreadable), (None, 2, 0));
    assert_eq!(told.backup, scene.store.anchor().unwrap());
    let trail = scene.store.audit(0, 99).unwrap();
    assert_eq!(told.last_change, trail.last().map(|entry| entry.at));
    assert_eq!(told.last_entry, trail.len() as u64);

    let new = options().open(scene.path("new")).unwrap();
    new.check().unwrap();
    let stats = new.stats().unwrap();
    assert!(stats.unconfirmed && stats.store_id == told.store_id);
    assert_ne!(stats.store_id, scene.store.stats().unwrap().store_id);
    let before = cursor(&new, told.backup.seq - 1);
    assert_eq!(new.changes(before, 9).unwrap(), Changes::Gone(Gone::Trimmed));
    assert_eq!(contents(&new).0, contents(&scene.store).0);
    assert_eq!((reason(&new, &token), reason(&new, &secret)), (None, None));

    let acme = new.realm("acme").unwrap();
    let refused: [(&str, Error); 7] = [
        ("issue", issue(&new, "live", "ann").unwrap_err()),
        ("revoke", new.revoke(key, &by()).unwrap_err()),
        ("suspend", new.suspend(key, &by()).unwrap_err()),
        ("update", new.update(key, &Update::new().name("x"), &by()).unwrap_err()),
        ("reveal", new.reveal(shown, &by()).unwrap_err()),
        (
            "owner",
            new.set_owner(acme, "ann", &OwnerChange::new().suspended(true), &by()).unwrap_err(),
        ),
        ("realm", new.apply_realm("acme.toml", &profile(POLICY), &by()).unwrap_err()),
    ];
    for (what, error) in refused {
        assert_eq!(error.kind(), ErrorKind::Unconfirmed, "{what}: {error}");
        assert!(error.message().contains("confirm"), "{error}");
    }
    assert_eq!((reason(&new, &token), new.stats().unwrap()), (None, stats));
    new.close().unwrap();

    let new = options().open(scene.path("new")).unwrap();
    new.confirm_restore(&by().because("tickets 1 to 9 were gone through")).unwrap();
    assert_eq!(new.confirm_restore(&by()).unwrap_err().kind(), ErrorKind::Conflict);
    new.revoke(key, &by()).unwrap();
    assert_eq!(new.reveal(shown, &by()).unwrap().expose(), secret);
    new.close().unwrap();
    let new = options().open(scene.path("new")).unwrap();
    assert!(!new.stats().unwrap().unconfirmed);
    assert_eq!(reason(&new, &token), Some(Reason::Revoked));
    let events: Vec<_> = new.audit(told.last_entry, 9).unwrap();
    let names: Vec<_> = events.iter().map(|entry| entry.event).collect();
    let want =
        [Event::StoreRestored, Event::RestoreConfirmed, Event::KeyRevoked, Event::KeyRevealed];
    assert_eq!(names, want);
    assert_eq!(events[0].before["anchor"], told.backup.to_string());
    new.check().unwrap();
    assert_eq!(scene.store.confirm_restore(&by()).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn restoring_replaces_nothing_and_needs_the_pepper() {
    let scene = Scene::new();
    let backup = scene.backup("backup");
    let before = scene.names();
    let error = scene.restore(&backup, "keys.keycask", &Restore::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    for other in [Store::options(), Store::options().pepper(Pepper::new(&[9; 32]))] {
        let error = other.restore(&backup, scene.path("new"), &Restore::new(), &by()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pepper, "{error}");
        assert!(error.message().contains("backup"), "{error}");
    }
    let missing = scene.restore(&scene.path("none"), "new", &Restore::new()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    assert_eq!(scene.names(), before);
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_is_made_of_it() {
    let scene = Scene::new();
    (0..20).for_each(|_| _ = scene.issue("live", "ann"));
    let backup = scene.backup("backup");
    let bytes = fs::read(&backup).unwrap();
    let before = scene.names();
    let mut refused = 0;
    let flips = (0..bytes.len()).step_by(bytes.len() / 40).map(|at| {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        bad
    });
    let cuts = [0, 1, 4096, bytes.len() / 2, bytes.len() - 1].map(|at| bytes[..at].to_vec());
    for bad in flips.chain(cuts) {
        fs::write(&backup, &bad).unwrap();
        // A byte that no page in use has may be anything.
        match scene.restore(&backup, "new", &Restore::new()) {
            Err(error) => {
                assert!(error.message().contains("backup"), "{error}");
                refused += 1;
            }
            Ok(_) => {
                let new = options().open(scene.path("new")).unwrap();
                assert_eq!(contents(&new).0, contents(&scene.store).0);
                drop(new);
                fs::remove_file(scene.path("new")).unwrap();
            }
        }
        assert_eq!(scene.names(), before);
    }
    assert!(refused > 10, "{refused} of 45 were refused");
}

#[test]
fn a_restored_store_is_backed_up_and_restored_as_any_other() {
    let scene = Scene::new();
    let (shown, secret) = scene.issue("shown", "ann");
    let backup = scene.backup("backup");
    let new = scene.restored(&backup, "new");
    let again = scene.path("again");
    new.backup(&again).unwrap();
    let newer = scene.restored(&again, "newer");
    assert!(newer.stats().unwrap().unconfirmed);
    newer.confirm_restore(&by()).unwrap();
    assert_eq!(newer.reveal(shown, &by()).unwrap().expose(), secret);
    newer.check().unwrap();
}

#[test]
fn a_sealing_key_that_changes_and_a_log_that_is_short_do_not_spoil_a_backup() {
    let scene = Scene::new();
    (0..20).for_each(|_| _ = scene.issue("shown", "ann"));
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();
    let new_key = || SealingKey::new(&[3; 32]);
    let pepper = || Pepper::new(&[1; 32]);
    let open = || Store::options().pepper(pepper()).sealing_key(new_key()).log_len(1);
    let store = open().open(dir.path().join("keys.keycask")).unwrap();
    store.change_sealing_key(&SealingKey::new(&[2; 32]), &by()).unwrap();
    for _ in 0..100 {
        issue(&store, "live", "bob").unwrap();
    }
    store.backup(dir.path().join("backup")).unwrap();
    let how = Restore::new();
    open().restore(dir.path().join("backup"), dir.path().join("new"), &how, &by()).unwrap();
    let new = open().open(dir.path().join("new")).unwrap();
    new.confirm_restore(&by()).unwrap();
    let page = new.list(&Filter::new(), None, 20).unwrap();
    for key in page.keys {
        new.reveal(key.key_id, &by()).unwrap();
    }
}

#[test]
fn progress_is_told_of_each_step_from_its_beginning_to_its_end() {
    let scene = Scene::new();
    (0..10).for_each(|_| _ = scene.issue("live", "ann"));
    let backup = scene.backup("backup");
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = || {
        let told = told.clone();
        options().progress(move |progress| told.lock().unwrap().push(progress))
    };
    let steps = || -> Vec<(Step, u64, u64)> {
        let told = std::mem::take(&mut *told.lock().unwrap());
        let bytes = |p: &Progress| p.done == 0 || p.done == p.total;
        assert!(told.iter().all(|p| p.step != Step::Read || bytes(p)), "{told:?}");
        let rows = |p: &Progress| if p.step == Step::Read { (0, 0) } else { (p.done, p.total) };
        told.iter().map(|p| (p.step, rows(p).0, rows(p).1)).collect()
    };
    // A realm, two owners, ten keys; thirteen entries of the trail.
    telling().restore(&backup, scene.path("new"), &Restore::new(), &by()).unwrap();
    let check = [(Step::Check, 0, 26), (Step::Check, 26, 26)];
    let copy = [(Step::Copy, 0, 26), (Step::Copy, 26, 26)];
    let last = [(Step::Check, 0, 27), (Step::Check, 27, 27)];
    let read = [(Step::Read, 0, 0), (Step::Read, 0, 0)];
    assert_eq!(steps(), [&read[..], &check, &copy, &read, &last].concat());
    let new = telling().open(scene.path("new")).unwrap();
    let open = [(Step::Open, 0, 13), (Step::Open, 13, 13)];
    // Rows are read while redb checks pages, and what it still has to check is told of then.
    assert_eq!(steps(), [&open[..], &read].concat());
    new.backup(scene.path("again")).unwrap();
    assert_eq!(steps().first(), Some(&(Step::Copy, 0, 27)));
}

/// The file was said to be forged, and a backup to be restored.
#[test]
fn what_tells_of_progress_may_panic_and_the_file_is_in_order_all_the_same() {
    let scene = Scene::new();
    let token = scene.issue("live", "ann").1;
    let backup = scene.backup("backup");
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();
    let file = dir.path().join("keys.keycask");
    let panics = || options().progress(|progress| panic!("told {progress:?}"));
    let store = panics().open(&file).unwrap();
    store.check().unwrap();
    store.backup(dir.path().join("second")).unwrap();
    store.compact().unwrap();
    assert_eq!(reason(&store, &token), None);
    panics().restore(&backup, dir.path().join("new"), &Restore::new(), &by()).unwrap();
    options().open(dir.path().join("new")).unwrap().check().unwrap();
}
