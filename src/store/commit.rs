//! The commit protocol: plan, deny, make durable, grant.

use std::sync::PoisonError;

use super::{Draft, Realms, Store};
use crate::actor::Actor;
use crate::entry::State;
use crate::error::Result;
use crate::index::{Restraint, RestraintId};
use crate::key_id::KeyId;
use crate::record::Op;
use crate::storage::{CommitError, Rows};
use crate::time::Timestamp;

use super::Held;

impl Store {
    /// Runs a journey that writes.
    ///
    /// `plan` reads in the transaction that will write, and so sees all earlier commits; what
    /// it refuses has written nothing. Then, in this order: what the draft takes away is
    /// enforced in memory; the transaction is made durable; what the draft adds is published.
    /// If the outcome of the commit is unknown, what was taken away stays so, nothing is
    /// published, and the store takes no more writes until it is reopened.
    pub(super) fn commit<T>(
        &self,
        plan: impl FnOnce(&dyn Rows, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = self.storage.batch()?;
        let now = self.mark.now();
        let draft = plan(batch.rows(), now)?;
        if draft.is_empty() {
            return Ok(draft.value);
        }
        for op in &draft.ops {
            batch.apply(op)?;
        }
        for (key, sealed) in &draft.seals {
            batch.seal(*key, sealed.as_deref())?;
        }
        for event in draft.events {
            batch.audit(event, now)?;
        }
        let mark = self.mark.next(now);
        batch.mark(mark)?;
        let denial = self.deny(&draft.ops)?;
        match batch.commit(&draft.ops) {
            Ok(seq) => {
                self.mark.advance(mark);
                self.publish(seq, &draft.ops)?;
                denial.lift();
                Ok(draft.value)
            }
            Err(CommitError::Refused(error)) => {
                denial.lift();
                Err(error)
            }
            Err(CommitError::Indeterminate(error)) => {
                denial.keep();
                Err(error)
            }
        }
    }
}
