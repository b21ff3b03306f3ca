//! Journeys that share a transaction.
//!
//! Each plans on what those before it wrote, and then writes itself. What it wrote is kept
//! until the end: if a write fails, the others' changes are written again to a new
//! transaction, which begins where the first began and so comes to stand where it stood.

use std::collections::HashMap;

#[cfg(feature = "tracing")]
use crate::audit::AuditEntry;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::RealmRef;
use crate::index::Index;
use crate::key_id::KeyId;
use crate::quota::Quota;
use crate::record::Op;
use crate::storage::{Batch, Storage, View};
use crate::store::deny::Denial;
use crate::store::draft::{Change, Crediting};
use crate::store::pepper::Turn;
use crate::store::quota::put_credits;
use crate::store::ways::Way;
use crate::time::Timestamp;

/// Most journeys that plan in a transaction: the first waits for the others.
const JOURNEYS_MAX: usize = 256;

/// Most ops of a transaction that more journeys may join. An op has at most some 5 KB.
const OPS_MAX: usize = 512;

/// An open transaction, and what is in it.
pub(in crate::store) struct Group {
    /// None while no transaction has all of `changes`.
    batch: Option<Batch>,
    changes: Vec<Change>,
    /// The keys that were written, by their digests in the table.
    keys: HashMap<[u64; 2], KeyId>,
    /// What is enforced until the outcome is known.
    pub(super) denials: Vec<Denial>,
    /// The latest present that a journey in it went by.
    pub(super) now: Timestamp,
    /// How many planned in it, whether they then joined or not.
    journeys: usize,
    ops: usize,
    ended: bool,
}

impl Group {
    /// Nobody's yet.
    pub(super) fn new(now: Timestamp) -> Self {
        let (changes, keys, denials) = (Vec::new(), HashMap::new(), Vec::new());
        Self { batch: None, changes, keys, denials, now, journeys: 0, ops: 0, ended: false }
    }

    /// Whether somebody's changes are in it.
    pub(super) fn is_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether it is to be committed before anybody else joins it.
    pub(super) fn is_complete(&self) -> bool {
        self.ended || self.batch.is_none() || self.journeys >= JOURNEYS_MAX || self.ops >= OPS_MAX
    }

    /// The rows with the changes of all who joined, for one journey more.
    pub(super) fn view(&mut self, storage: &Storage) -> Result<View<'_>> {
        self.journeys = self.journeys.saturating_add(1);
        let batch = self.mend(storage)?;
        Ok(self.batch.insert(batch).view())
    }

    /// Refuses a token that another key has, in `index` or in the group: it was not drawn at
    /// random and so is somebody's secret, and a file with two keys of one token would not open
    /// again.
    pub(super) fn check_tokens(&self, index: &Index, ops: &[Op]) -> Result<()> {
        let mut keys = HashMap::new();
        for key in ops.iter().filter_map(Op::key) {
            let address = key.address();
            let shown = index.find(&index.approach(address.locator), &key.digest, None);
            let shown = shown.map(|(entry, _)| entry.key_id);
            let joined = self.keys.get(&address.digest).copied();
            let new = keys.insert(address.digest, key.key_id);
            if [shown, joined, new].into_iter().flatten().any(|other| other != key.key_id) {
                let why = "a token came that a key has already: the source of randomness repeats \
                           itself";
                return Err(Error::new(ErrorKind::Random, why));
            }
        }
        Ok(())
    }

    /// Writes `change`. After a failure nothing of it is in the group.
    pub(super) fn join(&mut self, storage: &Storage, mut change: Change) -> Result<()> {
        if change.is_empty() {
            return Ok(());
        }
        let mut batch = self.mend(storage)?;
        write(&mut batch, &mut change)?;
        self.batch = Some(batch);
        // Later journeys go by the realms and the clock in memory, and by where the store stands,
        // which change with the commit.
        self.ended |= change.mark.is_some() || change.turn.is_some();
        self.ended |= change.trim.is_some() || change.confirm;
        // Who follows a change of digest finds the key by it, and none that has gone.
        let is_of_index = |op: &Op| matches!(op, Op::Realm(_) | Op::Rekey(..) | Op::Forget(..));
        self.ended |= change.ops.iter().any(is_of_index);
        // By how many schemes a realm's keys are found is known when that is shown.
        self.ended |= change.ways.iter().any(|(_, way, _)| way.scheme.is_some());
        self.ops = self.ops.saturating_add(change.ops.len());
        let keys = change.ops.iter().filter_map(Op::key);
        self.keys.extend(keys.map(|key| (key.address().digest, key.key_id)));
        self.changes.push(change);
        Ok(())
    }

    /// The transaction with all changes; the group has none until it is put back.
    pub(super) fn mend(&mut self, storage: &Storage) -> Result<Batch> {
        if let Some(batch) = self.batch.take() {
            return Ok(batch);
        }
        let mut batch = storage.batch()?;
        for change in &mut self.changes {
            write(&mut batch, change)?;
        }
        Ok(batch)
    }

    /// Whether usage is to be written with it.
    pub(super) fn takes_usage(&self) -> bool {
        self.changes.iter().any(|change| change.usage)
    }

    /// What becomes of the credits of lineages, in order.
    pub(in crate::store) fn credits(&self) -> impl Iterator<Item = &Crediting> {
        self.changes.iter().flat_map(|change| &change.credits)
    }

    /// Lineages of which credits are to be leased, their quotas, and how many at least.
    pub(in crate::store) fn leases(&self) -> impl Iterator<Item = (KeyId, Quota, u64)> {
        self.changes.iter().flat_map(|change| change.leases.iter().copied())
    }

    /// Whether somebody confirms that the store was restored.
    pub(super) fn confirms(&self) -> bool {
        self.changes.iter().any(|change| change.confirm)
    }

    /// Where somebody wants the durable time mark to stand.
    pub(super) fn mark(&self) -> Option<Timestamp> {
        self.changes.iter().rev().find_map(|change| change.mark)
    }

    /// What becomes of the pepper.
    pub(super) fn take_turn(&mut self) -> Option<Turn> {
        self.changes.iter_mut().find_map(|change| change.turn.take())
    }

    /// How many more keys, or fewer, are on which ways.
    pub(super) fn take_ways(&mut self) -> Vec<(RealmRef, Way, i64)> {
        self.changes.iter_mut().flat_map(|change| std::mem::take(&mut change.ways)).collect()
    }

    /// The entries of all, in order.
    #[cfg(feature = "tracing")]
    pub(super) fn take_entries(&mut self) -> Vec<AuditEntry> {
        self.changes.iter_mut().flat_map(|change| std::mem::take(&mut change.entries)).collect()
    }

    /// The ops of all, in order.
    pub(super) fn take_ops(&mut self) -> Vec<Op> {
        let mut ops = Vec::with_capacity(self.ops);
        self.changes.iter_mut().for_each(|change| ops.append(&mut change.ops));
        ops
    }
}

fn write(batch: &mut Batch, change: &mut Change) -> Result<()> {
    batch.apply(&change.ops)?;
    for (key, sealed) in &change.seals {
        batch.seal(*key, sealed.as_deref())?;
    }
    if let Some(through) = change.trim {
        batch.cut_trail(through)?;
    }
    put_credits(batch, &change.credits)?;
    batch.audit(&mut change.entries)?;
    if let Some(operation) = &mut change.operation {
        batch.note(operation)?;
    }
    if change.confirm {
        batch.confirm();
    }
    if let Some(turn) = &change.turn {
        batch.put_header(turn.header())?;
    }
    Ok(())
}
