//! What holds of every line of an import, every scheme and every digest.
//!
//! An input is the name of a scheme, a line end, then a line. The fuzz target and the replay of its
//! corpus in `tests/` both include this file.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

use keycask::{
    Actor, Filter, HttpRequest, Import, ImportLines, ImportRules, KeyId, KeyInfo, Outcome,
    RealmRef, Refusal, Request, Scheme, Spec, Store, Timestamp,
};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

const PROFILE: &str = r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "test"
prefix = "acme_test_"
body = 32
[[scope]]
name = "read"
[[scope]]
name = "write"
[[set]]
name = "all"
scopes = ["read", "write"]
"#;

/// How many keys a store has before another one is made.
const KEYS_MAX: usize = 200;

/// To import lines. Gives the numbers of those that are refused, and why.
pub type Importing = fn(&Store, &ImportLines, &mut dyn Read) -> Vec<(u64, String)>;

/// What is asked. What is refused is told in words.
#[derive(Clone, Copy)]
pub struct Engine {
    /// To read a line.
    pub read: fn(&ImportLines, &str) -> Result<Import, String>,
    /// To take a text for a digest.
    pub digest: fn(Spec, Scheme, &str) -> Result<Import, String>,
    pub import: Importing,
    /// To show a key that was imported.
    pub key: fn(&Store, KeyId) -> KeyInfo,
}

/// keycask itself.
pub const ENGINE: Engine = Engine {
    read: |lines, line| lines.read(line).map_err(|error| error.to_string()),
    digest: |spec, scheme, text| {
        Import::digest(spec, scheme, text).map_err(|error| error.to_string())
    },
    import: |store, lines, from| {
        let rules = ImportRules::new().skip_refused(true).make_owners(true);
        let mut refused = Vec::new();
        let mut note = |number, error: &keycask::Error| refused.push((number, error.to_string()));
        store.import_lines(lines, from, &rules, &Actor::new("fuzz"), &mut note).unwrap();
        refused
    },
    key: |store, key| store.key(key).unwrap(),
};

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, ENGINE);
}

/// Panics if `engine` does with `input` what it should not.
pub fn check_with(input: &[u8], engine: Engine) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let Some((name, line)) = input.split_once('\n') else { return };
    let realm = RealmRef::new(1);
    let mut lines = ImportLines::new(realm).kind("live");
    let scheme = check_scheme(name);
    if let Some(scheme) = scheme.clone() {
        check_digest(engine, realm, &scheme, line);
        lines = lines.scheme(scheme);
    }
    let is_taken = check_line(engine, &lines, line);
    if line.starts_with('{') && !line.contains('\n') {
        check_import(engine, scheme, line, is_taken);
    }
}

/// A scheme is printed by a name that is its own.
fn check_scheme(name: &str) -> Option<Scheme> {
    let scheme: Scheme = name.parse().ok()?;
    let again: Scheme = scheme.to_string().parse().expect("a printed scheme is one");
    assert_eq!(again, scheme, "{name:?}");
    Some(scheme)
}

/// What is taken for a digest is hex or base64 of the right length and nothing else.
fn check_digest(engine: Engine, realm: RealmRef, scheme: &Scheme, text: &str) {
    let spec = || Spec::new(realm, "live", "o");
    let taken = (engine.digest)(spec(), scheme.clone(), text);
    let bare = text.strip_prefix("sha512$$").unwrap_or(text);
    let hex = bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    let base64 = bare.trim_end_matches('=').bytes();
    let base64 = base64.into_iter().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b));
    let long = scheme.to_string().starts_with("sha512:") || scheme.to_string() == "sha512";
    let (in_hex, in_base64) = if long { (128, 86..=88) } else { (64, 43..=44) };
    match &taken {
        Ok(_) => {
            let fits = hex && bare.len() == in_hex || base64 && in_base64.contains(&bare.len());
            assert!(fits, "{text:?} is taken for a digest of {scheme}");
        }
        Err(error) => {
            assert!(!(hex && bare.len() == in_hex && bare == text), "{text:?}: {error}");
            // Hidden from logs: a digest of more than a few characters is not repeated.
            assert!(text.len() < 24 || !error.contains(text), "{error}");
        }
    }
}

/// The members of a line as they are written there, but for those that are `null`.
struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    fn of(line: &str) -> Option<Self> {
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(line).ok()?;
        members.retain(|_, value| value.get() != "null");
        Some(Self(members))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    fn names(&self, name: &str) -> Vec<String> {
        let list = self.0.get(name).map(|raw| serde_json::from_str(raw.get()).unwrap());
        list.unwrap_or_default()
    }
}

/// A line is taken or refused, and what is refused does not repeat its token. Gives which.
fn check_line(engine: Engine, lines: &ImportLines, line: &str) -> bool {
    let read = (engine.read)(lines, line);
    let is_taken = read.is_ok();
    if is_taken {
        let members = Members::of(line).expect("what is taken is JSON");
        assert!(members.has("owner") && members.has("token") != members.has("digest"), "{line:?}");
        let token = members.text("token").unwrap_or_default();
        let is_carried = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        assert!(token.bytes().all(is_carried), "no request can present {token:?}");
    }
    check_secrecy(line, &read.map_or_else(|error| error, |import| format!("{import:?}")));
    is_taken
}

/// What is told of a line has neither its token nor its digest.
fn check_secrecy(line: &str, told: &str) {
    let Some(members) = Members::of(line) else { return };
    for secret in ["token", "digest"].map(|name| members.text(name).unwrap_or_default()) {
        let elsewhere = line.matches(&secret).count() > 1;
        assert!(secret.len() < 16 || elsewhere || !told.contains(&secret), "{told}");
    }
}

/// A store into which lines are imported, and its keys so far.
struct Stage {
    _dir: tempfile::TempDir,
    store: Store,
    realm: RealmRef,
    keys: HashSet<KeyId>,
}

impl Stage {
    fn new() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let store = Store::create(dir.path().join("store")).unwrap();
        store.apply_realm("acme.toml", PROFILE, &Actor::new("fuzz")).unwrap();
        let realm = store.realm("acme").unwrap();
        Self { _dir: dir, store, realm, keys: HashSet::new() }
    }

    /// The keys that are new.
    fn news(&mut self) -> Vec<KeyId> {
        let page = self.store.list(&Filter::new(), None, KEYS_MAX + 3).unwrap();
        let ids = page.keys.iter().map(|key| key.key_id);
        ids.filter(|key| self.keys.insert(*key)).collect()
    }

    /// The key of a token, whatever is decided about it: of a request that presents it, too.
    fn key_of(&self, token: &str) -> Option<KeyId> {
        let key = match self.store.verify(self.realm, token.as_bytes(), &Request::new()) {
            Ok(grant) => Some(grant.key_id),
            Err(error) => error.denial().unwrap().key,
        };
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_bytes())];
        let http = HttpRequest { method: "GET", headers: &headers, request_id: "" };
        let presented = match self.store.present(self.realm, &http, &Request::new()) {
            Ok(Outcome { verdict: Ok(grant), .. }) => Some(grant.key_id),
            Ok(Outcome { verdict: Err(Refusal::Denied(denial)), .. }) => denial.key,
            other => panic!("a token that is taken cannot be presented: {other:?}"),
        };
        assert_eq!(presented, key);
        key
    }
}

/// Gives what it has in pieces of sizes that follow from what it is.
struct Pieces<'a> {
    text: &'a [u8],
    chance: u64,
}

impl<'a> Pieces<'a> {
    fn of(text: &'a str) -> Self {
        let mix = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        Self { text: text.as_bytes(), chance: text.bytes().fold(0xCBF2_9CE4_8422_2325, mix) }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // A byte, some bytes, or many.
        let most = [1, 7, 64, 9_000][(self.chance >> 62) as usize];
        let size = 1 + (self.chance >> 33) as usize % most;
        let size = size.min(into.len());
        self.text.read(&mut into[..size])
    }
}

/// What is imported of a line that stands among others is what it says, and the others are what
/// they say. A line that is not taken by itself is refused.
fn check_import(engine: Engine, scheme: Option<Scheme>, line: &str, is_taken: bool) {
    thread_local!(static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) });
    // If this panics, the next input has another one.
    let stage = STAGE.take().filter(|stage| stage.keys.len() < KEYS_MAX);
    let mut stage = stage.unwrap_or_else(Stage::new);
    let mut lines = ImportLines::new(stage.realm).kind("live");
    if let Some(scheme) = &scheme {
        lines = lines.scheme(scheme.clone());
    }
    let place = stage.keys.len();
    let [before, behind] = ["before", "behind"].map(|side| format!("the-token-{side}-{place}"));
    let digest: String = Sha256::digest(&behind).iter().map(|byte| format!("{byte:02x}")).collect();
    let others = [
        format!("{{\"owner\": \"a\", \"kind\": \"test\", \"token\": \"{before}\"}}"),
        format!("{{\"owner\": \"b\", \"digest\": \"{digest}\", \"scheme\": \"sha256\"}}"),
    ];
    let text = [&*others[0], line, &*others[1]].join("\n");
    let refused = (engine.import)(&stage.store, &lines, &mut Pieces::of(&text));
    assert!(is_taken || !refused.is_empty(), "{line:?} is imported");
    for (number, error) in &refused {
        assert_eq!(*number, 2, "{error}");
        check_secrecy(line, error);
    }

    let news = stage.news();
    let shown = |key| (engine.key)(&stage.store, key);
    let others = [(before, &others[0]), (behind, &others[1])].map(|(token, line)| {
        let key = stage.key_of(&token).expect("its token is a key's");
        check_key(&shown(key), &Members::of(line).unwrap(), None);
        key
    });
    let mut own = news.iter().filter(|key| !others.contains(key));
    if refused.is_empty()
        // Unless its token was imported before.
        && let Some(key) = own.next()
    {
        let members = Members::of(line).unwrap();
        check_key(&shown(*key), &members, scheme.as_ref());
        let token = members.text("token");
        assert!(token.is_none_or(|token| stage.key_of(&token) == Some(*key)), "another token");
    }
    assert_eq!(own.next(), None, "a key that no line has");
    STAGE.set(Some(stage));
}

/// A key is what its line says. The scheme of a digest is `scheme` if the line names none.
fn check_key(key: &KeyInfo, line: &Members, scheme: Option<&Scheme>) {
    let text = |name: &str| line.text(name).unwrap_or_default();
    let or = |name: &str, default: &str| line.text(name).unwrap_or_else(|| default.to_owned());
    let time = |name: &str| match &*line.text(name)? {
        "never" => Some(Timestamp::NEVER),
        text => Some(Timestamp::parse(text).unwrap()),
    };
    assert!(key.imported);
    assert_eq!(key.owner, text("owner"));
    assert_eq!(key.kind_name, or("kind", "live"));
    assert_eq!(key.name, text("name"));
    assert_eq!(key.metadata, line.0.get("metadata").map_or("", |raw| raw.get()));
    assert_eq!(key.state.name(), or("state", "active"));

    let has = |name: &str, wanted: &str| line.names(name).iter().any(|name| name == wanted);
    let scopes = ["read", "write"].into_iter();
    let scopes = scopes.filter(|scope| has("scopes", scope) || has("sets", "all"));
    assert_eq!(key.scopes, Vec::from_iter(scopes));

    if let Some(issued) = time("issued") {
        assert_eq!(key.issued, issued);
    }
    assert_eq!(key.start, time("start").unwrap_or(key.issued));
    assert_eq!(key.end, time("end").unwrap_or(Timestamp::NEVER));

    let token = line.text("token");
    let last_four = token.as_ref().map(|token| token[token.len() - 4..].to_owned());
    assert_eq!(key.last_four, last_four.unwrap_or_else(|| text("last_four")));
    let named = line.text("scheme").map(|name| name.parse().unwrap());
    assert_eq!(key.scheme, named.or(scheme.cloned()).filter(|_| token.is_none()));
}
