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
mod backup;
mod balances;
mod batch;
mod checking;
mod contained;
mod copy;
mod errors;
mod file;
mod handle;
mod header;
mod held;
mod known;
mod log;
mod mac;
mod opened;
mod operations;
mod pepper;
#[cfg(any(test, fuzzing))]
pub(crate) mod reread;
mod restore;
mod rewrite;
mod rows;
mod scan;
mod set;
mod shared;
mod snapshot;
mod state;
mod tables;
mod trail;
mod unread;
mod values;
mod view;
mod window;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use redb::StorageBackend;
use redb::backends::FileBackend;

use self::backend::Gate;
use self::errors::{OrFail, naming};
use self::file::{FileId, Place};
use self::handle::Handle;
use self::header::Header;
use self::mac::MacKeys;
use self::shared::Shared;
use self::snapshot::Snapshot;
use crate::digest::{Pepper, Tracer};
use crate::error::{Error, ErrorKind, Result};
use crate::process::Home;
#[cfg(test)]
use crate::process::Listed;
use crate::progress::Report;
use crate::random::Random;

pub(crate) use self::batch::{Batch, CommitError};
pub(crate) use self::contained::contained;
pub(crate) use self::header::{Numbered, Peppers, StoreId};
pub(crate) use self::pepper::NewHeader;
pub(crate) use self::scan::Loaded;
pub(crate) use self::state::{Role, State};
pub(crate) use self::unread::Unread;
pub(crate) use self::view::{Change, Changes, View};

/// redb's page cache if nothing else is asked for. Nothing that decides about a token is
/// read through it.
pub(crate) const CACHE_BYTES: usize = 32 << 20;

/// How many ops the log keeps at least if nothing else is asked for.
pub(crate) const LOG_LEN: u64 = 100_000;

/// How a file is opened.
pub(crate) struct StorageOptions<'a> {
    /// The peppers of the store, if it has any; a new one is made with the present.
    pub(crate) peppers: Peppers<'a>,
    /// Never write. A file that was not closed in order, and is not open for writing
    /// elsewhere, is then refused.
    pub(crate) read_only: bool,
    pub(crate) cache_bytes: usize,
    /// How many ops, in whole commits, the log keeps at least.
    pub(crate) log_len: u64,
    /// The seq that the store is known to have reached.
    pub(crate) min_seq: u64,
    /// Who is told of progress.
    pub(crate) report: Option<&'a Report>,
}

impl<'a> StorageOptions<'a> {
    /// The defaults, with `pepper`.
    pub(crate) fn new(pepper: Option<&'a Pepper>) -> Self {
        let (read_only, cache_bytes, log_len) = (false, CACHE_BYTES, LOG_LEN);
        let peppers = Peppers { present: pepper, previous: None };
        Self { peppers, read_only, cache_bytes, log_len, min_seq: 0, report: None }
    }

    /// Refuses a store that stands where it should not.
    fn admit(&self, state: &State) -> Result<()> {
        if state.seq < self.min_seq {
            let why = format!(
                "it ends at seq {}, and the store is known to have reached seq {}: \
                 this is an older copy",
                state.seq, self.min_seq
            );
            return Err(Error::new(ErrorKind::RolledBack, why));
        }
        if state.role == Role::Backup && !self.read_only {
            let why = "it is a backup: restore it to a new file, or open it for reading alone";
            return Err(Error::new(ErrorKind::ReadOnly, why));
        }
        Ok(())
    }
}

/// The file that an open store is in now.
struct Current {
    handle: Handle,
    /// Which file it is, once that is known; none for one without a name.
    file: OnceLock<FileId>,
}

/// One open file.
pub(crate) struct Storage {
    /// Ends before the file is closed, as does what reads it.
    snapshot: Snapshot,
    /// Another once the file was rewritten. Locked for a moment only.
    current: RwLock<Arc<Current>>,
    /// Where the file is; none for one without a name.
    place: Option<Place>,
    cache_bytes: usize,
    home: Home,
    /// Another once the pepper was rotated or retired. Locked for a moment only.
    header: RwLock<Header>,
    shared: Arc<Shared>,
    /// Where the store stood with the rows that opening gave out.
    loaded: State,
    /// Whether the store was restored and nobody has confirmed it. Relaxed: it goes with a
    /// commit, once, and who sees it late is refused once more.
    unconfirmed: AtomicBool,
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
        let place = Place::of(path)?;
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
        each: &mut dyn FnMut(Loaded) -> Result<()>,
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
        each: &mut dyn FnMut(Loaded) -> Result<()>,
    ) -> Result<Self> {
        Unread::attach(backend, listed, options, doing)?.read(each)
    }

    fn over(handle: Handle, header: Header, shared: Shared, cache_bytes: usize) -> Self {
        Self {
            snapshot: Snapshot::default(),
            current: RwLock::new(Arc::new(Current { handle, file: OnceLock::new() })),
            place: None,
            cache_bytes,
            home: Home::here(),
            header: RwLock::new(header),
            shared: Arc::new(shared),
            loaded: State::new(),
            unconfirmed: AtomicBool::new(false),
        }
    }

    /// Makes the empty `backend` a store.
    pub(crate) fn format(
        backend: impl StorageBackend,
        options: &StorageOptions<'_>,
        random: &Random,
        doing: &str,
    ) -> Result<()> {
        let (header, keys) = Header::new(options.peppers.present, random)?;
        Self::lay_out(backend, header, Arc::new(keys), options, doing)?.close()
    }

    /// Makes the empty `backend` a store with this header, and keeps it open.
    fn lay_out(
        backend: impl StorageBackend,
        header: Header,
        keys: Arc<MacKeys>,
        options: &StorageOptions<'_>,
        doing: &str,
    ) -> Result<Self> {
        let (handle, gate) = Handle::open(backend, None, false, options, doing)?;
        let shared = Shared::new(gate, keys, options.log_len);
        let storage = Self::over(handle, header, shared, options.cache_bytes);
        let mut transaction = storage.current().handle.begin_write()?;
        transaction.set_two_phase_commit(true);
        let keys = &storage.shared.keys;
        tables::make(&transaction, &storage.header().encode(keys), &State::new().encode(keys))?;
        transaction.commit().or_fail(doing)?;
        Ok(storage)
    }

    /// Where the store stood with the rows that opening gave out.
    pub(crate) fn loaded(&self) -> &State {
        &self.loaded
    }

    /// Names the store: a copy of the file has the same id, a restored store another.
    pub(crate) fn id(&self) -> StoreId {
        self.header().store
    }

    /// Names the store that this one was first made as, which sealed copies are bound to: its
    /// own id, unless it was restored.
    pub(crate) fn origin(&self) -> StoreId {
        self.header().origin
    }

    /// What knows imported keys again, also after the pepper was rotated and the store restored.
    pub(crate) fn tracer(&self) -> &Tracer {
        self.shared.keys.tracer()
    }

    /// Whether the store has a pepper: without one its MACs find damage but no forgery.
    pub(crate) fn is_peppered(&self) -> bool {
        self.header().is_peppered()
    }

    /// Whether the store was opened for reading alone.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self.current().handle, Handle::Read(_))
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
    pub(crate) fn writable(&self) -> Result<()> {
        self.at_home()?;
        if self.is_read_only() {
            let why = "the store was opened read-only";
            return Err(Error::new(ErrorKind::ReadOnly, why));
        }
        if self.is_poisoned() { Err(self.shared.poisoned()) } else { Ok(()) }
    }

    fn header(&self) -> Header {
        self.header.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on in `handle`, which is open for writing, and closes the reader before it.
    fn write_to(&mut self, handle: Handle) {
        let current = Arc::new(Current { handle, file: OnceLock::new() });
        *self.current.get_mut().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// Takes notice of where the store stands with the rows that opening gives out.
    fn stand(&mut self, loaded: State) {
        self.unconfirmed = AtomicBool::new(loaded.role == Role::Restored);
        self.loaded = loaded;
    }

    /// Says where the file is that was opened.
    fn name(&mut self, place: Place, file: FileId) {
        self.place = Some(place);
        self.current().file.get_or_init(|| file);
    }

    /// Goes on with another file. What reads the old one goes on reading it.
    fn change(&self, new: Current, gate: Arc<dyn Gate>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        self.shared.change_gate(gate);
        *current = Arc::new(new);
        drop(current);
        self.take_snapshot();
    }

    /// Whether the store's name has another file by now than the one that is open.
    ///
    /// # Errors
    ///
    /// `NotFound` if it has none; `Io`.
    pub(crate) fn is_replaced(&self) -> Result<bool> {
        let Some(place) = &self.place else { return Ok(false) };
        match place.still(self.current().file.get().copied()) {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Refuses a store that was restored until that is [confirmed](Batch::confirm).
    ///
    /// # Errors
    ///
    /// `Unconfirmed`.
    pub(crate) fn confirmed(&self) -> Result<()> {
        if self.is_unconfirmed() {
            let why = "the store was restored from a backup: confirm that to change anything";
            return Err(Error::new(ErrorKind::Unconfirmed, why));
        }
        Ok(())
    }

    /// Whether the store was restored and nobody has confirmed it.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        self.unconfirmed.load(Ordering::Relaxed)
    }

    /// Takes notice of a durable confirmation.
    pub(crate) fn note_confirmed(&self) {
        self.unconfirmed.store(false, Ordering::Relaxed);
    }

    /// Whether an earlier write failed and the store must be reopened to write again.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.shared.is_poisoned()
    }

    /// Takes no more writes until the file is opened anew.
    pub(crate) fn poison(&self) {
        self.shared.poison();
    }

    /// Begins to read. The view sees what was committed before, and keeps the file from
    /// reusing space until it is dropped, so it should not be kept.
    pub(crate) fn view(&self) -> Result<View<'_>> {
        self.at_home()?;
        View::of(self.current(), &self.shared.keys)
    }

    /// Begins to write, after any other batch has ended. The batch may go to another thread.
    ///
    /// # Errors
    ///
    /// `ReadOnly`, `Poisoned`, `Corrupt`, `Io`.
    pub(crate) fn batch(&self) -> Result<Batch> {
        self.writable()?;
        let transaction = self.current().handle.begin_write();
        let mut transaction = transaction.inspect_err(|e| self.shared.note(e))?;
        transaction.set_two_phase_commit(true);
        Batch::new(Arc::clone(&self.shared), transaction)
    }

    /// Closes the file in order, so that the next opening need not repair it. Dropping does
    /// the same, and keeps failures to itself.
    pub(crate) fn close(self) -> Result<()> {
        self.snapshot.set(None);
        let current = self.current.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Nobody holds it for longer than a call.
        Arc::into_inner(current).map_or(Ok(()), |current| current.handle.close())
    }

    /// Takes no more writes: memory and file differ. Gives the error to report for it, which says
    /// how they do and is because of `cause`.
    pub(crate) fn distrust(&self, how: &str, cause: Error) -> Error {
        self.poison();
        Error::new(ErrorKind::Indeterminate, format!("{how}; reopen the store")).caused_by(cause)
    }
}

#[cfg(test)]
pub(crate) mod tests;
