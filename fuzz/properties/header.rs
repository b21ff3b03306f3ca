//! What holds of every request's header fields, in realms that take tokens in different places.
//!
//! An input is the number of a realm in [`REALMS`], a line end, then fields, one a line: a name, a
//! colon, and all that follows as the value. In a value `{T}` stands for a token that is granted,
//! and `{X}` for one that is nobody's. The fuzz target and the replay of its corpus in `tests/`
//! both include this file.

use std::sync::OnceLock;

use keycask::{Actor, HttpRequest, OwnerChange, RealmRef, Refusal, Request, Spec, Store};

/// No more fields are read from an input.
const FIELDS_MAX: usize = 16;

/// A place of tokens: a header's name, and a scheme if there has to be one.
type Place = (&'static str, Option<&'static str>);

/// What stands in profiles as `present`, and what it means: places, and the headers that clients
/// use by mistake.
const REALMS: [(&str, &[Place], &[&str]); 5] = [
    ("", &[("Authorization", Some("Bearer"))], &["X-API-Key", "Api-Key"]),
    (
        r#"headers = [{ name = "X-Key" }]"#,
        &[("X-Key", None)],
        &["Authorization", "X-API-Key", "Api-Key"],
    ),
    (
        r#"headers = [
            { name = "Authorization", scheme = "Bearer" },
            { name = "authorization", scheme = "ApiKey" },
            { name = "X-API-Key" },
        ]
        decoys = []"#,
        &[
            ("Authorization", Some("Bearer")),
            ("Authorization", Some("ApiKey")),
            ("X-API-Key", None),
        ],
        &[],
    ),
    (
        r#"headers = [{ name = "Authorization", scheme = "Bearer" }, { name = "Authorization" }]
        decoys = ["Key"]"#,
        &[("Authorization", Some("Bearer")), ("Authorization", None)],
        &["Key"],
    ),
    (
        r#"headers = [{ name = "X-A", scheme = "a" }, { name = "X-B", scheme = "b" }]"#,
        &[("X-A", Some("a")), ("X-B", Some("b"))],
        &["Authorization", "X-API-Key", "Api-Key"],
    ),
];

/// A store with those realms, and of each a token that is granted.
struct Scene {
    store: Store,
    realms: Vec<(RealmRef, String)>,
}

/// Made once: nothing that an input does changes it.
fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(dir.path().join("store")).unwrap();
        let by = Actor::new("fuzz");
        let realms = REALMS.iter().enumerate().map(|(number, (present, ..))| {
            let (name, section) = (format!("r{number}"), ["", "[present]"][(number > 0) as usize]);
            let kind = "[[kind]]\nname = \"k\"\nprefix = \"t_\"\nbody = 32\nchecksum = \"none\"\n";
            let profile = format!("realm = \"{name}\"\n{section}\n{present}\n{kind}");
            store.apply_realm("p.toml", &profile, &by).unwrap();
            let realm = store.realm(&name).unwrap();
            store.set_owner(realm, "o", &OwnerChange::new(), &by).unwrap();
            let issued = store.issue(&Spec::new(realm, "k", "o"), &by).unwrap();
            (realm, issued.token.expose().to_owned())
        });
        let realms = realms.collect();
        Scene { store, realms }
    })
}

/// Header fields: names and values.
pub type Fields<'a> = &'a [(&'a str, &'a [u8])];

/// What becomes of a request.
pub struct Presented {
    /// `granted`, the reason why it presents no token, or a denial.
    pub said: String,
    /// What an outsider is told.
    pub answer: (u16, Vec<u8>),
}

/// What becomes of a request with these fields.
pub type Present = fn(&Store, RealmRef, Fields<'_>) -> Presented;

/// What keycask says.
pub fn present(store: &Store, realm: RealmRef, headers: Fields<'_>) -> Presented {
    let http = HttpRequest { method: "GET", headers, request_id: "" };
    let outcome = store.present(realm, &http, &Request::new()).unwrap();
    let said = match outcome.verdict {
        Ok(_) => "granted".to_owned(),
        Err(Refusal::Unpresented(why)) => why.name().to_owned(),
        Err(denied) => denied.to_string(),
    };
    Presented { said, answer: (outcome.answer.status, outcome.answer.body) }
}

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, present);
}

/// Panics if `present` does with `input` what it should not.
pub fn check_with(input: &[u8], present: Present) {
    let [number @ b'0'..=b'4', b'\n', lines @ ..] = input else { return };
    let number = usize::from(number - b'0');
    let Scene { store, realms } = scene();
    let (realm, token) = &realms[number];
    let (rest, last) = token.split_at(token.len() - 1);
    let unknown = format!("{rest}{}", if last == "0" { "1" } else { "0" });
    let fields: Vec<(String, Vec<u8>)> = lines
        .split(|byte| *byte == b'\n')
        .take(FIELDS_MAX)
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = String::from_utf8(line[..colon].to_vec()).ok()?;
            let value = replace(&line[colon + 1..], b"{T}", token.as_bytes());
            Some((name, replace(&value, b"{X}", unknown.as_bytes())))
        })
        .collect();
    let fields: Vec<(&str, &[u8])> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let Presented { said, answer } = present(store, *realm, &fields);
    let expected = match described(number, &fields) {
        Err(why) => why.to_owned(),
        Ok(text) => match store.verify(*realm, text, &Request::new()) {
            Ok(_) => {
                assert_eq!(text, token.as_bytes());
                "granted".to_owned()
            }
            Err(error) => error.denial().unwrap().to_string(),
        },
    };
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name, value.escape_ascii())).collect();
    assert_eq!(said, expected, "realm {number}: {fields:?}");
    // Outsiders learn nothing of why they are refused, but that they presented two.
    let status = [("granted", 200), ("repeated", 400)].into_iter().find(|(name, _)| *name == said);
    let status = status.map_or(401, |(_, status)| status);
    assert_eq!(answer.0, status, "realm {number}: {fields:?}");
    if status == 401 {
        let missing = present(store, *realm, &[]).answer;
        assert_eq!(answer, missing, "realm {number}: {fields:?}");
    }
}

/// The text that is presented as a token, or why there is none, by the description: one field that
/// the realm knows; in it one token, after a scheme and one space if there has to be a scheme.
fn described<'a>(number: usize, fields: Fields<'a>) -> Result<&'a [u8], &'static str> {
    let (_, places, decoys) = REALMS[number];
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let known: Vec<_> = fields
        .iter()
        .filter(|(name, _)| places.iter().any(|(place, _)| same(place, name)))
        .collect();
    let (name, value) = match known[..] {
        [field] => *field,
        [] => {
            let is_decoy = |(name, _): &(&str, &[u8])| decoys.iter().any(|decoy| same(decoy, name));
            return Err(if fields.iter().any(is_decoy) { "wrong_header" } else { "missing" });
        }
        _ => return Err("repeated"),
    };
    let value = without_blanks(value);
    if value.is_empty() {
        return Err("empty");
    }
    if value.iter().any(|byte| *byte > 127) {
        return Err("not_ascii");
    }
    let here: Vec<Option<&str>> =
        places.iter().filter(|(place, _)| same(place, name)).map(|(_, scheme)| *scheme).collect();
    let begins_with_scheme = |text: &[u8]| {
        let word = text.split(|byte| b" \t".contains(byte)).next().unwrap().to_ascii_lowercase();
        here.iter().flatten().any(|scheme| scheme.to_ascii_lowercase().as_bytes() == word)
    };
    let text = if begins_with_scheme(value) {
        match value.iter().position(|byte| b" \t".contains(byte)) {
            None => return Err("empty"),
            Some(at) if value[at] == b' ' => &value[at + 1..],
            Some(at) => &value[at..],
        }
    } else if here.contains(&None) {
        value
    } else {
        let mut parts = value.split(|byte| *byte == b',').map(without_blanks);
        return Err(if parts.any(begins_with_scheme) { "repeated" } else { "wrong_scheme" });
    };
    match text {
        _ if text.contains(&b',') => Err("repeated"),
        _ if text.iter().any(|byte| b" \t".contains(byte)) => Err("spaces"),
        _ => Ok(text),
    }
}

fn without_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn replace(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    match text.windows(what.len()).position(|window| window == what) {
        Some(at) => [&text[..at], with, &text[at + what.len()..]].concat(),
        None => text.to_vec(),
    }
}
