//! When keys were last used: kept in memory, written in batches.
//!
//! Where a profile keeps usage, a grant notes its time in the key's side entry, no more than
//! once a minute. What was noted is written with the first commit after a minute, with a change
//! of a profile or one that ends the keeping of a key's use, by [`Store::flush`], and when the
//! store is closed. A crash loses what was noted since; a denial notes nothing; a time never goes
//! back.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Draft, Store};
use crate::error::Result;
use crate::index::Used;
use crate::storage::Batch;

/// How often a commit takes usage along.
const INTERVAL: Duration = Duration::from_secs(60);

impl Store {
    /// Writes the last use of every key that was used since it was last written, has the leases
    /// of quotas renewed that are low, and [rehashes](Self::rehash) what was verified.
    ///
    /// # Errors
    ///
    /// Those of a commit, but for `ReadOnly` and `Unconfirmed`: what such a store notes is not
    /// kept.
    pub fn flush(&self) -> Result<()> {
        self.storage.at_home()?;
        if self.storage.is_read_only() || self.storage.is_unconfirmed() {
            return Ok(());
        }
        self.rehash()?;
        if self.index.noted().is_empty() && !self.index.is_asked() {
            return Ok(());
        }
        self.commit(|_, _, _| Ok(Draft::new(()).usage()))
    }

    /// Whether a commit is to take usage along.
    pub(super) fn is_usage_due(&self) -> bool {
        let flushed = Duration::from_millis(self.flushed.load(Ordering::Relaxed));
        self.mark.uptime().saturating_sub(flushed) >= INTERVAL
    }

    /// Usage was written now.
    pub(super) fn note_flush(&self) {
        let now = u64::try_from(self.mark.uptime().as_millis()).unwrap_or(u64::MAX);
        self.flushed.store(now, Ordering::Relaxed);
    }
}

/// Puts usage into a batch.
pub(super) fn put_usage(batch: &mut Batch, used: &[Used]) -> Result<()> {
    used.iter().try_for_each(|used| batch.use_key(used.key_id, used.at))
}

impl Drop for Store {
    fn drop(&mut self) {
        // Nobody is left to be told of a failure; `close` tells.
        let _ = self.flush().and_then(|()| self.give_back());
    }
}
