//! One change of a row, complete in itself and idempotent.

use super::{KeyRecord, OwnerRecord, RealmRecord};
use crate::digest::Digest;
use crate::key_id::KeyId;

/// A change of one row: the row as it is afterwards.
#[derive(Clone)]
pub(crate) enum Op {
    /// The key is new or is now so.
    Key(KeyRecord),
    /// The key was swept: the row is gone. The digest finds its slot; the log leaves it out.
    Forget(KeyId, Digest),
    /// The owner is new or is now so.
    Owner(OwnerRecord),
    /// The realm is new or is now so.
    Realm(RealmRecord),
}
