//! One transaction that writes: rows, indexes, counts, log and audit trail together.
//!
//! What is written shows in the batch's own [view](Batch::view) at once and to everyone else
//! with the commit. A batch that is dropped leaves nothing behind. One in which a write
//! failed can no longer be committed.

use std::sync::Arc;
use std::time::Duration;

use redb::WriteTransaction;

use super::apply::moved;
use super::contained;
use super::errors::OrFail;
use super::shared::Shared;
use super::state::State;
use super::tables::{AUDIT, KEYS, META, SEALED, STATE, USAGE, key_row};
use super::values;
use super::view::{Transaction, View};
use crate::audit::AuditEntry;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::record::{LogRow, Op};
use crate::time::Timestamp;

/// Why a commit was not acknowledged.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Nothing of the batch is in the file, nor will be.
    Refused(Error),
    /// The batch may be in the file or not. Reopening tells.
    Indeterminate(Error),
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(error) | CommitError::Indeterminate(error) => error,
        }
    }
}

impl From<Error> for CommitError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// A write transaction.
pub(crate) struct Batch {
    pub(super) storage: Arc<Shared>,
    pub(super) transaction: WriteTransaction,
    /// Where the store will stand.
    pub(super) state: State,
    /// The commit's row in the log.
    pub(super) log: LogRow,
    /// Whether the commit gets a seq.
    numbered: bool,
    /// Whether there is anything to commit.
    written: bool,
    /// Whether a write failed half-way.
    broken: bool,
}

impl Batch {
    pub(super) fn new(storage: Arc<Shared>, transaction: WriteTransaction) -> Result<Self> {
        let state = View::new(Transaction::Write(&transaction), &storage.keys).state()?;
        Ok(Self {
            storage,
            transaction,
            state,
            log: LogRow::default(),
            numbered: false,
            written: false,
            broken: false,
        })
    }

    /// The rows as the batch has them now.
    pub(crate) fn view(&self) -> View<'_> {
        View::new(Transaction::Write(&self.transaction), &self.storage.keys)
    }

    /// Writes `op`: its row, the indexes over it, and the log. Numbers of realms, kinds and
    /// owners that are in it will not be given again.
    ///
    /// # Errors
    ///
    /// `Argument` if a text is over its limit: nothing was written then. After `Corrupt`,
    /// `Full` or `Io` the batch can only be dropped.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<()> {
        self.log.push(op)?;
        self.attempt(|batch| {
            batch.numbered = true;
            match op {
                Op::Key(key) => batch.put_key(key),
                Op::Forget(key_id, _) => batch.forget(*key_id),
                Op::Owner(owner) => batch.put_owner(owner),
                Op::Realm(realm) => batch.put_realm(realm),
            }
        })
    }

    /// Keeps `copy` as the sealed copy of the token of `key_id`, or none.
    pub(crate) fn seal(&mut self, key_id: KeyId, copy: Option<&[u8]>) -> Result<()> {
        self.attempt(|batch| {
            batch.numbered = true;
            let row = key_row(key_id);
            let old = match copy {
                Some(copy) => batch.put(SEALED, &row, values::put_sealed(copy))?,
                None => batch.take(SEALED, &row)?,
            };
            let count = &mut batch.state.counts.sealed;
            *count = moved(*count, old.is_some(), copy.is_some());
            Ok(())
        })
    }

    /// Puts `entry` at the end of the audit trail, under the next number and this commit's
    /// seq, which it is given.
    pub(crate) fn audit(&mut self, entry: &mut AuditEntry) -> Result<()> {
        self.attempt(|batch| {
            batch.numbered = true;
            entry.number = batch.state.entries.saturating_add(1);
            entry.seq = batch.state.seq.saturating_add(1);
            let (row, head) = entry.encode(batch.storage.keys.audit(), &batch.state.head)?;
            batch
                .raw(AUDIT)?
                .insert(&entry.number.to_be_bytes(), row.as_slice())
                .or_fail("write audit")?;
            (batch.state.entries, batch.state.head) = (entry.number, head);
            Ok(())
        })
    }

    /// Keeps `at` as the last use of `key_id`, if there is such a key. Takes neither seq nor
    /// log entry.
    pub(crate) fn use_key(&mut self, key_id: KeyId, at: Timestamp) -> Result<()> {
        self.attempt(|batch| {
            let row = key_row(key_id);
            if batch.view().value(KEYS, &row)?.is_none() {
                return Ok(());
            }
            let old = batch.put(USAGE, &row, values::put_last_used(at))?;
            let count = &mut batch.state.counts.usage;
            *count = moved(*count, old.is_some(), true);
            Ok(())
        })
    }

    /// Sets the durable time mark. Takes no seq by itself.
    pub(crate) fn set_mark(&mut self, mark: Timestamp) {
        self.written |= self.state.mark != mark;
        self.state.mark = mark;
    }

    /// Commits, and gives the seq of the last commit that has one: this one's, unless the
    /// batch wrote nothing but uses or the mark. `uptime` is that of the store's clock.
    ///
    /// # Errors
    ///
    /// [`CommitError`] says whether it is known that nothing was committed. Known or not, after
    /// `Io` and `Full` the store refuses further batches until it is reopened.
    pub(crate) fn commit(mut self, uptime: Duration) -> Result<u64, CommitError> {
        if self.broken {
            let why = "an earlier write of the batch failed";
            return Err(Error::new(ErrorKind::Internal, why).into());
        }
        if !self.written {
            return Ok(self.state.seq);
        }
        self.attempt(Self::put_state)?;
        self.storage.commit(self.transaction, uptime)?;
        Ok(self.state.seq)
    }

    fn put_state(&mut self) -> Result<()> {
        if self.numbered {
            self.put_log()?;
        }
        self.state.commit = self.state.commit.saturating_add(1);
        let state = self.state.encode(&self.storage.keys);
        self.raw(META)?.insert(STATE, state.as_slice()).or_fail("write meta")?;
        Ok(())
    }

    /// Runs one write; if it fails, the batch cannot be committed. Opening does not read every
    /// page of an index, so a forged one may be met here.
    fn attempt(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.written = true;
        let result = contained("write to the file", || write(self));
        self.broken |= result.is_err();
        result.inspect_err(|e| self.storage.note(e))
    }
}
