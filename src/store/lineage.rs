//! The generations of a lineage, to see who still uses an old key.

use std::collections::VecDeque;

use super::Store;
use crate::error::Result;
use crate::info::KeyInfo;
use crate::key_id::KeyId;

impl Store {
    /// All generations of the lineage of `key` that are still there, the oldest first.
    ///
    /// During a grace, `last_used` of the old key tells whether somebody still uses it.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such key; `Io` or `Corrupt` if the file cannot be read.
    pub fn lineage(&self, key: KeyId) -> Result<Vec<KeyInfo>> {
        let view = self.storage.view()?;
        let realms = self.realms_of(&view)?;
        let now = self.mark.now();
        let held = self.hold(&view, &realms, key)?;
        let (mut before, mut after) = (held.record.predecessor, held.record.successor);
        let mut generations = VecDeque::from([held.record]);
        while let Some(record) = before.map(|key| view.key(key)).transpose()?.flatten() {
            before = record.predecessor;
            generations.push_front(record);
        }
        while let Some(record) = after.map(|key| view.key(key)).transpose()?.flatten() {
            after = record.successor;
            generations.push_back(record);
        }
        let info =
            |record| self.key_info(&view, held.realm, held.kind, &held.owner.id, record, now);
        generations.iter().map(info).collect()
    }
}
