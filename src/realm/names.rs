//! What names, titles and header names in a profile may look like.

use super::source::Field;
use crate::error::Result;

/// Longest name in bytes: of a realm, kind, scope, set, plan, tier or environment.
pub(super) const NAME_MAX: usize = 64;

/// Longest title in bytes.
const TITLE_MAX: usize = 200;

/// The name of a realm: 1 to 64 of `a-z 0-9 . _ -`, the first a letter or digit.
pub(super) fn realm(field: &Field<'_>) -> Result<String> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || other(byte);
    checked(field, legal, "1 to 64 of a-z 0-9 . _ -, the first a letter or digit")
}

/// The name of a kind, set, plan, tier or environment: 1 to 64 of `A-Z a-z 0-9 . _ -`, the
/// first a letter or digit.
pub(super) fn name(field: &Field<'_>) -> Result<String> {
    let legal = |byte: u8| byte.is_ascii_alphabetic() || other(byte);
    checked(field, legal, "1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit")
}

fn other(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
}

fn checked(field: &Field<'_>, legal: impl Fn(u8) -> bool, want: &str) -> Result<String> {
    let text = field.text()?;
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if first && text.len() <= NAME_MAX && text.bytes().all(legal) {
        Ok(text.to_owned())
    } else {
        Err(field.error(format!("want {want}, not {text:?}")))
    }
}

/// The name of a scope: 1 to 64 characters of RFC 6750's scope-token, which is visible ASCII
/// without `"` and `\`, so that a list of them needs no quoting.
pub(super) fn scope(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let legal = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(legal) {
        Ok(text.to_owned())
    } else {
        let want = "1 to 64 visible ASCII characters without \" and \\";
        Err(field.error(format!("want {want}, not {text:?}")))
    }
}

/// Words for people: 1 to 200 bytes without control characters.
pub(super) fn title(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    if (1..=TITLE_MAX).contains(&text.len()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(field.error("want 1 to 200 bytes without control characters"))
    }
}

/// Whether `text` is a token of RFC 9110 section 5.6.2 of at most 64 bytes: what a header
/// name, a method or an authentication scheme is.
pub(super) fn is_http_token(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(legal)
}

/// A token of RFC 9110, called `what` in the error.
pub(super) fn http_token(field: &Field<'_>, what: &str) -> Result<String> {
    let text = field.text()?;
    if is_http_token(text) {
        return Ok(text.to_owned());
    }
    Err(field.error(format!("want a {what} of 1 to 64 HTTP token characters, not {text:?}")))
}
