//! The checksum at a token's end.
//!
//! It tells a typing error or a cut-off text from a token without a look into the store. It
//! is no proof of anything: everybody can compute it.

use std::fmt;

use super::{base62, crc32};
use crate::error::{Error, ErrorKind, Result};

/// What stands after the body of a kind's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Checksum {
    /// Nothing.
    None,
    /// CRC-32 (IEEE 802.3) of the prefix and the body, as six base62 digits, most significant
    /// first, padded with `0`. The digits are `0-9 A-Z a-z` in this order.
    Crc32,
}

impl Checksum {
    /// The checksum that a profile calls `name`: `none` or `crc32`.
    ///
    /// # Errors
    ///
    /// `Argument` if there is none of this name.
    pub fn parse(name: &str) -> Result<Self> {
        [Self::None, Self::Crc32].into_iter().find(|checksum| checksum.name() == name).ok_or_else(
            || Error::new(ErrorKind::Argument, format!("checksum {name:?}: want crc32 or none")),
        )
    }

    /// The name that a profile has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Crc32 => "crc32",
        }
    }

    /// How many characters it takes at the end of a token.
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::None => 0,
            Self::Crc32 => base62::U32_LEN,
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The CRC-32 of a prefix, from which that of each token under it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PrefixCrc(u32);

impl PrefixCrc {
    pub(super) fn new(prefix: &str) -> Self {
        Self(crc32::extend(0, prefix.as_bytes()))
    }

    /// The CRC-32 of the prefix and `body`.
    #[inline]
    pub(super) fn with(self, body: &[u8]) -> u32 {
        crc32::extend(self.0, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_known_by_its_name_only() {
        for checksum in [Checksum::None, Checksum::Crc32] {
            assert_eq!(Checksum::parse(checksum.name()).unwrap(), checksum);
            assert_eq!(checksum.to_string(), checksum.name());
        }
        for name in ["", "CRC32", "crc32 ", "md5"] {
            let error = Checksum::parse(name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Argument);
            assert!(error.message().contains(&format!("{name:?}")), "{error}");
        }
    }

    #[test]
    fn the_crc_goes_on_from_the_prefix() {
        // The check value of CRC-32/ISO-HDLC: the CRC of "123456789" is CBF43926.
        for cut in 0..=9 {
            let (prefix, body) = "123456789".split_at(cut);
            assert_eq!(PrefixCrc::new(prefix).with(body.as_bytes()), 0xCBF4_3926);
        }
    }
}
