//! Many keys in one commit: each as if it were issued alone, all of them or none.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "common/hands.rs"]
mod hands;

use std::collections::BTreeSet;
use std::time::Duration;

use keycask::{
    Actor, Changes, ErrorKind, Event, FeedCursor, ISSUE_MAX, Issued, KeyId, OwnerChange, RealmRef,
    Request, Spec, Store,
};

use hands::Hands;

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
active = 3
[[scope]]
name = "read"
[[plan]]
name = "small"
active = 4
"#;

struct Scene {
    dir: tempfile::TempDir,
    clock: Hands,
    store: Store,
    acme: RealmRef,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Hands::at("2026-01-01T00:00:00Z");
        let path = dir.path().join("keys.redb");
        let store = Store::options().clock(clock.clone()).create(path).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        for (owner, change) in
            [("free", OwnerChange::new()), ("small", OwnerChange::new().plan("small"))]
        {
            store.set_owner(acme, owner, &change, &by()).unwrap();
        }
        Self { dir, clock, store, acme }
    }

    fn reopen(self) -> Self {
        let Self { dir, clock, store, acme } = self;
        store.close().unwrap();
        let path = dir.path().join("keys.redb");
        let store = Store::options().clock(clock.clone()).open(path).unwrap();
        store.check().unwrap();
        Self { dir, clock, store, acme }
    }

    fn spec(&self, kind: &str, owner: &str) -> Spec {
        Spec::new(self.acme, kind, owner).scopes(["read"])
    }

    fn issue(&self, specs: &[Spec]) -> keycask::Result<Vec<Issued>> {
        self.store.issue_many(specs, &by())
    }

    fn is_granted(&self, issued: &Issued) -> bool {
        let token = issued.token.expose().as_bytes();
        let answer = self.store.verify(self.acme, token, &Request::new());
        answer.is_ok_and(|grant| grant.key_id == issued.key.key_id)
    }

    fn seq(&self) -> u64 {
        self.store.stats().unwrap().seq
    }

    /// Fails unless `specs` are refused with `kind` and `words`, and nothing was written.
    fn refused(&self, specs: &[Spec], kind: ErrorKind, words: &str) {
        let before = (self.seq(), self.store.stats().unwrap().keys);
        let error = self.issue(specs).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(words), "{error}");
        assert_eq!((self.seq(), self.store.stats().unwrap().keys), before);
    }
}

fn by() -> Actor {
    Actor::new("importer").because("moved here")
}

#[test]
fn they_share_a_commit_and_each_is_what_it_would_be_alone() {
    let scene = Scene::new();
    let specs: Vec<Spec> =
        (0..500).map(|n| scene.spec("live", "free").name(n.to_string())).collect();
    let before = (scene.seq(), scene.store.audit(0, 1_000).unwrap().len());
    let alone = scene.store.issue(&specs[0], &by()).unwrap();
    let issued = scene.issue(&specs).unwrap();
    assert_eq!(scene.seq(), before.0 + 2);
    let names = issued.iter().map(|issued| issued.key.name.clone());
    assert!(names.eq((0..500).map(|n| n.to_string())), "in the order of their specs");
    for one in &issued {
        let mut like = alone.key.clone();
        like.key_id = one.key.key_id;
        like.lineage = one.key.key_id;
        (like.name, like.last_four) = (one.key.name.clone(), one.key.last_four.clone());
        assert_eq!(one.key, like);
        assert_eq!(scene.store.key(one.key.key_id).unwrap(), like);
    }
    let trail = scene.store.audit(before.1 as u64, 1_000).unwrap();
    let told: Vec<_> = trail.iter().map(|entry| entry.key.unwrap()).collect();
    let ids = issued.iter().map(|issued| issued.key.key_id);
    assert_eq!(told, [alone.key.key_id].into_iter().chain(ids).collect::<Vec<_>>());
    for entry in &trail {
        assert_eq!((entry.event, entry.reason.as_str()), (Event::KeyIssued, "moved here"));
        assert_eq!(
            entry.after.keys().collect::<Vec<_>>(),
            trail[0].after.keys().collect::<Vec<_>>()
        );
    }
    let since = FeedCursor { seq: before.0 + 1, store_id: scene.store.id() };
    let Changes::Since(commits) = scene.store.changes(since, 10).unwrap() else {
        panic!("the log is gone")
    };
    assert_eq!(commits.iter().map(|commit| commit.changed.len()).collect::<Vec<_>>(), [500]);
    let scene = scene.reopen();
    assert!(issued.iter().all(|issued| scene.is_granted(issued)));
}

#[test]
fn their_ids_ascend_and_are_nobody_elses_however_many_are_of_one_millisecond() {
    let scene = Scene::new();
    let specs = vec![scene.spec("live", "free"); 2_000];
    let mut all = Vec::new();
    for _ in 0..3 {
        let issued = scene.issue(&specs).unwrap();
        assert!(issued.is_sorted_by_key(|issued| issued.key.key_id));
        all.extend(issued);
    }
    let ids: BTreeSet<KeyId> = all.iter().map(|issued| issued.key.key_id).collect();
    assert_eq!(ids.len(), 6_000);
    let scene = scene.reopen();
    assert_eq!(scene.store.stats().unwrap().keys, 6_000);
    assert!(all.iter().all(|issued| scene.is_granted(issued)));
}

#[test]
fn caps_count_the_keys_of_the_same_call() {
    let scene = Scene::new();
    let (small, test) = (scene.spec("live", "small"), scene.spec("test", "free"));
    scene.refused(&vec![small.clone(); 5], ErrorKind::Cap, "spec 4: owner \"small\": has 4 active");
    scene.refused(&vec![test.clone(); 4], ErrorKind::Cap, "spec 3: owner \"free\": has 3 active");
    scene.issue(&[small.clone(), small.clone(), small.clone(), test.clone(), test]).unwrap();
    scene.refused(&[small.clone(), small.clone()], ErrorKind::Cap, "spec 1: ");
    scene.issue(&[small]).unwrap();
}

#[test]
fn keys_that_expired_give_their_places_to_the_keys_of_one_call() {
    let scene = Scene::new();
    let short = scene.spec("live", "small").life(Duration::from_secs(1));
    scene.issue(&vec![short; 4]).unwrap();
    let specs = vec![scene.spec("live", "small"); 4];
    scene.refused(&specs, ErrorKind::Cap, "spec 0: owner \"small\": has 4 active");
    scene.clock.step(1_000);
    let issued = scene.issue(&specs).unwrap();
    scene.refused(&specs[..1], ErrorKind::Cap, "spec 0: owner \"small\": has 4 active");
    let scene = scene.reopen();
    assert!(issued.iter().all(|issued| scene.is_granted(issued)));
}

#[test]
fn one_that_is_refused_refuses_all_and_is_named() {
    let scene = Scene::new();
    let mut specs = vec![scene.spec("live", "free"); 10];
    specs[7] = scene.spec("live", "nobody");
    scene.refused(&specs, ErrorKind::NotFound, "spec 7: owner \"nobody\"");
    specs[3] = scene.spec("live", "free").scopes(["write"]);
    scene.refused(&specs, ErrorKind::NotFound, "spec 3: ");
    specs[3] = scene.spec("live", "free").metadata("{");
    scene.refused(&specs, ErrorKind::Argument, "spec 3: metadata: not JSON");
    let too_many = vec![scene.spec("live", "free"); ISSUE_MAX + 1];
    scene.refused(&too_many, ErrorKind::Argument, "specs: 10001; up to 10000 are allowed");
}

#[test]
fn none_is_as_good_as_no_call() {
    let scene = Scene::new();
    let before = scene.seq();
    assert!(scene.issue(&[]).unwrap().is_empty());
    assert_eq!(scene.seq(), before);
}
