//! A stored owner.

use crate::ids::{OwnerRef, RealmRef};
use crate::scope::ScopeSet;

/// An owner as the file keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnerRecord {
    pub owner: OwnerRef,
    pub realm: RealmRef,
    /// The application's own id: 1 to 128 bytes.
    pub id: String,
    /// Name of a plan of the realm's profile.
    pub plan: Option<String>,
    pub suspended: bool,
    /// Scopes that the owner has itself, as given.
    pub direct: ScopeSet,
    /// Scopes that the owner has through groups. No key inherits them.
    pub group: ScopeSet,
}
