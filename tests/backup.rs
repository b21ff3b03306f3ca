//! Backups, what is restored from them, and files that were put back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "common/acme.rs"]
mod acme;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use keycask::{
    Changes, Error, ErrorKind, Event, FeedCursor, Filter, Gone, KeyId, Options, OwnerChange,
    Pepper, Progress, Reason, Request, Restore, Restored, Rotation, SealingKey, Spec, State, Step,
    Store, Update,
};

use acme::{Scene, by, profile, reason};

fn cursor(store: &Store, seq: u64) -> FeedCursor {
    FeedCursor { seq, store_id: store.id() }
}

const POLICY: &str = "usage = true\nretain = \"0s\"";

fn options() -> Options {
    Store::options().pepper(Pepper::new(&[1; 32])).sealing_key(SealingKey::new(&[2; 32]))
}

impl Scene {
    fn new() -> Self {
        let scene = Self::with(options(), POLICY);
        scene.store.set_owner(scene.acme, "bob", &OwnerChange::new(), &by()).unwrap();
        scene
    }

    fn issue(&self, kind: &str, owner: &str) -> (KeyId, String) {
        issue(&self.store, kind, owner).unwrap()
    }

    fn backup(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        self.store.backup(&path).unwrap();
        path
    }

    fn restore(&self, backup: &Path, name: &str, how: &Restore) -> Result<Restored, Error> {
        options().restore(backup, self.path(name), how, &by())
    }

    fn restored(&self, backup: &Path, name: &str) -> Store {
        self.restore(backup, name, &Restore::new()).unwrap();
        options().open(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn issue(store: &Store, kind: &str, owner: &str) -> Result<(KeyId, String), Error> {
    let spec = Spec::new(store.realm("acme")?, kind, owner).scopes(["read", "write"]);
    let issued = store.issue(&spec, &by())?;
    Ok((issued.key.key_id, issued.token.expose().to_owned()))
}

fn state(store: &Store, key: KeyId) -> State {
    store.key(key).unwrap().state
}

/// All that a store tells of its keys, owners and trail.
fn contents(store: &Store) -> (String, String) {
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = store.list(&Filter::new(), after, 1000).unwrap();
        keys.extend(page.keys);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let trail = store.audit(0, usize::MAX).unwrap();
    (format!("{keys:?}"), format!("{trail:?}"))
}

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
    assert_eq!(told.missing, Some(0));
}

#[test]
fn what_the_original_denies_is_denied_in_the_restored_store_and_what_it_grants_is_not_granted() {
    let scene = Scene::new();
    let issue = |owner| scene.issue("live", owner);
    let [revoked, suspended, shorter, narrower, swept, kept, resumed] =
        [(); 7].map(|()| issue("ann"));
    let (shown, _) = scene.issue("shown", "ann");
    let bobs = issue("bob");
    let store = &scene.store;
    store.suspend(resumed.0, &by()).unwrap();
    let backup = scene.backup("backup");
    store.revoke(revoked.0, &by().because("leaked")).unwrap();
    store.revoke(shown, &by()).unwrap();
    store.suspend(suspended.0, &by()).unwrap();
    let hour = std::time::Duration::from_secs(3600);
    let end = store.key(shorter.0).unwrap().issued.plus(hour);
    store.update(shorter.0, &Update::new().end(end), &by()).unwrap();
    store.update(narrower.0, &Update::new().scopes(["read"]), &by()).unwrap();
    store.revoke(swept.0, &by()).unwrap();
    store.resume(resumed.0, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "bob", &OwnerChange::new().suspended(true), &by()).unwrap();
    let since = issue("ann");
    // Only what was revoked by now is swept: all three that were.
    while store.sweep(100, &by()).unwrap().keys > 0 {}
    assert_eq!(store.key(swept.0).unwrap_err().kind(), ErrorKind::NotFound);
    let seq = store.anchor().unwrap().seq;
    let Scene { dir, store, .. } = scene;
    let original = dir.path().join("keys.keycask");
    let how = Restore::new().denials_of(&original);
    let new = dir.path().join("new");
    let error = options().restore(&backup, &new, &how, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    store.close().unwrap();
    let before = fs::read(&original).unwrap();
    let told = options().restore(&backup, &new, &how, &by()).unwrap();
    assert!(fs::read(&original).unwrap() == before, "the original was touched");
    let mut want = vec![revoked.0, suspended.0, shorter.0, narrower.0, swept.0, shown];
    want.sort_unstable();
    assert_eq!(told.denied, want);
    assert_eq!(told.denied_owners, ["bob"]);
    assert_eq!((told.unreadable, told.missing), (0, Some(seq - told.backup.seq)));

    let store = options().open(&new).unwrap();
    store.check().unwrap();
    for key in [revoked.0, swept.0, shown] {
        assert_eq!(state(&store, key), State::Revoked);
    }
    assert_eq!(reason(&store, &suspended.1), Some(Reason::Suspended));
    assert_eq!(store.key(shorter.0).unwrap().end, end);
    assert_eq!(store.key(narrower.0).unwrap().scopes, ["read"]);
    assert_eq!(reason(&store, &bobs.1), Some(Reason::OwnerSuspended));
    assert_eq!(reason(&store, &resumed.1), Some(Reason::Suspended));
    assert_eq!(reason(&store, &kept.1), None);
    assert_eq!(reason(&store, &since.1), Some(Reason::Unknown));
    let trail = store.audit(told.last_entry, 99).unwrap();
    assert_eq!(trail.len(), want.len() + 1 + 1);
    assert!(trail.iter().all(|entry| entry.actor == "tester"));
    store.confirm_restore(&by()).unwrap();
    store.check().unwrap();
}

/// Only states, ends, starts and scopes were taken from the original: a restored store granted
/// what its networks, idle spans and quotas refused, and gave spent credits again.
#[test]
fn networks_idle_spans_and_credits_of_the_original_restrain_the_restored_store() {
    let scene = Scene::new();
    let store = &scene.store;
    let acme = store.realm("acme").unwrap();
    let issue = |make: fn(Spec) -> Spec| {
        let issued = store.issue(&make(Spec::new(acme, "live", "ann")), &by()).unwrap();
        (issued.key.key_id, issued.token.expose().to_owned())
    };
    let from = |address: &str| Request::new().address(address.parse().unwrap());
    let plain = |spec| spec;
    let [narrowed, moved, first_network] = [
        issue(|spec| spec.networks(["10.0.0.0/8", "192.0.2.0/24"])),
        issue(|spec| spec.networks(["10.0.0.0/8"])),
        issue(plain),
    ];
    let hours = |hours: u64| std::time::Duration::from_secs(hours * 3_600);
    let [shorter, longer, first_idle] = [
        issue(|spec| spec.idle(std::time::Duration::from_secs(90 * 86_400))),
        issue(|spec| spec.idle(std::time::Duration::from_secs(86_400))),
        issue(plain),
    ];
    let quota = |text: &str| text.parse::<keycask::Quota>().unwrap();
    let [spent, given, lowered, first_quota] = [
        issue(|spec| spec.quota("5 per month".parse::<keycask::Quota>().unwrap())),
        issue(|spec| spec.quota("5".parse::<keycask::Quota>().unwrap())),
        issue(|spec| spec.quota("100 per day".parse::<keycask::Quota>().unwrap())),
        issue(plain),
    ];
    let idle_at = |store: &Store, key: &(KeyId, String)| store.key(key.0).unwrap().idle_at;
    let until_longer = idle_at(store, &longer);
    let backup = scene.backup("backup");
    let update = |key: &(KeyId, String), change: Update| {
        store.update(key.0, &change, &by()).unwrap();
    };
    update(&narrowed, Update::new().networks(["10.1.0.0/16", "198.51.100.0/24"]));
    update(&moved, Update::new().networks(["192.0.2.0/24"]));
    update(&first_network, Update::new().networks(["10.0.0.0/8"]));
    update(&shorter, Update::new().idle(hours(2)));
    update(&longer, Update::new().no_idle());
    update(&first_idle, Update::new().idle(hours(3)));
    update(&given, Update::new().add_credits(100));
    update(&lowered, Update::new().quota(quota("7 per month")));
    update(&first_quota, Update::new().quota(quota("3")));
    let verify = |store: &Store, key: &(KeyId, String), request: &Request| {
        let verdict = store.verify(acme, key.1.as_bytes(), request);
        verdict.map_err(|error| error.denial().unwrap().reason)
    };
    for (key, grants) in [(&spent, 4), (&given, 2), (&first_quota, 1)] {
        (0..grants).for_each(|_| _ = verify(store, key, &Request::new()).unwrap());
    }
    let [until_shorter, until_first] = [&shorter, &first_idle].map(|key| idle_at(store, key));
    assert_eq!(idle_at(store, &longer), None);
    let Scene { dir, store, .. } = scene;
    store.close().unwrap();
    let how = Restore::new().denials_of(dir.path().join("keys.keycask"));
    let new = dir.path().join("new");
    let told = options().restore(&backup, &new, &how, &by()).unwrap();
    let mut want: Vec<KeyId> =
        [&narrowed, &moved, &first_network, &shorter, &first_idle, &lowered, &first_quota]
            .map(|key| key.0)
            .into();
    want.sort_unstable();
    assert_eq!((told.denied, told.unreadable), (want, 0));

    let store = options().open(&new).unwrap();
    store.check().unwrap();
    assert!(verify(&store, &narrowed, &from("10.1.2.3")).is_ok());
    for other in ["10.2.0.1", "192.0.2.1", "198.51.100.1"] {
        assert_eq!(verify(&store, &narrowed, &from(other)), Err(Reason::Network), "{other}");
    }
    assert_eq!(verify(&store, &moved, &from("10.0.0.1")), Err(Reason::Suspended));
    assert_eq!(verify(&store, &moved, &from("192.0.2.1")), Err(Reason::Suspended));
    assert!(verify(&store, &first_network, &from("10.0.0.1")).is_ok());
    assert_eq!(verify(&store, &first_network, &from("192.0.2.1")), Err(Reason::Network));
    // It may be idle sooner: the original has begun anew.
    assert!(idle_at(&store, &shorter) <= until_shorter);
    assert_eq!(idle_at(&store, &first_idle), until_first);
    assert_eq!(idle_at(&store, &longer), until_longer);
    let left = |key: &(KeyId, String)| {
        (0..200).take_while(|_| verify(&store, key, &Request::new()).is_ok()).count()
    };
    assert_eq!([&spent, &given, &lowered, &first_quota].map(left), [1, 5, 7, 2]);
    assert_eq!(store.key(lowered.0).unwrap().quota.unwrap().quota, quota("7 per month"));
}

#[test]
fn an_original_of_another_store_is_refused() {
    let (scene, other) = (Scene::new(), Scene::new());
    let backup = scene.backup("backup");
    let Scene { dir, store, .. } = other;
    store.close().unwrap();
    let how = Restore::new().denials_of(dir.path().join("keys.keycask"));
    let error = scene.restore(&backup, "new", &how).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(!scene.path("new").exists());
}

#[test]
fn an_original_that_is_older_than_the_backup_is_refused() {
    let Scene { dir, store, .. } = Scene::new();
    store.close().unwrap();
    let (file, old) = (dir.path().join("keys.keycask"), dir.path().join("old"));
    fs::copy(&file, &old).unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    let store = options().open(&file).unwrap();
    issue(&store, "live", "ann").unwrap();
    let (backup, new) = (dir.path().join("backup"), dir.path().join("new"));
    store.backup(&backup).unwrap();
    let how = Restore::new().denials_of(&old);
    let error = options().restore(&backup, &new, &how, &by()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains("before the backup"), "{error}");
    assert!(!new.exists());
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
