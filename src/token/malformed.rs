//! Why a text is not a token of a realm.

use std::fmt;

/// Why a text is not shaped like a token. Positions and lengths are in bytes.
///
/// It says nothing about the store: whoever knows a realm's shapes can compute it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// No kind of the realm has a prefix that the text begins with.
    Prefix,
    /// The text is not as long as its kind's tokens are.
    Length {
        /// How long tokens of the kind are.
        want: usize,
        /// How long the text is.
        got: usize,
    },
    /// A character stands after the prefix that is not one of `0-9A-Za-z`.
    Character {
        /// Where the first such character stands, counted from 0 at the start of the text.
        at: usize,
    },
    /// The checksum does not match what stands before it: a typing error, or a guess.
    Checksum,
}

impl Malformed {
    /// The reason's stable name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prefix => "prefix",
            Self::Length { .. } => "length",
            Self::Character { .. } => "character",
            Self::Checksum => "checksum",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => f.write_str("it begins with no known prefix"),
            Self::Length { want, got } => write!(f, "it is {got} bytes long and not {want}"),
            Self::Character { at } => {
                write!(f, "the byte at {at} is none of 0-9 A-Z a-z")
            }
            Self::Checksum => f.write_str("its checksum does not match"),
        }
    }
}

impl std::error::Error for Malformed {}
