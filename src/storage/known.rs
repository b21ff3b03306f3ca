//! What a batch knows of its rows without reading them again, as they are in its transaction.
//!
//! Many journeys share a batch, and each asks for its owner and for an id that no key has. To open
//! a table costs as much as to write a row.

use std::collections::{BTreeSet, HashMap};

use super::tables::owner_name_row;
use crate::error::Result;
use crate::ids::RealmRef;
use crate::key_id::KeyId;
use crate::record::OwnerRecord;

/// How many owners are kept.
const OWNERS_MAX: usize = 1024;

/// Rows of one batch.
#[derive(Default)]
pub(super) struct Known {
    /// The highest id that a key had when that was read, if there were keys; outside, whether it
    /// was read.
    last: Option<Option<KeyId>>,
    /// Keys that were put since.
    put: BTreeSet<KeyId>,
    /// By their rows in `owner_names`.
    owners: HashMap<Vec<u8>, OwnerRecord>,
}

impl Known {
    /// The highest id that a key has; `read` reads it.
    pub(super) fn last_key(
        &mut self,
        read: impl FnOnce() -> Result<Option<KeyId>>,
    ) -> Result<Option<KeyId>> {
        let last = match self.last {
            Some(last) => last,
            None => {
                self.put.clear();
                *self.last.insert(read()?)
            }
        };
        Ok(last.max(self.put.last().copied()))
    }

    /// Whether there is a key with this id, if that is known.
    pub(super) fn is_key(&self, key: KeyId) -> Option<bool> {
        if self.put.contains(&key) {
            return Some(true);
        }
        self.last.filter(|last| Some(key) > *last).map(|_| false)
    }

    /// There is a key with this id now.
    pub(super) fn put_key(&mut self, key: KeyId) {
        if self.last.is_some() {
            self.put.insert(key);
        }
    }

    /// A key is no longer there.
    pub(super) fn forget_keys(&mut self) {
        self.last = None;
        self.put.clear();
    }

    /// An owner that was read or put.
    pub(super) fn owner(&self, realm: RealmRef, id: &str) -> Option<OwnerRecord> {
        self.owners.get(&owner_name_row(realm, id)).cloned()
    }

    /// The owner is like this now.
    pub(super) fn put_owner(&mut self, owner: &OwnerRecord) {
        if self.owners.len() >= OWNERS_MAX {
            self.owners.clear();
        }
        self.owners.insert(owner_name_row(owner.realm, &owner.id), owner.clone());
    }
}
