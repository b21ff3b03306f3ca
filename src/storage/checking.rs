//! redb's opening of a file for writing, on a thread of its own.
//!
//! redb reads every page, twice, and compares checksums. The store checks the MACs of rows, which
//! takes as long and needs nothing of that: so it does so meanwhile, in a reader
//! [beside](Door::beside) redb. What the reader gave out counts for nothing until redb has opened
//! the file and stands where the reader stood. The thread ends before the opening does. Where no
//! thread is to be had, one comes after the other.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use redb::StorageBackend;

use super::backend::{Door, Gate};
use super::contained;
use super::errors::from_io;
use super::handle::Handle;
use crate::error::{Error, ErrorKind, Result};
use crate::process::Listed;
use crate::progress::{Report, Step, Tally};

/// What the thread is called.
pub(super) const THREAD: &str = "keycask check";

/// A file that redb opens for writing. What redb writes is held back.
pub(super) struct Checking {
    gate: Arc<dyn Gate>,
    len: u64,
    there: There,
}

enum There {
    Running(JoinHandle<Result<Handle>>),
    Ended(Result<Handle>),
    /// It was given away.
    Gone,
}

impl Checking {
    /// Begins, and gives a reader beside it.
    ///
    /// # Errors
    ///
    /// What redb refuses the file for before it reads pages; `Corrupt` if the file cannot be read.
    pub(super) fn start(
        backend: impl StorageBackend,
        listed: Option<Listed>,
        cache_bytes: usize,
        doing: &str,
    ) -> Result<(Self, Handle)> {
        let opened = backend.len().and_then(|len| Ok((len, Door::new(backend, listed, true)?)));
        let (len, door) = opened.map_err(|e| from_io(doing, e))?;
        let (gate, ended) = (door.gate(), door.gate());
        let (first, named) = (door.again(), doing.to_owned());
        let check = move || {
            let opened = contained(&named, || Handle::write(first, cache_bytes, &named));
            ended.end();
            opened
        };
        let thread = Builder::new().name(THREAD.to_owned()).spawn(check);
        let there = match thread {
            Ok(thread) if gate.wait_until_begun() => There::Running(thread),
            Ok(thread) => There::Ended(Ok(joined(thread)?)),
            Err(_) => There::Ended(Ok(contained(doing, || {
                Handle::write(door.again(), cache_bytes, doing)
            })?)),
        };
        let checking = Self { gate, len, there };
        // Each page is read once: none needs to be kept.
        match contained(doing, || Handle::read(door.beside(), 0, doing)) {
            Ok(reader) => Ok((checking, reader)),
            Err(error) => Err(checking.failed(error)),
        }
    }

    /// The store's hand on the door to the file.
    pub(super) fn gate(&self) -> Arc<dyn Gate> {
        Arc::clone(&self.gate)
    }

    /// Waits for redb, and gives the file, open for writing.
    pub(super) fn end(mut self, report: Option<&Report>) -> Result<Handle> {
        self.gate.count(Some(Tally::new(report, Step::Read, self.len)));
        let ended = self.wait();
        self.gate.count(None);
        ended
    }

    /// Waits for redb, and gives the error to report for a file whose reader met `error`: what
    /// redb says of it, if it does, for a reader meets damage as something else.
    pub(super) fn failed(mut self, error: Error) -> Error {
        match self.wait() {
            Ok(_) => error,
            Err(checked) => checked,
        }
    }

    fn wait(&mut self) -> Result<Handle> {
        match std::mem::replace(&mut self.there, There::Gone) {
            There::Running(thread) => joined(thread),
            There::Ended(ended) => ended,
            There::Gone => Err(Error::new(ErrorKind::Internal, "the file was opened already")),
        }
    }
}

impl Drop for Checking {
    fn drop(&mut self) {
        // An opening that failed takes the other thread along, and the locks of the file.
        let _ = self.wait();
    }
}

fn joined(thread: JoinHandle<Result<Handle>>) -> Result<Handle> {
    let panicked = |_| Error::new(ErrorKind::Internal, "the check of the file panicked");
    thread.join().unwrap_or_else(|panic| Err(panicked(panic)))
}
