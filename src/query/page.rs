//! One page of a list, and in which order its keys stand.

use super::Cursor;
use crate::info::KeyInfo;

/// In which order keys are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// By key id, and so by time of issue. A key never changes its place.
    #[default]
    KeyId,
    /// By when a key ceases to be of use, the earliest first: at its end or, if it was revoked
    /// before that, when it was revoked. Keys for which that never comes are last, by key id.
    End,
}

impl Order {
    /// The order's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyId => "key_id",
            Self::End => "end",
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The keys, in the order that was asked for.
    pub keys: Vec<KeyInfo>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<Cursor>,
}

impl Page {
    pub(crate) const fn new() -> Self {
        Self { keys: Vec::new(), next: None }
    }
}
