//! Write the file anew.

use super::Store;
use crate::error::Result;

/// What compacting did to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compacted {
    /// Length of the file before, in bytes.
    pub before: u64,
    /// Length of the file now, in bytes.
    pub after: u64,
}

impl Store {
    /// Writes the file anew in the order of its keys, with every row that it has, so that it is
    /// as short as it can be.
    ///
    /// [Progress](crate::Options::progress) is told of; who is told must not write to the store.
    ///
    /// Deciding goes on, and so does reading; who writes waits until it is over, a second or so
    /// for 100,000 keys. It needs room for both files. The new file takes the name of the old one
    /// in one step, once it is written, synced, and was compared with the old one row by row:
    /// whenever a crash comes, the name has one of the two, each with all rows. What a crash
    /// leaves of the new one, `.NAME.16-HEX-DIGITS.new`, can be deleted.
    ///
    /// The new file has the mode and the group of the old one. A process that has the store open
    /// for reading goes on with the old file, which is as it was at this moment and no longer
    /// changes, until it opens the store again.
    ///
    /// # Errors
    ///
    /// `ReadOnly`, `Poisoned`; `Conflict` if another file has the store's name by now; `Full`,
    /// `Io`, `Permission`, `Corrupt`: the old file is in its place, and the store goes on with
    /// it. `Indeterminate` if it is unknown whether a power cut would bring the old file back:
    /// the store then takes no writes until it is reopened.
    pub fn compact(&self) -> Result<Compacted> {
        self.alone(|| {
            let [before, after] = self.storage.rewrite(&self.random, self.report.as_ref())?;
            Ok(Compacted { before, after })
        })
    }
}
