//! A new store, made from the file of another.

use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::backup::{Copied, finished};
use super::errors::{OrFail, giving_up, naming};
use super::file::Place;
use super::state::Role;
use super::{Storage, StorageOptions, Unread};
use crate::error::Result;
use crate::process::Listed;
use crate::random::Random;

impl Storage {
    /// Opens the file at `path` to read rows of it: of the whole nothing is checked but redb's
    /// pages. Nobody else may have it open for writing. Nothing is ever written to it: if it has
    /// to be repaired, that is done in memory.
    ///
    /// # Errors
    ///
    /// Those of [`Unread::open`].
    pub(crate) fn look_into(path: &Path, options: &StorageOptions<'_>) -> Result<Self> {
        let file = Place::of(path)?.open(false)?;
        let doing = format!("open {path:?}");
        let listed = Listed::new(&file);
        let file = FileBackend::new(file).or_fail(&doing)?;
        // redb checks no page of what it opens for reading alone.
        let options = StorageOptions { read_only: false, ..*options };
        let unread = Unread::attach(file, Some(listed), &options, &doing);
        unread.and_then(Unread::unchecked).map_err(|e| naming(&doing, e))
    }

    /// Makes a new store at `path` with all rows of `backup`: another id, another store key,
    /// another log. `change` may write more to it. Then it is read back and checked.
    ///
    /// The file appears complete or not at all, as one that was [created](Self::create) does.
    ///
    /// # Errors
    ///
    /// `Conflict` if something is at `path`; `NotFound`, `Permission`, `Full`, `Io`, `Random`;
    /// `Pepper`; `Corrupt` if a row of the backup cannot be believed; those of `change`.
    pub(crate) fn restore<T>(
        backup: &Self,
        path: &Path,
        options: &StorageOptions<'_>,
        random: &Random,
        change: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<(T, Copied)> {
        let doing = format!("restore to {path:?}");
        let place = Place::of(path)?;
        let draft = place.draft(random)?;
        let file = || draft.backend(&doing);
        let made = Self::restore_to(backup, &file, options, random, &doing, change)?;
        draft.publish()?;
        Ok(made)
    }

    /// [Restores](Self::restore) to the empty file that `file` opens, and opens again to read
    /// it back.
    pub(crate) fn restore_to<B: StorageBackend, T>(
        backup: &Self,
        file: &dyn Fn() -> Result<B>,
        options: &StorageOptions<'_>,
        random: &Random,
        doing: &str,
        change: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<(T, Copied)> {
        let made = || {
            let (header, keys) = backup.header().restored(options.peppers, random)?;
            let (keys, options) = (Arc::new(keys), StorageOptions { read_only: false, ..*options });
            let again = (header.clone(), Arc::clone(&keys));
            let store = Self::lay_out(file()?, header, keys, &options, doing)?;
            store.fill(backup, Role::Restored, &options)?;
            let value = change(&store)?;
            store.close()?;
            let (header, keys) = again;
            Ok((value, finished(file()?, header, keys, &options, doing)?))
        };
        made().map_err(|e| giving_up(doing, e))
    }
}
