//! redb's handle of a file, with the settings that a store is safe with.
//!
//! `SingleWriter` lets other processes read beside this one, and makes every commit one of
//! two phases. The check on opening reads every page: redb trusts what it reads later.

use redb::{
    Builder, ConcurrencyMode, Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase,
    StorageBackend, WriteTransaction,
};

use super::StorageOptions;
use super::errors::OrFail;
use crate::error::{Error, ErrorKind, Result};

/// An open redb database.
pub(super) enum Handle {
    Write(Database),
    Read(ReadOnlyDatabase),
}

impl Handle {
    pub(super) fn open(
        backend: impl StorageBackend,
        options: &StorageOptions<'_>,
        doing: &str,
    ) -> Result<Self> {
        let mut builder = Builder::new();
        builder
            .set_cache_size(options.cache_bytes)
            .set_concurrency_mode(ConcurrencyMode::SingleWriter)
            .set_check_integrity_on_open(true);
        Ok(if options.read_only {
            Self::Read(builder.open_read_only_with_backend(backend).or_fail(doing)?)
        } else {
            Self::Write(builder.create_with_backend(backend).or_fail(doing)?)
        })
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
        match self {
            Self::Write(database) => database.close(),
            Self::Read(database) => database.close(),
        }
        .or_fail("close the store")
    }
}
