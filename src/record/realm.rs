//! A stored realm.

use crate::ids::{KindRef, RealmRef};

/// A realm as the file keeps it: its profile's text, and the numbers that were given to the
/// names in it. A number is never given again to another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RealmRecord {
    pub realm: RealmRef,
    pub name: String,
    /// The profile's TOML, as it was applied.
    pub profile: String,
    /// Scope names by bit. A name that the profile no longer has keeps its bit.
    pub scopes: Vec<String>,
    pub kinds: Vec<KindName>,
}

/// A kind's number in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KindName {
    pub kind: KindRef,
    pub name: String,
}
