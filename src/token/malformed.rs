//! Why a text is not a token of a realm.

/// Why a text is not shaped like a token. Positions and lengths are in bytes.
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
        /// Where it stands.
        at: usize,
    },
    /// The checksum does not match what stands before it: a typing error, or a guess.
    Checksum,
}
