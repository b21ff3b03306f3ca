//! What is told of a leak: never a token.

use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::verdict::Reason;

use super::place::Place;

/// A token of the store's kinds that stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leak {
    /// Where it begins.
    pub place: Place,
    /// The realm of its kind.
    pub realm: RealmRef,
    /// Its kind. Of a token that is nobody's, the first that has its shape.
    pub kind: KindRef,
    /// Prefix and last four characters, for people.
    pub hint: String,
    /// The key that it is of, if it is one's.
    pub key: Option<KeyId>,
    /// Whose key that is.
    pub owner: Option<OwnerRef>,
    /// Why a verify refuses it, or none: then it is live. A verify that asks for a scope, or
    /// comes when a rate or a quota is used up, may be refused all the same.
    pub refused: Option<Reason>,
}

impl Leak {
    /// Whether whoever reads the text can use the token.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.refused.is_none()
    }

    /// Whether it is a key's that is not revoked: if it is refused, it is for the time being.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.key.is_some() && !matches!(self.refused, Some(Reason::Revoked))
    }
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leaks {
    /// Bytes that were searched.
    pub bytes: u64,
    /// Tokens that were found; one that stands there twice counts twice.
    pub found: u64,
    /// The keys of which a token was found and that are not revoked, each once, by key id: what
    /// is to be [revoked](crate::Store::end_many).
    pub keys: Vec<KeyId>,
}
