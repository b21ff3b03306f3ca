//! What holds of every text for a profile.
//!
//! An input is the text. The fuzz target and the replay of its corpus in `tests/` both include this
//! file.

use std::sync::OnceLock;

use keycask::{Actor, ErrorKind, OwnerChange, Request, Spec, Store};

/// The name of the text in what is told of it.
const SOURCE: &str = "p.toml";

/// What is asked: what a profile would change, in words, or why it is none.
pub type Compare = fn(&Store, &str) -> Result<String, (ErrorKind, String)>;

/// What keycask says.
pub fn compare(store: &Store, text: &str) -> Result<String, (ErrorKind, String)> {
    match store.compare_realm(SOURCE, text) {
        Ok(change) => Ok(format!("{change:?}")),
        Err(error) => Err((error.kind(), error.message().to_owned())),
    }
}

/// Made once: nothing that an input does changes it.
fn empty() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        Store::create(dir.path().join("store")).unwrap()
    })
}

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, compare);
}

/// Panics if `compare` does with `input` what it should not.
pub fn check_with(input: &[u8], compare: Compare) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let compared = compare(empty(), text);
    if let Err((kind, why)) = &compared {
        assert_eq!(*kind, ErrorKind::Profile, "{why}");
        // The source, the line, the field, and what is wrong with it.
        let place = why.strip_prefix(SOURCE).and_then(|why| why.strip_prefix(':'));
        let (line, rest) = place.and_then(|place| place.split_once(": ")).unwrap_or(("", ""));
        let line: Option<usize> = line.parse().ok();
        let most = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let is_placed = line.is_some_and(|line| (1..=most).contains(&line));
        let is_told = rest.split_once(": ").is_some_and(|(field, _)| !field.is_empty());
        assert!(text.len() > 262_144 || is_placed && is_told, "{why}");
    }
    // Another spelling of the same values is the same profile.
    let Ok(table) = text.parse::<toml::Table>() else {
        return assert!(compared.is_err(), "what is not TOML is a profile");
    };
    let printed = toml::to_string(&table).unwrap();
    let again = compare(empty(), &printed);
    match (&compared, &again) {
        (Ok(change), Ok(same)) => assert_eq!(change, same, "{printed}"),
        (Err(_), Err(_)) => {}
        _ => assert!(text.len().max(printed.len()) > 262_144, "{compared:?}, {again:?}: {printed}"),
    }
    if compared.is_ok() {
        live(text);
    }
}

/// The realm of a profile that is one can be made, made again without a change, and has keys of
/// each kind, which are granted or refused.
fn live(text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path().join("store")).unwrap();
    let by = Actor::new("fuzz").because("it may have to be told");
    store.apply_realm(SOURCE, text, &by).unwrap();
    let again = store.compare_realm(SOURCE, text).unwrap();
    assert!(again.is_empty(), "{again:?}");
    let realms = store.realms();
    let [realm] = &realms[..] else { panic!("{} realms", realms.len()) };
    store.set_owner(realm.reference(), "o", &OwnerChange::new(), &by).unwrap();
    for kind in realm.kinds() {
        // What the policy demands, such as a name, may be missing.
        let Ok(issued) = store.issue(&Spec::new(realm.reference(), &kind.name, "o"), &by) else {
            continue;
        };
        let token = issued.token.expose().as_bytes();
        if let Err(error) = store.verify(realm.reference(), token, &Request::new()) {
            let why = error.denial().unwrap().reason.name();
            assert!(["rate_limited", "quota_exhausted"].contains(&why), "{why}");
        }
        store.revoke(issued.key.key_id, &by).unwrap();
        assert!(store.verify(realm.reference(), token, &Request::new()).is_err());
    }
    store.check().unwrap();
}
