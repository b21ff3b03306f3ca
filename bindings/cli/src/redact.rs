//! What is not shown again of the arguments and variables: a token that was given as one by
//! mistake, of this store or of another system, or a secret in the place of its file.

use std::env;
use std::ffi::OsString;
use std::path::{Component, Path};

use keycask::{Anchor, Cursor, FeedCursor};

/// Fewest bytes of a token, whatever made it.
const TOKEN: usize = 24;

/// Fewest characters that a token ends with and that were drawn at random.
const BODY: usize = 20;

/// What may stand around a token that was copied out of a text.
const AROUND: &[char] = &['"', '\'', '(', ')', '<', '>', '[', ']', ',', ';', ':'];

const INSTEAD: &str =
    "(not shown: it may be a token; tokens are read from standard input or a file)";

/// `text` without those of this process's arguments, and of the variables that it reads, that may
/// be tokens or secrets.
pub(crate) fn redacted(text: &str) -> String {
    let is_ours = |name: &OsString| name.to_str().is_some_and(|name| name.starts_with("KEYCASK_"));
    let variables = env::vars_os().filter(|(name, _)| is_ours(name)).map(|(_, value)| value);
    // What is not UTF-8 is no token.
    hide(text, env::args_os().skip(1).chain(variables).filter_map(|text| text.into_string().ok()))
}

fn hide(text: &str, arguments: impl Iterator<Item = String>) -> String {
    let arguments: Vec<String> = arguments.collect();
    let mut tokens: Vec<&str> = arguments
        .iter()
        .flat_map(|argument| argument.split_whitespace())
        .map(|word| word.trim_matches(AROUND))
        .flat_map(|word| [Some(word), word.split_once('=').map(|(_, value)| value)])
        .flatten()
        .filter(|word| may_be_token(word))
        .collect();
    // One that has another in it is hidden whole.
    tokens.sort_by_key(|token| std::cmp::Reverse(token.len()));
    tokens.iter().fold(text.to_owned(), |text, token| {
        // An error may quote it as Rust has its strings.
        let quoted = format!("{token:?}");
        text.replace(token, INSTEAD).replace(quoted.trim_matches('"'), INSTEAD)
    })
}

/// Whether a word is as long as tokens are, and ends as they do. A key id is shorter.
fn may_be_token(word: &str) -> bool {
    // What fills up base64.
    let body = word.trim_end_matches('=').as_bytes();
    let tail = body.len().checked_sub(BODY).and_then(|start| body.get(start..));
    word.len() >= TOKEN
        && word.bytes().all(|byte| byte.is_ascii_graphic())
        && tail.is_some_and(|tail| tail.iter().all(|&byte| is_of_body(byte)))
        && !is_name(word)
        && !is_uuid(word)
        && !is_place(word)
        && !is_path(word)
        && !word.split_once('=').is_some_and(|(_, value)| is_path(value))
}

/// Whether tokens are written with it: base62, and both alphabets of base64.
fn is_of_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'.' | b'~')
}

/// Whether it is made of words, as options, scopes, addresses and dates are: small letters and a
/// number after them, and none as long as a body.
fn is_name(word: &str) -> bool {
    word.split(|c: char| !c.is_ascii_alphanumeric()).all(|part| {
        let number = part.trim_start_matches(|c: char| c.is_ascii_lowercase());
        part.len() < BODY && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether it is a UUID, as owners' ids are.
fn is_uuid(word: &str) -> bool {
    let parts = word.split('-');
    parts.clone().map(str::len).eq([8, 4, 4, 4, 12])
        && parts.flat_map(str::bytes).all(|byte| byte.is_ascii_hexdigit())
}

/// Whether it says where a list or the feed goes on, or where a store stands: such have digests.
fn is_place(word: &str) -> bool {
    word.parse::<Cursor>().is_ok()
        || word.parse::<FeedCursor>().is_ok()
        || word.parse::<Anchor>().is_ok()
}

/// Whether it leads somewhere: its first name is there, though what it names may not be.
fn is_path(word: &str) -> bool {
    let mut components = Path::new(word).components();
    let first = components.by_ref().find(|component| *component != Component::RootDir);
    let Some(first) = first else { return false };
    let root = if word.starts_with('/') { Path::new("/") } else { Path::new("") };
    let first = root.join(first);
    let is_last = components.next().is_none();
    if is_last { first.symlink_metadata().is_ok() } else { first.is_dir() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "sg_live_I51ipDNuuOjqNTC8ZRhSaHa8Of11Uj";

    #[test]
    fn a_token_is_not_shown_and_other_arguments_are() {
        let others = [
            "key_6H0FJ60NGGNXQ",
            "550e8400-e29b-41d4-a716-446655440000",
            "--realm",
            "seogeo",
            "--previous-pepper-file-of-the-store",
            "customer-0001-acme-production-v2",
            "ann.smith@department.example-company.com",
            "2026-11-25T12:00:00.123456789Z",
            "/nowhere/backup/keys.keycask.2026-11-25",
            "/tmp/aB3/Backups2026/keysOfProduction2026.keycask",
            "--store=/tmp/aB3/Backups2026/keysOfProduction2026.keycask",
            "src/keysOfProductionA1b2C3d4E5f6G7",
            "12:397ce1ae0d8e801ad4435ee48ee77689",
            "2:081d873d67a6d3b9787d9ae10f357dd4:76680071c10a0427a86c4b539333ee5b",
        ];
        for given in [TOKEN.to_owned(), format!("--token-file={TOKEN}")] {
            let arguments = || others.iter().map(ToString::to_string).chain([given.clone()]);
            let said = |text: &str| hide(text, arguments());
            assert_eq!(said(&format!("{TOKEN} is none")), format!("{INSTEAD} is none"));
            for other in others {
                assert_eq!(said(other), other);
            }
        }
    }

    /// Once only what this store's own kinds look like was hidden.
    #[test]
    fn a_token_of_another_system_is_not_shown_either() {
        for token in [
            "17|AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcd",
            "sk.abc+def/AbCdEfGhIjKlMnOpQrSt",
            "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",
            "dGhpcyBpcyBub3QgYSB0b2tlbg/+IQ==",
            "/9j7AbCdEfGhIjKlMnOp+QrStUv",
            "abcdefghijklmnopqrstuvwx",
            "0123456789abcdef01234567",
            "x\"y\\z|AbCdEfGhIjKlMnOpQrStUvWx",
            "a'b\"c|AbCdEfGhIjKlMnOpQrStUvWx",
            "(17|AbCdEfGhIjKlMnOpQrStUvWx),",
            "Token=AbCdEfGhIjKlMnOpQrStUvWx",
        ] {
            let cases = [token.to_owned(), format!("--name={token}"), format!("Bearer {token}")];
            for given in cases {
                let said = hide(&format!("[KEY] {token}: no; {token:?}"), [given].into_iter());
                let body = &token.trim_end_matches(AROUND);
                let body = &body[body.len() - 12..];
                assert!(!said.contains(body) && said.contains(INSTEAD), "{token}: {said}");
            }
        }
    }

    #[test]
    fn one_token_in_another_leaves_nothing_of_that() {
        let (short, long) = (&TOKEN[8..], TOKEN);
        let said = hide(long, [short, long].into_iter().map(ToOwned::to_owned));
        assert_eq!(said, INSTEAD);
    }
}
