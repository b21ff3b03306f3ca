//! When keys were last used: kept in memory, written in batches.
//!
//! Where a profile keeps usage, a grant notes its time in the key's side entry, no more than
//! once a minute. What was noted is written with the first commit after a minute, by
//! [`Store::flush`], and when the store is closed. A crash loses what was noted since; a
//! denial notes nothing; a time never goes back.

use std::sync::PoisonError;
use std::time::Duration;

use super::Store;
use crate::entry::SideRef;
use crate::error::Result;
use crate::index::Index;
use crate::storage::{Batch, CommitError};

/// How often a commit takes usage along.
const INTERVAL: Duration = Duration::from_secs(60);

/// Usage on its way to the file. What is not said to be written is noted again when dropped.
pub(super) struct Used<'s> {
    index: &'s Index,
    sides: Vec<SideRef>,
}

impl Used<'_> {
    /// The commit is durable.
    pub(super) fn written(mut self) {
        self.sides.clear();
    }
}

impl Drop for Used<'_> {
    fn drop(&mut self) {
        for side in self.sides.drain(..) {
            self.index.not_flushed(side);
        }
    }
}

impl Store {
    /// Writes the last use of every key that was used since it was last written.
    ///
    /// # Errors
    ///
    /// Those of a commit, but for `ReadOnly`: what a reader notes is not kept.
    pub fn flush(&self) -> Result<()> {
        if self.storage.is_read_only() {
            return Ok(());
        }
        let mut flushed = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = self.storage.batch()?;
        let used = self.put_usage(&mut batch)?;
        if used.sides.is_empty() {
            return Ok(());
        }
        match batch.commit(self.mark.uptime()) {
            Ok(_) => {
                used.written();
                *flushed = self.mark.uptime();
                Ok(())
            }
            Err(CommitError::Refused(error) | CommitError::Indeterminate(error)) => Err(error),
        }
    }

    /// Whether a commit is to take usage along that was last written at uptime `flushed`.
    pub(super) fn usage_is_due(&self, flushed: Duration) -> bool {
        self.mark.uptime().saturating_sub(flushed) >= INTERVAL
    }

    /// Puts what was noted into `batch`.
    pub(super) fn put_usage(&self, batch: &mut Batch<'_>) -> Result<Used<'_>> {
        let mut used = Used { index: &self.index, sides: Vec::new() };
        let mut noted = Vec::new();
        self.index.used_since_flush(|side, key, at| {
            used.sides.push(side);
            noted.push((key, at));
        });
        for (key, at) in noted {
            batch.use_key(key, at)?;
        }
        Ok(used)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Nobody is left to be told; `close` tells.
        let _ = self.flush();
    }
}
