//! The change feed, as a cache or a webhook follows it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "common/acme.rs"]
mod acme;
#[path = "common/hands.rs"]
mod hands;

use keycask::{
    Changed, Changes, Commit, ErrorKind, Event, FeedCursor, Gone, OwnerChange, Quota, Restore,
    Rotation, Spec, Store, Trim, Update,
};

use acme::{Scene, by};
use hands::Hands;

impl Scene {
    fn new(log_len: u64) -> Self {
        Self::with(Store::options().log_len(log_len), "retain = \"0s\"")
    }

    fn reader(&self) -> Store {
        Store::options().read_only(true).open(self.file()).unwrap()
    }

    fn issue(&self) -> keycask::KeyId {
        self.store.issue(&Spec::new(self.acme, "live", "ann"), &by()).unwrap().key.key_id
    }

    fn cursor(&self, seq: u64) -> FeedCursor {
        FeedCursor { seq, store_id: self.store.id() }
    }
}

fn since(store: &Store, cursor: FeedCursor) -> Vec<Commit> {
    match store.changes(cursor, 1_000).unwrap() {
        Changes::Since(commits) => commits,
        other => panic!("{other:?}"),
    }
}

fn events(commits: &[Commit]) -> Vec<Vec<&'static str>> {
    let of = |commit: &Commit| commit.entries.iter().map(|entry| entry.event.name()).collect();
    commits.iter().map(of).collect()
}

#[test]
fn whoever_follows_the_log_is_told_every_change_in_order_or_that_it_is_gone() {
    let scene = Scene::new(10);
    let store = &scene.store;
    let key = scene.issue();
    let commits = since(store, scene.cursor(0));
    assert_eq!(commits.iter().map(|c| c.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(commits[2].changed, [Changed::Key(key)]);
    assert!(matches!(commits[0].changed[..], [Changed::Realm(realm)] if realm == scene.acme));
    assert_eq!(since(store, scene.cursor(2)), commits[2..]);
    assert_eq!(store.changes(scene.cursor(0), 2).unwrap(), Changes::Since(commits[..2].to_vec()));
    assert_eq!(since(store, scene.cursor(3)), []);
    let gone = |seq| match store.changes(scene.cursor(seq), 100).unwrap() {
        Changes::Gone(gone) => gone,
        other => panic!("{other:?}"),
    };
    assert_eq!(gone(4), Gone::Ahead);
    for round in 0..600 {
        let change = OwnerChange::new().suspended(round % 2 == 0);
        store.set_owner(scene.acme, "ann", &change, &by()).unwrap();
    }
    assert_eq!(gone(0), Gone::Trimmed);
    let feed = store.feed().unwrap();
    assert_eq!(feed.newest, scene.cursor(603));
    assert!(since(store, feed.oldest).len() >= 10);
    assert_eq!(gone(feed.oldest.seq - 1), Gone::Trimmed);
}

#[test]
fn each_commit_says_what_was_done_in_which_realm_to_whose_key() {
    let scene = Scene::new(1_000);
    let key = scene.issue();
    let rotated = scene.store.rotate(key, &Rotation::new(), &by()).unwrap();
    scene.store.revoke(rotated.key.key_id, &by()).unwrap();
    scene.store.sweep_all(&by()).unwrap();
    let commits = since(&scene.store, scene.cursor(2));
    let expected =
        [vec!["key_issued"], vec!["key_rotated"], vec!["key_revoked"], vec!["keys_swept"]];
    assert_eq!(events(&commits), expected);
    for commit in &commits {
        assert!(commit.entries.iter().all(|entry| entry.seq == commit.seq));
    }
    let told = &commits[2].entries[0];
    assert_eq!(told.key, Some(rotated.key.key_id));
    assert_eq!((told.realm.as_deref(), told.owner.as_deref()), (Some("acme"), Some("ann")));
    assert_eq!(commits[1].changed.len(), 2);
    assert!(commits[3].changed.contains(&Changed::Swept(rotated.key.key_id)));
}

#[test]
fn a_reader_is_told_what_the_writer_beside_it_commits() {
    let scene = Scene::new(1_000);
    let reader = scene.reader();
    let cursor = reader.feed().unwrap().newest;
    assert_eq!(since(&reader, cursor), []);
    let keys = [scene.issue(), scene.issue()];
    let commits = since(&reader, cursor);
    let changed: Vec<_> = commits.iter().flat_map(|commit| commit.changed.clone()).collect();
    assert_eq!(changed, keys.map(Changed::Key));
    assert_eq!(commits, since(&scene.store, cursor));
    let cursor = FeedCursor { seq: commits[1].seq, ..cursor };
    assert_eq!(since(&reader, cursor), []);
    scene.store.revoke(keys[0], &by()).unwrap();
    assert_eq!(events(&since(&reader, cursor)), [["key_revoked"]]);
}

#[test]
fn a_cursor_lasts_over_a_restart_and_over_compaction_which_a_reader_is_told_of() {
    let Scene { dir, store, acme } = Scene::new(1_000);
    let path = dir.path().join("keys.keycask");
    let cursor = store.feed().unwrap().newest;
    store.close().unwrap();
    let store = Store::open(&path).unwrap();
    let scene = Scene { dir, store, acme };
    let reader = scene.reader();
    let key = scene.issue();
    scene.store.compact().unwrap();
    // It is told all of the old file first, and only then that there is another.
    let commits = since(&reader, cursor);
    assert_eq!(commits[0].changed, [Changed::Key(key)]);
    let cursor = FeedCursor { seq: commits[0].seq, ..cursor };
    scene.store.revoke(key, &by()).unwrap();
    assert_eq!(reader.changes(cursor, 10).unwrap(), Changes::Moved);
    assert_eq!(events(&since(&scene.reader(), cursor)), [["key_revoked"]]);
    assert_eq!(since(&scene.store, cursor), since(&scene.reader(), cursor));
}

#[test]
fn a_reader_whose_file_was_taken_away_is_told_so_once_there_is_no_more() {
    let scene = Scene::new(1_000);
    let reader = scene.reader();
    let cursor = reader.feed().unwrap().newest;
    let key = scene.issue();
    std::fs::remove_file(scene.file()).unwrap();
    let commits = since(&reader, cursor);
    assert_eq!(commits[0].changed, [Changed::Key(key)]);
    let cursor = FeedCursor { seq: commits[0].seq, ..cursor };
    assert_eq!(reader.changes(cursor, 10).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_cursor_of_the_store_that_was_backed_up_means_nothing_in_the_restored_one() {
    let scene = Scene::new(1_000);
    scene.issue();
    let old = scene.store.feed().unwrap().newest;
    scene.store.backup(scene.path("backup")).unwrap();
    let new = scene.path("new");
    Store::options().restore(scene.path("backup"), &new, &Restore::new(), &by()).unwrap();
    let restored = Store::open(&new).unwrap();
    assert_eq!(restored.changes(old, 10).unwrap(), Changes::Gone(Gone::OtherStore));
    let feed = restored.feed().unwrap();
    assert_eq!(events(&since(&restored, feed.oldest)), [["store_restored"]]);
    let same_seq = FeedCursor { store_id: old.store_id, ..feed.newest };
    assert_eq!(restored.changes(same_seq, 10).unwrap(), Changes::Gone(Gone::OtherStore));
}

#[test]
fn what_changed_is_told_also_when_the_trail_no_longer_says_what_was_done() {
    let scene = Scene::new(1_000);
    let key = scene.issue();
    scene.issue();
    scene.store.trim_audit(Trim::Through(3), &by()).unwrap();
    let commits = since(&scene.store, scene.cursor(2));
    let trimmed = Event::AuditTrimmed.name();
    assert_eq!(events(&commits), [vec![], vec!["key_issued"], vec![trimmed]]);
    assert_eq!(commits[0].changed, [Changed::Key(key)]);
    assert_eq!(commits[2].changed, []);
}

/// Nothing named the key, so that a cache kept it as one that has no credits.
#[test]
fn a_change_of_credits_names_every_key_that_has_them() {
    let scene = Scene::new(1_000);
    let quota: Quota = "1000".parse().unwrap();
    let spec = Spec::new(scene.acme, "live", "ann").quota(quota);
    let key = scene.store.issue(&spec, &by()).unwrap().key.key_id;
    let newest = || scene.store.feed().unwrap().newest;
    let changed = |key, update: &Update| {
        let cursor = newest();
        scene.store.update(key, update, &by()).unwrap();
        let commits = since(&scene.store, cursor);
        assert_eq!(events(&commits), [["key_updated"]]);
        commits[0].changed.clone()
    };
    let add = Update::new().add_credits(500);
    assert_eq!(changed(key, &add), [Changed::Key(key)]);
    // The quota that it has gives it anew.
    assert_eq!(changed(key, &Update::new().quota(quota)), [Changed::Key(key)]);
    let both = Update::new().name("a name").take_credits(1);
    assert_eq!(changed(key, &both), [Changed::Key(key)]);
    // Both generations have them, while the first is in its grace.
    let grace = Rotation::new().grace(std::time::Duration::from_secs(3_600));
    let successor = scene.store.rotate(key, &grace, &by()).unwrap().key.key_id;
    for (one, other) in [(key, successor), (successor, key)] {
        assert_eq!(changed(one, &add), [Changed::Key(other), Changed::Key(one)]);
    }
    scene.store.revoke(key, &by()).unwrap();
    assert_eq!(changed(successor, &add), [Changed::Key(successor)]);
    let left = scene.store.key(successor).unwrap().quota.unwrap().remaining;
    assert_eq!(left, 1_000 - 1 + 3 * 500);
    let cursor = newest();
    scene.store.update(successor, &Update::new().name("a name"), &by()).unwrap();
    assert_eq!(since(&scene.store, cursor), [], "nothing changed");
}

/// A refill that is brought forward is a change of credits, and one that is not is none.
#[test]
fn a_clock_that_is_set_right_names_every_key_whose_credits_are_changed() {
    let clock = Hands::at("2026-01-15T12:00:00Z");
    let options = Store::options().log_len(1_000).clock(clock.clone());
    let scene = Scene::with(options, "retain = \"0s\"");
    let hour = std::time::Duration::from_secs(3_600);
    let spec =
        |quota: &str| Spec::new(scene.acme, "live", "ann").quota(quota.parse::<Quota>().unwrap());
    let issue = |spec: &Spec| scene.store.issue(spec, &by()).unwrap();
    let daily = issue(&spec("9 per day"));
    let revoked = daily.key.key_id;
    let rotate = |key, grace: u32| {
        // Its successor has a later id.
        clock.forward(std::time::Duration::from_millis(1));
        let grace = Rotation::new().grace(hour * 24 * grace);
        scene.store.rotate(key, &grace, &by()).unwrap()
    };
    let first = rotate(revoked, 1).key.key_id;
    scene.store.revoke(revoked, &by()).unwrap();
    let second = rotate(first, 30);
    let never = issue(&spec("9"));
    let unused = issue(&spec("9 per month"));
    scene.issue();

    clock.set("2026-01-30T12:00:00Z");
    // The step is seen, and an hour later the clock is believed.
    scene.store.key(first).unwrap();
    clock.forward(hour);
    for issued in [&second, &never] {
        assert_eq!(scene.reason(issued.token.expose()), None);
    }
    let due = |key| scene.store.key(key).unwrap().quota.unwrap().reset.to_string();
    assert_eq!(due(first), "2026-01-31T00:00:00Z");
    clock.set("2026-01-15T14:00:00Z");
    let cursor = scene.store.feed().unwrap().newest;
    let before = scene.store.key(second.key.key_id).unwrap();
    scene.store.reset_clock(&by()).unwrap();
    assert_eq!([first, second.key.key_id].map(due), ["2026-01-16T00:00:00Z"; 2]);
    assert_eq!(due(unused.key.key_id), "2026-02-01T00:00:00Z");
    let commits = since(&scene.store, cursor);
    assert_eq!(events(&commits), [["clock_reset"]]);
    assert_eq!(commits[0].changed, [Changed::Key(first), Changed::Key(second.key.key_id)]);
    let mut after = scene.store.key(second.key.key_id).unwrap();
    after.quota = before.quota;
    assert_eq!(after, before);
    scene.store.check().unwrap();
}

/// P-51: who follows the feed learns neither a token nor a digest.
#[test]
fn p51_no_token_and_no_digest_is_in_the_feed() {
    let scene = Scene::new(1_000);
    let issued = scene.store.issue(&Spec::new(scene.acme, "live", "ann"), &by()).unwrap();
    let text = format!("{:?}", scene.store.changes(scene.cursor(0), 100).unwrap());
    let body = &issued.token.expose()["acme_live_".len()..];
    assert!(!text.contains(&body[..8]) && !text.contains("digest"), "{text}");
}
