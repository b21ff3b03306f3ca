//! What an open file and its batches share: the keys of its MACs, the door, and whether it
//! still takes writes.
//!
//! A batch holds this and its transaction, not the [`Storage`](super::Storage), so that it can
//! be handed from one thread to another.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::WriteTransaction;

use super::backend::Gate;
use super::batch::CommitError;
use super::contained::Contained;
use super::errors::OrFail;
use super::mac::MacKeys;
use crate::error::{Error, ErrorKind, Result};

pub(super) struct Shared {
    /// Of the file that is written to: another once it was rewritten. Locked for a moment only.
    gate: RwLock<Arc<dyn Gate>>,
    pub(super) keys: Arc<MacKeys>,
    pub(super) log_len: u64,
    /// The seq of the oldest row of the log and how many ops it counts for, once that was read:
    /// the row of a commit of many keys is long. It is that of an earlier commit, and so as it
    /// is whatever becomes of the batch that read it.
    oldest: Mutex<Option<(u64, u64)>>,
    /// Set by the first write that failed, for good.
    poisoned: AtomicBool,
}

impl Shared {
    pub(super) fn new(gate: Arc<dyn Gate>, keys: Arc<MacKeys>, log_len: u64) -> Self {
        let (gate, oldest) = (RwLock::new(gate), Mutex::new(None));
        Self { gate, keys, log_len, oldest, poisoned: AtomicBool::new(false) }
    }

    /// The hand on the door of the file that is written to.
    pub(super) fn gate(&self) -> Arc<dyn Gate> {
        Arc::clone(&self.gate.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes go to another file from now on.
    pub(super) fn change_gate(&self, gate: Arc<dyn Gate>) {
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// What is known of the oldest row of the log.
    pub(super) fn oldest(&self) -> MutexGuard<'_, Option<(u64, u64)>> {
        self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the transaction durable. It does not write what redb calls a quick repair: an
    /// opening that checks the pages of a file reads its free pages from them, never from that.
    pub(super) fn commit(
        &self,
        transaction: Contained<WriteTransaction>,
    ) -> Result<(), CommitError> {
        let gate = self.gate();
        let flips = gate.flips();
        let doing = "commit";
        let Err(error) = transaction.end(doing, |open| open.commit().or_fail(doing)) else {
            return Ok(());
        };
        self.poison();
        if gate.flips() == flips {
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
        match self.gate().failure() {
            Some(failure) => Error::new(ErrorKind::Poisoned, why).caused_by(failure),
            None => Error::new(ErrorKind::Poisoned, why),
        }
    }
}
