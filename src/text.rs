//! Limits on the text that callers give, and one way to refuse it.

use std::ops::RangeInclusive;

use crate::error::{Error, ErrorKind, Result};

/// Lengths of an owner's id in bytes.
pub const OWNER_ID_LEN: RangeInclusive<usize> = 1..=128;
/// Lengths of a key's name in bytes.
pub const NAME_LEN: RangeInclusive<usize> = 0..=128;
/// Lengths of a key's metadata in bytes.
pub const METADATA_LEN: RangeInclusive<usize> = 0..=4096;
/// Lengths of an actor's name in bytes.
pub const ACTOR_LEN: RangeInclusive<usize> = 0..=128;
/// Lengths of an operation's id in bytes.
pub const OPERATION_LEN: RangeInclusive<usize> = 0..=128;
/// Lengths of a reason in bytes.
pub const REASON_LEN: RangeInclusive<usize> = 0..=256;

/// Refuses `text` unless its length is in `len` and it holds no control character.
///
/// # Errors
///
/// `Argument`, naming `what`, the limit and where the text breaks it.
pub(crate) fn check(what: &str, text: &str, len: &RangeInclusive<usize>) -> Result<()> {
    check_len(what, text, len)?;
    match text.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, c)) => Err(Error::new(
            ErrorKind::Argument,
            format!("{what}: control character {:?} at byte {at}; none is allowed", c),
        )),
        None => Ok(()),
    }
}

/// Refuses `text` unless it is empty or one JSON value of at most 4096 bytes.
///
/// # Errors
///
/// `Argument`, naming `what` and the limit, or where the JSON is wrong.
pub(crate) fn check_json(what: &str, text: &str) -> Result<()> {
    check_len(what, text, &METADATA_LEN)?;
    if text.is_empty() {
        return Ok(());
    }
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map(drop)
        .map_err(|e| Error::new(ErrorKind::Argument, format!("{what}: not JSON")).caused_by(e))
}

/// The bytes that 32 hexadecimal digits stand for. A sign, and fewer digits, may pass.
pub(crate) fn bytes_of_hex(hex: &str) -> Option<[u8; 16]> {
    u128::from_str_radix(hex, 16).ok().map(u128::to_be_bytes)
}

fn check_len(what: &str, text: &str, len: &RangeInclusive<usize>) -> Result<()> {
    if len.contains(&text.len()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Argument,
        format!("{what}: {} bytes; from {} to {} are allowed", text.len(), len.start(), len.end()),
    ))
}
