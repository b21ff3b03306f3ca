//! Copy a store while it is in use.

use std::path::Path;

use super::Store;
use crate::anchor::Anchor;
use crate::error::Result;

/// A backup that was written, read back and checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backup {
    /// Where the store stood, which the backup is of.
    pub anchor: Anchor,
    /// Keys in it, in whatever state.
    pub keys: u64,
    /// Length of its file.
    pub bytes: u64,
}

impl Store {
    /// Where the store stands, to be kept elsewhere: see [`Anchor`].
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn anchor(&self) -> Result<Anchor> {
        self.storage.anchor()
    }

    /// Writes the store, as it is at one moment of this call, to a new file at `path`, which
    /// must not exist. Others go on to verify and to write meanwhile; last uses of keys, and the
    /// credits that are left, may be some from before that moment and some from after it.
    ///
    /// The file has mode 0600, appears complete or not at all, and was read back and checked,
    /// with every MAC, the set digest and the audit trail. It has no log, so it may be smaller
    /// than the store. It needs the store's pepper; it can be opened for reading alone, and
    /// [restored](crate::Options::restore) from.
    ///
    /// It takes no transaction that is as long as the copy, which would let the store's file
    /// grow, unless the [log](crate::Options::log_len) is too short to tell what changed
    /// between two short ones.
    ///
    /// # Errors
    ///
    /// `Conflict` if something is at `path`; `NotFound` if its directory is missing,
    /// `Permission` if that cannot be written; `Full`, `Io`, `Random`; `Corrupt` if a row of
    /// the store is damaged.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<Backup> {
        let report = self.report.as_ref();
        let copied = self.storage.backup(path.as_ref(), &self.random, report)?;
        Ok(Backup { anchor: copied.anchor, keys: copied.keys, bytes: copied.bytes })
    }
}
