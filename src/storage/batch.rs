//! One transaction that writes: rows, indexes, counts, log and audit trail together.
//!
//! What is written shows in the batch's own [view](Batch::view) at once and to everyone else
//! with the commit. A batch that is dropped leaves nothing behind. One in which a write
//! failed can no longer be committed.

use std::cell::RefCell;
use std::sync::Arc;

use redb::WriteTransaction;

use super::contained::{Contained, contained_or};
use super::errors::OrFail;
use super::known::Known;
use super::shared::Shared;
use super::state::{Role, State};
use super::tables::{KEYS, META, STATE, key_row};
use super::view::{Transaction, View};
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
    pub(super) transaction: Contained<WriteTransaction>,
    /// Where the store will stand.
    pub(super) state: State,
    /// The commit's row in the log.
    pub(super) log: LogRow,
    pub(super) known: RefCell<Known>,
    /// Rows of the audit trail that are written with the state row, without which nobody reads
    /// them.
    pub(super) trail: Vec<(u64, Vec<u8>)>,
    /// Whether the commit gets a seq.
    numbered: bool,
    /// Whether there is anything to commit.
    pub(super) written: bool,
    /// Whether a write failed half-way.
    broken: bool,
}

impl Batch {
    pub(super) fn new(storage: Arc<Shared>, transaction: WriteTransaction) -> Result<Self> {
        let state = View::new(Transaction::Write(&transaction), &storage.keys).state()?;
        Ok(Self {
            storage,
            transaction: Contained::new(transaction),
            state,
            log: LogRow::default(),
            known: RefCell::default(),
            trail: Vec::new(),
            numbered: false,
            written: false,
            broken: false,
        })
    }

    /// The rows as the batch has them now.
    pub(crate) fn view(&self) -> View<'_> {
        let view = View::new(Transaction::Write(&self.transaction), &self.storage.keys);
        view.knowing(&self.known, self.state.next_owner)
    }

    /// Writes each of `ops`: its row, the indexes over it, and the log. Numbers of realms,
    /// kinds and owners that are in it will not be given again.
    ///
    /// # Errors
    ///
    /// `Argument` if a text is over its limit: nothing was written then. After `Corrupt`,
    /// `Full` or `Io` the batch can only be dropped.
    pub(crate) fn apply(&mut self, ops: &[Op]) -> Result<()> {
        if ops.is_empty() {
            return Ok(());
        }
        self.log.push(ops)?;
        self.attempt_numbered(|batch| {
            for run in ops.chunk_by(|one, next| one.key().and(next.key()).is_some()) {
                match run {
                    [Op::Forget(key_id, _)] => batch.forget(*key_id)?,
                    [Op::Owner(owner)] => batch.put_owner(owner)?,
                    [Op::Realm(realm)] => batch.put_realm(realm)?,
                    keys => batch.put_keys(keys.iter().filter_map(Op::key))?,
                }
            }
            Ok(())
        })
    }

    /// Keeps `copy` as the sealed copy of the token of `key_id`, or none.
    pub(crate) fn seal(&mut self, key_id: KeyId, copy: Option<&[u8]>) -> Result<()> {
        self.attempt_numbered(|batch| batch.put_sealed(key_id, copy))
    }

    /// Keeps `at` as the last use of `key_id`, if there is such a key. Takes neither seq nor
    /// log entry.
    pub(crate) fn use_key(&mut self, key_id: KeyId, at: Timestamp) -> Result<()> {
        self.attempt(|batch| {
            let row = key_row(key_id);
            if batch.view().value(KEYS, &row)?.is_none() {
                return Ok(());
            }
            batch.put_used(key_id, at)
        })
    }

    /// Makes a store that was restored one in use.
    pub(crate) fn confirm(&mut self) {
        (self.written, self.numbered) = (true, true);
        self.state.role = Role::Live;
    }

    /// Sets the durable time mark. Takes no seq by itself.
    pub(crate) fn set_mark(&mut self, mark: Timestamp) {
        self.written |= self.state.mark != mark;
        self.state.mark = mark;
    }

    /// Commits, and gives the seq of the last commit that has one: this one's, unless the
    /// batch wrote nothing but uses or the mark.
    ///
    /// # Errors
    ///
    /// [`CommitError`] says whether it is known that nothing was committed. Known or not, after
    /// `Io` and `Full` the store refuses further batches until it is reopened.
    pub(crate) fn commit(mut self) -> Result<u64, CommitError> {
        if self.broken {
            let why = "an earlier write of the batch failed";
            return Err(Error::new(ErrorKind::Internal, why).into());
        }
        if !self.written {
            return Ok(self.state.seq);
        }
        self.attempt(Self::put_state)?;
        self.storage.commit(self.transaction)?;
        Ok(self.state.seq)
    }

    fn put_state(&mut self) -> Result<()> {
        self.write_trail()?;
        if self.numbered {
            self.put_log()?;
        }
        self.state.commit = self.state.commit.saturating_add(1);
        let state = self.state.encode(&self.storage.keys);
        self.raw(META)?.insert(STATE, state.as_slice()).or_fail("write meta")?;
        Ok(())
    }

    /// Runs one write of a commit that gets a seq.
    pub(super) fn attempt_numbered(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.numbered = true;
        self.attempt(write)
    }

    /// Runs one write; if it fails, the batch cannot be committed. Opening does not read every
    /// page of an index, so a forged one may be met here.
    pub(super) fn attempt(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.written = true;
        let storage = Arc::clone(&self.storage);
        // Of what it panicked in, redb has locks that it uses for other transactions, too.
        let panicked = || storage.poison();
        let result = contained_or("write to the file", || write(self), panicked);
        self.broken |= result.is_err();
        result.inspect_err(|e| self.storage.note(e))
    }
}
