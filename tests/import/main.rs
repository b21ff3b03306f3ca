//! Keys move in whose tokens another system made.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/acme.rs"]
mod acme;
mod known;
mod lines;

use std::sync::Barrier;
use std::thread;

use keycask::{
    Denial, Error, ErrorKind, Event, Import, ImportOutcome, ImportRules, KeyId, KeyInfo,
    OwnerChange, Pepper, Reason, Request, Rotation, Scheme, Spec, State, Store, Timestamp,
    VerifyError,
};
use sha2::{Digest, Sha256, Sha512};

use acme::{Scene, by, profile};

const POLICY: &str = "default_life = \"90d\"";

const STRICT: &str = r#"
realm = "strict"
[[kind]]
name = "live"
prefix = "strict_"
body = 32
[policy]
suspend = false
"#;

const OTHER: &str = r#"
realm = "other"
[[kind]]
name = "live"
prefix = "other_"
body = 32
"#;

fn options() -> keycask::Options {
    let options = Store::options().pepper(Pepper::new(&[7; 32]));
    let options = options.sealing_key(keycask::SealingKey::new(&[8; 32]));
    options.import_secret("old", b"the old pepper").import_secret("net", b"network\0")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

impl Scene {
    fn new() -> Self {
        let scene = Self::with(options(), POLICY);
        scene.store.apply_realm("other.toml", OTHER, &by()).unwrap();
        let capped = OwnerChange::new().plan("two");
        scene.store.set_owner(scene.acme, "p", &capped, &by()).unwrap();
        scene
    }

    fn token(&self, text: &str) -> Import {
        Import::token(self.spec(), text).unwrap()
    }

    fn digest(&self, scheme: &str, digest: &str) -> Import {
        Import::digest(self.spec(), scheme.parse().unwrap(), digest).unwrap()
    }

    fn import(&self, keys: &[Import]) -> Vec<KeyId> {
        let outcomes = self.store.import(keys, &ImportRules::new(), &by()).unwrap();
        let imported = |outcome| match outcome {
            ImportOutcome::Imported(key) => key,
            other => panic!("{other:?}"),
        };
        outcomes.into_iter().map(imported).collect()
    }

    fn refused(&self, import: Import) -> Error {
        self.store.import(&[import], &ImportRules::new(), &by()).unwrap_err()
    }

    fn key_of(&self, token: &str) -> Option<KeyId> {
        let verdict = self.store.verify(self.acme, token.as_bytes(), &Request::new());
        verdict.ok().map(|grant| grant.key_id)
    }

    /// Keys by their scheme, those of tokens under the empty name.
    fn counts(&self) -> Vec<(String, u64)> {
        let name = |scheme: Option<Scheme>| scheme.map(|s| s.to_string()).unwrap_or_default();
        let counts = self.store.imports(self.acme).unwrap().into_iter();
        counts.map(|(scheme, count)| (name(scheme), count)).collect()
    }
}

/// A token of each system, with the import that its table makes.
fn systems(scene: &Scene) -> Vec<(&'static str, Import)> {
    let seam = "mycompany_BRTRKFsL_51FwqftsmMDHHbJAMEXXHCgG";
    let base64 = "qNmAAdzTTQAt3Kq2rfEtUShhuBYhPp6IyvaQPAmm9G0=";
    let (unkey, drf, talos) = ("unkey_3ZUkBJcXfrpYP", "BpiHVNMU.hLkTsvVBxB5", "sk_live_51OxAM2Qly");
    let known = Sha256::digest(unkey);
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut spelled = String::new();
    for three in known.chunks(3) {
        let word = three.iter().chain(&[0; 2]).take(3).fold(0_u32, |w, b| w << 8 | u32::from(*b));
        for at in 0..=three.len() {
            spelled.push(char::from(digits[(word >> (18 - 6 * at) & 63) as usize]));
        }
    }
    spelled.push('=');
    assert_eq!(spelled.len(), base64.len());
    let published = "d70d981d87b449c107327c2a2afbf00d4b58070d6ba571aac35d7ea3e7c79f37";
    let mut network = sha2::Sha512_256::new();
    network.update(b"network\0");
    network.update(talos);
    vec![
        (unkey, scene.digest("unkey", &spelled)),
        (seam, scene.digest("seam", published).lead("mycompany_BRTRKFsL_")),
        ("17|vBxB5hLkTsv", scene.digest("sanctum", &sha256("vBxB5hLkTsv")).lead("17|")),
        (drf, scene.digest("drf", &format!("sha512$${}", hex(&Sha512::digest(drf))))),
        (talos, scene.digest("talos:before=net", &hex(&network.finalize()))),
        ("salted-after", scene.digest("sha256:after=old", &sha256("salted-afterthe old pepper"))),
    ]
}

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
fn p3_tokens_of_every_length_and_shape_are_told_apart() {
    let scene = Scene::new();
    let ours = scene.store.issue(&scene.spec(), &by()).unwrap();
    let ours = ours.token.expose();
    assert!(matches!(scene.reason("x".repeat(9).as_str()), Some(Reason::Malformed(_))));
    let mut texts: Vec<String> = (4..=512).map(|len| "k".repeat(len)).collect();
    // Some that look like ours, whole or in part, and some that end alike.
    texts.push(ours[..ours.len() - 1].to_owned());
    texts.push(format!("{ours}0"));
    texts.push(format!("acme_live_{}", "0".repeat(38)));
    texts.extend(
        ["acme_live_", "1|k", "a.b.c", "$2b$12$looks.like.bcrypt", "%7C~!"].map(str::to_owned),
    );
    texts.retain(|text| text.len() >= 4);
    let imports: Vec<_> = texts.iter().map(|text| scene.token(text)).collect();
    let keys = scene.import(&imports);
    let scene = scene.reopened(options());
    for (text, key) in texts.iter().zip(&keys) {
        assert_eq!(scene.key_of(text), Some(*key), "{text}");
    }
    assert!(scene.key_of(ours).is_some());
    assert_eq!(scene.reason(&"K".repeat(40)), Some(Reason::Unknown));
    for text in ["kkk", &"k".repeat(513), "kkkk kkkk", "kkkk\u{e9}", "kkkk\0"] {
        assert!(matches!(scene.reason(text), Some(Reason::Malformed(_))), "{text:?}");
        assert_eq!(Import::token(scene.spec(), text).unwrap_err().kind(), ErrorKind::Argument);
    }
    // A realm without imports goes by its own grammar alone.
    let other = scene.store.realm("other").unwrap();
    let denied = scene.store.verify(other, b"kkkkkkkk", &Request::new()).unwrap_err();
    assert!(matches!(denied.denial().unwrap().reason, Reason::Malformed(_)));
}

#[test]
fn p14_a_key_that_was_unknown_is_granted_as_soon_as_it_is_imported() {
    let scene = Scene::new();
    scene.import(&[scene.token("somebody"), scene.digest("sha256", &sha256("somebody else"))]);
    for text in ["by-token", "by-digest"] {
        assert_eq!(scene.reason(text), Some(Reason::Unknown));
    }
    scene.import(&[
        scene.token("by-token"),
        scene.digest("sha512", &hex(&Sha512::digest("by-digest"))),
    ]);
    assert_eq!(["by-token", "by-digest"].map(|text| scene.reason(text)), [None, None]);
}

#[test]
fn p30_no_stored_digest_is_a_token() {
    let scene = Scene::new();
    let digest = Sha256::digest("the-token");
    scene.import(&[scene.digest("sha256", &hex(&digest))]);
    let latin: String = digest.iter().map(|byte| char::from(*byte)).collect();
    for text in [hex(&digest), hex(&digest).to_uppercase(), latin] {
        assert!(scene.reason(&text).is_some(), "{text:?}");
    }
    let raw = scene.store.verify(scene.acme, &digest, &Request::new());
    assert!(raw.is_err());
    // Nor is one that is in the file.
    let Scene { dir, store, acme } = scene;
    store.close().unwrap();
    let file = std::fs::read(dir.path().join("keys.keycask")).unwrap();
    assert!(!file.windows(16).any(|window| window == &digest[..16]), "the digest is in the file");
    let store = options().open(dir.path().join("keys.keycask")).unwrap();
    store.verify(acme, b"the-token", &Request::new()).unwrap();
}

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
        threads.into_iter().filter(|_| true).map(|t| usize::from(t.join().unwrap())).sum()
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
    let kinds = |rules: &ImportRules| {
        let outcomes = scene.store.import(&keys(), rules, &by()).unwrap();
        let kind = |outcome: &ImportOutcome| match outcome {
            ImportOutcome::Imported(_) => 'i',
            ImportOutcome::Known(_) => 'k',
            ImportOutcome::Refused(_) => 'r',
            _ => '?',
        };
        outcomes.iter().map(kind).collect::<String>()
    };
    assert_eq!(kinds(&ImportRules::new().dry_run(true)), "irik");
    assert_eq!(scene.counts(), []);
    assert_eq!(kinds(&ImportRules::new().skip_refused(true)), "irik");
    assert_eq!(scene.counts(), [(String::new(), 2)]);
    assert_eq!(kinds(&ImportRules::new().make_owners(true)), "kikk");
    assert_eq!(scene.store.owner(scene.acme, "nobody").unwrap().plan, None);
}

#[test]
fn a_secret_that_keys_are_found_by_is_needed_to_open_the_store() {
    let scene = Scene::new();
    let unnamed = scene.digest("hmac-sha256:key=nobodys", &sha256("x"));
    assert_eq!(scene.refused(unnamed).kind(), ErrorKind::NotFound);
    scene.import(&[scene.digest("sha256:after=old", &sha256("a-token-the old pepper"))]);
    let Scene { dir, store, acme } = scene;
    store.close().unwrap();
    let path = dir.path().join("keys.keycask");
    let bare = || Store::options().pepper(Pepper::new(&[7; 32]));
    for options in [bare(), bare().import_secret("old", b"another")] {
        let refused = options.open(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Pepper);
        assert!(refused.to_string().contains("\"old\""), "{refused}");
    }
    let store = options().open(&path).unwrap();
    store.verify(acme, b"a-token-", &Request::new()).unwrap();
    store.close().unwrap();
    // Once its last key was verified, it is not.
    bare().open(&path).unwrap().verify(acme, b"a-token-", &Request::new()).unwrap();
    for (name, secret) in [("", &b"x"[..]), ("Upper", b"x"), ("empty", b"")] {
        let refused = bare().import_secret(name, secret).open(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Argument);
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

fn outcomes(scene: &Scene, keys: &[Import], rules: &ImportRules) -> Vec<ImportOutcome> {
    scene.store.import(keys, rules, &by()).unwrap()
}

fn shape(outcomes: &[ImportOutcome]) -> String {
    let letter = |outcome: &ImportOutcome| match outcome {
        ImportOutcome::Imported(_) => 'i',
        ImportOutcome::Known(_) => 'k',
        ImportOutcome::Refused(_) => 'r',
        _ => '?',
    };
    outcomes.iter().map(letter).collect()
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

#[test]
fn a_secret_by_which_only_revoked_keys_are_found_is_not_needed() {
    let scene = Scene::new();
    let digest = |text| scene.digest("sha256:after=old", &sha256(&format!("{text}the old pepper")));
    let ended = digest("ended").state(State::Revoked);
    let [ended, live] = scene.import(&[ended, digest("live")])[..] else { panic!("two keys") };
    let Scene { dir, store, acme } = scene;
    store.close().unwrap();
    let path = dir.path().join("keys.keycask");
    let bare = || Store::options().pepper(Pepper::new(&[7; 32]));
    assert_eq!(bare().open(&path).unwrap_err().kind(), ErrorKind::Pepper);
    let store = options().open(&path).unwrap();
    store.revoke(live, &by()).unwrap();
    let denied = |store: &Store| {
        let denied = store.verify(acme, b"ended", &Request::new()).unwrap_err();
        denied.denial().unwrap().reason
    };
    assert_eq!(denied(&store), Reason::Revoked);
    store.close().unwrap();
    // Without it they are not even found; with another one neither.
    for options in [bare(), bare().import_secret("old", b"another")] {
        let store = options.open(&path).unwrap();
        assert_eq!(denied(&store), Reason::Unknown);
        assert_eq!(store.key(ended).unwrap().state, State::Revoked);
        store.check().unwrap();
    }
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

/// Texts of another shape among tokens of our own: each is decided about as it is alone.
#[test]
fn many_tokens_of_which_some_are_of_another_system_are_decided_about_together() {
    let scene = Scene::new();
    let own = scene.store.issue(&scene.spec(), &by()).unwrap().token.expose().to_owned();
    scene.import(&[scene.digest("sha256", &sha256("by-its-digest")), scene.token("as-it-is")]);
    let texts = [own.as_str(), "by-its-digest", "of-nobody", "as-it-is", "no\nshape", &own, "x"];
    let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    let alone = || {
        let verify = |text: &&[u8]| scene.store.verify(scene.acme, text, &Request::new());
        let answers = texts.iter().map(verify);
        let reason = |error: VerifyError| error.denial().unwrap().reason;
        answers.map(|answer| answer.map_err(reason)).collect::<Vec<_>>()
    };
    let together = || {
        let mut answers = Vec::new();
        scene.store.verify_many(scene.acme, &texts, &Request::new(), &mut answers).unwrap();
        let reason = |denial: Denial| denial.reason;
        answers.into_iter().map(|answer| answer.map_err(reason)).collect::<Vec<_>>()
    };
    let first = together();
    let granted: Vec<bool> = first.iter().map(Result::is_ok).collect();
    assert_eq!(granted, [true, true, false, true, false, true, false]);
    assert!(
        matches!(first[2], Err(Reason::Unknown)) && matches!(first[4], Err(Reason::Malformed(_)))
    );
    assert_eq!(first, alone());
    assert_eq!(scene.store.rehash().unwrap(), 1);
    assert_eq!(together(), first);
    // A realm without such keys takes no text of another shape.
    let other = scene.store.realm("other").unwrap();
    let mut answers = Vec::new();
    scene.store.verify_many(other, &texts, &Request::new(), &mut answers).unwrap();
    let shapeless = |denial: &Denial| matches!(denial.reason, Reason::Malformed(_));
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(shapeless)));
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

/// Lines that had been imported with a wrong secret were known for ever, and no token was theirs.
#[test]
fn what_came_with_a_wrong_secret_comes_anew_with_the_right_one() {
    let scene = Scene::new();
    let path = scene.dir.path().join("wrong.redb");
    let with = |secret: &[u8]| Store::options().import_secret("old", secret);
    let prepare = |store: &Store| {
        let acme = store.realm("acme").unwrap();
        let spec = Spec::new(acme, "live", "ann");
        let digest = sha256("a-token-the old pepper");
        let import = Import::digest(spec, "sha256:after=old".parse().unwrap(), &digest).unwrap();
        let told = store.import(&[import], &ImportRules::new(), &by()).unwrap();
        let reason = || store.verify(acme, b"a-token-", &Request::new()).err();
        let reason = reason().map(|error| error.denial().unwrap().reason);
        match told[..] {
            [ImportOutcome::Imported(key)] => (key, reason),
            _ => panic!("{told:?}"),
        }
    };
    let store = with(b"a wrong pepper").create(&path).unwrap();
    store.apply_realm("acme.toml", &profile(POLICY), &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "ann", &OwnerChange::new(), &by()).unwrap();
    let (wrong, reason) = prepare(&store);
    assert_eq!(reason, Some(Reason::Unknown));
    store.revoke(wrong, &by()).unwrap();
    store.close().unwrap();
    let store = with(b"the old pepper").open(&path).unwrap();
    let (right, reason) = prepare(&store);
    assert_eq!((reason, right == wrong), (None, false));
    store.check().unwrap();
}
