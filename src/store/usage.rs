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
use crate::storage::{Batch, CommitError};

/// How often a commit takes usage along.
const INTERVAL: Duration = Duration::from_secs(60);

impl Store {
    /// Writes the last use of every key that was used since it was last written.
    ///
    /// # Errors
    ///
    /// Those of a commit, but for `ReadOnly`: what a reader notes is not kept.
    pub fn flush(&self) -> Result<()> {
        self.storage.at_home()?;
        if self.storage.is_read_only() {
            return Ok(());
        }
        let mut flushed = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let used = self.index.noted();
        if used.is_empty() {
            return Ok(());
        }
        let mut batch = self.storage.batch()?;
        put_usage(&mut batch, &used)?;
        match batch.commit(self.mark.uptime()) {
            Ok(_) => {
                self.index.written(&used);
                *flushed = self.mark.uptime();
                Ok(())
            }
            Err(CommitError::Refused(error) | CommitError::Indeterminate(error)) => Err(error),
        }
    }

    /// What a commit is to take along if usage was last written at uptime `flushed`.
    pub(super) fn usage_due(&self, flushed: Duration) -> Vec<Used> {
        match self.mark.uptime().saturating_sub(flushed) >= INTERVAL {
            true => self.index.noted(),
            false => Vec::new(),
        }
    }
}

/// Puts usage into a batch.
pub(super) fn put_usage(batch: &mut Batch<'_>, used: &[Used]) -> Result<()> {
    used.iter().try_for_each(|used| batch.use_key(used.key_id, used.at))
}

impl Drop for Store {
    fn drop(&mut self) {
        // Nobody is left to be told of a failure; `close` tells.
        let _ = self.flush();
    }
}
