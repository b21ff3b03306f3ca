//! Create, open and close a store.

use std::path::Path;

use super::Store;
use crate::error::Result;
use crate::options::Options;

impl Options {
    /// Makes a new store in a file at `path` that must not exist yet, and opens it.
    ///
    /// The file is readable and writable by its owner alone. It appears complete or not at
    /// all, whenever a crash comes.
    ///
    /// # Errors
    ///
    /// `Conflict` if something is at `path`; `Argument` with `read_only`; `Permission` if the
    /// directory is missing or cannot be written; `Full`, `Io`, `Random`.
    pub fn create(self, path: impl AsRef<Path>) -> Result<Store> {
        Store::build(self, path.as_ref(), true)
    }

    /// Opens the store in the file at `path`.
    ///
    /// Every row is read and checked: its MAC, and the digest of the whole set.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no file; `Permission` if the file is a link, not a regular file,
    /// somebody else's, or writable by others; `Locked` if another handle writes; `Foreign`,
    /// `Newer`, `Pepper`, `Corrupt`: the file was not written to; `Io`.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Store> {
        Store::build(self, path.as_ref(), false)
    }
}

impl Store {
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
