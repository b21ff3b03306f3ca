//! The shape of one kind of token.

use super::base62;
use super::checksum::{Checksum, PrefixCrc};
use super::malformed::Malformed;
use super::prefix::{Head, Prefix};
use crate::error::{Error, ErrorKind, Result};

/// What the tokens of one kind look like: a prefix, the length of the body, and a checksum
/// or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    prefix: Prefix,
    body_len: usize,
    checksum: Checksum,
    /// Of the whole token.
    len: usize,
    crc: PrefixCrc,
}

impl Shape {
    /// The longest prefix in bytes: 32.
    pub const PREFIX_MAX: usize = Prefix::MAX;

    /// The shortest body in characters: 22, the least with 128 bits of randomness at
    /// log2(62) = 5.95 bits each.
    pub const BODY_MIN: usize = 22;

    /// The longest body in characters: 128.
    pub const BODY_MAX: usize = 128;

    /// The longest token of any shape in bytes: 166.
    pub const TOKEN_MAX: usize = Self::PREFIX_MAX + Self::BODY_MAX + base62::U32_LEN;

    /// The shape of tokens with this prefix, `body_len` random characters and `checksum`.
    ///
    /// # Errors
    ///
    /// `Argument` if `prefix` is not 1 to [`PREFIX_MAX`](Self::PREFIX_MAX) characters of
    /// `A-Z a-z 0-9 _ -` beginning with a letter, or `body_len` is not from
    /// [`BODY_MIN`](Self::BODY_MIN) to [`BODY_MAX`](Self::BODY_MAX).
    pub fn new(prefix: &str, body_len: usize, checksum: Checksum) -> Result<Self> {
        let prefix = Prefix::new(prefix)?;
        if !(Self::BODY_MIN..=Self::BODY_MAX).contains(&body_len) {
            let (min, max) = (Self::BODY_MIN, Self::BODY_MAX);
            let why = format!("body of {body_len} characters: want {min} to {max}");
            return Err(Error::new(ErrorKind::Argument, why));
        }
        Ok(Self {
            len: prefix.text().len().saturating_add(body_len).saturating_add(checksum.width()),
            crc: PrefixCrc::new(prefix.text()),
            prefix,
            body_len,
            checksum,
        })
    }

    /// What each token begins with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.prefix.text()
    }

    /// How many random characters follow the prefix.
    #[must_use]
    pub const fn body_len(&self) -> usize {
        self.body_len
    }

    /// What follows the body.
    #[must_use]
    pub const fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// How long each token is in bytes.
    #[must_use]
    pub const fn token_len(&self) -> usize {
        self.len
    }

    /// Whether `text` is a token of this shape.
    pub(crate) fn accepts(&self, text: &[u8]) -> bool {
        let fits = text.len() == self.len && text.starts_with(self.prefix().as_bytes());
        fits && self.check(text).is_ok()
    }

    /// The token with this body.
    pub(crate) fn with_body(&self, body: &str) -> String {
        let checksum = self.checksum_of(body.as_bytes()).into_iter().flatten().map(char::from);
        [self.prefix(), body].into_iter().flat_map(str::chars).chain(checksum).collect()
    }

    /// The characters that follow `body` in a token of this shape, if there are any.
    pub(super) fn checksum_of(&self, body: &[u8]) -> Option<[u8; base62::U32_LEN]> {
        match self.checksum {
            Checksum::None => None,
            Checksum::Crc32 => Some(base62::encode(self.crc.with(body))),
        }
    }

    /// Whether `text`, whose head is `head`, begins with the prefix.
    #[inline]
    pub(super) fn begins(&self, head: Head, text: &[u8]) -> bool {
        self.prefix.begins(head, text)
    }

    /// Whether `text`, which begins with the prefix and is as long as a token, is a token of
    /// this shape, or else what is wrong with it.
    #[inline]
    pub(super) fn check(&self, text: &[u8]) -> Result<(), Malformed> {
        let prefix = self.prefix().len();
        let rest = text.get(prefix..).unwrap_or_default();
        if let Some(place) = base62::first_foreign(rest) {
            return Err(Malformed::Character { at: prefix.saturating_add(place) });
        }
        if self.checksum_holds(rest) { Ok(()) } else { Err(Malformed::Checksum) }
    }

    /// Whether the checksum in `rest`, the digits that follow the prefix, is the right one, if
    /// there has to be one.
    #[inline]
    fn checksum_holds(&self, rest: &[u8]) -> bool {
        match self.checksum {
            Checksum::None => true,
            Checksum::Crc32 => rest.split_last_chunk().is_some_and(|(body, digits)| {
                base62::decode(*digits) == Some(u64::from(self.crc.with(body)))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_a_shape_are_inclusive() {
        let longest = "p".repeat(Shape::PREFIX_MAX);
        for (prefix, body) in [("a", 22), ("Z", 128), ("a_-9", 22), (longest.as_str(), 128)] {
            for checksum in [Checksum::None, Checksum::Crc32] {
                let shape = Shape::new(prefix, body, checksum).unwrap();
                assert_eq!(shape.prefix(), prefix);
                assert_eq!(shape.token_len(), prefix.len() + body + checksum.width());
                assert!(shape.token_len() <= Shape::TOKEN_MAX);
            }
        }
        let shape = Shape::new(&longest, Shape::BODY_MAX, Checksum::Crc32).unwrap();
        assert_eq!((shape.token_len(), Shape::TOKEN_MAX), (166, 166));
    }

    #[test]
    fn the_shortest_body_has_128_random_bits_and_one_less_would_not() {
        let bits = |characters: usize| 62_f64.log2() * characters as f64;
        assert!(bits(Shape::BODY_MIN) >= 128.0);
        assert!(bits(Shape::BODY_MIN - 1) < 128.0);
    }

    /// A scan for leaks would else report what is nobody's, or miss what is.
    #[test]
    fn a_text_is_accepted_that_has_the_length_the_prefix_the_digits_and_the_checksum() {
        let shape = Shape::new("a_", 22, Checksum::Crc32).unwrap();
        let token = shape.with_body(&"x".repeat(22));
        assert!(shape.accepts(token.as_bytes()));
        for wrong in [
            String::new(),
            format!("{token}x"),
            token[..token.len() - 1].to_owned(),
            token.replace("a_", "b_"),
            token.replace("xx", "x-"),
            token.replace("xx", "xy"),
        ] {
            assert!(!shape.accepts(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn what_breaks_a_limit_is_refused_with_the_limit() {
        let too_long = "p".repeat(Shape::PREFIX_MAX + 1);
        for (prefix, body, why) in [
            ("", 32, "prefix of 0 bytes: want 1 to 32"),
            (too_long.as_str(), 32, "prefix of 33 bytes: want 1 to 32"),
            ("1a_", 32, "prefix \"1a_\": want a letter at the beginning"),
            ("_a_", 32, "prefix \"_a_\": want a letter at the beginning"),
            ("a.b", 32, "prefix \"a.b\": want only A-Z a-z 0-9 _ -"),
            ("a\n", 32, "prefix \"a\\n\": want only A-Z a-z 0-9 _ -"),
            ("a\u{e9}_", 32, "prefix \"a\u{e9}_\": want only A-Z a-z 0-9 _ -"),
            ("a_", 21, "body of 21 characters: want 22 to 128"),
            ("a_", 129, "body of 129 characters: want 22 to 128"),
            ("a_", usize::MAX, "want 22 to 128"),
        ] {
            let error = Shape::new(prefix, body, Checksum::Crc32).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument);
            assert!(error.message().contains(why), "{error}");
        }
    }
}
