//! Keys move in whose tokens another system made.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::sync::Barrier;
use std::thread;

use keycask::{
    Actor, Error, ErrorKind, Event, Filter, Import, ImportLines, ImportOutcome, ImportRules, KeyId,
    KeyInfo, OwnerChange, Pepper, RealmRef, Reason, Request, Rotation, Scheme, Spec, State, Store,
    Timestamp,
};
use sha2::{Digest, Sha256, Sha512};

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "shown"
prefix = "acme_shown_"
body = 32
reveal = true
[[scope]]
name = "read"
[[scope]]
name = "write"
[[plan]]
name = "two"
active = 2
[policy]
default_life = "90d"
"#;

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

struct Scene {
    dir: tempfile::TempDir,
    store: Store,
    acme: RealmRef,
}

fn by() -> Actor {
    Actor::new("tests")
}

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
        let dir = tempfile::tempdir().unwrap();
        let store = options().create(dir.path().join("keys.redb")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
        store.apply_realm("other.toml", OTHER, &by()).unwrap();
        let acme = store.realm("acme").unwrap();
        store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
        store.set_owner(acme, "p", &OwnerChange::new().plan("two"), &by()).unwrap();
        Self { dir, store, acme }
    }

    fn reopened(self) -> Self {
        self.store.close().unwrap();
        let store = options().open(self.dir.path().join("keys.redb")).unwrap();
        Self { store, ..self }
    }

    fn spec(&self) -> Spec {
        Spec::new(self.acme, "live", "o")
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

    fn reason(&self, token: &str) -> Option<Reason> {
        let verdict = self.store.verify(self.acme, token.as_bytes(), &Request::new());
        verdict.err().map(|error| error.denial().unwrap().reason)
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
    let scene = scene.reopened();
    assert_eq!(granted(&scene), expected);
    assert_eq!(scene.store.rehash().unwrap(), 6);
    assert_eq!(scene.counts(), [(String::new(), 6)]);
    assert_eq!(granted(&scene), expected);
    let scene = scene.reopened();
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
    let scene = scene.reopened();
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
    let file = std::fs::read(dir.path().join("keys.redb")).unwrap();
    assert!(!file.windows(16).any(|window| window == &digest[..16]), "the digest is in the file");
    let store = options().open(dir.path().join("keys.redb")).unwrap();
    store.verify(acme, b"the-token", &Request::new()).unwrap();
}

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
    let scene = scene.reopened();
    assert_eq!(again(&scene), ids);
    // A token that is known says so though its key came with a digest.
    let token = systems(&scene)[4].0;
    let outcomes = scene.store.import(&[scene.token(token)], &ImportRules::new(), &by()).unwrap();
    assert!(matches!(outcomes[..], [ImportOutcome::Known(key)] if key == ids[4]));
    let other = Import::token(Spec::new(scene.acme, "live", "p"), token).unwrap();
    assert_eq!(scene.refused(other).kind(), ErrorKind::Conflict);
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
    let path = dir.path().join("keys.redb");
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

#[test]
fn lines_are_imported_with_a_report_of_each_that_is_refused() {
    let scene = Scene::new();
    let mut text = String::new();
    for n in 0..25_000 {
        let digest = sha256(&format!("token-{n}"));
        text.push_str(&format!(r#"{{"owner": "o", "digest": "{digest}", "scopes": ["read"]}}"#));
        text.push('\n');
    }
    text.push_str("\n{\"owner\": \"o\", \"token\": \"the last one\"}\n");
    text.push_str("{\"owner\": \"o\", \"tokan\": \"do-not-show\"}\n");
    text.push_str("{\"owner\": \"o\", \"token\": \"no-newline\", \"kind\": \"shown\"}");
    let lines = ImportLines::new(scene.acme).kind("live").scheme("unkey".parse().unwrap());
    let run = |rules: &ImportRules| {
        let mut refused = Vec::new();
        let told = |number, error: &Error| refused.push((number, error.to_string()));
        let done = scene.store.import_lines(&lines, text.as_bytes(), rules, &by(), told);
        (done, refused)
    };
    let (report, refused) = run(&ImportRules::new().dry_run(true));
    let report = report.unwrap();
    assert_eq!((report.lines, report.imported, report.refused), (25_003, 25_001, 2));
    assert_eq!(refused.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [25_002, 25_003]);
    assert!(!format!("{refused:?}").contains("do-not-show"), "{refused:?}");
    assert_eq!(scene.counts(), []);
    let (halted, _) = run(&ImportRules::new());
    let why = halted.unwrap_err().to_string();
    assert!(why.starts_with("line 25002: token"), "{why}");
    assert!(why.ends_with("20000 keys of earlier lines were imported"), "{why}");
    let (report, _) = run(&ImportRules::new().skip_refused(true));
    let report = report.unwrap();
    assert_eq!((report.imported, report.known, report.refused), (5_001, 20_000, 2));
    assert_eq!(scene.reason("token-24999"), None);
    assert_eq!(scene.reason("no-newline"), None);
    let shown = scene.key_of("no-newline").unwrap();
    assert_eq!(scene.store.reveal(shown, &by()).unwrap().expose(), "no-newline");
    assert_eq!(scene.store.list(&Filter::new(), None, 10).unwrap().keys.len(), 10);
}

#[test]
fn what_is_wrong_with_a_line_is_said_without_its_token() {
    let scene = Scene::new();
    let lines = ImportLines::new(scene.acme).kind("live");
    let secret = "s3cret-that-nobody-shall-see";
    for (line, why) in [
        (format!(r#"{{"owner": "o", "token": {secret}}}"#), "is not JSON"),
        (format!(r#"{{"owner": 7, "token": "{secret}"}}"#), "another type"),
        (format!(r#"{{"owner": "o", "{secret}": 1}}"#), "unknown field"),
        (format!(r#"{{"owner": "o", "token": "{secret} "}}"#), "visible ASCII"),
        (format!(r#"{{"owner": "o", "digest": "{secret}"}}"#), "scheme: is missing"),
        (
            format!(r#"{{"owner": "o", "digest": "{secret}", "scheme": "sha256"}}"#),
            "want 64 of hex",
        ),
        (format!(r#"{{"owner": "o", "digest": "$2b$12${secret}", "scheme": "sha256"}}"#), "slow"),
        (format!(r#"{{"owner": "o", "token": "{secret}", "scheme": "md5"}}"#), "broken"),
        (format!(r#"{{"owner": "o", "token": "{secret}", "state": "gone"}}"#), "state: want"),
        (format!(r#"{{"owner": "o", "token": "{secret}", "end": "soon"}}"#), "end: "),
        (format!(r#"{{"owner": "o", "token": "{secret}", "digest": "x"}}"#), "either"),
        (r#"{"owner": "o"}"#.to_owned(), "either"),
    ] {
        let refused = lines.read(&line).unwrap_err();
        assert!(refused.to_string().contains(why), "{line}: {refused}");
        assert!(!refused.to_string().contains(secret), "{refused}");
    }
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
    options.restore(&backup, &path, &keycask::Restore::new(), &by()).unwrap();
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
        let scene = scene.reopened();
        assert_eq!(shape(&outcomes(&scene, &[scene.token("17|one-key")], &rules)), "k");
    }
}

/// Two calls at the same time share a commit, and neither saw what the other was about to write.
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

/// A dry run of many batches saw each of them alone.
#[test]
fn a_dry_run_tells_what_lines_come_to_that_stand_far_apart() {
    let scene = Scene::new();
    let mut text = String::new();
    let mut line = |owner: &str, token: &str| {
        writeln!(text, r#"{{"owner": "{owner}", "token": "{token}"}}"#).unwrap();
    };
    line("o", "twice");
    line("o", "of-two-owners");
    line("p", "first-place");
    line("new", "of-a-new-owner");
    for n in 0..10_000 {
        line("o", &format!("token-{n}"));
    }
    line("o", "twice");
    line("p", "of-two-owners");
    line("p", "second-place");
    line("p", "no-place");
    line("new", "another-of-it");
    let lines = ImportLines::new(scene.acme).kind("live");
    let run = |rules: ImportRules| {
        let mut refused = Vec::new();
        let rules = rules.make_owners(true);
        let told = |number, error: &Error| refused.push((number, error.kind()));
        let report = scene.store.import_lines(&lines, text.as_bytes(), &rules, &by(), told);
        (report.unwrap(), refused)
    };
    let dry = run(ImportRules::new().dry_run(true));
    assert_eq!(dry.1, [(10_006, ErrorKind::Conflict), (10_008, ErrorKind::Cap)]);
    assert_eq!((dry.0.imported, dry.0.known, dry.0.refused), (10_006, 1, 2));
    assert_eq!(scene.counts(), []);
    // What it told is what comes of it.
    assert_eq!(run(ImportRules::new().skip_refused(true)), dry);
}

#[test]
fn no_key_comes_suspended_into_a_realm_that_does_not_allow_it() {
    let scene = Scene::new();
    scene.store.apply_realm("strict.toml", STRICT, &by()).unwrap();
    let strict = scene.store.realm("strict").unwrap();
    scene.store.set_owner(strict, "o", &OwnerChange::new(), &by()).unwrap();
    let key = |text| Import::token(Spec::new(strict, "live", "o"), text).unwrap();
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
    let path = dir.path().join("keys.redb");
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

/// A key that came revoked once kept a sealed copy of its token, which a revocation destroys.
#[test]
fn a_key_that_comes_revoked_keeps_no_copy_of_its_token() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys.redb")).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let key = || Import::token(Spec::new(acme, "shown", "o"), "shown-once").unwrap();
    // To keep one takes a sealing key, which this store has not.
    let refused = store.import(&[key()], &ImportRules::new(), &by()).unwrap_err();
    assert!(refused.to_string().contains("sealing key"), "{refused}");
    store.import(&[key().state(State::Revoked)], &ImportRules::new(), &by()).unwrap();
}

#[test]
fn long_lines_are_imported_in_commits_of_4_mib() {
    let scene = Scene::new();
    let mut text = String::new();
    let metadata = "m".repeat(4_000);
    for n in 0..2_500 {
        writeln!(text, r#"{{"owner": "o", "token": "token-{n}", "metadata": "{metadata}"}}"#)
            .unwrap();
    }
    let names = vec![r#""read""#; 129].join(",");
    writeln!(text, r#"{{"owner": "o", "token": "many-names", "scopes": [{names}]}}"#).unwrap();
    let names = vec![r#""read""#; 128].join(",");
    writeln!(text, r#"{{"owner": "o", "token": "some-names", "scopes": [{names}]}}"#).unwrap();
    let lines = ImportLines::new(scene.acme).kind("live");
    let before = scene.store.stats().unwrap().seq;
    let mut refused = Vec::new();
    let rules = ImportRules::new().skip_refused(true);
    let told = |number, error: &Error| refused.push((number, error.to_string()));
    let report = scene.store.import_lines(&lines, text.as_bytes(), &rules, &by(), told).unwrap();
    assert_eq!((report.imported, report.refused), (2_501, 1));
    assert_eq!(scene.store.stats().unwrap().seq, before + 3);
    assert!(refused[0].1.contains("over 128 names"), "{refused:?}");
}

/// Whose export has two columns swapped has tokens where names belong.
#[test]
fn what_is_refused_of_a_line_is_told_without_any_text_that_stands_in_it() {
    let scene = Scene::new();
    let secret = "s3cret";
    let lines = ImportLines::new(scene.acme);
    let digest = sha256("x");
    for member in [
        format!(r#""owner": "{secret}", "kind": "live", "token": "abcd""#),
        format!(r#""owner": "o", "kind": "{secret}", "token": "abcd""#),
        format!(r#""owner": "o", "kind": "live", "token": "abcd", "scopes": ["{secret}"]"#),
        format!(r#""owner": "o", "kind": "live", "token": "abcd", "sets": ["\"{secret}"]"#),
        format!(r#""owner": "o", "kind": "live", "token": "abcd", "{secret}": 1"#),
        format!(r#""owner": "o", "kind": "live", "token": "abcd", "state": "{secret}""#),
        format!(r#""owner": "o", "kind": "live", "token": "abcd", "end": "{secret}""#),
        format!(r#""owner": "o", "kind": "live", "token": "abcd", "last_four": "{secret}""#),
        format!(r#""owner": "o", "kind": "live", "digest": "{secret}", "scheme": "sha256""#),
        format!(r#""owner": "o", "kind": "live", "digest": "crc{secret}$1", "scheme": "sha256""#),
        format!(r#""owner": "o", "kind": "live", "digest": "{digest}", "scheme": "{secret}""#),
        format!(r#""owner": "o", "kind": "live", "digest": "{digest}", "scheme": "md5{secret}""#),
        format!(
            r#""owner": "o", "kind": "live", "digest": "{digest}", "scheme": "sha256:{secret}""#
        ),
        format!(
            r#""owner": "o", "kind": "live", "digest": "{digest}", "scheme": "talos:before={secret}""#
        ),
        format!(
            r#""owner": "o", "kind": "live", "digest": "{digest}", "scheme": "seam:before={secret}""#
        ),
        format!(
            r#""owner": "o", "kind": "live", "digest": "{digest}", "scheme": "seam", "lead": "{secret}""#
        ),
    ] {
        let line = format!("{{{member}}}");
        let mut said = String::new();
        let rules = ImportRules::new().skip_refused(true);
        let told = |number, error: &Error| said = format!("{number} {error} {error:?}");
        scene.store.import_lines(&lines, line.as_bytes(), &rules, &by(), told).unwrap();
        assert!(said.starts_with("1 "), "{line}: not refused");
        assert!(!said.contains(secret), "{line}: {said}");
        let halted = scene.store.import_lines(
            &lines,
            line.as_bytes(),
            &ImportRules::new(),
            &by(),
            |_, _| {},
        );
        let halted = halted.unwrap_err();
        assert!(!format!("{halted} {halted:?}").contains(secret), "{line}: {halted:?}");
    }
}

#[test]
fn a_token_with_escapes_is_the_text_that_they_stand_for() {
    let scene = Scene::new();
    let lines = ImportLines::new(scene.acme).kind("live");
    let read = |json: &str| lines.read(&format!(r#"{{"owner": "o", "token": {json}}}"#));
    let keys = [r#""a\/b\\c\"d""#, r#""\u0041BCD""#].map(|json| read(json).unwrap());
    let ids = scene.import(&keys);
    assert_eq!(scene.key_of("a/b\\c\"d"), Some(ids[0]));
    assert_eq!(scene.key_of("ABCD"), Some(ids[1]));
    for json in ["7", "[\"abcd\"]", "{\"abcd\": 1}", "null", r#""ab\ncd""#, r#""abc\ud83d""#] {
        assert_eq!(read(json).unwrap_err().kind(), ErrorKind::Argument, "{json}");
    }
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
    let store = store.open(dir.path().join("keys.redb")).unwrap();
    let denied = store.verify(acme, b"the-token", &Request::new()).unwrap_err();
    assert_eq!(denied.denial().unwrap().reason, Reason::Revoked);
    store.check().unwrap();
}
