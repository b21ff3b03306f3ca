//! Records by the digest of their key's token: what a verify needs from whatever holds the keys.
//!
//! Maps are given their size up front and take the digest's first word as its hash, which is the
//! best that they can be given. Stores have their file in the operating system's cache and begin
//! a transaction a lookup, as one must that shall see a revocation.

pub mod dashmap;
pub mod digest;
pub mod hash_map;
pub mod lmdb;
pub mod moka;
pub mod papaya;
pub mod quick_cache;
pub mod record;
pub mod redb;
pub mod redis;
pub mod sqlite;

pub use digest::Digest;
pub use record::Record;

/// Something that holds records.
pub trait Peer {
    /// Puts in `rows`, whose digests it does not have.
    fn put(&mut self, rows: &[(Digest, Record)]);

    /// The record of the key whose token has this digest.
    fn get(&self, digest: &Digest) -> Option<Record>;
}
