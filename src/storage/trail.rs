//! The audit trail: rows that are chained, from the oldest that is kept to the last.
//!
//! The state row says where the chain stands after the last entry, and where it stood before the
//! oldest that is kept. So no entry can be missing at either end, and a trail whose beginning was
//! taken out is checked from there on.

use super::batch::Batch;
use super::contained;
use super::errors::OrFail;
use super::rows;
use super::state::State;
use super::tables::AUDIT;
use super::view::{View, missing};
use crate::audit::{self, AuditEntry, Chain};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Report, Step, Tally};

/// How many entries are read at a time.
const STEP: usize = 1_000;

/// How many entries wait to be written together at most.
const WAITING_MAX: usize = 1_000;

impl View<'_> {
    /// Up to `limit` entries of the audit trail after number `after`; of those, the ones that
    /// were not taken out.
    pub(crate) fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        let state = self.state()?;
        let after = after.max(state.cut);
        if after >= state.entries {
            return Ok(Vec::new());
        }
        let mut head = if after == state.cut { state.base } else { self.chain_after(after)? };
        let mut entries = Vec::new();
        for number in (after.saturating_add(1)..=state.entries).take(limit) {
            let row = self.trail_row(number)?;
            let (entry, chain) = AuditEntry::decode(self.mac_keys().audit(), &head, number, &row)?;
            head = chain;
            entries.push(entry);
            if number == state.entries && head != state.head {
                return Err(missing("audit", &number.to_be_bytes(), "what came after it"));
            }
        }
        Ok(entries)
    }

    /// Number of the last entry of the commit `seq` or of an earlier one; 0 if there is none.
    pub(crate) fn last_entry_by(&self, seq: u64) -> Result<u64> {
        let State { entries, cut, .. } = self.state()?;
        // Entries stand in the order of their commits: `low` is of one up to `seq`, `high` is not.
        let (mut low, mut high) = (cut, entries.saturating_add(1));
        while high.saturating_sub(low) > 1 {
            let middle = low.midpoint(high);
            let entry = self.audit(middle.saturating_sub(1), 1)?;
            match entry.first() {
                Some(entry) if entry.seq > seq => high = middle,
                _ => low = middle,
            }
        }
        Ok(low)
    }

    /// Checks the audit trail alone. Gives where the store stands.
    ///
    /// # Errors
    ///
    /// `Corrupt` or `Newer`, naming the first entry that is wrong.
    pub(crate) fn check_trail(&self, report: Option<&Report>) -> Result<State> {
        contained("check the audit trail", || {
            let state = self.state()?;
            let mut tally = Tally::new(report, Step::Check, state.kept_entries());
            self.check_audit(&mut tally)?;
            tally.end();
            Ok(state)
        })
    }

    /// Checks every entry that is kept, and that there is no other row.
    pub(super) fn check_audit(&self, tally: &mut Tally) -> Result<()> {
        let state = self.state()?;
        let mut after = state.cut;
        loop {
            let entries = self.audit(after, STEP)?;
            let Some(last) = entries.last() else { break };
            after = last.number;
            entries.iter().for_each(|_| tally.row());
        }
        let whole = state.cut < state.entries || state.base == state.head;
        if whole && self.table(AUDIT)?.len()? == state.kept_entries() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Corrupt, "audit: it has rows that it should not have"))
    }

    /// Where the trail stands after an entry that is kept, as its row says.
    fn chain_after(&self, number: u64) -> Result<Chain> {
        audit::chain_of(number, &self.trail_row(number)?)
    }

    fn trail_row(&self, number: u64) -> Result<Vec<u8>> {
        let key = number.to_be_bytes();
        let row = self.value(AUDIT, &key)?;
        row.ok_or_else(|| missing("audit", &key, "it"))
    }
}

impl Batch {
    /// Puts `entries` at the end of the audit trail, under the next numbers and this commit's
    /// seq, which they are given.
    pub(crate) fn audit(&mut self, entries: &mut [AuditEntry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        self.attempt_numbered(|batch| {
            for (number, entry) in (batch.state.entries.saturating_add(1)..).zip(&mut *entries) {
                entry.number = number;
                entry.seq = batch.state.seq.saturating_add(1);
            }
            batch.put_entries(entries)
        })
    }

    /// Puts entries that have their numbers and seqs at the end of the audit trail.
    pub(super) fn put_entries(&mut self, entries: &[AuditEntry]) -> Result<()> {
        for entry in entries {
            let (row, head) = entry.encode(self.storage.keys.audit(), &self.state.head)?;
            self.trail.push((entry.number, row));
            (self.state.entries, self.state.head) = (entry.number, head);
        }
        if self.trail.len() >= WAITING_MAX { self.write_trail() } else { Ok(()) }
    }

    /// Writes the entries that wait for it.
    pub(super) fn write_trail(&mut self) -> Result<()> {
        if self.trail.is_empty() {
            return Ok(());
        }
        let mut table = rows::open(&self.transaction, AUDIT)?;
        for (number, row) in self.trail.drain(..) {
            table.insert(&number.to_be_bytes(), row.as_slice()).or_fail("write audit")?;
        }
        Ok(())
    }

    /// Takes out the entries up to number `through`, which is in the trail.
    pub(crate) fn cut_trail(&mut self, through: u64) -> Result<()> {
        self.attempt_numbered(|batch| batch.take_entries(through))
    }

    /// Takes out what was taken out of the trail of `source`, of which this one is a copy as far
    /// as it goes: what it has not come to is not put here.
    pub(super) fn cut_like(&mut self, source: &State) -> Result<()> {
        if source.cut <= self.state.cut {
            return Ok(());
        }
        if source.cut < self.state.entries {
            return self.take_entries(source.cut);
        }
        self.take_entries(self.state.entries)?;
        (self.state.entries, self.state.cut) = (source.cut, source.cut);
        (self.state.head, self.state.base) = (source.base, source.base);
        Ok(())
    }

    fn take_entries(&mut self, through: u64) -> Result<()> {
        self.write_trail()?;
        let base = match through {
            _ if through == self.state.entries => self.state.head,
            _ => self.view().chain_after(through)?,
        };
        let mut table = rows::open(&self.transaction, AUDIT)?;
        for number in self.state.cut.saturating_add(1)..=through {
            let key = number.to_be_bytes();
            if table.remove(&key).or_fail("write audit")?.is_none() {
                return Err(missing("audit", &key, "it"));
            }
        }
        drop(table);
        (self.state.cut, self.state.base) = (through, base);
        Ok(())
    }
}
