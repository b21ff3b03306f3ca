//! One token that was imported more than once makes keys of several kinds and realms.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use keycask::{ErrorKind, Import, Pepper, Reason, Request, Spec, State};
use sha2::{Digest, Sha512};

use crate::acme::{Scene, by};
use crate::hands::Hands;
use crate::kit::{hex, options, sha256};

const TOKEN: &str = "the-token";

impl Scene {
    /// An import of a kind's key by a digest of [`TOKEN`].
    fn of_kind(&self, kind: &str, scheme: &str) -> Import {
        let digest = match scheme {
            "sha256" => sha256(TOKEN),
            _ => hex(&Sha512::digest(TOKEN)),
        };
        let spec = Spec::new(self.acme, kind, "ann");
        Import::digest(spec, scheme.parse().unwrap(), &digest).unwrap()
    }

    /// The reason for which a request that accepts keys of one kind is refused.
    fn reason_for(&self, kind: &str) -> Option<Reason> {
        let request =
            Request::new().kinds(self.store.profile(self.acme).unwrap().kind_set([kind]).unwrap());
        let verdict = self.store.verify(self.acme, TOKEN.as_bytes(), &request);
        let denial = *verdict.err()?.denial().unwrap();
        // Who accepts no key of its kind is not told which one it is.
        assert_eq!(denial.key.is_none(), denial.reason == Reason::Unknown, "{denial:?}");
        Some(denial.reason)
    }
}

/// A request that accepts no key of the revoked one's kind went on to the next, and was granted
/// by the revoked token.
#[test]
fn a_token_whose_key_is_revoked_is_granted_as_a_key_of_no_other_kind() {
    for by_token in [true, false] {
        let scene = Scene::new();
        let first = match by_token {
            true => Import::token(Spec::new(scene.acme, "shown", "ann"), TOKEN).unwrap(),
            false => scene.of_kind("shown", "sha256"),
        };
        let first = scene.import(&[first])[0];
        let second = scene.import(&[scene.of_kind("live", "sha512")])[0];
        scene.store.revoke(first, &by()).unwrap();
        assert_eq!(scene.reason_for("live"), Some(Reason::Unknown), "by_token {by_token}");
        assert_eq!(scene.reason_for("shown"), Some(Reason::Revoked));
        scene.store.rehash().unwrap();
        assert_eq!(scene.reason_for("live"), Some(Reason::Unknown));
        let state = scene.store.key(second).unwrap().state;
        assert_eq!(state == State::Revoked, !by_token, "what came with its token is found alone");
    }
}

/// It was granted as the one that is found first, until a request that does not accept that one's
/// kind was refused: whether the token lived on was left to chance.
#[test]
fn a_token_of_which_one_key_is_revoked_is_granted_as_none() {
    for first in [true, false] {
        let scene = Scene::new();
        let keys = ["sha256", "sha512"].map(|scheme| {
            let kind = if (scheme == "sha256") == first { "shown" } else { "live" };
            scene.import(&[scene.of_kind(kind, scheme)])[0]
        });
        scene.store.revoke(keys[usize::from(!first)], &by()).unwrap();
        for _ in 0..2 {
            assert_eq!(scene.reason_for("live"), Some(Reason::Unknown), "{first}");
            assert_eq!(scene.reason_for("shown"), Some(Reason::Revoked), "{first}");
            scene.store.flush().unwrap();
        }
        for key in keys {
            assert_eq!(scene.store.key(key).unwrap().state, State::Revoked);
        }
        scene.store.check().unwrap();
    }
}

/// What was noted when the token was verified gave it back to the key that was granted then.
#[test]
fn a_token_that_is_revoked_before_its_key_comes_over_stays_so() {
    for by_token in [true, false] {
        let scene = Scene::new();
        let [first] = scene.import(&[scene.of_kind("shown", "sha256")])[..] else { panic!() };
        scene.import(&[scene.of_kind("live", "sha512")]);
        assert_eq!(scene.reason_for("live"), None);
        let revoked = match by_token {
            true => {
                let key = scene.store.revoke_presented(scene.acme, TOKEN.as_bytes(), "leaked");
                key.unwrap().key_id
            }
            false => scene.store.revoke(first, &by()).unwrap().key_id,
        };
        assert_eq!(revoked, first);
        for _ in 0..3 {
            scene.store.flush().unwrap();
            assert_eq!(scene.reason_for("live"), Some(Reason::Unknown), "{by_token}");
        }
        assert_eq!(scene.reason_for("shown"), Some(Reason::Revoked));
        scene.store.check().unwrap();
    }
}

/// Who reads alone has nothing to write, and is not told that he may not.
#[test]
fn a_store_that_is_read_alone_brings_no_key_over() {
    let scene = Scene::new();
    scene.import(&[scene.of_kind("live", "sha512")]);
    let scene = scene.reopened(options().read_only(true));
    assert_eq!(scene.reason_for("live"), None);
    assert_eq!(scene.store.rehash().unwrap(), 0);
    scene.store.flush().unwrap();
}

/// What came later was found first, and decided about a token that had been granted.
#[test]
fn a_key_that_was_granted_has_its_token_before_a_twin_comes() {
    let scene = Scene::new();
    let first = scene.import(&[scene.of_kind("live", "sha512")])[0];
    assert_eq!(scene.reason_for("live"), None);
    let twin = scene.import(&[scene.of_kind("live", "sha256")])[0];
    assert_eq!(scene.key_of(TOKEN), Some(first));
    scene.store.revoke(twin, &by()).unwrap();
    assert_eq!(scene.key_of(TOKEN), Some(first));
    scene.store.revoke(first, &by()).unwrap();
    assert_eq!(scene.reason_for("live"), Some(Reason::Revoked));
}

/// Those of a revoked key that could not come over were left, and granted once it was swept.
#[test]
fn twins_of_a_revoked_key_are_revoked_also_if_a_key_of_another_realm_has_the_token() {
    let scene = Scene::new();
    let other = scene.store.realm("other").unwrap();
    scene.store.set_owner(other, "bob", &keycask::OwnerChange::new(), &by()).unwrap();
    let there = Import::token(Spec::new(other, "live", "bob"), TOKEN).unwrap();
    let keys = [scene.of_kind("live", "sha256"), scene.of_kind("live", "sha512")];
    let keys = [there].into_iter().chain(keys).map(|import| scene.import(&[import])[0]);
    let [_, first, second] = keys.collect::<Vec<_>>()[..] else { panic!() };
    scene.store.revoke(first, &by()).unwrap();
    assert_eq!(scene.reason_for("live"), Some(Reason::Revoked));
    scene.store.rehash().unwrap();
    assert_eq!(scene.store.key(second).unwrap().state, State::Revoked);
    scene.store.verify(other, TOKEN.as_bytes(), &Request::new()).unwrap();
}

/// Those of other kinds than the request accepts were left, and granted once the first was revoked.
#[test]
fn a_key_of_an_accepted_kind_is_granted_and_those_of_others_are_revoked() {
    for (granted, other) in [("live", "shown"), ("shown", "live")] {
        let scene = Scene::new();
        let keys =
            scene.import(&[scene.of_kind(granted, "sha512"), scene.of_kind(other, "sha256")]);
        assert_eq!(scene.reason_for(granted), None);
        assert_eq!(scene.store.rehash().unwrap(), 1);
        let states: Vec<_> = keys.iter().map(|key| scene.store.key(*key).unwrap().state).collect();
        assert_eq!(states, [State::Active, State::Revoked], "{granted}");
        assert_eq!(scene.reason_for(other), Some(Reason::Unknown));
        scene.store.revoke(keys[0], &by()).unwrap();
        assert_eq!(scene.reason_for(other), Some(Reason::Unknown));
        scene.store.check().unwrap();
    }
}

/// Until a pepper was rotated, the key that came with its token was its key, and after that one of
/// another kind.
#[test]
fn who_has_a_token_sees_no_other_key_of_it_once_a_pepper_is_rotated() {
    let scene = Scene::new();
    let token = Import::token(Spec::new(scene.acme, "shown", "ann"), TOKEN).unwrap();
    let first = scene.import(&[token])[0];
    let twin = scene.import(&[scene.of_kind("live", "sha512")])[0];
    let seen = || {
        assert_eq!(scene.reason_for("live"), Some(Reason::Unknown));
        assert_eq!(scene.reason_for("shown"), None);
    };
    seen();
    scene.store.rotate_pepper(Pepper::new(&[9; 32]), &by()).unwrap();
    seen();
    assert_eq!(scene.store.rehash().unwrap(), 1);
    seen();
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 0);
    let states = [first, twin].map(|key| scene.store.key(key).unwrap().state);
    assert_eq!(states, [State::Active, State::Revoked], "the twin is revoked as others are");
    seen();
    scene.store.check().unwrap();
}

/// The key that could not have the digest of its token, because a key of another realm has it, was
/// revoked as one that nobody had used.
#[test]
fn a_pepper_is_not_retired_while_a_key_in_use_cannot_come_over() {
    let scene = Scene::new();
    let other = scene.store.realm("other").unwrap();
    let (here, there) = (Spec::new(scene.acme, "live", "ann"), Spec::new(other, "live", "bob"));
    scene.store.set_owner(other, "bob", &keycask::OwnerChange::new(), &by()).unwrap();
    let by_token = scene.import(&[Import::token(there, TOKEN).unwrap()])[0];
    let digest = Import::digest(here, "sha256".parse().unwrap(), &sha256(TOKEN)).unwrap();
    let by_digest = scene.import(&[digest])[0];
    scene.store.issue(&scene.spec(), &by()).unwrap();
    let verified = || {
        assert_eq!(scene.key_of(TOKEN), Some(by_digest));
        scene.store.verify(other, TOKEN.as_bytes(), &Request::new()).unwrap();
    };
    let used = || {
        verified();
        scene.store.rehash().unwrap();
    };
    used();
    scene.store.rotate_pepper(Pepper::new(&[9; 32]), &by()).unwrap();
    verified();
    // Asked for again, it is refused again, though nobody has used the key meanwhile.
    for _ in 0..2 {
        let refused = scene.store.retire_pepper(&by()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        for key in [by_token, by_digest] {
            assert!(refused.message().contains(&key.to_string()), "{refused}");
        }
    }
    used();
    // Likewise while somebody uses it.
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                verified();
            }
        });
        let refused = scene.store.retire_pepper(&by());
        done.store(true, Ordering::Relaxed);
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    });
    for key in [by_token, by_digest] {
        scene.store.revoke(key, &by()).unwrap();
    }
    // The one that nobody has used.
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 1);
    scene.store.check().unwrap();
}

/// It was in use, and was revoked as one that nobody had used.
#[test]
fn a_key_that_could_not_come_over_is_not_retired_once_it_could() {
    let clock = Hands::at("2026-01-01T00:00:00Z");
    let scene = Scene::of(options().clock(clock.clone()));
    let other = scene.store.realm("other").unwrap();
    scene.store.set_owner(other, "bob", &keycask::OwnerChange::new(), &by()).unwrap();
    let there = Import::token(Spec::new(other, "live", "bob"), TOKEN).unwrap();
    let by_token = scene.import(&[there])[0];
    let year = Duration::from_secs(366 * 86_400);
    let here = scene.spec().life(year * 2);
    let by_digest = Import::digest(here, "sha256".parse().unwrap(), &sha256(TOKEN)).unwrap();
    let by_digest = scene.import(&[by_digest])[0];
    assert_eq!(scene.key_of(TOKEN), Some(by_digest));
    assert_eq!(scene.store.rehash().unwrap(), 0);
    scene.store.rotate_pepper(Pepper::new(&[9; 32]), &by()).unwrap();
    scene.store.verify(other, TOKEN.as_bytes(), &Request::new()).unwrap();
    assert_eq!(scene.store.rehash().unwrap(), 1);
    assert_eq!(scene.key_of(TOKEN), Some(by_digest));
    assert_eq!(scene.store.rehash().unwrap(), 0);
    scene.store.revoke(by_token, &by()).unwrap();
    clock.forward(year);
    scene.store.sweep(9, &by()).unwrap();
    assert!(scene.store.key(by_token).is_err());
    let refused = scene.store.retire_pepper(&by()).unwrap_err();
    assert!(refused.message().contains("could not be noted"), "{refused}");
    assert_eq!(scene.key_of(TOKEN), Some(by_digest));
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 0);
    assert_eq!(scene.key_of(TOKEN), Some(by_digest));
}
