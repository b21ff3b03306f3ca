//! Digests that are not taken over, and why.

use crate::quote::no_such;

/// What a function's name begins with, and why its digests are not taken over.
const FUNCTIONS: &[(&[&str], &str)] = &[
    (
        &["murmur", "crc", "adler", "fnv", "xxh", "city", "farm", "siphash", "djb"],
        "is not a cryptographic hash: other texts have the same digest, and can be found",
    ),
    (
        &["md4", "md5", "sha1", "sha-1", "ripemd"],
        "is broken: two tokens with one digest can be made; import the tokens, or issue new keys",
    ),
    (
        &["bcrypt", "2a", "2b", "2y", "argon2", "scrypt", "pbkdf2", "yescrypt"],
        "is made to be slow and is salted for each key: every refusal would cost as much as \
         a login, and no key could be found by its token; import the tokens, or issue new keys",
    ),
];

/// Why digests of the scheme `name`, which is none of ours, are refused.
pub(super) fn scheme(name: &str) -> String {
    let (plain, what) = (name.to_ascii_lowercase(), no_such("scheme", name));
    let known = FUNCTIONS.iter().find(|(names, _)| names.iter().any(|n| plain.starts_with(n)));
    match known {
        Some((_, why)) => format!("{what}: {why}"),
        None => format!(
            "{what}: there is none of this name; there are sha256, sha512, sha512-256, \
             hmac-sha256, unkey, seam, sanctum, drf, talos"
        ),
    }
}

/// Why a digest that is spelled so is refused, if its spelling says that it is a password's hash.
pub(super) fn spelling(text: &str) -> Option<String> {
    // The formats of crypt(3), PHC strings, and Django's: name, then dollars between the parts.
    let name = text.strip_prefix('$').unwrap_or(text).split('$').next()?;
    if name.len() == text.len() {
        return None;
    }
    let crypt = matches!(name, "1" | "5" | "6" | "7" | "y" | "apr1") && text.starts_with('$');
    // Of what it begins with, only what is ours is repeated: the rest may be a part of a token.
    let known = FUNCTIONS.iter().find_map(|(names, why)| {
        names.iter().find(|known| name.starts_with(**known)).map(|known| (*known, why))
    });
    match known {
        Some(("2a" | "2b" | "2y", why)) => Some(format!("it is bcrypt, which {why}")),
        Some((known, why)) => Some(format!("it is {known}, which {why}")),
        None if crypt => {
            Some(format!("it is crypt(3)'s ${name}$, which is salted for each key and slow"))
        }
        None => Some("it has a salt of its own: no key could be found by its token".to_owned()),
    }
}
