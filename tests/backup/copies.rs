//! What a backup is, made by the store or by copying its file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use keycask::{Changes, ErrorKind, Gone, Rotation};

use crate::acme::{Scene, by, reason};
use crate::kit::{contents, cursor, options};

#[test]
fn a_backup_is_the_store_with_its_anchor_and_is_its_owners_alone() {
    let scene = Scene::new();
    let (_, token) = scene.issue("live", "ann");
    let (used, _) = scene.issue("shown", "bob");
    let (gone, _) = scene.issue("live", "bob");
    scene.store.revoke(gone, &by()).unwrap();
    scene.store.rotate(used, &Rotation::new(), &by()).unwrap();
    assert_eq!(reason(&scene.store, &token), None);
    scene.store.flush().unwrap();
    let made = scene.store.backup(scene.path("backup")).unwrap();
    assert_eq!(made.anchor, scene.store.anchor().unwrap());
    assert_eq!((made.keys, made.anchor.seq), (4, scene.store.stats().unwrap().seq));
    let meta = fs::metadata(scene.path("backup")).unwrap();
    assert_eq!((meta.len(), meta.permissions().mode() & 0o7777), (made.bytes, 0o600));
    assert_eq!(scene.names(), ["backup", "keys.keycask"]);

    let backup = options().read_only(true).open(scene.path("backup")).unwrap();
    backup.check().unwrap();
    assert_eq!(backup.anchor().unwrap(), made.anchor);
    assert_eq!(contents(&backup), contents(&scene.store));
    assert_eq!(reason(&backup, &token), None);
    assert_eq!(
        backup.changes(cursor(&backup, made.anchor.seq), 9).unwrap(),
        Changes::Since(Vec::new())
    );
    let before = cursor(&backup, made.anchor.seq - 1);
    assert_eq!(backup.changes(before, 9).unwrap(), Changes::Gone(Gone::Trimmed));
}

#[test]
fn a_backup_replaces_nothing_and_a_refused_one_leaves_nothing() {
    let scene = Scene::new();
    fs::write(scene.path("mine"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", scene.path("link")).unwrap();
    for (path, kind) in [
        (scene.path("link"), ErrorKind::Conflict),
        (scene.path("mine"), ErrorKind::Conflict),
        (scene.path("keys.keycask"), ErrorKind::Conflict),
        (scene.path("none").join("backup"), ErrorKind::NotFound),
    ] {
        let error = scene.store.backup(&path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(&format!("{path:?}")), "{error}");
    }
    assert_eq!(fs::read(scene.path("mine")).unwrap(), b"mine");
    assert_eq!(scene.names(), ["keys.keycask", "link", "mine"]);
}

#[test]
fn a_backup_is_not_written_to() {
    let scene = Scene::new();
    let backup = scene.backup("backup");
    let before = fs::read(&backup).unwrap();
    let error = options().open(&backup).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert!(error.message().contains("restore"), "{error}");
    assert_eq!(fs::read(&backup).unwrap(), before);
}

#[test]
fn no_token_and_no_sealed_token_is_in_a_backup_in_the_clear() {
    let scene = Scene::new();
    let tokens: Vec<_> = ["live", "shown"].map(|kind| scene.issue(kind, "ann").1).into();
    let backup = fs::read(scene.backup("backup")).unwrap();
    for token in tokens {
        // The last four characters of the token are its hint.
        let body = &token.as_bytes()[token.rfind('_').unwrap() + 1..token.len() - 4];
        for part in body.windows(8) {
            assert!(!backup.windows(8).any(|window| window == part), "a part of {token}");
        }
    }
}

#[test]
fn a_backup_that_is_made_while_others_write_is_the_store_at_one_moment() {
    let scene = Scene::new();
    let keys: Vec<_> = (0..300).map(|_| scene.issue("shown", "ann").0).collect();
    let anchors = Mutex::new(vec![scene.store.anchor().unwrap()]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // One writer, so that each anchor is that of one commit.
            let keep = || anchors.lock().unwrap().push(scene.store.anchor().unwrap());
            for key in keys.iter().take_while(|_| !stop.load(Ordering::Relaxed)) {
                let (new, _) = scene.issue("live", "bob");
                keep();
                let gone = if key.bits() % 2 == 0 { *key } else { new };
                scene.store.revoke(gone, &by()).unwrap();
                keep();
                scene.store.sweep(1, &by()).unwrap();
                keep();
            }
        });
        for round in 0..8 {
            let made = scene.store.backup(scene.path(&format!("backup-{round}"))).unwrap();
            let known = || anchors.lock().unwrap().contains(&made.anchor);
            let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
            while !known() && std::time::Instant::now() < end {
                std::thread::yield_now();
            }
            assert!(known(), "{} is none that the store ever had", made.anchor);
        }
        stop.store(true, Ordering::Relaxed);
    });
    for round in 0..8 {
        let path = scene.path(&format!("backup-{round}"));
        options().read_only(true).open(path).unwrap().check().unwrap();
    }
}

#[test]
fn a_plain_copy_of_a_store_in_use_is_refused_or_is_the_store_at_one_moment() {
    let scene = Scene::new();
    (0..50).for_each(|_| _ = scene.issue("live", "ann"));
    let file = scene.path("keys.keycask");
    let mut anchors = vec![scene.store.anchor().unwrap()];
    let before = fs::read(&file).unwrap();
    for _ in 0..10 {
        let (key, _) = scene.issue("live", "bob");
        anchors.push(scene.store.anchor().unwrap());
        scene.store.revoke(key, &by()).unwrap();
        anchors.push(scene.store.anchor().unwrap());
    }
    let after = fs::read(&file).unwrap();
    let (copy, mut refused) = (scene.path("copy"), 0);
    let cuts = (0..before.len()).step_by(before.len() / 30);
    // What was copied early is from before, the rest from after; and the other way round.
    for (cut, (first, second)) in
        cuts.flat_map(|cut| [(&before, &after), (&after, &before)].map(|halves| (cut, halves)))
    {
        let end = second.get(cut..).unwrap_or_default();
        fs::write(&copy, [&first[..cut.min(first.len())], end].concat()).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        match options().open(&copy) {
            Err(error) => {
                assert!(error.message().contains("copy"), "{error}");
                refused += 1;
            }
            Ok(store) => assert!(anchors.contains(&store.anchor().unwrap()), "cut at {cut}"),
        }
    }
    assert!(refused > 10, "{refused} of 60 were refused");
}
