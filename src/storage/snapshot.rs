//! The rows as of the last commit, ready to be read.
//!
//! While redb makes a file longer it lets nobody begin to read, until the new length is durable.
//! Who cannot wait for that reads in a transaction that was begun before: one is begun after
//! each commit, before anybody hears of it, and takes the place of the one before. So what was
//! acknowledged is in it, and space is kept from being used again no longer than to the next
//! commit.

use std::sync::{Arc, Mutex, PoisonError};

use redb::ReadTransaction;

use super::handle::Handle;
use super::{Current, Storage, View};
use crate::error::Result;

/// A transaction that reads, and the file that it reads.
#[derive(Clone)]
pub(super) struct Kept {
    /// Ends before the file is closed.
    pub(super) transaction: Arc<ReadTransaction>,
    pub(super) current: Arc<Current>,
}

/// The one of the last commit, if there is one.
#[derive(Default)]
pub(super) struct Snapshot(Mutex<Option<Kept>>);

impl Snapshot {
    fn get(&self) -> Option<Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was there ends once nobody reads it any more.
    pub(super) fn set(&self, kept: Option<Kept>) {
        let before =
            std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), kept);
        drop(before);
    }
}

impl Storage {
    /// Takes up the rows as they are now, in place of those of the last commit. To be called
    /// after opening, and after a commit by whoever made it. If they cannot be read, those who
    /// ask begin to read themselves. A reader has nobody to wait for.
    pub(crate) fn take_snapshot(&self) {
        let current = self.current();
        if matches!(current.handle, Handle::Read(_)) {
            return;
        }
        let transaction = current.handle.begin_read();
        let kept = transaction.map(|read| Kept { transaction: Arc::new(read), current });
        self.snapshot.set(kept.ok());
    }

    /// The rows as of the last commit. Other than [`view`](Self::view) it waits for nobody who
    /// writes.
    pub(crate) fn view_at_once(&self) -> Result<View<'_>> {
        self.at_home()?;
        match self.snapshot.get() {
            Some(kept) => Ok(View::kept(kept, &self.shared.keys)),
            None => self.view(),
        }
    }
}
