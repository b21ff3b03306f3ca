//! Schemes: how other systems' keys are found, how many there may be, and what is counted.

use keycask::{ErrorKind, Import, ImportRules, Reason, Restore, Scheme, Spec, Timestamp};

use crate::acme::{Scene, by, reason};
use crate::kit::{hex, options, outcomes, sha256, shape, systems};

#[test]
fn keys_of_known_systems_are_granted_and_found_by_our_own_digest_after_that() {
    let scene = Scene::new();
    let (tokens, imports): (Vec<_>, Vec<_>) = systems(&scene).into_iter().unzip();
    let keys = scene.import(&imports);
    let granted = |scene: &Scene| tokens.iter().map(|t| scene.key_of(t)).collect::<Vec<_>>();
    let expected: Vec<_> = keys.iter().copied().map(Some).collect();
    assert_eq!(scene.counts().iter().map(|(_, n)| n).sum::<u64>(), 6);
    assert!(scene.counts().iter().all(|(scheme, _)| !scheme.is_empty()));
    let before = scene.store.key(keys[1]).unwrap();
    assert_eq!((&*before.last_four, before.imported), ("", true));
    assert_eq!(before.scheme.unwrap().to_string(), "sha256:last-underscore");
    let scene = scene.reopened(options());
    assert_eq!(granted(&scene), expected);
    assert_eq!(scene.store.rehash().unwrap(), 6);
    assert_eq!(scene.counts(), [(String::new(), 6)]);
    assert_eq!(granted(&scene), expected);
    let scene = scene.reopened(options());
    assert_eq!(granted(&scene), expected);
    let after = scene.store.key(keys[1]).unwrap();
    assert_eq!((&*after.last_four, after.scheme, &*after.prefix), ("HCgG", None, ""));
    scene.store.check().unwrap();
}

/// Keys that other systems hashed in part were once the same key's with any beginning: who
/// presented his token with another id had it bound to that text, and was locked out with his own.
#[test]
fn a_token_whose_unhashed_beginning_is_another_is_unknown() {
    let scene = Scene::new();
    scene.import(&[scene.digest("sanctum", &sha256("secret")).lead("17|")]);
    for other in ["18|secret", "|secret", "secret", "17|17|secret", "17||secret"] {
        assert_eq!(scene.reason(other), Some(Reason::Unknown), "{other}");
    }
    assert_eq!(scene.reason("17|secret"), None);
    for (import, what) in [
        (scene.digest("sanctum", &sha256("x")), "no lead"),
        (scene.digest("sanctum", &sha256("x")).lead("17"), "a lead without its bar"),
        (scene.digest("sha256", &sha256("x")).lead("17|"), "a lead of what is hashed"),
    ] {
        assert_eq!(scene.refused(import).kind(), ErrorKind::Argument, "{what}");
    }
}

#[test]
fn a_realm_looks_its_keys_up_by_eight_schemes_at_most() {
    let scene = Scene::new();
    let schemes = ["sha256", "sha512", "sha512-256", "sha256:before=old", "sha256:after=old"];
    let more =
        ["sha512:before=old", "sha512:after=old", "hmac-sha256:key=old", "sha256:before=net"];
    let imports = schemes.into_iter().chain(more).map(|scheme| {
        let scheme: Scheme = scheme.parse().unwrap();
        let len = if scheme.to_string().starts_with("sha512:") || scheme.to_string() == "sha512" {
            64
        } else {
            32
        };
        scene.digest(&scheme.to_string(), &hex(&vec![len; usize::from(len)]))
    });
    let imports: Vec<_> = imports.collect();
    let refused = scene.store.import(&imports, &ImportRules::new(), &by()).unwrap_err();
    assert!(refused.to_string().contains("found by 8 others"), "{refused}");
    scene.import(&imports[..8]);
}

/// Keys that were swept were counted on until the store was opened again, so that a host waited
/// in vain for the last key of a scheme to be verified.
#[test]
fn a_key_that_was_swept_is_not_counted_any_more() {
    let scene = Scene::new();
    let old = Timestamp::parse("2020-01-01T00:00:00Z").unwrap();
    let spec = || scene.spec().end(old.plus(std::time::Duration::from_secs(60)));
    let scheme: Scheme = "sha256".parse().unwrap();
    let digest = Import::digest(spec(), scheme, &sha256("first")).unwrap().issued(old);
    scene.import(&[digest, Import::token(spec(), "second").unwrap().issued(old)]);
    assert_eq!(scene.counts(), [(String::new(), 1), ("sha256".to_owned(), 1)]);
    assert_eq!(scene.store.sweep(10, &by()).unwrap().keys, 2);
    assert_eq!(scene.counts(), []);
}

#[test]
fn a_scheme_of_a_refused_key_is_not_counted() {
    let scene = Scene::new();
    let nobody = || Spec::new(scene.acme, "live", "nobody");
    let schemes =
        ["sha256", "sha512-256", "sha256:before=old", "sha256:after=old", "sha256:before=net"];
    let more = [
        "sha256:after=net",
        "sha512-256:before=old",
        "sha512-256:after=old",
        "hmac-sha256:key=old",
    ];
    let digest = sha256("x");
    let mut keys =
        vec![Import::digest(nobody(), "hmac-sha256:key=net".parse().unwrap(), &digest).unwrap()];
    keys.extend(schemes.iter().chain(&more[..3]).map(|scheme| scene.digest(scheme, &digest)));
    keys.push(scene.digest(more[3], &digest));
    let told = outcomes(&scene, &keys, &ImportRules::new().skip_refused(true));
    assert_eq!(shape(&told), "riiiiiiiir");
}

/// Until then nothing is written to it.
#[test]
fn a_key_that_is_verified_before_a_restored_store_is_confirmed_is_brought_over_afterwards() {
    let (scene, token) = (Scene::new(), "a-token-of-another-system");
    scene.import(&[scene.digest("sha256", &sha256(token))]);
    scene.store.backup(scene.path("backup")).unwrap();
    options().restore(scene.path("backup"), scene.path("new"), &Restore::new(), &by()).unwrap();
    let new = options().open(scene.path("new")).unwrap();
    assert_eq!(reason(&new, token), None);
    assert_eq!(new.rehash().unwrap(), 0);
    new.confirm_restore(&by()).unwrap();
    assert_eq!(new.rehash().unwrap(), 1);
    assert_eq!(reason(&new, token), None);
}
