//! The change feed: what the log says, to those who follow a store.

use super::Store;
use crate::error::Result;
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::record::Op;
use crate::storage;

/// What a reader that knows one seq is told of later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// The commits after that seq, in order and without a gap.
    Since(Vec<Commit>),
    /// The log no longer reaches back to that seq, or never had it: read everything anew.
    Gone,
}

/// One commit of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commit {
    /// Its number.
    pub seq: u64,
    /// What it changed, in order.
    pub changed: Vec<Changed>,
}

/// One thing that a commit changed. What it is now is to be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Changed {
    /// A key is new or is not as it was.
    Key(KeyId),
    /// A key was swept.
    Swept(KeyId),
    /// An owner is new or is not as it was.
    Owner(OwnerRef),
    /// A realm is new or is not as it was.
    Realm(RealmRef),
}

impl Store {
    /// The commits after `since`, at most `limit` of them.
    ///
    /// A cursor is a seq together with the [store's id](crate::Stats::store_id): a copy that was
    /// restored has another id, and a seq of one means nothing in the other.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn changes(&self, since: u64, limit: usize) -> Result<Changes> {
        let commits = match self.storage.view()?.changes(since, limit)? {
            storage::Changes::Gone => return Ok(Changes::Gone),
            storage::Changes::Since(commits) => commits,
        };
        let changed = |op: &Op| match op {
            Op::Key(key) | Op::Rekey(key, _) => Changed::Key(key.key_id),
            Op::Forget(key, _) => Changed::Swept(*key),
            Op::Owner(owner) => Changed::Owner(owner.owner),
            Op::Realm(realm) => Changed::Realm(realm.realm),
        };
        let commit = |commit: storage::Change| Commit {
            seq: commit.seq,
            changed: commit.ops.iter().map(changed).collect(),
        };
        Ok(Changes::Since(commits.into_iter().map(commit).collect()))
    }
}
