//! A stored key.

use crate::digest::Digest;
use crate::entry::State;
use crate::ids::{KindRef, OwnerRef};
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// Why a key is in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Cause {
    /// Nothing happened to it since it was issued.
    None = 0,
    /// Somebody asked for it.
    Asked = 1,
    /// It was rotated, and its grace is over or was none.
    Rotated = 2,
}

/// A key as the file keeps it. The row's key is `key_id`; the rest is its value.
#[derive(Clone)]
pub(crate) struct KeyRecord {
    pub key_id: KeyId,
    pub digest: Digest,
    /// Generation of the pepper under which `digest` was computed.
    pub pepper: u8,
    pub kind: KindRef,
    pub owner: OwnerRef,
    pub state: State,
    pub cause: Cause,
    /// Takes a place under the owner's caps on active keys.
    pub counted: bool,
    /// As granted, before implication.
    pub scopes: ScopeSet,
    pub issued: Timestamp,
    pub start: Timestamp,
    pub end: Timestamp,
    /// When the state last changed.
    pub changed: Timestamp,
    /// The first key of the lineage: the key itself unless it came from a rotation.
    pub lineage: KeyId,
    /// 1 for the first key of a lineage.
    pub generation: u32,
    pub predecessor: Option<KeyId>,
    pub successor: Option<KeyId>,
    /// Last four characters of the token.
    pub last_four: [u8; 4],
    pub name: String,
    /// JSON as the caller gave it, byte for byte.
    pub metadata: String,
    /// Why the state last changed, in the actor's words.
    pub reason: String,
}
