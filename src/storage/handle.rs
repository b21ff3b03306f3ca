//! redb's handle of a file, with the settings that a store is safe with.
//!
//! `SingleWriter` lets other processes read beside this one, and makes every commit one of
//! two phases. The check on opening reads every page: redb trusts what it reads later.

use std::sync::Arc;

use redb::{
    Builder, ConcurrencyMode, Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase,
    StorageBackend, WriteTransaction,
};

use super::StorageOptions;
use super::backend::{Door, Gate};
use super::contained::Contained;
use super::errors::{OrFail, from_io};
use crate::error::{Error, ErrorKind, Result};
use crate::process::Listed;
use crate::progress::{Step, Tally};

/// An open redb database.
pub(super) enum Handle {
    Write(Contained<Database>),
    Read(Contained<ReadOnlyDatabase>),
}

impl Handle {
    /// Opens redb over `backend`, whose descriptor may be listed, and gives the store's hand on
    /// the door between them. If `hold`, writes are held back at first.
    pub(super) fn open(
        backend: impl StorageBackend,
        listed: Option<Listed>,
        hold: bool,
        options: &StorageOptions<'_>,
        doing: &str,
    ) -> Result<(Self, Arc<dyn Gate>)> {
        let opened = backend.len().and_then(|len| Ok((len, Door::new(backend, listed, hold)?)));
        let (len, door) = opened.map_err(|e| from_io(doing, e))?;
        let gate = door.gate();
        if hold && options.report.is_some() {
            gate.count(Some(Tally::new(options.report, Step::Read, len)));
        }
        let handle = match options.read_only {
            true => Self::read(door, options.cache_bytes, doing)?,
            false => Self::write(door, options.cache_bytes, doing)?,
        };
        gate.count(None);
        Ok((handle, gate))
    }

    /// Opens `backend` for writing, once each of its pages was checked.
    pub(super) fn write(
        backend: impl StorageBackend,
        cache_bytes: usize,
        doing: &str,
    ) -> Result<Self> {
        let opened = builder(cache_bytes).create_with_backend(backend);
        Ok(Self::Write(Contained::new(opened.or_fail(doing)?)))
    }

    /// Opens `backend` for reading alone. No page of it is checked.
    pub(super) fn read(
        backend: impl StorageBackend,
        cache_bytes: usize,
        doing: &str,
    ) -> Result<Self> {
        let opened = builder(cache_bytes).open_read_only_with_backend(backend);
        Ok(Self::Read(Contained::new(opened.or_fail(doing)?)))
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction> {
        match self {
            Self::Write(database) => database.begin_read(),
            Self::Read(database) => database.begin_read(),
        }
        .or_fail("begin to read")
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction> {
        match self {
            Self::Write(database) => database.begin_write().or_fail("begin to write"),
            Self::Read(_) => Err(Error::new(ErrorKind::ReadOnly, "the store was opened read-only")),
        }
    }

    pub(super) fn close(self) -> Result<()> {
        let doing = "close the store";
        match self {
            Self::Write(database) => database.end(doing, |open| open.close().or_fail(doing)),
            Self::Read(database) => database.end(doing, |open| open.close().or_fail(doing)),
        }
    }
}

fn builder(cache_bytes: usize) -> Builder {
    let mut builder = Builder::new();
    builder
        .set_cache_size(cache_bytes)
        .set_concurrency_mode(ConcurrencyMode::SingleWriter)
        .set_check_integrity_on_open(true);
    builder
}
