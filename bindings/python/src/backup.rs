//! Back up, and restore.

use std::path::PathBuf;

use keycask::{Anchor, Restore};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::actor::By;
use crate::names::Id;
use crate::record::{Many, hex};
use crate::stop::Stop;
use crate::store::Store;
use crate::time::Instant;

struct Backup(keycask::Backup);

shown!(Backup as Backup, |backup| {
    anchor: backup.0.anchor.to_string(),
    keys: backup.0.keys,
    bytes: backup.0.bytes,
});

struct Restored(keycask::Restored);

shown!(Restored as Restored, |it| {
    store_id: hex(it.0.store_id),
    backup: it.0.backup.to_string(),
    missing: it.0.missing,
    last_change: it.0.last_change.map(Instant),
    last_entry: it.0.last_entry,
    denied: Many(it.0.denied.into_iter().map(Id).collect()),
    denied_owners: Many(it.0.denied_owners),
    unreadable: it.0.unreadable,
    keys: it.0.keys,
    bytes: it.0.bytes,
});

#[pymethods]
impl Store {
    /// Writes the store, as it is at one moment of this call, to a new file at `path`, which must
    /// not exist. Others go on to verify and to write meanwhile. The file can be opened read-only,
    /// and restored from.
    ///
    /// Raises `ConflictError` if something is at `path`; `NotFoundError` if its directory is
    /// missing, `PermissionError` if that cannot be written; `FullError`, `IoError`,
    /// `RandomError`; `CorruptError` if a row of the store is damaged.
    fn backup(&self, py: Python<'_>, path: PathBuf) -> Result<Backup, Stop> {
        self.disk(py, |store| store.backup(path)).map(Backup)
    }

    /// Where the store stands, as text to be kept elsewhere: it tells an old file from the last.
    ///
    /// Raises `IoError` or `CorruptError` if the file cannot be read.
    fn anchor(&self, py: Python<'_>) -> Result<String, Stop> {
        self.disk(py, |store| store.anchor().map(|anchor| anchor.to_string()))
    }

    /// Makes a new store at `path`, which must not exist, from the backup in the file at
    /// `backup`. It verifies, and takes no changes until `confirm_restore`. `anchor`: the last
    /// that was kept elsewhere. `denials_of`: the store's own file, if it can still be read in
    /// part: what it denies is taken from it. The options are those of `open`.
    ///
    /// Raises `ConflictError` if something is at `path`, or anchor or original are not of the
    /// backup's store; what `open` and `backup` do.
    #[staticmethod]
    #[pyo3(signature = (backup, path, *, anchor=None, denials_of=None, by, **options))]
    fn restore(
        py: Python<'_>,
        backup: PathBuf,
        path: PathBuf,
        anchor: Option<&str>,
        denials_of: Option<PathBuf>,
        by: By,
        options: Option<&Bound<'_, PyDict>>,
    ) -> Result<Restored, Stop> {
        let options = crate::open::options(options)?;
        let mut restore = Restore::new();
        if let Some(anchor) = anchor {
            restore = restore.anchor(anchor.parse::<Anchor>()?);
        }
        if let Some(original) = denials_of {
            restore = restore.denials_of(original);
        }
        Ok(Restored(py.detach(|| options.restore(backup, path, &restore, &by.0))?))
    }

    /// Lets a store that was restored take changes: whoever asks for it has done what he can about
    /// revocations that are missing from the backup, or will.
    ///
    /// Raises `ConflictError` if the store waits for no such thing; what any change raises.
    #[pyo3(signature = (*, by))]
    fn confirm_restore(&self, py: Python<'_>, by: By) -> Result<(), Stop> {
        self.disk(py, |store| store.confirm_restore(&by.0))
    }
}
