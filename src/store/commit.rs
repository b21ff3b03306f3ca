//! The commit protocol: plan, deny, make durable, grant.

use std::sync::{Arc, PoisonError};

use super::usage::put_usage;
use super::{Draft, Realms, Store, scan};
use crate::error::Result;
use crate::record::Op;
use crate::storage::{CommitError, View};
use crate::time::Timestamp;

impl Store {
    /// Runs a journey that writes.
    ///
    /// `plan` reads in the transaction that will write, and the realms as all earlier commits
    /// left them; what it refuses has written nothing. Then, in this order: what the draft takes
    /// away is enforced in memory; the transaction is made durable; what the draft adds is
    /// published. If the outcome of the commit is unknown, or it is durable and cannot be
    /// published, what was taken away stays so and the store takes no more writes until it is
    /// reopened.
    ///
    /// # Errors
    ///
    /// `ReadOnly`, `Poisoned`, `Full`, `Io`: nothing was written. `Indeterminate`: see above.
    pub(super) fn commit<T>(
        &self,
        plan: impl FnOnce(&View<'_>, &Realms, Timestamp) -> Result<Draft<T>>,
    ) -> Result<T> {
        self.storage.at_home()?;
        let mut flushed = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.mark.now();
        let mut batch = self.storage.batch()?;
        let draft = plan(&batch.view(), &self.realms.load(), now)?;
        if draft.is_empty() {
            return Ok(draft.value);
        }
        for op in &draft.ops {
            batch.apply(op)?;
        }
        for (key, sealed) in &draft.seals {
            batch.seal(*key, sealed.as_deref())?;
        }
        for entry in draft.entries {
            batch.audit(entry)?;
        }
        let mark = draft.mark.unwrap_or_else(|| self.mark.next(now));
        batch.set_mark(mark);
        let used = self.usage_due(*flushed);
        put_usage(&mut batch, &used)?;
        let denial = self.deny(&draft.ops)?;
        match batch.commit(self.mark.uptime()) {
            Ok(seq) => {
                match draft.mark {
                    Some(mark) => self.mark.reset(mark),
                    None => self.mark.advance(mark),
                }
                if !used.is_empty() {
                    self.index.written(&used);
                    *flushed = self.mark.uptime();
                }
                match self.publish(seq, &draft.ops) {
                    Ok(()) => {
                        denial.published();
                        Ok(draft.value)
                    }
                    Err(error) => Err(self.storage.distrust(error)),
                }
            }
            Err(CommitError::Refused(error)) => {
                if let Err(cause) = denial.withdrawn() {
                    return Err(self.storage.distrust(cause));
                }
                Err(error)
            }
            Err(CommitError::Indeterminate(error)) => Err(error),
        }
    }

    /// Publishes a durable commit: the one way in to what decisions read.
    pub(super) fn publish(&self, seq: u64, ops: &[Op]) -> Result<()> {
        for op in ops {
            if let Op::Realm(record) = op {
                self.swap_realms(Arc::new(self.realms.load().with(record)?))?;
            }
        }
        self.index.apply(seq, ops, &**self.realms.load())
    }

    /// Makes `realms` the ones that decisions read, and brings the entries of keys and owners
    /// up to them where what their scopes imply differs.
    pub(super) fn swap_realms(&self, realms: Arc<Realms>) -> Result<()> {
        let before = self.realms.swap(Arc::clone(&realms));
        let differing: Vec<_> = realms.differing(&before).collect();
        if differing.is_empty() {
            return Ok(());
        }
        let view = self.storage.view()?;
        for record in scan::keys(&view, None, None) {
            let record = record?;
            if realms.realm_of(record.kind).is_some_and(|realm| differing.contains(&realm)) {
                self.index.refresh_key(&record, &*realms)?;
            }
        }
        for realm in differing {
            for record in scan::owners(&view, realm) {
                let record = record?;
                self.index.refresh_owner(&record, &*realms);
            }
        }
        Ok(())
    }
}
