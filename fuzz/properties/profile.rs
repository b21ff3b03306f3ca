//! What holds of every text for a profile.
//!
//! An input is the text. The fuzz target and the replay of its corpus in `tests/` both include this
//! file.

use std::sync::OnceLock;

use keycask::{
    Actor, Clock, ErrorKind, Issued, KeyId, Kind, OwnerChange, Realm, RealmRef, Request, Rights,
    SealingKey, Spec, Store, SystemClock,
};

/// The name of the text in what is told of it.
const SOURCE: &str = "p.toml";

/// What a profile would change, in words, none if nothing; or why it is none.
pub type Compared = Result<String, (ErrorKind, String)>;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Engine {
    /// To tell what a profile would change.
    pub compare: fn(&Store, &str) -> Compared,
    /// To make or change the realm of a profile that is one.
    pub apply: fn(&Store, &str, &Actor),
    pub issue: fn(&Store, &Spec, &Actor) -> Result<Issued, ErrorKind>,
    /// To decide about a token. A denial is told by the name of its reason.
    pub verify: fn(&Store, RealmRef, &str) -> Result<(), &'static str>,
    pub revoke: fn(&Store, KeyId, &Actor),
}

/// keycask itself.
pub const ENGINE: Engine = Engine {
    compare: |store, text| match store.compare_realm(SOURCE, text) {
        Ok(change) if change.is_empty() => Ok(String::new()),
        Ok(change) => Ok(format!("{change:?}")),
        Err(error) => Err((error.kind(), error.message().to_owned())),
    },
    apply: |store, text, by| {
        store.apply_realm(SOURCE, text, by).unwrap();
    },
    issue: |store, spec, by| store.issue(spec, by).map_err(|error| error.kind()),
    verify: |store, realm, token| match store.verify(realm, token.as_bytes(), &Request::new()) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.denial().unwrap().reason.name()),
    },
    revoke: |store, key, by| {
        store.revoke(key, by).unwrap();
    },
};

/// Made once: nothing that an input does changes it.
pub fn empty() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        Store::create(dir.path().join("store")).unwrap()
    })
}

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, ENGINE);
}

/// Panics if `engine` does with `input` what it should not.
pub fn check_with(input: &[u8], engine: Engine) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let compared = (engine.compare)(empty(), text);
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
    let again = (engine.compare)(empty(), &printed);
    match (&compared, &again) {
        (Ok(change), Ok(same)) => assert_eq!(change, same, "{printed}"),
        (Err(_), Err(_)) => {}
        _ => assert!(text.len().max(printed.len()) > 262_144, "{compared:?}, {again:?}: {printed}"),
    }
    if compared.is_ok() {
        live(engine, text, &table);
    }
}

/// The realm of a profile that is one can be made, made again without a change, and has keys of
/// each kind, which are granted until they are revoked.
fn live(engine: Engine, text: &str, profile: &toml::Table) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::options().sealing_key(SealingKey::new(&[7; 32]));
    let store = store.create(dir.path().join("store")).unwrap();
    let by = Actor::new("fuzz").because("it may have to be told");
    (engine.apply)(&store, text, &by);
    assert_eq!((engine.compare)(&store, text), Ok(String::new()), "it is applied");
    let realms = store.realms();
    let [realm] = &realms[..] else { panic!("{} realms", realms.len()) };
    for kind in realm.kinds() {
        live_kind(engine, &store, realm, kind, profile, &by);
    }
    store.check().unwrap();
}

/// A key of a kind is issued unless its owner's plan allows none, and granted unless it is of no
/// use, or has ended by now.
fn live_kind(
    engine: Engine,
    store: &Store,
    realm: &Realm,
    kind: &Kind,
    profile: &toml::Table,
    by: &Actor,
) {
    // Of its own, so that no other kind's keys are counted with it.
    let owner = &kind.name;
    let all = OwnerChange::new().direct(realm.scopes().iter().map(|scope| &*scope.name));
    store.set_owner(realm.reference(), owner, &all, by).unwrap();
    let issued = (engine.issue)(store, &Spec::new(realm.reference(), &kind.name, owner), by);
    let capped = is_capped(profile, &kind.name);
    assert_eq!(issued.as_ref().err(), capped.then_some(&ErrorKind::Cap), "{}", kind.name);
    let Ok(issued) = issued else { return };

    let token = issued.token.expose();
    let verify = || (engine.verify)(store, realm.reference(), token);
    let useless = kind.rights != Rights::Key && realm.scopes().is_empty();
    match verify() {
        Err("expired") => assert!(issued.key.end <= SystemClock::new().now(), "{:?}", issued.key),
        verified => assert_eq!(verified.err(), useless.then_some("scope"), "{}", kind.name),
    }
    (engine.revoke)(store, issued.key.key_id, by);
    assert_eq!(verify(), Err("revoked"), "{}", kind.name);
}

/// Whether the plan that owners have by default allows no key of a kind.
fn is_capped(profile: &toml::Table, kind: &str) -> bool {
    let default = || profile.get("policy")?.get("default_plan");
    let Some(default) = default() else { return false };
    let plans = profile["plan"].as_array().unwrap().iter();
    let mut plans = plans.filter(|plan| plan.get("name") == Some(default));
    plans.any(|plan| {
        let of_kind = || plan.get("kinds")?.get(kind);
        [plan.get("active"), of_kind()].contains(&Some(&toml::Value::Integer(0)))
    })
}
