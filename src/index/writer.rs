//! What the index's writer does: turn records into entries, and show them under restraints.

use super::conditions::Conditions;
use super::restraint::{
    KeyRestraint, OwnerRestraint, RestraintId, Restraints, Shown, Target, Targets,
};
use super::side::{Beside, FreeSides};
use super::table::{Books, Table};
use super::{Bind, Index, Stats};
use crate::digest::Address;
use crate::entry::{Entry, OwnerEntry, SideRef};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::record::{KeyRecord, Op, OwnerRecord};
use crate::time::Timestamp;

/// Keys whose slots are fetched together when a table is filled.
const GROUP: usize = 32;

/// What only the writer knows.
pub(super) struct Writer {
    pub(super) seq: u64,
    books: Books,
    sides: FreeSides,
    targets: Targets,
    keys: Restraints<KeyId, Shown, KeyRestraint>,
    owners: Restraints<OwnerRef, OwnerEntry, OwnerRestraint>,
}

impl Writer {
    pub(super) fn new(books: Books) -> Self {
        Self {
            seq: 0,
            books,
            sides: FreeSides::default(),
            targets: Targets::default(),
            keys: Restraints::new(),
            owners: Restraints::new(),
        }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
impl Writer {
    /// An empty slot for a key.
    pub(super) fn room_for<'t>(
        &mut self,
        table: &'t Table,
        address: &Address,
    ) -> &'t super::slot::Slot {
        table.room(&mut self.books, address).unwrap().slot
    }
}

impl Index {
    /// Applies all of `ops`; gives the first error.
    pub(super) fn change(&self, w: &mut Writer, ops: &[Op], bind: &impl Bind) -> Result<()> {
        let mut result = Ok(());
        for op in ops {
            let done = match op {
                Op::Key(record) => self.show_key(w, record, bind),
                Op::Forget(key, address) => {
                    self.forget(w, *key, address);
                    Ok(())
                }
                Op::Owner(record) => {
                    self.show_owner(w, record, bind);
                    Ok(())
                }
                Op::Realm(_) => Ok(()),
            };
            result = result.and(done);
        }
        result
    }

    /// Shows a key as its record says, as far as its restraints allow.
    pub(super) fn show_key(
        &self,
        w: &mut Writer,
        record: &KeyRecord,
        bind: &impl Bind,
    ) -> Result<()> {
        let (key, address) = (record.key_id, record.address());
        let present = self.table.peek(&address).map(|content| content.entry());
        if let Some(other) = present.filter(|other| other.key_id != key) {
            return Err(twins(key, other.key_id));
        }
        let before = w.keys.committed(key).map(|before| before.entry);
        let mut entry = entry_of(record, bind);
        entry.expired = before.is_some_and(|before| before.expired && entry.end <= before.end);
        match w.keys.commit(key, Some(Shown { entry, beside: beside_of(record, bind) })) {
            Some(shown) => self.place(w, &address, present, shown),
            None => Ok(()),
        }
    }

    /// Has a key show what it is to show from now on, where `present` stands for it.
    fn place(
        &self,
        w: &mut Writer,
        address: &Address,
        present: Option<Entry>,
        Shown { entry, beside }: Shown,
    ) -> Result<()> {
        let had = present.and_then(|entry| entry.side);
        let side = self.settle_side(w, entry.key_id, had, beside)?;
        if !self.table.put(&mut w.books, address, &Entry { side, ..entry }) {
            return Err(full());
        }
        if let Some(had) = had.filter(|had| Some(*had) != side) {
            if let Some(side) = side {
                self.sides.inherit(had, side, entry.key_id);
            }
            self.sides.take_back(&mut w.sides, had);
        }
        Ok(())
    }

    fn forget(&self, w: &mut Writer, key: KeyId, address: &Address) {
        w.keys.commit(key, None);
        let present = self.table.peek(address).map(|content| content.entry());
        if let Some(entry) = present.filter(|entry| entry.key_id == key) {
            self.table.remove(&mut w.books, address);
            if let Some(side) = entry.side {
                self.sides.take_back(&mut w.sides, side);
            }
        }
    }

    /// Shows an owner as its record says, as far as its restraints allow.
    pub(super) fn show_owner(&self, w: &mut Writer, record: &OwnerRecord, bind: &impl Bind) {
        let entry = OwnerEntry {
            suspended: record.suspended,
            direct: bind.expand_owner(record.realm, record.direct),
            plan: bind.plan_number(record.realm, record.plan.as_deref()),
        };
        self.owners.call(record.owner, record.realm, &record.id);
        if let Some(shown) = w.owners.commit(record.owner, Some(entry)) {
            self.owners.set(record.owner, &shown);
        }
    }

    /// Takes up rows. The slots of a group of keys are fetched together, so that the waits
    /// for memory overlap.
    pub(super) fn fill(&self, w: &mut Writer, rows: &[Op], bind: &impl Bind) -> Result<()> {
        for group in rows.chunks(GROUP) {
            for row in group {
                if let Op::Key(record) = row {
                    self.table.approach(record.address().locator);
                }
            }
            self.change(w, group, bind).map_err(|error| match error.kind() {
                ErrorKind::Conflict => Error::new(ErrorKind::Corrupt, error.message()),
                _ => error,
            })?;
        }
        Ok(())
    }

    /// The side that `key` is to have: the one it had if that says the same.
    fn settle_side(
        &self,
        w: &mut Writer,
        key: KeyId,
        had: Option<SideRef>,
        wanted: Option<Beside>,
    ) -> Result<Option<SideRef>> {
        let Some(wanted) = wanted else { return Ok(None) };
        if had.is_some_and(|side| self.sides.read(side, key).as_ref() == Some(&wanted)) {
            return Ok(had);
        }
        let lent = self.sides.lend(&mut w.sides, key, &wanted, had);
        lent.map(Some).ok_or_else(full)
    }

    pub(super) fn restrain_slot(
        &self,
        w: &mut Writer,
        key: KeyId,
        address: &Address,
        restraint: KeyRestraint,
    ) -> Option<RestraintId> {
        let present = self.table.peek(address).map(|content| content.entry());
        let present = present.filter(|entry| entry.key_id == key)?;
        let id = w.targets.name(Target::Key(key, *address));
        let beside = present.side.and_then(|side| self.sides.read(side, key));
        let shown = w.keys.add(key, id, restraint, Shown { entry: present, beside });
        self.show(w, address, shown);
        Some(id)
    }

    pub(super) fn restrain_rights(
        &self,
        w: &mut Writer,
        owner: OwnerRef,
        restraint: OwnerRestraint,
    ) -> Option<RestraintId> {
        let present = self.owners.get(owner)?;
        let id = w.targets.name(Target::Owner(owner));
        let shown = w.owners.add(owner, id, restraint, present);
        self.owners.set(owner, &shown);
        Some(id)
    }

    pub(super) fn lift_restraint(&self, w: &mut Writer, id: RestraintId) {
        match w.targets.take(id) {
            Some(Target::Key(key, address)) => {
                if let Some(shown) = w.keys.lift(key, id) {
                    self.show(w, &address, shown);
                }
            }
            Some(Target::Owner(owner)) => {
                if let Some(shown) = w.owners.lift(owner, id) {
                    self.owners.set(owner, &shown);
                }
            }
            None => {}
        }
    }

    /// Shows a key that is in the table already. If there is no room for a second slot, the
    /// key is taken out: a refusal.
    fn show(&self, w: &mut Writer, address: &Address, shown: Shown) {
        let present = self.table.peek(address).map(|content| content.entry());
        if self.place(w, address, present, shown).is_err() {
            self.table.remove(&mut w.books, address);
        }
    }

    pub(super) fn measure(&self, w: &Writer) -> Stats {
        let (count, slots) = self.table.extent(&w.books);
        let tables = [Some(&self.table), self.table.overflow.get().map(|table| &**table)];
        let tables = || tables.into_iter().flatten();
        let beside = self.sides.bytes().saturating_add(self.owners.bytes());
        Stats {
            keys: w.books.keys(),
            slots,
            segments: count,
            longest_probe: tables().count().saturating_mul(8),
            overflowing: w.books.overflow.as_ref().map_or(0, |overflow| overflow.keys()),
            sides: self.sides.lent(&w.sides),
            restraints: w.targets.len(),
            suspended_owners: self.owners.suspended(),
            bytes: tables().map(Table::bytes).fold(beside, usize::saturating_add),
        }
    }
}

fn entry_of(record: &KeyRecord, bind: &impl Bind) -> Entry {
    Entry {
        key_id: record.key_id,
        kind: record.kind,
        owner: record.owner,
        state: record.state,
        expired: false,
        in_grace: record.successor.is_some(),
        scopes: bind.expand(record.kind, record.scopes),
        end: record.end,
        side: None,
    }
}

/// What stands beside the entry of a record, if anything does.
fn beside_of(record: &KeyRecord, bind: &impl Bind) -> Option<Beside> {
    let start = if record.start > record.issued { record.start } else { Timestamp::EPOCH };
    let networks = record.parts.networks.as_ref().map(|networks| networks.as_slice().to_vec());
    let conditions = Conditions { start, idle: bind.idle(record), networks };
    let needed = conditions != Conditions::NONE || bind.needs_side(record);
    needed.then_some(Beside { lineage: record.lineage, conditions })
}

#[cold]
fn twins(one: KeyId, two: KeyId) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("{one} and {two}: their tokens end alike and have one digest"),
    )
}

#[cold]
fn full() -> Error {
    Error::new(ErrorKind::Internal, "the table in memory has no number left for another key")
}
