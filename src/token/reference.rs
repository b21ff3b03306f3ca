//! A second parser, slow and obvious, that tests compare the real one with.
//!
//! It follows the text of `docs/format.md` and shares no code with the engine. The fuzz
//! crate includes this file too, so it names only what is public.

use super::{Checksum, Malformed, Shape};

/// The digits of base62 in the order of their values.
pub(super) const DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The CRC-32 of `bytes`, bit by bit: IEEE 802.3, reflected.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// The token of this shape that has `body`.
pub(super) fn print(shape: &Shape, body: &str) -> String {
    let mut text = format!("{}{body}", shape.prefix());
    if shape.checksum() == Checksum::Crc32 {
        let mut rest = crc32(text.as_bytes());
        let mut checksum = String::new();
        for _ in 0..6 {
            let digit = DIGITS.chars().nth((rest % 62) as usize).unwrap();
            checksum.insert(0, digit);
            rest /= 62;
        }
        text.push_str(&checksum);
    }
    text
}

/// Which of `shapes` the text has: the first thing wrong with it, if none.
pub(super) fn parse(shapes: &[Shape], text: &[u8]) -> Result<usize, Malformed> {
    let mut begun: Vec<usize> =
        (0..shapes.len()).filter(|at| text.starts_with(shapes[*at].prefix().as_bytes())).collect();
    begun.sort_by_key(|at| usize::MAX - shapes[*at].prefix().len());
    if let Some(at) = begun.iter().find(|at| accepts(&shapes[**at], text)) {
        return Ok(*at);
    }
    let length = |at: &usize| shapes[*at].token_len();
    let Some(longest) = begun.first() else { return Err(Malformed::Prefix) };
    let Some(fitting) = begun.iter().find(|at| length(at) == text.len()) else {
        return Err(Malformed::Length { want: length(longest), got: text.len() });
    };
    let start = shapes[*fitting].prefix().len();
    match (start..text.len()).find(|at| !DIGITS.as_bytes().contains(&text[*at])) {
        Some(at) => Err(Malformed::Character { at }),
        None => Err(Malformed::Checksum),
    }
}

/// Whether a text could be a token of two of `shapes`, whatever its checksum.
pub(super) fn is_ambiguous(shapes: &[Shape]) -> bool {
    let zeros = |shape: &Shape| {
        let rest = shape.token_len() - shape.prefix().len();
        format!("{}{}", shape.prefix(), "0".repeat(rest))
    };
    let could_be = |text: &str, shape: &Shape| {
        let rest = text.strip_prefix(shape.prefix());
        let digits = rest.is_some_and(|rest| rest.chars().all(|digit| DIGITS.contains(digit)));
        digits && text.len() == shape.token_len()
    };
    (0..shapes.len()).any(|one| {
        let text = zeros(&shapes[one]);
        (0..shapes.len()).any(|other| one != other && could_be(&text, &shapes[other]))
    })
}

/// Whether `text` is what would be printed for its own body.
pub(super) fn accepts(shape: &Shape, text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let Some(rest) = text.strip_prefix(shape.prefix()) else { return false };
    let body: String = rest.chars().take(shape.body_len()).collect();
    let digits = body.chars().all(|character| DIGITS.contains(character));
    digits && body.len() == shape.body_len() && text == print(shape, &body)
}
