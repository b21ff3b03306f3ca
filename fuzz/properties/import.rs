//! What holds of every line of an import, every scheme and every digest.
//!
//! An input is the name of a scheme, a line end, then a line. The fuzz target and the replay of its
//! corpus in `tests/` both include this file.

use keycask::{Import, ImportLines, RealmRef, Scheme, Spec};

/// What is asked: to read a line, and to take a text for a digest. What is refused is told in
/// words.
#[derive(Clone, Copy)]
pub struct Engine {
    pub read: fn(&ImportLines, &str) -> Result<Import, String>,
    pub digest: fn(Spec, Scheme, &str) -> Result<Import, String>,
}

/// keycask itself.
pub const ENGINE: Engine = Engine {
    read: |lines, line| lines.read(line).map_err(|error| error.to_string()),
    digest: |spec, scheme, text| {
        Import::digest(spec, scheme, text).map_err(|error| error.to_string())
    },
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
    if let Some(scheme) = check_scheme(name) {
        check_digest(engine, realm, &scheme, line);
        lines = lines.scheme(scheme);
    }
    check_line(engine, &lines, line);
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

/// A line is taken or refused, and what is refused does not repeat its token.
fn check_line(engine: Engine, lines: &ImportLines, line: &str) {
    let object: Option<serde_json::Value> = serde_json::from_str(line).ok();
    match (engine.read)(lines, line) {
        Ok(import) => {
            let object = object.expect("what is taken is JSON");
            let has = |member: &str| object.get(member).is_some_and(|value| !value.is_null());
            assert!(has("owner") && has("token") != has("digest"), "{line:?}");
            let shown = format!("{import:?}");
            for member in ["token", "digest"] {
                let secret =
                    object.get(member).and_then(|value| value.as_str()).unwrap_or_default();
                let elsewhere = line.matches(secret).count() > 1;
                assert!(secret.len() < 16 || elsewhere || !shown.contains(secret), "{shown}");
            }
        }
        Err(error) => {
            let object = object.unwrap_or_default();
            let secret = object.get("token").and_then(|value| value.as_str()).unwrap_or_default();
            let elsewhere = line.matches(secret).count() > 1;
            assert!(secret.len() < 16 || elsewhere || !error.contains(secret), "{error}");
        }
    }
}
