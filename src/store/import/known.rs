//! Digests that keys were imported with and are no longer found by.
//!
//! They tell a second import of the same keys. Only who imports needs them, so they are read from
//! the records when the first import comes, and kept as long as the store is open.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::digest::Address;
use crate::error::Result;
use crate::key_id::KeyId;
use crate::record::Imported;
use crate::storage::View;
use crate::store::scan;

/// Which keys had which digests. None before it was read.
#[derive(Default)]
pub(in crate::store) struct Known(Mutex<Option<HashMap<[u64; 2], KeyId>>>);

impl Known {
    /// Reads them, unless that was done, or no key `may` have one.
    pub(super) fn fill(&self, view: &View<'_>, may: impl FnOnce() -> bool) -> Result<()> {
        let mut known = self.lock();
        if known.is_some() {
            return Ok(());
        }
        let mut read = HashMap::new();
        if may() {
            for record in scan::keys(view, None, None) {
                let record = record?;
                if let Some(Imported::Token { adopted: Some(adopted) }) = record.parts.imported {
                    let (words, _) = adopted.as_chunks();
                    if let [one, two] = words {
                        let words = [one, two].map(|word| u64::from_le_bytes(*word));
                        read.insert(words, record.key_id);
                    }
                }
            }
        }
        *known = Some(read);
        Ok(())
    }

    /// The key that had this digest. It may have been taken out since.
    pub(super) fn get(&self, digest: &[u64; 2]) -> Option<KeyId> {
        self.lock().as_ref()?.get(digest).copied()
    }

    /// The key is about to be found otherwise than at `from`. Should it come to nothing, it is
    /// still the key that has the digest.
    pub(in crate::store) fn note(&self, from: &Address, key: KeyId) {
        if let Some(known) = self.lock().as_mut() {
            known.insert(from.digest, key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<[u64; 2], KeyId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
