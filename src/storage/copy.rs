//! Filling a new file with the rows of another.
//!
//! A transaction that reads keeps all pages that the store frees meanwhile from being used
//! again, so a copy reads in many short ones. After each, the log names the rows that were
//! changed in between, and these are read again. So all rows of the copy are always those of
//! one moment, and once none is missing it is the store as it was then: its set digest says so.
//!
//! What is not of that moment is when keys were last used and how many credits lineages have, of
//! which the log knows nothing.

use std::collections::BTreeSet;

use super::batch::Batch;
use super::state::{Counts, Role, State};
use super::view::{Changes, View};
use super::{Storage, StorageOptions};
use crate::audit::{AuditEntry, Event};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::progress::{Step, Tally};
use crate::quota::Balance;
use crate::record::{KeyRecord, Op, OwnerRecord, RealmRecord};
use crate::time::Timestamp;

/// Rows of one table that are read in one transaction; few in tests, so that they are in many.
const STEP: usize = if cfg!(test) { 3 } else { 4_096 };

impl Storage {
    /// Writes all rows of `source` to this new store, for which it is then what `role` says.
    /// The log begins anew after the seq of `source`.
    pub(super) fn fill(
        &self,
        source: &Self,
        role: Role,
        options: &StorageOptions<'_>,
    ) -> Result<()> {
        // If the log is too short to follow, the rows are read in one transaction.
        for still in [false, true] {
            let mut batch = self.batch()?;
            let Some(state) = Copying::new(source, options)?.run(source, &mut batch, still)? else {
                continue;
            };
            batch.stand(state, role, self.id() == source.id())?;
            batch.commit()?;
            return Ok(());
        }
        Err(Error::new(ErrorKind::Internal, "the log ended within one transaction"))
    }
}

/// A key with all that is about it alone.
struct KeyRow {
    record: KeyRecord,
    sealed: Option<Vec<u8>>,
    used: Option<Timestamp>,
    balance: Option<Balance>,
}

/// What one transaction reads.
struct Chunk {
    state: State,
    realms: Vec<RealmRecord>,
    owners: Vec<OwnerRecord>,
    keys: Vec<KeyRow>,
    /// Keys that there are no longer.
    gone: Vec<KeyId>,
    entries: Vec<AuditEntry>,
}

/// How far a copy has come.
struct Copying {
    tally: Tally,
    /// The seq of the moment that the rows are of; none before the first.
    seq: Option<u64>,
    /// The number after that of the last owner.
    owner: u64,
    /// The last key.
    key: Option<KeyId>,
    /// Whether there were no more keys after it.
    keys_end: bool,
    /// The seq of the moment at which the keys were begun with.
    keys_from: u64,
    /// The number of the last audit entry.
    entry: u64,
}

impl Copying {
    fn new(source: &Storage, options: &StorageOptions<'_>) -> Result<Self> {
        let state = source.view()?.state()?;
        let total = state.rows().saturating_add(state.kept_entries());
        let tally = Tally::new(options.report, Step::Copy, total);
        let (key, keys_end, keys_from) = (None, false, state.seq);
        Ok(Self { tally, seq: None, owner: 1, key, keys_end, keys_from, entry: 0 })
    }

    /// Copies everything, and gives where the source stood with it; none if its log was cut
    /// faster than it could be followed.
    fn run(mut self, source: &Storage, batch: &mut Batch, still: bool) -> Result<Option<State>> {
        let held = if still { Some(source.view()?) } else { None };
        loop {
            let chunk = match &held {
                Some(view) => self.read(view)?,
                None => self.read(&source.view()?)?,
            };
            let Some(chunk) = chunk else { return Ok(None) };
            self.write(batch, &chunk)?;
            if self.is_whole(&chunk.state) {
                self.tally.end();
                return Ok(Some(chunk.state));
            }
        }
    }

    /// Whether no row is missing that there was at the moment of `state`.
    fn is_whole(&self, state: &State) -> bool {
        self.owner >= state.next_owner && self.keys_end && self.entry == state.entries
    }

    /// What changed since the last chunk, and the next rows of each table.
    fn read(&mut self, view: &View<'_>) -> Result<Option<Chunk>> {
        let state = view.state()?;
        let (realms, owners, keys, gone) = Default::default();
        let mut chunk = Chunk { state, realms, owners, keys, gone, entries: Vec::new() };
        match self.seq.replace(chunk.state.seq) {
            None => {
                chunk.realms = view.realms()?;
                self.keys_from = chunk.state.seq;
            }
            Some(seq) if seq == chunk.state.seq => {}
            Some(seq) => match view.changes(seq, usize::MAX)? {
                Changes::Since(changes) => {
                    chunk.read_again(view, changes.into_iter().flat_map(|change| change.ops))?;
                    if !chunk.realms.is_empty() {
                        // That takes sealed copies from keys, of which the log says nothing.
                        self.read_keys_anew(chunk.state.seq);
                    }
                }
                Changes::Gone => return Ok(None),
            },
        }
        self.read_on(view, &mut chunk)?;
        Ok(Some(chunk))
    }

    fn read_on(&mut self, view: &View<'_>, chunk: &mut Chunk) -> Result<()> {
        if chunk.state.cut > self.entry {
            // What was taken out may have told that sealed copies changed.
            self.entry = chunk.state.cut;
            self.read_keys_anew(chunk.state.seq);
        }
        chunk.entries = view.audit(self.entry, STEP)?;
        for entry in &chunk.entries {
            self.entry = entry.number;
            // That changes sealed copies of keys, of which the log says nothing.
            if entry.event == Event::SealingKeyChanged && entry.seq > self.keys_from {
                self.read_keys_anew(chunk.state.seq);
            }
        }
        let owners = (self.owner..chunk.state.next_owner).take(STEP);
        for number in owners {
            self.owner = number.saturating_add(1);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            chunk.owners.extend(view.owner(OwnerRef::new(number))?);
        }
        if !self.keys_end {
            let keys = view.keys(self.key, STEP)?;
            self.keys_end = keys.len() < STEP;
            for record in keys {
                self.key = Some(record.key_id);
                chunk.put(view, record)?;
            }
        }
        Ok(())
    }

    /// Keys are read from the first, as they are from `seq` on.
    fn read_keys_anew(&mut self, seq: u64) {
        (self.key, self.keys_end, self.keys_from) = (None, false, seq);
    }

    fn write(&mut self, batch: &mut Batch, chunk: &Chunk) -> Result<()> {
        for realm in &chunk.realms {
            batch.put_realm(realm)?;
            self.tally.row();
        }
        for owner in &chunk.owners {
            batch.put_owner(owner)?;
            self.tally.row();
        }
        for key in &chunk.gone {
            batch.forget(*key)?;
        }
        batch.put_keys(chunk.keys.iter().map(|key| &key.record))?;
        for key in &chunk.keys {
            // Seldom is a token sealed, and to look for one that is to go costs as much.
            if key.sealed.is_some() || batch.state.counts.sealed > 0 {
                batch.put_sealed(key.record.key_id, key.sealed.as_deref())?;
            }
            if let Some(used) = key.used {
                batch.put_used(key.record.key_id, used)?;
            }
            if let Some(balance) = key.balance {
                batch.put_balance(key.record.lineage, balance)?;
            }
            self.tally.row();
        }
        batch.cut_like(&chunk.state)?;
        batch.put_entries(&chunk.entries)?;
        chunk.entries.iter().for_each(|_| self.tally.row());
        Ok(())
    }
}

impl Chunk {
    /// Reads what `ops` name, as it is in `view`.
    fn read_again(&mut self, view: &View<'_>, ops: impl Iterator<Item = Op>) -> Result<()> {
        let (mut keys, mut owners) = (BTreeSet::new(), BTreeSet::new());
        for op in ops {
            match op {
                Op::Key(key) | Op::Rekey(key, _) => _ = keys.insert(key.key_id),
                Op::Forget(key_id, _) => _ = keys.insert(key_id),
                Op::Owner(owner) => _ = owners.insert(owner.owner.number()),
                Op::Realm(_) => self.realms = view.realms()?,
            }
        }
        for owner in owners {
            self.owners.extend(view.owner(OwnerRef::new(owner))?);
        }
        for key_id in keys {
            match view.key(key_id)? {
                Some(record) => self.put(view, record)?,
                None => self.gone.push(key_id),
            }
        }
        Ok(())
    }

    fn put(&mut self, view: &View<'_>, record: KeyRecord) -> Result<()> {
        let Counts { sealed, usage, .. } = self.state.counts;
        let sealed = if sealed == 0 { None } else { view.sealed(record.key_id)? };
        let used = if usage == 0 { None } else { view.used(record.key_id)? };
        let balance = match record.parts.quota {
            Some(_) => view.balance(record.lineage)?,
            None => None,
        };
        self.keys.push(KeyRow { record, sealed, used, balance });
        Ok(())
    }
}

impl Batch {
    /// Makes the store stand, with the rows that were put here, where `source` stands. If both
    /// are of `same` MAC keys, all digests must be the same.
    fn stand(&mut self, source: State, role: Role, same: bool) -> Result<()> {
        let own = &self.state;
        let counts = Counts { usage: own.counts.usage, operations: 0, ..source.counts };
        let digests = (own.set, own.head, own.base) == (source.set, source.head, source.base);
        let trail = (own.entries, own.cut) == (source.entries, source.cut);
        if own.counts != counts || !trail || (same && !digests) {
            let why = "the copy is not what the store was: its counts or digests differ";
            return Err(Error::new(ErrorKind::Internal, why));
        }
        let first = source.seq.saturating_add(1);
        let (set, head, base, balances) = (own.set, own.head, own.base, own.balances);
        self.state = State { role, first, logged: 0, counts, set, head, base, balances, ..source };
        self.written = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
