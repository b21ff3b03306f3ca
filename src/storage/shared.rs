//! What an open file and its batches share: the keys of its MACs, the door, and whether it
//! still takes writes.
//!
//! A batch holds this and its transaction, not the [`Storage`](super::Storage), so that it can
//! be handed from one thread to another.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redb::WriteTransaction;

use super::backend::Gate;
use super::batch::CommitError;
use super::errors::OrFail;
use super::mac::MacKeys;
use crate::error::{Error, ErrorKind, Result};

/// The first commit after this much uptime also writes what a quick repair needs, so that an
/// opening after a crash does not search the whole file for free pages. It costs such a
/// commit some 130 KB for each GB of file.
const QUICK_REPAIR_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Shared {
    pub(super) gate: Arc<dyn Gate>,
    pub(super) keys: MacKeys,
    pub(super) log_len: u64,
    /// The seq of the oldest row of the log and how many ops it counts for, once that was read:
    /// the row of a commit of many keys is long. It is that of an earlier commit, and so as it
    /// is whatever becomes of the batch that read it.
    oldest: Mutex<Option<(u64, u64)>>,
    /// Set by the first write that failed, for good.
    poisoned: AtomicBool,
    /// Uptime in milliseconds of the last commit with a quick repair. Relaxed: commits come
    /// one after another, ordered by redb's write lock.
    repaired: AtomicU64,
}

impl Shared {
    pub(super) fn new(gate: Arc<dyn Gate>, keys: MacKeys, log_len: u64) -> Self {
        let (poisoned, repaired) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { gate, keys, log_len, oldest: Mutex::new(None), poisoned, repaired }
    }

    /// What is known of the oldest row of the log.
    pub(super) fn oldest(&self) -> MutexGuard<'_, Option<(u64, u64)>> {
        self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the transaction durable.
    pub(super) fn commit(
        &self,
        mut transaction: WriteTransaction,
        uptime: Duration,
    ) -> Result<(), CommitError> {
        let now = u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX);
        let since = now.saturating_sub(self.repaired.load(Ordering::Relaxed));
        let quick_repair = Duration::from_millis(since) >= QUICK_REPAIR_EVERY;
        transaction.set_quick_repair(quick_repair);
        let flips = self.gate.flips();
        let Err(error) = transaction.commit().or_fail("commit") else {
            if quick_repair {
                self.repaired.store(now, Ordering::Relaxed);
            }
            return Ok(());
        };
        self.poison();
        if self.gate.flips() == flips {
            return Err(CommitError::Refused(error));
        }
        let why = "the commit failed at its last step: it may be in the file or not";
        let error = Error::new(ErrorKind::Indeterminate, why).caused_by(error);
        Err(CommitError::Indeterminate(error))
    }

    /// Takes notice of an error after which redb writes no more.
    pub(super) fn note(&self, error: &Error) {
        if matches!(error.kind(), ErrorKind::Io | ErrorKind::Full | ErrorKind::Poisoned) {
            self.poison();
        }
    }

    /// Takes no more writes until the file is opened anew.
    pub(super) fn poison(&self) {
        // Release pairs with the acquire in `is_poisoned`.
        self.poisoned.store(true, Ordering::Release);
    }

    pub(super) fn is_poisoned(&self) -> bool {
        // Acquire pairs with the release in `poison`.
        self.poisoned.load(Ordering::Acquire)
    }

    /// What to say to a write that comes after the one that failed.
    pub(super) fn poisoned(&self) -> Error {
        let why = "an earlier write failed; reopen the store to write again";
        match self.gate.failure() {
            Some(failure) => Error::new(ErrorKind::Poisoned, why).caused_by(failure),
            None => Error::new(ErrorKind::Poisoned, why),
        }
    }
}
