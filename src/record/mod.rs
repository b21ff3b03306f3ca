//! The rows of a store: keys, owners, realms, the ops that change them, and operations.
//!
//! Each record has a version byte first and fixed little-endian fields after it; text comes
//! last, with its length. A record holds no token and no pepper. The bytes are drawn above
//! the code that writes them and in `docs/format.md`.

mod fields;
mod imported;
mod key;
mod log;
mod op;
mod operation;
mod owner;
mod parts;
mod realm;

pub(crate) use imported::Imported;
pub use key::Cause;
pub(crate) use key::KeyRecord;
pub(crate) use log::LogRow;
pub(crate) use op::Op;
pub(crate) use operation::{Done, OperationRecord, RequestDigest};
pub(crate) use owner::OwnerRecord;
pub(crate) use parts::Parts;
pub(crate) use realm::{KindName, RealmRecord};

#[cfg(test)]
mod tests;
