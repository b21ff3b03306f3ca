//! Operations that callers name: what was done under an id is not done again.
//!
//! A journey that writes begins with [`Asked`]: who asks, and what. In its transaction it looks
//! for the operation first; if that is done, it reports what was done. Otherwise its draft
//! notes the operation, so that the change and the row that tells of it are in one commit.

use serde_json::Value;

use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::record::{Done, OperationRecord, RequestDigest};
use crate::storage::View;
use crate::text;
use crate::time::Timestamp;

/// An operation that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its id, as the caller named it.
    pub id: String,
    /// The commit that it was done with. The entries of the audit trail that have this seq and
    /// this operation say what it changed; there are none if there was nothing to change.
    pub seq: u64,
    /// When it was done.
    pub at: Timestamp,
    /// The key that it made or changed, if it was about one alone.
    pub key: Option<KeyId>,
}

/// What one call asks for, and as whom.
pub(super) struct Asked {
    by: Actor,
    /// Of the request, if the call has an operation.
    request: Option<RequestDigest>,
}

impl Asked {
    /// What `by` asks of `journey`; `what` tells this request from others of the journey.
    ///
    /// # Errors
    ///
    /// `Argument` if a text of the actor is out of its limits.
    pub(super) fn new(by: &Actor, journey: &str, what: impl FnOnce() -> Value) -> Result<Self> {
        by.check()?;
        let request = |_| OperationRecord::digest(journey, by.name(), trail::facts(what()));
        Ok(Self { by: by.clone(), request: by.operation_id().map(request) })
    }

    /// Who asks.
    pub(super) fn by(&self) -> &Actor {
        &self.by
    }

    /// The operation's id and request.
    fn operation(&self) -> Option<(&str, RequestDigest)> {
        self.by.operation_id().zip(self.request)
    }

    /// What was done, if the operation was done before.
    ///
    /// # Errors
    ///
    /// `Conflict` if that was another request.
    pub(super) fn done(&self, view: &View<'_>) -> Result<Option<OperationRecord>> {
        let Some((id, request)) = self.operation() else { return Ok(None) };
        let Some(done) = view.operation(id)? else { return Ok(None) };
        if done.request == request {
            return Ok(Some(done));
        }
        let why = format!("was another request, done at {} with seq {}", done.at, done.seq);
        Err(conflict(&done, &why))
    }

    /// `draft`, with what it does noted under the operation's id.
    pub(super) fn note<T>(&self, draft: Draft<T>, now: Timestamp, done: Done) -> Draft<T> {
        let Some((id, request)) = self.operation() else { return draft };
        draft.note(OperationRecord { id: id.to_owned(), seq: 0, at: now, request, done })
    }
}

impl OperationRecord {
    /// The key that was made or changed.
    pub(super) fn key(&self) -> Result<KeyId> {
        match self.done {
            Done::Key(key) => Ok(key),
            _ => Err(self.unlike()),
        }
    }

    /// The keys that were made.
    pub(super) fn keys(&self) -> Result<&[KeyId]> {
        match &self.done {
            Done::Keys(keys) => Ok(keys),
            _ => Err(self.unlike()),
        }
    }

    /// What to say if the row tells of something that its request does not do.
    pub(super) fn unlike(&self) -> Error {
        let why = format!("operations, {:?}: it tells of another thing than was asked", self.id);
        Error::new(ErrorKind::Corrupt, why)
    }
}

/// Says why an operation that was done cannot be asked for again.
pub(super) fn conflict(done: &OperationRecord, why: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("operation {:?}: {why}", done.id))
}

impl Store {
    /// The operation `id`: whether and when it was done.
    ///
    /// Operations are known as long as their commits are in the log.
    ///
    /// # Errors
    ///
    /// `NotFound` if none of this id was done, or it is no longer known; `Conflict` if it is [of
    /// several commits](Self::end_many) and some of them are missing; `Argument` for an id out of
    /// its limits; `Io` or `Corrupt` if the file cannot be read.
    pub fn operation(&self, id: &str) -> Result<Operation> {
        text::check("operation", id, &text::OPERATION_LEN)?;
        let done = self.storage.view()?.operation(id)?.ok_or_else(|| {
            let why = format!("operation {id:?}: none of this id was done, as far as is known");
            Error::new(ErrorKind::NotFound, why)
        })?;
        if matches!(done.done, Done::Ended(_, false)) {
            return Err(conflict(&done, "was not done to its end; ask for it again"));
        }
        let key = match done.done {
            Done::Key(key) => Some(key),
            _ => None,
        };
        Ok(Operation { id: done.id, seq: done.seq, at: done.at, key })
    }
}
