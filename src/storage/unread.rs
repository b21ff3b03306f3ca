//! A store that is open and of which no row but the header was read.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::checking::Checking;
use super::errors::{OrFail, from_io, naming};
use super::file::{FileId, Place};
use super::handle::Handle;
use super::header::Header;
use super::mac::MacKeys;
use super::scan::Loaded;
use super::shared::Shared;
use super::state::State;
use super::{Numbered, Storage, StorageOptions, contained, tables};
use crate::error::{Error, ErrorKind, Result};
use crate::process::Listed;
use crate::progress::{Step, Tally};

/// Bytes that a key's row takes at least: its id, its fields and its MAC.
const KEY_AT_LEAST: u64 = 128;

/// Bytes of a block, in which the system tells how much room a file takes.
const BLOCK: u64 = 512;

/// An open store whose rows are still to be checked. Nothing was written to its file.
pub(crate) struct Unread<'o> {
    /// Of a file that is to be written to, a reader beside `checking`.
    storage: Storage,
    /// None for a file that is opened for reading alone.
    checking: Option<Checking>,
    options: &'o StorageOptions<'o>,
    /// Where the file was found, and the file; none if it has no name.
    found: Option<Found>,
    /// Bytes that the file takes, without its holes.
    len: u64,
    doing: String,
}

/// A file, and where it was found.
struct Found {
    place: Place,
    /// Before the file, so that it is dropped before the file is closed. It has the same locks as
    /// the one that is read.
    _listed: Listed,
    file: File,
}

impl<'o> Unread<'o> {
    /// Opens the store at `path`.
    ///
    /// Whatever is refused, here or by [`read`](Self::read), the file's bytes are then as they
    /// were: not even a repair is written before the last row has been checked.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Permission` (also for what is no regular file, has a second link, is
    /// another user's, or can be written by others), `Foreign`, `Newer`, `Pepper`, `Locked`,
    /// `Corrupt`, `Full`, `Io`; `ReadOnly` if it would have to be repaired but is opened
    /// read-only.
    pub(crate) fn open(path: &Path, options: &'o StorageOptions<'o>) -> Result<Self> {
        let place = Place::of(path)?;
        let file = place.open(options.read_only)?;
        let doing = format!("open {path:?}");
        let again = file.try_clone().map_err(|e| from_io(&doing, e))?;
        let found = Found { place, _listed: Listed::new(&again), file: again };
        let listed = Listed::new(&file);
        let backend = FileBackend::new(file).or_fail(&doing)?;
        let unread = Self::attach(backend, Some(listed), options, &doing);
        let unread = unread.map_err(|e| naming(&doing, e))?;
        // A length is cheap to forge, and so is what the file says of its rows.
        let taken = found.file.metadata().map_err(|e| from_io(&doing, e))?.blocks();
        let len = unread.len.min(taken.saturating_mul(BLOCK));
        Ok(Self { found: Some(found), len, ..unread })
    }

    /// Opens the store that `backend` holds, whose descriptor may be listed.
    pub(crate) fn attach(
        backend: impl StorageBackend,
        listed: Option<Listed>,
        options: &'o StorageOptions<'o>,
        doing: &str,
    ) -> Result<Self> {
        let len = backend.len().map_err(|e| from_io(doing, e))?;
        let (handle, gate, checking) = match options.read_only {
            true => {
                let open = || Handle::open(backend, listed, false, options, doing);
                let (handle, gate) = contained(doing, open)?;
                (handle, gate, None)
            }
            false => {
                let (checking, reader) =
                    Checking::start(backend, listed, options.cache_bytes, doing)?;
                (reader, checking.gate(), Some(checking))
            }
        };
        match contained(doing, || head(&handle, options)) {
            Ok((header, keys)) => {
                let shared = Shared::new(gate, Arc::new(keys), options.log_len);
                let storage = Storage::over(handle, header, shared, options.cache_bytes);
                Ok(Self { storage, checking, options, found: None, len, doing: doing.to_owned() })
            }
            Err(error) => {
                drop(handle);
                Err(match checking {
                    Some(checking) => checking.failed(error),
                    None => error,
                })
            }
        }
    }

    /// How many keys to expect: as many as the store says that it has, if its file has room for
    /// them. None if it does not say so, which is for [`read`](Self::read) to refuse.
    pub(crate) fn keys(&self) -> usize {
        let state = contained(&self.doing, || self.storage.view()?.state());
        let keys = state.map_or(0, |state| state.counts.keys.min(self.len / KEY_AT_LEAST));
        usize::try_from(keys).unwrap_or(usize::MAX)
    }

    /// Which of the peppers that it was opened with are those of the present generation and of
    /// the one before.
    pub(crate) fn match_peppers(&self) -> Result<(Numbered<'o>, Option<Numbered<'o>>)> {
        self.storage.match_peppers(self.options.peppers)
    }

    /// Gives the store's realms, then owners, then keys, then uses to `each`, and lets writes
    /// reach the file.
    ///
    /// # Errors
    ///
    /// `RolledBack`; `Locked` if the file was replaced meanwhile; `ReadOnly` if it is a backup and
    /// was not opened read-only; `Corrupt`, `Newer`, `Io`; what `each` refuses with.
    pub(crate) fn read(self, each: &mut dyn FnMut(Loaded) -> Result<()>) -> Result<Storage> {
        let Self { mut storage, checking, options, found, doing, .. } = self;
        let read = contained(&doing, || load(&storage, options, each));
        let trusted = match (read, checking) {
            (Err(error), Some(checking)) => Err(checking.failed(error)),
            (Ok(loaded), Some(checking)) => checking.end(options.report).and_then(|handle| {
                storage.write_to(handle);
                contained(&doing, || {
                    agree(&storage, &loaded)?;
                    trust(&mut storage, loaded, found)
                })
            }),
            (read, None) => {
                read.and_then(|loaded| contained(&doing, || trust(&mut storage, loaded, found)))
            }
        };
        let released = trusted.and_then(|()| {
            if options.read_only {
                return Ok(());
            }
            storage.shared.gate().release().map_err(|e| from_io(&doing, e))
        });
        match released {
            Ok(()) => Ok(storage),
            Err(error) => {
                drop(storage);
                Err(naming(&doing, error))
            }
        }
    }

    /// The store as it is, of which each row is to be checked where it is read. Nothing is ever
    /// written to its file.
    ///
    /// # Errors
    ///
    /// `Corrupt` if a page of it is damaged.
    pub(crate) fn unchecked(self) -> Result<Storage> {
        let Self { mut storage, checking, options, .. } = self;
        if let Some(checking) = checking {
            storage.write_to(checking.end(options.report)?);
        }
        Ok(storage)
    }
}

/// What the file is, as its header says.
fn head(handle: &Handle, options: &StorageOptions<'_>) -> Result<(Header, MacKeys)> {
    let row = tables::header(&handle.begin_read()?)?;
    let row = row.ok_or_else(|| {
        Error::new(ErrorKind::Foreign, "it is a redb file, but not a keycask store")
    })?;
    Header::decode(&row, options.peppers)
}

/// Checks all rows of `storage`, and gives them to `each`. Says where it stands with them.
fn load(
    storage: &Storage,
    options: &StorageOptions<'_>,
    each: &mut dyn FnMut(Loaded) -> Result<()>,
) -> Result<State> {
    let view = storage.view()?;
    let state = view.state()?;
    options.admit(&state)?;
    let mut tally = Tally::new(options.report, Step::Open, state.rows());
    let loaded = view.load(&mut |loaded| {
        if let Loaded::Row(_) = loaded {
            tally.row();
        }
        each(loaded)
    })?;
    tally.end();
    Ok(loaded)
}

/// Refuses a file that redb opened for writing at another commit than that whose rows were
/// `loaded` beside it. (A file that is only read may be written by another process meanwhile.)
fn agree(storage: &Storage, loaded: &State) -> Result<()> {
    if storage.view()?.state()? == *loaded {
        return Ok(());
    }
    let why = "its header leads to two commits; restore a backup";
    Err(Error::new(ErrorKind::Corrupt, why))
}

/// Takes the file for the one whose rows were `loaded`, and for the one that was `found`.
fn trust(storage: &mut Storage, loaded: State, found: Option<Found>) -> Result<()> {
    storage.stand(loaded);
    if let Some(Found { place, file, _listed }) = found {
        // Between opening and locking it, it may have been rewritten, and what is open is then
        // the old one, which nobody locks and nobody will find again.
        place.check_linked(&file)?;
        storage.name(place, FileId::of(&file)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn rows_of_another_commit_than_the_one_that_redb_opens_are_not_trusted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.kc");
        let options = StorageOptions::new(None);
        let storage = Storage::create(&path, &options, &Random::system()).unwrap();
        let stands = storage.view().unwrap().state().unwrap();
        let later = State { commit: stands.commit + 1, ..stands.clone() };
        assert_eq!(agree(&storage, &later).unwrap_err().kind(), ErrorKind::Corrupt);
        agree(&storage, &stands).unwrap();
    }

    #[test]
    fn a_file_that_is_opened_for_reading_alone_is_read_unchecked_too() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.kc");
        let options = StorageOptions::new(None);
        let storage = Storage::create(&path, &options, &Random::system()).unwrap();
        let stands = storage.view().unwrap().state().unwrap();
        storage.close().unwrap();
        let options = StorageOptions { read_only: true, ..options };
        let unchecked = Unread::open(&path, &options).unwrap().unchecked().unwrap();
        assert_eq!(unchecked.view().unwrap().state().unwrap(), stands);
    }
}
