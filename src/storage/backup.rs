//! A copy of an open store, in a file of its own.

use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::errors::{OrFail, from_io, giving_up};
use super::file::{Draft, Place};
use super::handle::Handle;
use super::header::Header;
use super::mac::MacKeys;
use super::shared::Shared;
use super::state::{Role, State};
use super::{Storage, StorageOptions};
use crate::anchor::Anchor;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Report;
use crate::random::Random;

/// A file that was made from another and checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copied {
    pub(crate) anchor: Anchor,
    pub(crate) keys: u64,
    pub(crate) bytes: u64,
}

impl Storage {
    /// Where the store stands, to be kept elsewhere.
    pub(crate) fn anchor(&self) -> Result<Anchor> {
        Ok(self.view()?.state()?.anchor(self.id(), &self.shared.keys))
    }

    /// Writes the store, as it is at one moment of this call, to a new file at `path`, reads
    /// it back and checks it. Others may write meanwhile.
    ///
    /// Rows are written in order of their keys, and of the log nothing is. The file appears
    /// complete or not at all, as one that was [created](Self::create) does.
    ///
    /// # Errors
    ///
    /// `Conflict` if something is at `path`; `NotFound`, `Permission`, `Full`, `Io`, `Random`;
    /// `Corrupt` if a row of the store cannot be believed; `Conflict` also if the pepper is rotated
    /// or retired meanwhile.
    pub(crate) fn backup(
        &self,
        path: &Path,
        random: &Random,
        report: Option<&Report>,
    ) -> Result<Copied> {
        self.at_home()?;
        let doing = format!("back up to {path:?}");
        let place = Place::of(path)?;
        let draft = place.draft(random)?;
        let copied = self.copy_to(&|| draft.backend(&doing), report, &doing)?;
        draft.publish()?;
        Ok(copied)
    }

    /// [Backs up](Self::backup) to the empty file that `file` opens, and opens again to read it
    /// back.
    pub(crate) fn copy_to<B: StorageBackend>(
        &self,
        file: &dyn Fn() -> Result<B>,
        report: Option<&Report>,
        doing: &str,
    ) -> Result<Copied> {
        let options = StorageOptions { report, ..StorageOptions::new(None) };
        let (header, keys) = (self.header(), Arc::clone(&self.shared.keys));
        let copy = || {
            let copy = Self::lay_out(file()?, header, keys, &options, doing)?;
            copy.fill(self, Role::Backup, &options)?;
            self.still_under(&copy.header())?;
            let (header, keys) = (copy.header(), Arc::clone(&copy.shared.keys));
            copy.close()?;
            finished(file()?, header, keys, &options, doing)
        };
        copy().map_err(|e| giving_up(doing, e))
    }
}

impl Draft<'_> {
    /// The file, as redb writes and reads it.
    pub(super) fn backend(&self, doing: &str) -> Result<FileBackend> {
        FileBackend::new(self.file()?).or_fail(doing)
    }
}

/// Reads what was written to `file` back, and checks it.
pub(super) fn finished(
    file: impl StorageBackend,
    header: Header,
    keys: Arc<MacKeys>,
    options: &StorageOptions<'_>,
    doing: &str,
) -> Result<Copied> {
    let bytes = file.len().map_err(|e| from_io(doing, e))?;
    // What redb writes on opening and closing stays behind the door.
    let (handle, gate) = Handle::open(file, None, true, options, doing)?;
    let copy = Storage::over(handle, header, Shared::new(gate, keys, options.log_len), 0);
    let state = copy.view()?.check_and_tell(options.report);
    // What the store itself would be told of is not the store's.
    let state: State = state.map_err(|e| {
        Error::new(ErrorKind::Io, "what was written is not what is read back").caused_by(e)
    })?;
    let anchor = state.anchor(copy.id(), &copy.shared.keys);
    copy.close()?;
    Ok(Copied { anchor, keys: state.counts.keys, bytes })
}
