//! Create, open and close a store.

use std::path::Path;
use std::sync::atomic::AtomicU64;

use super::Store;
use super::commit::Writers;
use super::filling::Filling;
use super::import::Known;
use super::noted::Noted;
use super::observe::Observer;
use super::versions::Versions;
use super::ways::{Counted, Generation, Routes};
use crate::counts::Counts;
use crate::error::{Error, ErrorKind, Result};
use crate::limit::Named;
use crate::mark::Mark;
use crate::options::Options;
use crate::record::Op;
use crate::storage::{Loaded, Numbered, Peppers, Storage, StorageOptions, Unread};

impl Options {
    /// Makes a new store in a file at `path` that must not exist yet, and opens it.
    ///
    /// The file is readable and writable by its owner alone. It appears complete or not at
    /// all, whenever a crash comes.
    ///
    /// # Errors
    ///
    /// `Conflict` if something is at `path`; `Argument` with `read_only` or `min_seq`;
    /// `NotFound` if the directory is missing, `Permission` if it cannot be written; `Full`, `Io`,
    /// `Random`.
    pub fn create(self, path: impl AsRef<Path>) -> Result<Store> {
        let path = path.as_ref();
        if self.read_only {
            let why = format!("{}: cannot be made read-only", path.display());
            return Err(Error::new(ErrorKind::Argument, why));
        }
        if self.min_seq > 0 {
            let why = format!("min_seq {}: a new store begins at 0", self.min_seq);
            return Err(Error::new(ErrorKind::Argument, why));
        }
        Storage::create(path, &self.storage(), &self.random)?.close()?;
        self.open(path)
    }

    /// Opens the store in the file at `path`.
    ///
    /// Every row is read and checked: its MAC, and the digest of the whole set.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no file; `Permission` if the file is a link, not a regular file,
    /// somebody else's, or writable by others; `Locked` if another handle writes; `Foreign`,
    /// `Newer`, `Pepper`, `RolledBack`, `Corrupt`, and `ReadOnly` if it is a backup or has to be
    /// repaired first: the file was not written to; `Io`.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Store> {
        Store::start(self, |settings| Unread::open(path.as_ref(), settings))
    }

    pub(super) fn storage(&self) -> StorageOptions<'_> {
        StorageOptions {
            read_only: self.read_only,
            cache_bytes: self.cache_bytes,
            log_len: self.log_len,
            min_seq: self.min_seq,
            report: self.report.as_ref(),
            peppers: Peppers {
                present: self.pepper.as_ref(),
                previous: self.previous_pepper.as_ref(),
            },
        }
    }
}

impl Store {
    /// Reads the store that `open` opens.
    pub(super) fn start(
        options: Options,
        open: impl for<'o> FnOnce(&'o StorageOptions<'o>) -> Result<Unread<'o>>,
    ) -> Result<Self> {
        let settings = options.storage();
        let unread = open(&settings)?;
        let (current, previous) = unread.match_peppers()?;
        let of = |generation: Numbered<'_>| (generation.number, settings.peppers.place(generation));
        let (current, previous) = (of(current), previous.map(of));
        let mut counted = Counted::new(current.0, previous.map(|(number, _)| number));
        let mut filling = Filling::new(unread.keys());
        let storage = unread.read(&mut |row| {
            if let Loaded::Row(Op::Key(key)) = &row {
                counted.see(key)?;
            }
            filling.take(row)
        })?;
        let (index, realms) = filling.finish()?;
        let state = storage.loaded();
        // Before the first commit there is nothing to hold a reading of the clock against.
        let floor = match state.seq {
            0 => options.clock.now(),
            _ => state.mark,
        };
        index.caught_up(state.seq);
        let mut given = [options.pepper, options.previous_pepper];
        let mut generation = |(number, place): (u8, Option<usize>)| {
            let pepper = place.and_then(|place| given.get_mut(place)?.take());
            Generation::new(number, pepper)
        };
        let generations = (generation(current), previous.map(generation));
        let realm_of = |kind| realms.realm_of(kind);
        let routes = Routes::new(generations, options.import_secrets, counted, realm_of)?;
        storage.take_snapshot();
        let store = Self {
            routes,
            noted: Noted::default(),
            known: Known::default(),
            storage,
            index,
            realms: Versions::new(realms),
            sealing: options.sealing,
            told: Named::new(),
            counts: Counts::new(),
            #[cfg(feature = "tracing")]
            events: crate::events::Changes::default(),
            observer: Observer::new(options.decisions, options.patterns),
            mark: Mark::new(options.clock, floor),
            random: options.random,
            report: options.report,
            writers: Writers::new(),
            flushed: AtomicU64::new(0),
            chunk_max: options.lease_max,
        };
        store.make_ready();
        Ok(store)
    }

    /// Writes what usage was noted, gives leased credits back, and closes the file. Dropping does
    /// the same, and keeps a failure of the write to itself. If the file cannot be closed in
    /// order, nothing is lost: the next opening repairs it.
    ///
    /// # Errors
    ///
    /// Those of a commit.
    pub fn close(self) -> Result<()> {
        self.flush()?;
        self.give_back()
    }

    /// Closes the file without a commit of the store: neither usage that was noted nor leased
    /// credits are written. redb still notes its free pages, unless it panicked itself. For whoever
    /// saw a call panic, after which what memory holds is not to be trusted.
    pub fn abandon(self) {
        self.storage.poison();
    }

    /// How to open a store otherwise than by default.
    #[must_use]
    pub fn options() -> Options {
        Options::new()
    }

    /// Makes a new store at `path`, by default options.
    ///
    /// # Errors
    ///
    /// Those of [`Options::create`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        Self::options().create(path)
    }

    /// Opens the store at `path`, by default options.
    ///
    /// # Errors
    ///
    /// Those of [`Options::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::options().open(path)
    }
}
