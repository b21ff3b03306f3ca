//! The public name of a key.
//!
//! 64 bits: 42 of the time of issue in milliseconds, then 22 that are random, so that ids
//! sort by time of issue and rows keyed by them are appended. Written `key_` and thirteen
//! characters of Crockford's base32 (the first 0 to F), capitals only, no aliases: an id
//! has one spelling.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};
use crate::quote::no_such;
use crate::time::Timestamp;

/// The public name of a key. It selects a key, proves nothing, and may be logged.
///
/// ```
/// # fn main() -> keycask::Result<()> {
/// use keycask::KeyId;
///
/// let key: KeyId = "key_0C6S9JZ8Q4N7X".parse()?;
/// assert_eq!(key.to_string(), "key_0C6S9JZ8Q4N7X");
/// assert!("key_0c6s9jz8q4n7x".parse::<KeyId>().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u64);

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "key_";
const RANDOM_BITS: u32 = 22;

impl KeyId {
    /// Length of the written form in bytes.
    pub const TEXT_LEN: usize = 17;

    /// The id of a key issued at `at` whose random part is the low 22 bits of `random`.
    ///
    /// A time outside [`Timestamp::EPOCH`]..=[`Timestamp::LAST`] becomes the nearer of the two.
    #[must_use]
    pub fn new(at: Timestamp, random: u32) -> Self {
        let ms = at.clamp(Timestamp::EPOCH, Timestamp::LAST).as_ms();
        let ms = u64::try_from(ms).unwrap_or(0);
        Self(ms << RANDOM_BITS | u64::from(random) & ((1 << RANDOM_BITS) - 1))
    }

    /// The id with these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The id's 64 bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// When the key was issued, to the millisecond.
    #[must_use]
    pub fn issued(self) -> Timestamp {
        Timestamp::from_ms(i64::try_from(self.0 >> RANDOM_BITS).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        for place in (0..13).rev() {
            let digit = usize::try_from(self.0 >> (5 * place) & 31).unwrap_or(0);
            let digit = DIGITS.get(digit).copied().unwrap_or(b'0');
            fmt::Write::write_char(f, char::from(digit))?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = Error;

    /// Reads the written form, byte for byte.
    ///
    /// # Errors
    ///
    /// `Argument` if `text` is not exactly how an id is written.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            let why = "want key_ and 13 characters of 0-9 A-Z without I L O U";
            Error::new(ErrorKind::Argument, format!("{}: {why}", no_such("key id", text)))
        };
        let digits = text.strip_prefix(PREFIX).ok_or_else(refuse)?.as_bytes();
        if digits.len() != 13 {
            return Err(refuse());
        }
        let mut bits: u64 = 0;
        for (place, digit) in digits.iter().enumerate() {
            let value = DIGITS.iter().position(|d| d == digit).ok_or_else(refuse)?;
            if place == 0 && value > 15 {
                return Err(refuse());
            }
            bits = bits << 5 | u64::try_from(value).map_err(|_| refuse())?;
        }
        Ok(Self(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_exactly_one_spelling() {
        for bits in [0, 1, u64::MAX, 0x0123_4567_89AB_CDEF] {
            let id = KeyId::from_bits(bits);
            let text = id.to_string();
            assert_eq!(text.len(), KeyId::TEXT_LEN);
            assert_eq!(text.parse::<KeyId>().unwrap(), id);
        }
        for bad in [
            "key_G000000000000",
            "key_000000000000O",
            "key_00000000000a0",
            "KEY_0000000000000",
            "key_000000000000",
        ] {
            assert!(bad.parse::<KeyId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_time_of_issue() {
        let early = KeyId::new(Timestamp::from_ms(1_000), u32::MAX);
        let late = KeyId::new(Timestamp::from_ms(1_001), 0);
        assert!(early < late);
        assert_eq!(late.issued(), Timestamp::from_ms(1_001));
    }
}
