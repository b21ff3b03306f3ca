//! The file: rows, indexes, log and audit trail in one redb database. Only here is redb
//! named.
//!
//! A [`Storage`] is one open file. A [`View`] reads it in one transaction, a [`Batch`]
//! changes it in one. What a row means to the product is not decided here; what bytes it has
//! and whether they can be believed is. The layout is drawn in `docs/format.md`.
//!
//! The one invariant: a row that is given out is the row that was last committed in that
//! place, or there is an error.

mod apply;
mod backend;
mod batch;
mod bundle;
mod errors;
mod file;
mod handle;
mod header;
mod held;
mod log;
mod mac;
mod opened;
mod rows;
mod scan;
mod set;
mod shared;
mod state;
mod tables;
mod unread;
mod values;
mod view;

use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;
use redb::backends::FileBackend;

use self::backend::Door;
use self::errors::{OrFail, from_io, naming};
use self::handle::Handle;
use self::header::Header;
use self::shared::Shared;
use self::view::Transaction;
use crate::digest::Pepper;
use crate::error::{Error, ErrorKind, Result};
use crate::process::Home;
#[cfg(test)]
use crate::process::Listed;
use crate::random::Random;
use crate::record::Op;

pub(crate) use self::batch::{Batch, CommitError};
pub(crate) use self::header::StoreId;
pub(crate) use self::state::State;
pub(crate) use self::unread::Unread;
pub(crate) use self::view::{Change, Changes, View};

/// redb's page cache if nothing else is asked for. Nothing that decides about a token is
/// read through it.
pub(crate) const CACHE_BYTES: usize = 32 << 20;

/// How many ops the log keeps at least if nothing else is asked for.
pub(crate) const LOG_LEN: u64 = 100_000;

/// How a file is opened.
pub(crate) struct StorageOptions<'a> {
    /// The pepper that the store was made with, or is to be made with, if any.
    pub(crate) pepper: Option<&'a Pepper>,
    /// Never write. A file that was not closed in order, and is not open for writing
    /// elsewhere, is then refused.
    pub(crate) read_only: bool,
    pub(crate) cache_bytes: usize,
    /// How many ops, in whole commits, the log keeps at least.
    pub(crate) log_len: u64,
}

impl<'a> StorageOptions<'a> {
    /// The defaults, with `pepper`.
    pub(crate) fn new(pepper: Option<&'a Pepper>) -> Self {
        Self { pepper, read_only: false, cache_bytes: CACHE_BYTES, log_len: LOG_LEN }
    }
}

/// One open file.
pub(crate) struct Storage {
    handle: Handle,
    home: Home,
    header: Header,
    shared: Arc<Shared>,
    /// Where the store stood with the rows that opening gave out.
    loaded: State,
}

impl Storage {
    /// Makes a new store at `path`, which must not exist, and opens it.
    ///
    /// The file appears complete or not at all: it is made under another name in the same
    /// directory, with mode 0600, and renamed without replacing anything.
    ///
    /// # Errors
    ///
    /// `Conflict` if something is at `path`, `NotFound` if its directory is not there,
    /// `Permission`, `Full`, `Io`, `Random`.
    pub(crate) fn create(
        path: &Path,
        options: &StorageOptions<'_>,
        random: &Random,
    ) -> Result<Self> {
        let place = file::Place::of(path)?;
        let draft = place.draft(random)?;
        let doing = format!("create {path:?}");
        let backend = FileBackend::new(draft.file()?).or_fail(&doing)?;
        Self::format(backend, options, random, &doing).map_err(|e| naming(&doing, e))?;
        draft.publish()?;
        Self::open(path, options, &mut |_| Ok(()))
    }

    /// [Opens](Unread::open) the store at `path` and [reads](Unread::read) it.
    pub(crate) fn open(
        path: &Path,
        options: &StorageOptions<'_>,
        each: &mut dyn FnMut(Op) -> Result<()>,
    ) -> Result<Self> {
        Unread::open(path, options)?.read(each)
    }

    /// [Opens](Unread::attach) the store that `backend` holds and [reads](Unread::read) it.
    #[cfg(test)]
    pub(crate) fn attach(
        backend: impl StorageBackend,
        listed: Option<Listed>,
        options: &StorageOptions<'_>,
        doing: &str,
        each: &mut dyn FnMut(Op) -> Result<()>,
    ) -> Result<Self> {
        Unread::attach(backend, listed, options, doing)?.read(each)
    }

    /// Makes the empty `backend` a store.
    pub(crate) fn format(
        backend: impl StorageBackend,
        options: &StorageOptions<'_>,
        random: &Random,
        doing: &str,
    ) -> Result<()> {
        let (header, keys) = Header::new(options.pepper, random)?;
        let (door, _) = Door::new(backend, None, false).map_err(|e| from_io(doing, e))?;
        let Handle::Write(database) = Handle::open(door, options, doing)? else {
            return Err(Error::new(ErrorKind::ReadOnly, "a new store is made for writing"));
        };
        let mut transaction = database.begin_write().or_fail(doing)?;
        transaction.set_two_phase_commit(true);
        tables::make(&transaction, &header.encode(&keys), &State::new().encode(&keys))?;
        transaction.commit().or_fail(doing)?;
        database.close().or_fail(doing)
    }

    /// Where the store stood with the rows that opening gave out.
    pub(crate) fn loaded(&self) -> &State {
        &self.loaded
    }

    /// Names the store: a copy of the file has the same id, a restored store another.
    pub(crate) fn id(&self) -> StoreId {
        self.header.store
    }

    /// The generation of the pepper under which new digests are computed.
    pub(crate) fn generation(&self) -> u8 {
        self.header.generation()
    }

    /// Whether the store has a pepper: without one its MACs find damage but no forgery.
    pub(crate) fn is_peppered(&self) -> bool {
        self.header.is_peppered()
    }

    /// Whether the store was opened for reading alone.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self.handle, Handle::Read(_))
    }

    /// Refuses a child of the process that opened the store.
    ///
    /// # Errors
    ///
    /// `Forked`.
    #[inline]
    pub(crate) fn at_home(&self) -> Result<()> {
        self.home.check()
    }

    /// Refuses what could not be written now.
    ///
    /// # Errors
    ///
    /// `Forked`, `ReadOnly`, `Poisoned`.
    pub(crate) fn writable(&self) -> Result<&redb::Database> {
        self.at_home()?;
        let Handle::Write(database) = &self.handle else {
            let why = "the store was opened read-only";
            return Err(Error::new(ErrorKind::ReadOnly, why));
        };
        if self.is_poisoned() { Err(self.shared.poisoned()) } else { Ok(database) }
    }

    /// Whether an earlier write failed and the store must be reopened to write again.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.shared.is_poisoned()
    }

    /// Begins to read. The view sees what was committed before, and keeps the file from
    /// reusing space until it is dropped, so it should not be kept.
    pub(crate) fn view(&self) -> Result<View<'_>> {
        self.at_home()?;
        let transaction = self.handle.begin_read()?;
        Ok(View::new(Transaction::Read(transaction), &self.shared.keys))
    }

    /// Begins to write, after any other batch has ended. The batch may go to another thread.
    ///
    /// # Errors
    ///
    /// `ReadOnly`, `Poisoned`, `Corrupt`, `Io`.
    pub(crate) fn batch(&self) -> Result<Batch> {
        let database = self.writable()?;
        let transaction = database.begin_write().or_fail("begin to write");
        let mut transaction = transaction.inspect_err(|e| self.shared.note(e))?;
        transaction.set_two_phase_commit(true);
        Batch::new(Arc::clone(&self.shared), transaction)
    }

    /// Closes the file in order, so that the next opening need not repair it. Dropping does
    /// the same, and keeps failures to itself.
    pub(crate) fn close(self) -> Result<()> {
        self.handle.close()
    }

    /// Takes no more writes: memory and file differ. Gives the error to report for a commit
    /// that is durable and could not be published because of `cause`.
    pub(crate) fn distrust(&self, cause: Error) -> Error {
        self.shared.poison();
        let why = "the change is in the file and could not be shown; reopen the store";
        Error::new(ErrorKind::Indeterminate, why).caused_by(cause)
    }
}

#[cfg(test)]
pub(crate) mod tests;
