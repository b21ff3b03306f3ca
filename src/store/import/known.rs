//! Which keys the store has that were imported, by the trace of what they came with.
//!
//! Only who imports needs that, so it is read from the records when the first import comes, and
//! kept as long as the store is open.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::digest::{Scheme, Trace};
use crate::error::Result;
use crate::key_id::KeyId;
use crate::record::KeyRecord;
use crate::storage::View;
use crate::store::scan;

/// The imported keys of a store. None before they were read.
#[derive(Default)]
pub(in crate::store) struct Known(Mutex<Option<Book>>);

/// What was read. A key of it may have been swept since, or its commit may have come to nothing:
/// its row tells.
#[derive(Default)]
struct Book {
    /// By the first half of its trace, which is as good as all of it.
    keys: HashMap<u64, KeyId>,
    /// By which any of them came.
    schemes: HashSet<Scheme>,
}

impl Known {
    /// Reads them, unless that was done. There are none unless there `may` be.
    pub(super) fn fill(&self, view: &View<'_>, may: impl FnOnce() -> bool) -> Result<()> {
        let mut known = self.lock();
        if known.is_some() {
            return Ok(());
        }
        let mut book = Book::default();
        if may() {
            for record in scan::keys(view, None, None) {
                book.put(&record?);
            }
        }
        *known = Some(book);
        Ok(())
    }

    /// The key that came with what has this trace, if its row is there.
    pub(super) fn find(&self, view: &View<'_>, trace: &Trace) -> Result<Option<KeyRecord>> {
        let key = self.lock().as_ref().and_then(|book| book.keys.get(&half(trace)).copied());
        let record = key.map(|key| view.key(key)).transpose()?.flatten();
        let is_its = |record: &KeyRecord| {
            record.parts.imported.as_ref().is_some_and(|imported| imported.trace() == *trace)
        };
        Ok(record.filter(is_its))
    }

    /// The schemes by which keys came.
    pub(super) fn schemes(&self) -> Vec<Scheme> {
        self.lock().as_ref().map(|book| book.schemes.iter().cloned().collect()).unwrap_or_default()
    }

    /// The key of `record` is being imported.
    pub(super) fn note(&self, record: &KeyRecord) {
        if let Some(book) = self.lock().as_mut() {
            book.put(record);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Book>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn put(&mut self, record: &KeyRecord) {
        let Some(imported) = &record.parts.imported else { return };
        self.keys.insert(half(&imported.trace()), record.key_id);
        if let Some(scheme) = imported.came_by()
            && !self.schemes.contains(scheme)
        {
            self.schemes.insert(scheme.clone());
        }
    }
}

fn half(trace: &Trace) -> u64 {
    u64::from_le_bytes(trace.as_bytes().first_chunk().copied().unwrap_or_default())
}
