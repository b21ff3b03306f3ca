//! A store's pepper is rotated while it is used, and the one before is retired.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "common/acme.rs"]
mod acme;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keycask::{
    ErrorKind, Event, Import, ImportRules, KeyId, Options, Pepper, Reason, Request, Rotation, Spec,
    State, Store,
};
use sha2::{Digest as _, Sha256};

use acme::{Scene, by, profile};

fn pepper(byte: u8) -> Pepper {
    Pepper::new(&[byte; 32])
}

/// Options with the pepper of this number, and the one before if there is one.
fn with(present: u8, previous: Option<u8>) -> Options {
    let options = Store::options().pepper(pepper(present));
    match previous {
        Some(previous) => options.previous_pepper(pepper(previous)),
        None => options,
    }
}

impl Scene {
    fn new(options: Options) -> Self {
        Self::with(options, "")
    }

    /// The kind of error with which the file does not open; the store is closed before.
    fn refused(self, options: Options) -> ErrorKind {
        let file = self.file();
        self.store.close().unwrap();
        options.open(file).unwrap_err().kind()
    }

    fn issue(&self) -> (KeyId, String) {
        let issued = self.store.issue(&self.spec(), &by()).unwrap();
        (issued.key.key_id, issued.token.expose().to_owned())
    }

    fn left(&self) -> u64 {
        self.store.pepper_status().unwrap().left
    }
}

#[test]
fn p44_no_holder_sees_that_the_pepper_is_rotated() {
    let scene = Scene::new(with(1, None));
    let (_, old) = scene.issue();
    let status = scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    assert_eq!((status.generation, status.previous, status.left), (2, Some(1), 1));
    let (_, new) = scene.issue();
    assert_eq!([&old, &new].map(|token| scene.reason(token)), [None, None]);
    // Verified before the pepper changes once more under it, in the same process.
    let mut answers = Vec::new();
    let tokens = [old.as_bytes(), new.as_bytes(), b"acme_nobody"];
    scene.store.verify_many(scene.acme, &tokens, &Request::new(), &mut answers).unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(scene.left(), 1);
    assert_eq!(scene.store.rehash().unwrap(), 1);
    assert_eq!((scene.left(), scene.store.rehash().unwrap()), (0, 0));
    let scene = scene.reopened(with(2, Some(1)));
    assert_eq!([&old, &new].map(|token| scene.reason(token)), [None, None]);
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 0);
    let scene = scene.reopened(with(2, None));
    assert_eq!([&old, &new].map(|token| scene.reason(token)), [None, None]);
    scene.store.check().unwrap();
}

/// The digest of a token under the pepper of this number, as `docs/format.md` says.
fn digest(token: &str, number: u8) -> [u8; 32] {
    *blake3::keyed_hash(&[number; 32], token.as_bytes()).as_bytes()
}

/// What a thief of two files could match, if one token were in both.
#[test]
fn p44_digests_of_one_token_under_two_peppers_have_no_8_bytes_in_common() {
    let scene = Scene::new(with(1, None));
    let (_, token) = scene.issue();
    let digests = [1, 2].map(|number| digest(&token, number));
    let is_in = |file: &[u8], digest: [u8; 32]| file.windows(32).any(|bytes| bytes == digest);
    let before = std::fs::read(scene.file()).unwrap();
    assert_eq!(digests.map(|digest| is_in(&before, digest)), [true, false]);
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    assert_eq!((scene.reason(&token), scene.store.rehash().unwrap()), (None, 1));
    let after = std::fs::read(scene.file()).unwrap();
    assert!(is_in(&after, digests[1]));
    assert!(!digests[0].windows(8).any(|piece| digests[1].windows(8).any(|it| it == piece)));
}

/// That a key was verified before the rotation kept later verifies from being noted.
#[test]
fn p44_a_key_that_was_verified_before_and_after_the_rotation_is_not_among_those_that_are_left() {
    for flushes in [false, true] {
        let scene = Scene::new(with(1, None));
        let hex: String = Sha256::digest("moved").iter().map(|b| format!("{b:02x}")).collect();
        let import = Import::digest(scene.spec(), "sha256".parse().unwrap(), &hex).unwrap();
        scene.store.import(&[import], &ImportRules::new(), &by()).unwrap();
        assert_eq!(scene.reason("moved"), None);
        scene.store.rotate_pepper(pepper(2), &by()).unwrap();
        for _ in 0..5 {
            assert_eq!(scene.reason("moved"), None);
        }
        if flushes {
            scene.store.flush().unwrap();
        }
        assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 0);
        assert_eq!(scene.reason("moved"), None);
    }
}

#[test]
fn p44_a_key_comes_over_when_the_store_is_closed_or_flushed() {
    let mut scene = Scene::new(with(1, None));
    let tokens = [scene.issue().1, scene.issue().1, scene.issue().1];
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    assert_eq!(scene.reason(&tokens[0]), None);
    scene.store.flush().unwrap();
    assert_eq!(scene.left(), 2);
    assert_eq!(scene.reason(&tokens[1]), None);
    scene = scene.reopened(with(2, Some(1)));
    assert_eq!(scene.left(), 1);
    assert_eq!(tokens.map(|token| scene.reason(&token)), [None, None, None]);
}

#[test]
fn p44_the_peppers_of_a_rotation_open_the_store_at_each_step_and_no_others_do() {
    let scene = Scene::new(with(1, None));
    let (_, token) = scene.issue();
    // Before it.
    let scene = scene.reopened(with(2, Some(1)));
    assert_eq!(scene.reason(&token), None);
    assert_eq!(scene.store.pepper_status().unwrap().generation, 1);
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    // During it.
    let scene = scene.reopened(with(2, Some(1)));
    assert_eq!(scene.reason(&token), None);
    scene.store.retire_pepper(&by()).unwrap();
    // After it.
    let scene = scene.reopened(with(2, Some(1)));
    assert_eq!(scene.reason(&token), None);
    assert_eq!(scene.refused(with(1, None)), ErrorKind::Pepper);

    for (present, previous) in [(1, None), (2, None), (3, Some(1)), (2, Some(3))] {
        let scene = Scene::new(with(1, None));
        scene.store.rotate_pepper(pepper(2), &by()).unwrap();
        assert_eq!(scene.refused(with(present, previous)), ErrorKind::Pepper);
    }
}

#[test]
fn p44_retiring_revokes_what_is_left_and_says_how_many() {
    let scene = Scene::new(with(1, None));
    let (stays, token) = scene.issue();
    let (revoked, _) = scene.issue();
    let left: Vec<_> = (0..3).map(|_| scene.issue()).collect();
    scene.store.revoke(revoked, &by()).unwrap();
    let nothing = scene.store.retire_pepper(&by()).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Conflict);
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    let twice = scene.store.rotate_pepper(pepper(3), &by()).unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Conflict);
    assert_eq!(scene.reason(&token), None);
    scene.store.rehash().unwrap();
    assert_eq!(scene.left(), 3);
    assert_eq!(scene.store.retire_pepper(&by().because("old")).unwrap(), 3);
    assert_eq!(scene.store.key(stays).unwrap().state, State::Active);
    for (key, token) in &left {
        let key = scene.store.key(*key).unwrap();
        assert_eq!((key.state, &*key.reason), (State::Revoked, "old"));
        assert!(scene.reason(token).is_some());
    }
    let entries = scene.store.audit(0, 100).unwrap();
    let told: Vec<_> = entries.iter().filter(|e| e.event == Event::PepperChanged).collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].after["revoked"], 3);
    let scene = scene.reopened(with(2, None));
    assert_eq!(scene.reason(&token), None);
    assert!(left.iter().all(|(_, token)| scene.reason(token) == Some(Reason::Unknown)));
    scene.store.check().unwrap();
    // And on to the next.
    scene.store.rotate_pepper(pepper(3), &by()).unwrap();
    assert_eq!(scene.reason(&token), None);
}

/// A key was noted in one place alone, which it might find taken by another: one call of `rehash`
/// left some of those that were used, and retiring revoked them.
#[test]
fn p44_every_key_that_was_verified_once_comes_over_and_is_not_retired() {
    let scene = Scene::new(with(1, None));
    let specs = vec![scene.spec(); 400];
    let issued = scene.store.issue_many(&specs, &by()).unwrap();
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    let (used, idle) = issued.split_at(390);
    for used in used {
        assert_eq!(scene.reason(used.token.expose()), None);
    }
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 10);
    for used in used {
        assert_eq!(scene.reason(used.token.expose()), None);
    }
    for idle in idle {
        assert_eq!(scene.store.key(idle.key.key_id).unwrap().state, State::Revoked);
    }
}

/// A batch looked for its tokens by what there was when it began, and called keys unknown that
/// had come over meanwhile.
#[test]
fn a_batch_that_is_at_work_while_keys_come_over_finds_them_all() {
    let scene = Scene::new(with(1, None));
    let issued: Vec<_> = (0..32).map(|_| scene.issue().1).collect();
    let tokens: Vec<&[u8]> = issued.iter().map(|token| token.as_bytes()).collect();
    let many = tokens.repeat(2_000);
    let (store, over) = (&scene.store, AtomicBool::new(false));
    thread::scope(|scope| {
        let (begun, waiting) = mpsc::channel();
        let batches = scope.spawn(|| {
            let (begun, mut answers) = (begun, Vec::new());
            while !over.load(Ordering::Relaxed) {
                let _ = begun.send(());
                store.verify_many(scene.acme, &many, &Request::new(), &mut answers).unwrap();
            }
            answers.iter().filter(|answer| answer.is_err()).count()
        });
        waiting.recv().unwrap();
        store.rotate_pepper(pepper(2), &by()).unwrap();
        assert!(issued.iter().all(|token| scene.reason(token).is_none()));
        while scene.left() > 0 {
            store.rehash().unwrap();
        }
        over.store(true, Ordering::Relaxed);
        assert_eq!(batches.join().unwrap(), 0);
    });
}

#[test]
fn p44_a_store_without_a_pepper_is_given_one() {
    let scene = Scene::new(Store::options());
    let (_, token) = scene.issue();
    assert!(!scene.store.stats().unwrap().peppered);
    scene.store.rotate_pepper(pepper(1), &by()).unwrap();
    assert!(scene.store.stats().unwrap().peppered);
    assert_eq!(scene.reason(&token), None);
    let scene = scene.reopened(with(1, None));
    assert_eq!(scene.reason(&token), None);
    assert_eq!(scene.refused(Store::options()), ErrorKind::Pepper);
}

#[test]
fn to_rotate_to_the_pepper_that_there_is_changes_nothing() {
    let scene = Scene::new(with(1, None));
    let before = scene.store.stats().unwrap().seq;
    let status = scene.store.rotate_pepper(pepper(1), &by()).unwrap();
    assert_eq!((status.generation, status.previous), (1, None));
    assert_eq!(scene.store.stats().unwrap().seq, before);
    let named = scene.store.rotate_pepper(pepper(2), &by().operation("x")).unwrap_err();
    assert_eq!(named.kind(), ErrorKind::Argument);
}

#[test]
fn keys_of_the_pepper_before_are_denied_rotated_and_swept_as_others_are() {
    let scene = Scene::new(with(1, None));
    let (suspended, one) = scene.issue();
    let (rotated, two) = scene.issue();
    let (revoked, three) = scene.issue();
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    // Noted, and denied before it is written.
    assert_eq!(scene.reason(&one), None);
    scene.store.suspend(suspended, &by()).unwrap();
    assert_eq!(scene.reason(&one), Some(Reason::Suspended));
    assert_eq!(scene.store.rehash().unwrap(), 1);
    assert_eq!(scene.reason(&one), Some(Reason::Suspended));
    scene.store.resume(suspended, &by()).unwrap();
    assert_eq!(scene.reason(&one), None);
    let new = scene.store.rotate(rotated, &Rotation::new(), &by()).unwrap();
    assert_eq!(scene.reason(new.token.expose()), None);
    assert_eq!(scene.reason(&two), Some(Reason::Revoked));
    scene.store.revoke(revoked, &by()).unwrap();
    assert_eq!(scene.reason(&three), Some(Reason::Revoked));
    // The successor is of the present pepper from the beginning.
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 0);
    let scene = scene.reopened(with(2, None));
    assert_eq!(scene.reason(new.token.expose()), None);
    scene.store.check().unwrap();
}

#[test]
fn a_backup_of_two_generations_is_restored_with_both() {
    let scene = Scene::new(with(1, None));
    let (_, old) = scene.issue();
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    let (_, new) = scene.issue();
    let [backup, path] = ["backup", "restored"].map(|name| scene.path(name));
    scene.store.backup(&backup).unwrap();
    let restore = keycask::Restore::new();
    let refused = with(2, None).restore(&backup, &path, &restore, &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Pepper);
    with(2, Some(1)).restore(&backup, &path, &restore, &by()).unwrap();
    let store = with(2, Some(1)).open(&path).unwrap();
    for token in [old, new] {
        store.verify(scene.acme, token.as_bytes(), &Request::new()).unwrap();
    }
}

/// What a sweep had taken out was once taken off the count of keys of the pepper before after a
/// rotation of the same commit had counted without it: the count came to nothing, nobody looked
/// for keys under that pepper any more, and all that were left on it were refused.
#[test]
fn a_sweep_and_a_rotation_in_one_commit_lose_no_key() {
    let scene = Scene::new(with(1, None));
    let retains_nothing = profile("retain = \"0s\"");
    scene.store.apply_realm("acme.toml", &retains_nothing, &by()).unwrap();
    let dead = scene.store.issue_many(&vec![scene.spec(); 20], &by()).unwrap();
    for key in &dead {
        scene.store.revoke(key.key.key_id, &by()).unwrap();
    }
    let live = scene.store.issue_many(&vec![scene.spec(); 10], &by()).unwrap();
    // Refused for its last key, after it had the turn for long enough that the others line up.
    let mut refused = vec![scene.spec(); 3_000];
    refused.push(Spec::new(scene.acme, "live", "nobody"));
    thread::sleep(Duration::from_millis(5));
    thread::scope(|scope| {
        scope.spawn(|| assert!(scene.store.issue_many(&refused, &by()).is_err()));
        thread::sleep(Duration::from_millis(30));
        scope.spawn(|| assert_eq!(scene.store.sweep(1000, &by()).unwrap().keys, 20));
        thread::sleep(Duration::from_millis(20));
        scope.spawn(|| scene.store.rotate_pepper(pepper(2), &by()).unwrap());
    });
    for key in &live {
        assert_eq!(scene.reason(key.token.expose()), None);
    }
    assert_eq!(scene.store.pepper_status().unwrap().left, 10);
    scene.store.check().unwrap();
}

/// A thousand are revoked in one commit.
#[test]
fn more_keys_than_one_commit_revokes_are_retired() {
    let scene = Scene::new(with(1, None));
    let specs = vec![scene.spec(); 700];
    let tokens: Vec<_> = (0..3)
        .flat_map(|_| scene.store.issue_many(&specs, &by()).unwrap())
        .map(|issued| issued.token)
        .collect();
    scene.store.rotate_pepper(pepper(2), &by()).unwrap();
    let used = &tokens[1_234];
    assert_eq!(scene.reason(used.expose()), None);
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 2_099);
    let granted = tokens.iter().filter(|token| scene.reason(token.expose()).is_none()).count();
    assert_eq!((granted, scene.reason(used.expose())), (1, None));
    scene.store.check().unwrap();
}
