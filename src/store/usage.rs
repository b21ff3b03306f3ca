//! When keys were last used: kept in memory, written in batches.
//!
//! Where a profile keeps usage, a grant notes its time in the key's side entry, no more than
//! once a minute. What was noted is written with the first commit after a minute, by
//! [`Store::flush`], and when the store is closed. A crash loses what was noted since; a
//! denial notes nothing; a time never goes back.

use std::sync::PoisonError;
use std::time::Duration;

use super::Store;
use crate::error::Result;
use crate::index::Used;
use crate::storage::Batch;

/// How often a commit takes usage along.
pub(super) const INTERVAL: Duration = Duration::from_secs(60);

impl Store {
    /// Writes the last use of every key that was used since it was last written.
    ///
    /// # Errors
    ///
    /// Those of a commit, but for `ReadOnly`: what a reader notes is not kept.
    pub fn flush(&self) -> Result<()> {
        let mut flushed = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let used = self.index.noted();
        if used.is_empty() || !self.storage.is_writable() {
            return Ok(());
        }
        let mut batch = self.storage.batch()?;
        for used in &used {
            batch.use_key(used.key_id, used.at)?;
        }
        batch.commit(self.mark.uptime())?;
        self.index.written(&used);
        *flushed = self.mark.uptime();
        Ok(())
    }

    /// Puts usage into a commit, if the last one that took it along is an interval ago.
    pub(super) fn take_usage(&self, flushed: Duration, batch: &mut Batch<'_>) -> Result<Vec<Used>> {
        if self.mark.uptime().saturating_sub(flushed) < INTERVAL {
            return Ok(Vec::new());
        }
        let used = self.index.noted();
        for used in &used {
            batch.use_key(used.key_id, used.at)?;
        }
        Ok(used)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
