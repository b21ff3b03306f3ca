//! A key that is imported again is known, however it comes.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use keycask::{
    ErrorKind, Event, Import, ImportLines, ImportOutcome, ImportReport, ImportRules, Pepper,
    Reason, Request, Restore, Spec, State, Store,
};
use sha2::{Digest, Sha512};

use crate::acme::{Scene, by, profile};
use crate::hands::Hands;
use crate::kit::{hex, options, outcomes, sha256, shape, systems};

#[test]
fn importing_the_same_keys_again_changes_nothing_also_after_they_were_verified() {
    let scene = Scene::new();
    let keys = |scene: &Scene| {
        let mut keys: Vec<_> = systems(scene).into_iter().map(|(_, import)| import).collect();
        keys.push(scene.token("a plain one".replace(' ', "-").as_str()));
        keys
    };
    let ids = scene.import(&keys(&scene));
    let again = |scene: &Scene| {
        let seq = scene.store.stats().unwrap().seq;
        let outcomes = scene.store.import(&keys(scene), &ImportRules::new(), &by()).unwrap();
        assert_eq!(scene.store.stats().unwrap().seq, seq);
        let known = |outcome| match outcome {
            ImportOutcome::Known(key) => key,
            other => panic!("{other:?}"),
        };
        outcomes.into_iter().map(known).collect::<Vec<_>>()
    };
    assert_eq!(again(&scene), ids);
    for (token, _) in &systems(&scene)[..3] {
        assert_eq!(scene.reason(token), None);
    }
    assert_eq!(scene.store.rehash().unwrap(), 3);
    assert_eq!(again(&scene), ids);
    let scene = scene.reopened(options());
    assert_eq!(again(&scene), ids);
    // A token that is known says so though its key came with a digest.
    let token = systems(&scene)[4].0;
    let outcomes = scene.store.import(&[scene.token(token)], &ImportRules::new(), &by()).unwrap();
    assert!(matches!(outcomes[..], [ImportOutcome::Known(key)] if key == ids[4]));
    let other = Import::token(Spec::new(scene.acme, "live", "p"), token).unwrap();
    assert_eq!(scene.refused(other).kind(), ErrorKind::Conflict);
}

#[test]
fn keys_that_were_not_verified_come_over_to_a_new_pepper_by_their_old_digest() {
    let scene = Scene::new();
    let (tokens, imports): (Vec<_>, Vec<_>) = systems(&scene).into_iter().unzip();
    let keys = scene.import(&imports);
    scene.store.rotate_pepper(Pepper::new(&[9; 32]), &by()).unwrap();
    let known = scene.store.import(&imports, &ImportRules::new(), &by()).unwrap();
    assert!(known.iter().all(|outcome| matches!(outcome, ImportOutcome::Known(_))));
    assert_eq!(scene.store.pepper_status().unwrap().left, 6);
    assert_eq!(scene.key_of(tokens[0]), Some(keys[0]));
    assert_eq!(scene.store.rehash().unwrap(), 1);
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 5);
    assert_eq!(scene.key_of(tokens[0]), Some(keys[0]));
    assert_eq!(scene.reason(tokens[1]), Some(Reason::Unknown));
}

/// A line that was given again after its pepper had been retired once made a second key of the
/// same token: revoking and sweeping the first left the second to be granted.
#[test]
fn a_line_is_known_again_after_its_pepper_was_retired_and_the_store_restored() {
    let scene = Scene::new();
    let lines = || {
        [
            scene.token("token-used"),
            scene.token("token-left"),
            scene.digest("sha256", &sha256("digest-used")),
            scene.digest("sha256:after=old", &sha256("digest-leftthe old pepper")),
            scene.digest("sanctum", &sha256("early")).lead("9|"),
        ]
    };
    let ids = scene.import(&lines());
    assert_eq!(scene.reason("9|early"), None);
    scene.store.rehash().unwrap();
    scene.store.rotate_pepper(Pepper::new(&[9; 32]), &by()).unwrap();
    for token in ["token-used", "digest-used", "9|early"] {
        assert_eq!(scene.reason(token), None);
    }
    assert_eq!(scene.store.retire_pepper(&by()).unwrap(), 2);
    let known = |store: &Store| {
        // As tokens too: whose key came with a digest is told by its token.
        let tokens = ["digest-used", "digest-left", "9|early"].map(|text| scene.token(text));
        let keys: Vec<_> = lines().into_iter().chain(tokens).collect();
        let rules = ImportRules::new();
        let known = |outcome| match outcome {
            ImportOutcome::Known(key) => key,
            other => panic!("{other:?}"),
        };
        let known = store.import(&keys, &rules, &by()).unwrap().into_iter().map(known);
        assert_eq!(known.collect::<Vec<_>>(), [&ids[..], &ids[2..]].concat());
    };
    known(&scene.store);
    let reopen = |name: &str| {
        let options = Store::options().pepper(Pepper::new(&[9; 32]));
        let options = options.import_secret("old", b"the old pepper");
        (options, scene.dir.path().join(name))
    };
    let backup = scene.dir.path().join("backup");
    scene.store.backup(&backup).unwrap();
    let (options, path) = reopen("restored");
    options.restore(&backup, &path, &Restore::new(), &by()).unwrap();
    let (options, path) = reopen("restored");
    let store = options.open(&path).unwrap();
    store.confirm_restore(&by()).unwrap();
    known(&store);
    store.check().unwrap();
}

#[test]
fn a_token_and_its_digests_are_one_key_whichever_comes_first_in_a_call() {
    let rules = ImportRules::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 1], [2, 0, 2], [1, 1, 0]] {
        let scene = Scene::new();
        let keys = order.map(|which| match which {
            0 => scene.token("17|one-key"),
            1 => scene.digest("sanctum", &sha256("one-key")).lead("17|"),
            _ => {
                let digest = sha256("one-keythe old pepper");
                scene.digest("sha256:first-bar:after=old", &digest).lead("17|")
            }
        });
        assert_eq!(shape(&outcomes(&scene, &keys, &rules)), "ikk", "{order:?}");
        // In later calls, too: of a key that came with a digest, its token.
        let scene = scene.reopened(options());
        assert_eq!(shape(&outcomes(&scene, &[scene.token("17|one-key")], &rules)), "k");
    }
}

/// Two calls at the same time share a commit, and neither saw what the other was about to write:
/// the second was refused, as if the source of randomness had repeated itself.
#[test]
fn of_two_imports_of_one_token_at_the_same_time_one_makes_the_key() {
    let scene = Scene::new();
    for round in 0..20 {
        let start = Barrier::new(4);
        let made: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let (scene, start) = (&scene, &start);
                    scope.spawn(move || {
                        let key = scene.token(&format!("at-once-{round}"));
                        start.wait();
                        shape(&outcomes(scene, &[key], &ImportRules::new())) == "i"
                    })
                })
                .collect();
            threads.into_iter().map(|t| usize::from(t.join().unwrap())).sum()
        });
        assert_eq!(made, 1, "round {round}");
    }
    scene.store.check().unwrap();
}

/// One token that came as digests by two schemes made two keys: one was found from its first
/// verify on, and the other, which nobody saw, was granted when the first had been revoked and
/// swept.
#[test]
fn of_keys_of_one_token_the_first_that_is_granted_stays_and_the_others_are_revoked() {
    let scene = Scene::new();
    let keys = scene.import(&[
        scene.digest("sha512", &hex(&Sha512::digest("the-token"))),
        scene.digest("sha256", &sha256("the-token")),
        scene.digest("sha256:after=old", &sha256("the-tokenthe old pepper")),
        scene.digest("sha256", &sha256("another")),
    ]);
    let first = scene.key_of("the-token").unwrap();
    assert_eq!(scene.store.rehash().unwrap(), 1);
    let states = |scene: &Scene| {
        keys.iter().map(|key| scene.store.key(*key).unwrap().state).collect::<Vec<_>>()
    };
    let revoked = states(&scene).iter().filter(|state| **state == State::Revoked).count();
    assert_eq!((revoked, scene.store.key(first).unwrap().state), (2, State::Active));
    assert_eq!(scene.store.key(keys[3]).unwrap().state, State::Active);
    assert_eq!(scene.key_of("the-token"), Some(first));
    let entries = scene.store.audit(0, 100).unwrap();
    let told: Vec<_> = entries.iter().filter(|entry| entry.event == Event::KeyRevoked).collect();
    assert_eq!(told.len(), 2);
    for entry in told {
        assert_eq!((&*entry.actor, entry.key == Some(first)), ("rehash", false));
        assert!(entry.reason.contains(&first.to_string()), "{entry:?}");
    }
    // No secret is needed for the one by which none is found any more.
    let Scene { dir, store, acme } = scene;
    store.revoke(first, &by()).unwrap();
    store.close().unwrap();
    let store = Store::options().pepper(Pepper::new(&[7; 32]));
    let store = store.open(dir.path().join("keys.keycask")).unwrap();
    let denied = store.verify(acme, b"the-token", &Request::new()).unwrap_err();
    assert_eq!(denied.denial().unwrap().reason, Reason::Revoked);
    store.check().unwrap();
}

/// Lines of `live` keys of `ann`: all that a line has besides.
fn lines(scene: &Scene, members: &[&str]) -> keycask::Result<ImportReport> {
    let line = |of: &&str| format!("{{\"owner\": \"ann\", {of}}}\n");
    let text: String = members.iter().map(line).collect();
    let lines = ImportLines::new(scene.acme).kind("live");
    let rules = ImportRules::new();
    scene.store.import_lines(&lines, text.as_bytes(), &rules, &by(), |_, _| {})
}

/// What a line says was judged before its key was looked for, so that one that had been taken was
/// refused later, and with it all that were new.
#[test]
fn a_key_is_known_again_also_when_what_its_line_says_would_be_refused_by_now() {
    let clock = Hands::at("2026-01-01T00:00:00Z");
    let policy = "longest_life = \"400d\"";
    let scene = Scene::with(options().clock(clock.clone()), policy);
    let digest = format!(r#""digest": "{}", "scheme": "sha256""#, sha256("by-digest"));
    let old = [
        &format!(r#"{digest}, "end": "2026-01-02T00:00:00Z""#),
        r#""token": "starts", "start": "2026-01-02T00:00:00Z""#,
        r#""token": "lives-long", "end": "2026-12-31T00:00:00Z""#,
        r#""token": "writes", "scopes": ["write"]"#,
        r#""token": "of-a-set", "sets": ["all"]"#,
        r#""token": "paused", "state": "suspended""#,
    ];
    let with_set =
        |policy: &str| format!("{}[[set]]\nname = \"all\"\nscopes = [\"read\"]\n", profile(policy));
    scene.store.apply_realm("acme.toml", &with_set(policy), &by()).unwrap();
    assert_eq!(lines(&scene, &old).unwrap().imported, 6);
    let again = |scene: &Scene, new: &str| {
        let report = lines(scene, &[&old[..], &[new]].concat()).unwrap();
        assert_eq!((report.known, report.imported, report.refused), (6, 1, 0), "{new}");
    };
    clock.forward(Duration::from_secs(2 * 86_400));
    again(&scene, r#""token": "beside-the-ended""#);
    let narrow = profile("longest_life = \"30d\"\nsuspend = false");
    let narrow = narrow.replace("\n[[scope]]\nname = \"write\"\n", "");
    // A scope goes once no key that is not revoked has it.
    scene.store.revoke(scene.key_of("writes").unwrap(), &by()).unwrap();
    scene.store.apply_realm("acme.toml", &narrow, &by()).unwrap();
    again(&scene, r#""token": "beside-the-narrowed""#);
    // Of a new one each of these is refused.
    for new in [
        r#""token": "new-one", "start": "2026-01-02T00:00:00Z""#,
        r#""token": "new-one", "state": "suspended""#,
        r#""token": "new-one", "end": "2026-12-31T00:00:00Z""#,
        r#""token": "new-one", "scopes": ["write"]"#,
        r#""token": "new-one", "sets": ["all"]"#,
        r#""token": "writes", "kind": "no-such""#,
    ] {
        assert!(lines(&scene, &[new]).is_err(), "{new}");
    }
    scene.store.check().unwrap();
}

/// A key that had ended was refused unless its line said when it was issued: so was all of a file
/// with one that had been swept since.
#[test]
fn a_key_that_has_ended_comes_expired_whether_or_not_it_is_known_when_it_was_issued() {
    let clock = Hands::at("2026-01-01T00:00:00Z");
    let scene =
        Scene::with(options().clock(clock.clone()), "longest_life = \"90d\"\nretain = \"1d\"");
    let ended = [
        r#""token": "of-then", "issued": "2024-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z""#,
        r#""token": "of-some-day", "end": "2025-01-01T00:00:00Z""#,
        r#""token": "ends-tomorrow", "end": "2026-01-02T00:00:00Z""#,
    ];
    assert_eq!(lines(&scene, &ended).unwrap().imported, 3);
    let reason = |token: &str| scene.reason(token);
    assert_eq!(["of-then", "of-some-day"].map(reason), [Some(Reason::Expired); 2]);
    assert_eq!(reason("ends-tomorrow"), None);
    clock.forward(Duration::from_secs(30 * 86_400));
    assert_eq!(scene.store.sweep_all(&by()).unwrap(), 3);
    assert_eq!(lines(&scene, &ended).unwrap().imported, 3);
    assert_eq!(reason("ends-tomorrow"), Some(Reason::Expired));
    scene.store.check().unwrap();
    // What contradicts itself is refused all the same.
    for line in [
        r#""token": "new-one", "issued": "2026-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z""#,
        r#""token": "new-one", "start": "2026-03-01T00:00:00Z", "end": "2026-02-28T00:00:00Z""#,
        r#""token": "new-one", "start": "2026-03-01T00:00:00Z", "end": "2025-01-01T00:00:00Z""#,
        r#""token": "new-one", "end": "1970-01-01T00:00:00Z""#,
    ] {
        assert!(lines(&scene, &[line]).is_err(), "{line}");
    }
    let none = Import::token(scene.spec().life(Duration::ZERO), "no-life").unwrap();
    assert_eq!(scene.refused(none).kind(), ErrorKind::Argument);
}
