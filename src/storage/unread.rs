//! A store that is open and of which no row but the first two was read.

use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::backend::Door;
use super::errors::{OrFail, from_io, naming};
use super::file;
use super::handle::Handle;
use super::header::Header;
use super::shared::Shared;
use super::state::State;
use super::{Storage, StorageOptions, tables};
use crate::error::{Error, ErrorKind, Result};
use crate::process::{Home, Listed};
use crate::record::Op;

/// Bytes that a key's row takes at least: its id, its fields and its MAC.
const KEY_AT_LEAST: u64 = 128;

/// An open store whose rows are still to be checked. Nothing was written to its file.
pub(crate) struct Unread {
    storage: Storage,
    /// Bytes of the file.
    len: u64,
    /// Whether writes are held back until the last row was checked.
    held: bool,
    doing: String,
}

impl Unread {
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
    pub(crate) fn open(path: &Path, options: &StorageOptions<'_>) -> Result<Self> {
        let file = file::Place::of(path)?.open(options.read_only)?;
        let doing = format!("open {path:?}");
        let listed = Listed::new(&file);
        let backend = FileBackend::new(file).or_fail(&doing)?;
        Self::attach(backend, Some(listed), options, &doing).map_err(|e| naming(&doing, e))
    }

    /// Opens the store that `backend` holds, whose descriptor may be listed.
    pub(crate) fn attach(
        backend: impl StorageBackend,
        listed: Option<Listed>,
        options: &StorageOptions<'_>,
        doing: &str,
    ) -> Result<Self> {
        let held = !options.read_only;
        let len = backend.len().map_err(|e| from_io(doing, e))?;
        let (door, gate) = Door::new(backend, listed, held).map_err(|e| from_io(doing, e))?;
        let handle = Handle::open(door, options, doing)?;
        let row = tables::header(&handle.begin_read()?)?;
        let row = row.ok_or_else(|| {
            Error::new(ErrorKind::Foreign, "it is a redb file, but not a keycask store")
        })?;
        let (header, keys) = Header::decode(&row, options.pepper)?;
        let shared = Arc::new(Shared::new(gate, keys, options.log_len));
        let loaded = State::new();
        let mut storage = Storage { handle, home: Home::here(), header, shared, loaded };
        storage.loaded = storage.view()?.state()?;
        Ok(Self { storage, len, held, doing: doing.to_owned() })
    }

    /// How many keys to expect: as many as the store says that it has, if its file has room for
    /// them.
    pub(crate) fn keys(&self) -> usize {
        let room = self.len / KEY_AT_LEAST;
        usize::try_from(self.storage.loaded.counts.keys.min(room)).unwrap_or(usize::MAX)
    }

    /// Gives the store's realms, then owners, then keys to `each` as the ops that would make
    /// them, and lets writes reach the file.
    ///
    /// # Errors
    ///
    /// `Corrupt`, `Newer`, `Io`; what `each` refuses with.
    pub(crate) fn read(mut self, each: &mut dyn FnMut(Op) -> Result<()>) -> Result<Storage> {
        let doing = &self.doing;
        let loaded = self.storage.view().and_then(|view| view.load(each));
        self.storage.loaded = loaded.map_err(|e| naming(doing, e))?;
        if self.held {
            let gate = &self.storage.shared.gate;
            gate.release().map_err(|e| naming(doing, from_io(doing, e)))?;
        }
        Ok(self.storage)
    }
}
