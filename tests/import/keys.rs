//! What an imported key is, and which come in.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use keycask::{
    Clock, ErrorKind, Event, Import, ImportRules, KeyInfo, OwnerChange, Reason, Rotation, Spec,
    State, Store, Timestamp, Update,
};

use crate::acme::{Scene, by, profile};
use crate::hands::Hands;
use crate::kit::{POLICY, options, outcomes, shape};

const STRICT: &str = r#"
realm = "strict"
[[kind]]
name = "live"
prefix = "strict_"
body = 32
[policy]
suspend = false
"#;

#[test]
fn an_imported_key_is_what_it_was() {
    let scene = Scene::new();
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let spec = scene.spec().scopes(["read"]).name("ci").metadata(r#"{"a": 1}"#);
    let spec = spec.start(at("2020-01-02T00:00:00Z")).end(at("2099-01-01T00:00:00Z"));
    let refused = scene.refused(Import::token(spec.clone(), "started-before-it-was").unwrap());
    assert!(refused.to_string().contains("start 2020-01-02"), "{refused}");
    let spec = scene.spec().scopes(["read"]).name("ci").metadata(r#"{"a": 1}"#);
    let issued = at("2020-01-01T00:00:00Z");
    let import = |text: &str| Import::token(spec.clone(), text).unwrap().issued(issued);
    let over = spec.clone().end(at("2021-01-01T00:00:00Z"));
    let keys = scene.import(&[
        import("an-active-one"),
        import("a-paused-one").state(State::Suspended),
        import("an-ended-one").state(State::Revoked),
        Import::token(over, "an-old-one").unwrap().issued(issued),
    ]);
    let key: KeyInfo = scene.store.key(keys[0]).unwrap();
    assert_eq!((key.issued, key.start, &*key.name), (issued, issued, "ci"));
    assert_eq!((&*key.metadata, key.scopes), (r#"{"a": 1}"#, vec!["read".to_owned()]));
    assert_eq!((&*key.prefix, &*key.last_four), ("", "-one"));
    let reasons = ["an-active-one", "a-paused-one", "an-ended-one", "an-old-one"];
    let [active, paused, ended, old] = reasons.map(|text| scene.reason(text));
    assert_eq!((active, paused, ended), (None, Some(Reason::Suspended), Some(Reason::Revoked)));
    assert_eq!(old, Some(Reason::Expired));
    let entries = scene.store.audit(0, 100).unwrap();
    let told = entries.iter().filter(|entry| entry.event == Event::KeyImported);
    assert_eq!(told.map(|entry| entry.key.unwrap()).collect::<Vec<_>>(), keys);
    // Its successor is one of ours.
    let new = scene.store.rotate(keys[0], &Rotation::new(), &by()).unwrap();
    assert!(new.token.expose().starts_with("acme_live_"));
    assert!(!new.key.imported);
    scene.store.check().unwrap();
}

#[test]
fn p19_imports_and_issues_together_stay_under_the_cap() {
    let scene = Scene::new();
    let of = |text: &str| Import::token(Spec::new(scene.acme, "live", "p"), text).unwrap();
    let start = Barrier::new(8);
    let done: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let (scene, start, of) = (&scene, &start, &of);
                scope.spawn(move || {
                    let key = of(&format!("imported-{n}"));
                    start.wait();
                    match n % 2 {
                        0 => scene.store.import(&[key], &ImportRules::new(), &by()).is_ok(),
                        _ => {
                            let spec = Spec::new(scene.acme, "live", "p");
                            scene.store.issue(&spec, &by()).is_ok()
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().map(|t| usize::from(t.join().unwrap())).sum()
    });
    assert_eq!(done, 2);
    let rules = ImportRules::new().ignore_caps(true);
    scene.store.import(&[of("beyond-the-cap")], &rules, &by()).unwrap();
    assert_eq!(scene.reason("beyond-the-cap"), None);
    let full = scene.store.issue(&Spec::new(scene.acme, "live", "p"), &by()).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Cap);
    // What takes no place needs none.
    scene.import(&[of("ended-already").state(State::Revoked)]);
}

#[test]
fn a_batch_is_all_or_nothing_unless_it_is_asked_otherwise() {
    let scene = Scene::new();
    let keys = || {
        let nobody = Import::token(Spec::new(scene.acme, "live", "nobody"), "of-nobody").unwrap();
        [scene.token("the-first"), nobody, scene.token("the-last"), scene.token("the-first")]
    };
    let refused = scene.store.import(&keys(), &ImportRules::new(), &by()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert!(refused.to_string().starts_with("import 1: owner \"nobody\""), "{refused}");
    assert_eq!(scene.counts(), []);
    let kinds = |rules: &ImportRules| shape(&outcomes(&scene, &keys(), rules));
    assert_eq!(kinds(&ImportRules::new().dry_run(true)), "irik");
    assert_eq!(scene.counts(), []);
    assert_eq!(kinds(&ImportRules::new().skip_refused(true)), "irik");
    assert_eq!(scene.counts(), [(String::new(), 2)]);
    assert_eq!(kinds(&ImportRules::new().make_owners(true)), "kikk");
    assert_eq!(scene.store.owner(scene.acme, "nobody").unwrap().plan, None);
}

#[test]
fn no_key_comes_suspended_into_a_realm_that_does_not_allow_it() {
    let scene = Scene::new();
    scene.store.apply_realm("strict.toml", STRICT, &by()).unwrap();
    let strict = scene.store.realm("strict").unwrap();
    scene.store.set_owner(strict, "ann", &OwnerChange::new(), &by()).unwrap();
    let key = |text| Import::token(Spec::new(strict, "live", "ann"), text).unwrap();
    let refused = scene.refused(key("paused").state(State::Suspended));
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains("does not allow suspending"), "{refused}");
    scene.import(&[key("paused"), key("ended").state(State::Revoked)]);
}

/// A key that came revoked once kept a sealed copy of its token, which a revocation destroys.
#[test]
fn a_key_that_comes_revoked_keeps_no_copy_of_its_token() {
    let Scene { dir: _dir, store, acme } = Scene::with(Store::options(), POLICY);
    let key = || Import::token(Spec::new(acme, "shown", "ann"), "shown-once").unwrap();
    // To keep one takes a sealing key, which this store has not.
    let refused = store.import(&[key()], &ImportRules::new(), &by()).unwrap_err();
    assert!(refused.to_string().contains("sealing key"), "{refused}");
    store.import(&[key().state(State::Revoked)], &ImportRules::new(), &by()).unwrap();
}

/// It had been issued longer ago than a key may live, so that each end was refused, also one that
/// comes sooner.
#[test]
fn the_end_of_a_key_that_came_with_a_long_life_can_be_changed() {
    let clock = Hands::at("2026-01-01T00:00:00Z");
    let scene = Scene::with(options().clock(clock.clone()), "longest_life = \"90d\"");
    let (now, day) = (clock.now(), Duration::from_secs(86_400));
    let spec = scene.spec().end(now.plus(day * 60));
    let import = Import::token(spec, "of-another-system").unwrap().issued(now.minus(day * 730));
    let key = scene.import(&[import])[0];
    let update = |end| scene.store.update(key, &Update::new().end(end), &by());
    assert_eq!(update(now.plus(day * 80)).unwrap().end, now.plus(day * 80));
    let refused = update(now.plus(day * 91)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Argument, "{refused}");
    scene.store.apply_realm("a.toml", &profile("longest_life = \"30d\""), &by()).unwrap();
    assert_eq!(update(now.plus(day * 70)).unwrap().end, now.plus(day * 70), "it comes sooner");
    let refused = update(now.plus(day * 71)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Argument, "{refused}");
    assert_eq!(update(now.plus(day)).unwrap().end, now.plus(day));
}
