//! What bad input gets: an error that names it, and nothing changed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use keycask::{
    Actor, Anchor, Cursor, Error, ErrorKind, FeedCursor, Filter, KeyId, OwnerChange, Rotation,
    SealingKey, Spec, Store, Timestamp, Update,
};

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
[[kind]]
name = "owned"
prefix = "acme_owned_"
body = 32
rights = "owner"
[[scope]]
name = "read"
[[plan]]
name = "small"
[policy]
longest_life = "30d"
longest_grace = "1h"
suspend = false
"#;

fn by() -> Actor {
    Actor::new("tester")
}

struct Scene {
    store: Store,
    _dir: tempfile::TempDir,
}

fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("keys.redb")).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    Scene { store, _dir: dir }
}

/// Fails unless `result` is an error of `kind` whose message contains all of `words`, and the
/// store is where it was.
fn refused<T>(
    store: &Store,
    call: impl FnOnce(&Store) -> Result<T, Error>,
    kind: ErrorKind,
    words: &[&str],
) {
    let before = store.stats().unwrap();
    let Err(error) = call(store) else { panic!("not refused: wanted {kind:?} {words:?}") };
    assert_eq!(error.kind(), kind, "{error}");
    for word in words {
        assert!(error.message().contains(word), "{error:?} does not say {word:?}");
    }
    assert_eq!(store.stats().unwrap(), before, "{error}: something changed");
}

#[test]
fn what_is_unknown_is_named() {
    let Scene { store, _dir } = scene();
    let acme = store.realm("acme").unwrap();
    let gone: KeyId = "key_0123456789ABC".parse().unwrap();
    let none = ErrorKind::NotFound;
    let issue = |spec: Spec| move |s: &Store| s.issue(&spec, &by());
    refused(&store, |s| s.realm("other"), none, &["realm", "\"other\""]);
    refused(&store, issue(Spec::new(acme, "prod", "o")), none, &["kind", "\"prod\"", "acme"]);
    refused(&store, issue(Spec::new(acme, "live", "x")), none, &["owner", "\"x\"", "acme"]);
    let scoped = Spec::new(acme, "live", "o").scopes(["read", "fly"]);
    refused(&store, issue(scoped), none, &["scope", "\"fly\"", "acme"]);
    refused(&store, issue(Spec::new(acme, "live", "o").set("all")), none, &["set", "\"all\""]);
    let plan = OwnerChange::new().plan("huge");
    refused(&store, |s| s.set_owner(acme, "o", &plan, &by()), none, &["plan", "\"huge\""]);
    let direct = OwnerChange::new().direct(["fly"]);
    refused(&store, |s| s.set_owner(acme, "o", &direct, &by()), none, &["scope", "\"fly\""]);
    refused(&store, |s| s.owner(acme, "x"), none, &["owner", "\"x\""]);
    let id = "key_0123456789ABC";
    refused(&store, |s| s.key(gone), none, &[id]);
    refused(&store, |s| s.revoke(gone, &by()), none, &[id]);
    refused(&store, |s| s.suspend(gone, &by()), none, &[id]);
    refused(&store, |s| s.resume(gone, &by()), none, &[id]);
    refused(&store, |s| s.rotate(gone, &Rotation::new(), &by()), none, &[id]);
    refused(&store, |s| s.update(gone, &Update::new(), &by()), none, &[id]);
    refused(&store, |s| s.reveal(gone, &by()), none, &[id]);
}

#[test]
fn text_and_times_out_of_their_limits_are_refused_with_the_limit() {
    let Scene { store, _dir } = scene();
    let acme = store.realm("acme").unwrap();
    let bad = ErrorKind::Argument;
    let issue = |spec: Spec| move |s: &Store| s.issue(&spec, &by());
    let spec = || Spec::new(acme, "live", "o");
    let long = "x".repeat(129);
    refused(&store, issue(spec().name(&long)), bad, &["name", "129", "128"]);
    refused(&store, issue(spec().name("a\u{7}b")), bad, &["name", "control", "byte 1"]);
    refused(&store, issue(spec().name("a\u{85}b")), bad, &["name", "control"]);
    refused(&store, issue(Spec::new(acme, "live", "")), bad, &["owner", "0 bytes", "1"]);
    let actor = Actor::new("a").because("y".repeat(257));
    refused(&store, |s| s.issue(&spec(), &actor), bad, &["reason", "257", "256"]);
    refused(&store, issue(spec().metadata("{")), bad, &["metadata", "JSON"]);
    let wide = format!("\"{}\"", "z".repeat(4095));
    refused(&store, issue(spec().metadata(wide)), bad, &["metadata", "4097", "4096"]);
    let past = Timestamp::parse("2001-01-01T00:00:00Z").unwrap();
    refused(&store, issue(spec().end(past)), bad, &["end", "2001-01-01T00:00:00Z", "passed"]);
    refused(&store, issue(spec().start(past)), bad, &["start", "passed"]);
    refused(&store, issue(spec().end(Timestamp::from_ms(-1))), bad, &["end"]);
    refused(&store, issue(spec().end(Timestamp::from_ms(i64::MIN))), bad, &["end"]);
    refused(&store, issue(spec().life(Duration::ZERO)), bad, &["end"]);
    refused(&store, issue(spec().life(Duration::MAX)), bad, &["end", "30d"]);
    refused(&store, issue(spec().end(Timestamp::NEVER)), bad, &["end", "never", "30d"]);
    let far = Timestamp::from_ms(i64::MAX - 1);
    refused(&store, issue(spec().start(far).life(Duration::from_secs(1))), bad, &["start"]);
    let owned = Spec::new(acme, "owned", "o").scopes(["read"]);
    refused(&store, issue(owned), bad, &["scopes", "\"owned\"", "owner's rights"]);
    let issued = store.issue(&spec(), &by()).unwrap().key.key_id;
    let grace = Rotation::new().grace(Duration::from_secs(7200));
    refused(&store, |s| s.rotate(issued, &grace, &by()), bad, &["grace", "2h", "1h"]);
    let ended = Update::new().end(past);
    refused(&store, |s| s.update(issued, &ended, &by()), bad, &["end", "passed"]);
    refused(&store, |s| s.set_owner(acme, &long, &OwnerChange::new(), &by()), bad, &["129"]);
    for (text, why) in [
        ("2026-13-01T00:00:00Z", "RFC 3339"),
        ("2026-01-31T00:00:00.Z", "RFC 3339"),
        ("2026-01-31T00:00:00.5+05:3Z", "RFC 3339"),
        ("2026-01-31T00:00:00.123456789+01:00", "RFC 3339"),
        ("1969-12-31T23:59:59Z", ""),
    ] {
        let error = Timestamp::parse(text).unwrap_err();
        assert!(error.message().contains(text) && error.message().contains(why), "{error}");
    }
    // What may be a token is not repeated.
    let error = Timestamp::parse("acme_live_0123456789abcdef").unwrap_err();
    assert!(error.message().starts_with("time of 26 bytes: want RFC 3339"), "{error}");
}

#[test]
fn what_forbids_a_change_is_said() {
    let Scene { store, _dir } = scene();
    let acme = store.realm("acme").unwrap();
    let conflict = ErrorKind::Conflict;
    let key = store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap().key.key_id;
    refused(&store, |s| s.suspend(key, &by()), conflict, &["acme", "suspending"]);
    refused(&store, |s| s.reveal(key, &by()), conflict, &["\"live\"", "shown once"]);
    store.revoke(key, &by()).unwrap();
    let id = key.to_string();
    refused(&store, |s| s.resume(key, &by()), conflict, &[&id, "final"]);
    refused(&store, |s| s.suspend(key, &by()), conflict, &[&id, "final"]);
    refused(&store, |s| s.update(key, &Update::new().name("n"), &by()), conflict, &[&id]);
    refused(&store, |s| s.rotate(key, &Rotation::new(), &by()), conflict, &[&id, "revoked"]);
    let shown = Spec::new(acme, "shown", "o");
    let bad = ErrorKind::Argument;
    refused(&store, |s| s.issue(&shown, &by()), bad, &["sealing key", "\"shown\""]);
}

#[test]
fn a_sealed_copy_opens_under_its_own_sealing_key_only_and_goes_with_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.redb");
    let open = |key| Store::options().sealing_key(SealingKey::new(&[key; 32]));
    let store = open(1).create(&path).unwrap();
    store.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let one = store.issue(&Spec::new(acme, "shown", "o"), &by()).unwrap();
    let two = store.issue(&Spec::new(acme, "shown", "o"), &by()).unwrap();
    assert_eq!(store.reveal(one.key.key_id, &by()).unwrap().expose(), one.token.expose());
    store.close().unwrap();
    let store = open(2).open(&path).unwrap();
    let (first, second) = (one.key.key_id, two.key.key_id);
    refused(&store, |s| s.reveal(first, &by()), ErrorKind::Pepper, &["sealing key"]);
    let wrong = SealingKey::new(&[3; 32]);
    refused(&store, |s| s.change_sealing_key(&wrong, &by()), ErrorKind::Pepper, &[]);
    assert_eq!(store.change_sealing_key(&SealingKey::new(&[1; 32]), &by()).unwrap(), 2);
    assert_eq!(store.reveal(first, &by()).unwrap().expose(), one.token.expose());
    store.revoke(first, &by()).unwrap();
    refused(&store, |s| s.reveal(first, &by()), ErrorKind::Conflict, &["revoked"]);
    store.rotate(second, &Rotation::new(), &by()).unwrap();
    refused(&store, |s| s.reveal(second, &by()), ErrorKind::Conflict, &[]);
    store.check().unwrap();
}

/// Revoking asked the profile of the day whether there was a copy, so that one outlived its
/// key while the profile kept none, and was shown when it kept some again.
#[test]
fn no_sealed_copy_outlives_its_key_or_the_profile_that_asked_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = Store::options().sealing_key(SealingKey::new(&[1; 32]));
    let store = options.create(dir.path().join("keys.redb")).unwrap();
    let hidden = PROFILE.replace("reveal = true", "reveal = false");
    let apply = |profile: &str| store.apply_realm("acme.toml", profile, &by()).unwrap();
    apply(PROFILE);
    let acme = store.realm("acme").unwrap();
    store.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let issue = || store.issue(&Spec::new(acme, "shown", "o"), &by()).unwrap().key.key_id;
    let (revoked, kept) = (issue(), issue());
    apply(&hidden);
    store.revoke(revoked, &by()).unwrap();
    apply(PROFILE);
    refused(&store, |s| s.reveal(revoked, &by()), ErrorKind::Conflict, &["revoked"]);
    refused(&store, |s| s.reveal(kept, &by()), ErrorKind::Conflict, &["kept no copy"]);
    let again = issue();
    assert!(store.reveal(again, &by()).is_ok());
}

#[test]
fn a_store_that_was_opened_for_reading_refuses_to_write_and_decides_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.redb");
    let writer = Store::create(&path).unwrap();
    writer.apply_realm("acme.toml", PROFILE, &by()).unwrap();
    let acme = writer.realm("acme").unwrap();
    writer.set_owner(acme, "o", &OwnerChange::new(), &by()).unwrap();
    let issued = writer.issue(&Spec::new(acme, "live", "o"), &by()).unwrap();
    let second = Store::open(&path).unwrap_err();
    assert_eq!(second.kind(), ErrorKind::Locked, "{second}");
    let reader = Store::options().read_only(true).open(&path).unwrap();
    let request = keycask::Request::new();
    reader.verify(acme, issued.token.expose().as_bytes(), &request).unwrap();
    let key = issued.key.key_id;
    refused(&reader, |s| s.revoke(key, &by()), ErrorKind::ReadOnly, &["read-only"]);
    reader.verify(acme, issued.token.expose().as_bytes(), &request).unwrap();
    writer.revoke(key, &by()).unwrap();
}

#[test]
fn who_only_reads_makes_no_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    let error = Store::options().read_only(true).create(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(error.message().contains("cannot be made read-only"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_key_that_was_rotated_does_not_outlive_its_grace_by_an_update() {
    let Scene { store, _dir } = scene();
    let acme = store.realm("acme").unwrap();
    let old = store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap().key.key_id;
    store.rotate(old, &Rotation::new().grace(Duration::from_secs(600)), &by()).unwrap();
    let end = store.key(old).unwrap().end;
    let with = |end| Update::new().end(end);
    let later = with(end.plus(Duration::from_millis(1)));
    refused(&store, |s| s.update(old, &later, &by()), ErrorKind::Conflict, &["its grace ends at"]);
    assert_eq!(store.update(old, &with(end), &by()).unwrap().end, end);
    let sooner = Timestamp::from_ms(end.as_ms() - 1_000);
    assert_eq!(store.update(old, &with(sooner), &by()).unwrap().end, sooner);
}

/// The commonest mistake about keys: their token is given where their id belongs.
#[test]
fn a_token_given_for_another_text_is_not_in_the_error() {
    let scene = scene();
    let acme = scene.store.realm("acme").unwrap();
    let issued = scene.store.issue(&Spec::new(acme, "live", "o"), &by()).unwrap();
    let token = issued.token.expose();
    let errors = [
        token.parse::<KeyId>().map(drop),
        token.parse::<Cursor>().map(drop),
        format!("{}.7", token).parse::<Cursor>().map(drop),
        token.parse::<FeedCursor>().map(drop),
        format!("7:{token}").parse::<FeedCursor>().map(drop),
        token.parse::<Anchor>().map(drop),
        format!("7:{token}:{token}").parse::<Anchor>().map(drop),
        scene.store.list(&Filter::new().hint(token), None, 1).map(drop),
    ];
    for error in errors.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains(&token[token.len() - 30..]), "{error}");
        }
    }
    let slip = "key_000000000000O".parse::<KeyId>().unwrap_err();
    assert!(slip.message().contains("\"key_000000000000O\""), "{slip}");
}
