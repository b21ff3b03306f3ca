//! What the index's writer does: turn records into entries, and show them under restraints.

use super::conditions::Conditions;
use super::lease::Lessees;
use super::numbers::Numbers;
use super::restraint::{
    KeyRestraint, Meet, OwnerRestraint, RestraintId, Restraints, Shown, Target, Targets,
};
use super::side::Beside;
use super::table::{Books, Table};
use super::{Bind, Index, Stats};
use crate::digest::Address;
use crate::entry::{Entry, LeaseRef, MeterRef, OwnerEntry, Side, SideRef, State};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::OwnerRef;
use crate::key_id::KeyId;
use crate::quota::Quota;
use crate::record::{KeyRecord, Op, OwnerRecord};
use crate::time::Timestamp;

/// Keys whose slots are fetched together when a table is filled.
const GROUP: usize = 32;

/// What only the writer knows.
pub(super) struct Writer {
    pub(super) seq: u64,
    books: Books,
    numbers: Numbers,
    pub(super) lessees: Lessees,
    targets: Targets,
    keys: Restraints<KeyId, Shown, KeyRestraint>,
    owners: Restraints<OwnerRef, OwnerEntry, OwnerRestraint>,
}

/// What a record says of the credits and of the meter of its lineage.
#[derive(Clone, Copy)]
struct Said {
    /// None also if the key is revoked.
    quota: Option<Quota>,
    /// Whether the lineage has more keys.
    rotated: bool,
    metered: bool,
}

impl Writer {
    pub(super) fn new(books: Books) -> Self {
        Self {
            seq: 0,
            books,
            numbers: Numbers::default(),
            lessees: Lessees::default(),
            targets: Targets::default(),
            keys: Restraints::new(),
            owners: Restraints::new(),
        }
    }

    /// Restrains a key that is not shown yet, and shall stand at `address`.
    pub(super) fn restrain_coming(
        &mut self,
        key: KeyId,
        address: &Address,
        restraint: KeyRestraint,
    ) -> RestraintId {
        let id = self.targets.name(Target::Key(key, *address));
        self.keys.add(key, id, restraint, None);
        id
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
                Op::Rekey(record, from) => self.show_key_from(w, record, from, bind),
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
        self.leases.take_back(&mut w.lessees);
        result
    }

    /// Shows a key as its record says, as far as its restraints allow.
    pub(super) fn show_key(
        &self,
        w: &mut Writer,
        record: &KeyRecord,
        bind: &impl Bind,
    ) -> Result<()> {
        self.show_key_from(w, record, &record.address(), bind)
    }

    /// The same for a key that stood at `from`, under another digest perhaps.
    fn show_key_from(
        &self,
        w: &mut Writer,
        record: &KeyRecord,
        from: &Address,
        bind: &impl Bind,
    ) -> Result<()> {
        let (key, address) = (record.key_id, record.address());
        let there = self.table.peek(&address).map(|content| content.entry());
        if let Some(other) = there.filter(|other| other.key_id != key) {
            return Err(twins(key, other.key_id));
        }
        let moving = self.present(key, from).filter(|_| *from != address);
        let (from, present) = match moving {
            Some(_) => (*from, moving),
            None => (address, there),
        };
        if moving.is_some() {
            w.keys.ids(key).for_each(|id| w.targets.readdress(id, address));
        }
        let had_lease = self.lease_of(key, present.and_then(|entry| entry.side));
        let before = w.keys.committed(key).map(|before| before.entry);
        let mut entry = entry_of(record, bind);
        let stays = |before: Entry| before.expired && entry.end <= before.end;
        entry.expired = before.or(moving).is_some_and(stays);
        let beside = beside_of(record, bind);
        let Some(shown) = w.keys.commit(key, Some(Shown { entry, beside })) else { return Ok(()) };
        let said = Said {
            quota: record.parts.quota.filter(|_| record.state != State::Revoked),
            rotated: record.successor.is_some() || record.lineage != key,
            metered: bind.meters_lineages(record.kind),
        };
        let side = self.place(w, [&from, &address], present, shown, Some(said))?;
        if had_lease.is_some() && self.lease_of(key, side).is_none() {
            w.lessees.give_up(record.lineage);
        }
        Ok(())
    }

    /// Has a key show what it is to show from now on, where `present` stands for it, or where it
    /// comes to from there. If nothing
    /// was said of its meter and its lease, it keeps them. Gives its side.
    fn place(
        &self,
        w: &mut Writer,
        [from, address]: [&Address; 2],
        present: Option<Entry>,
        Shown { entry, beside }: Shown,
        said: Option<Said>,
    ) -> Result<Option<SideRef>> {
        let had = present.and_then(|entry| entry.side);
        let side = match beside {
            Some(beside) => Some(self.settle_side(w, entry.key_id, had, &beside, said)?),
            None => None,
        };
        let entry = Entry { side, ..entry };
        let shown = match from == address {
            true => self.table.put(&mut w.books, address, &entry),
            false => self.table.move_key(&mut w.books, [from, address], &entry),
        };
        if !shown {
            if let Some(side) = side.filter(|side| Some(*side) != had) {
                self.sides.take_back(&mut w.numbers, side);
            }
            return Err(full());
        }
        if let Some(had) = had.filter(|had| Some(*had) != side) {
            if let Some(side) = side {
                self.sides.inherit(had, side, entry.key_id);
            }
            self.sides.take_back(&mut w.numbers, had);
        }
        Ok(side)
    }

    /// The lease that a key's side names.
    fn lease_of(&self, key: KeyId, side: Option<SideRef>) -> Option<LeaseRef> {
        self.sides.get(side?, key, None)?.lease
    }

    fn forget(&self, w: &mut Writer, key: KeyId, address: &Address) {
        w.keys.commit(key, None);
        self.take_out(w, key, address);
    }

    /// The entry of `key`, if that is what stands at `address`.
    fn present(&self, key: KeyId, address: &Address) -> Option<Entry> {
        let entry = self.table.peek(address)?.entry();
        (entry.key_id == key).then_some(entry)
    }

    fn take_out(&self, w: &mut Writer, key: KeyId, address: &Address) {
        if let Some(entry) = self.present(key, address) {
            self.table.remove(&mut w.books, address);
            if let Some(side) = entry.side {
                if let Some(said) = self.sides.get(side, key, None)
                    && said.lease.is_some()
                {
                    w.lessees.give_up(said.lineage);
                }
                self.sides.take_back(&mut w.numbers, side);
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
        if bind.meters_owners(record.realm) {
            self.owner_meters.make(record.owner.number());
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
        wanted: &Beside,
        said: Option<Said>,
    ) -> Result<SideRef> {
        let lineage = wanted.lineage;
        let before = had.and_then(|side| self.sides.get(side, key, None));
        let had_lease = before.and_then(|before| before.lease);
        // What a restraint put beside a key has no lineage of its own, and no meter to take over.
        let before = before.filter(|before| before.lineage == lineage);
        let lease = match said {
            None => had_lease,
            Some(Said { quota: Some(quota), .. }) => {
                let lease = self.leases.let_to(&mut w.lessees, lineage, quota, had_lease);
                Some(lease.ok_or_else(full)?)
            }
            Some(_) => None,
        };
        let shared = w.numbers.meter(lineage);
        let meter = shared.or(before.map(|before| before.meter));
        let names = |number| (meter.unwrap_or(MeterRef(number)), lease);
        let says_so = |(had, before): &(SideRef, Side)| {
            names(had.0) == (before.meter, before.lease)
                && self.sides.read(*had, key).as_ref() == Some(wanted)
        };
        // A rotated key finds its meter by its side, and so does every successor.
        let rotated = said.is_some_and(|said| said.rotated);
        let (side, meter) = match had.zip(before).filter(says_so) {
            Some((had, before)) => {
                if shared.is_none() && rotated {
                    w.numbers.share(lineage, before.meter);
                }
                (had, before.meter)
            }
            None => {
                if let (None, Some(before)) = (shared, before) {
                    // Two sides name its meter, until the first is taken back.
                    w.numbers.share(lineage, before.meter);
                }
                let lent = self.sides.lend(&mut w.numbers, key, wanted, had, names);
                let lent = lent.ok_or_else(full)?;
                let (meter, _) = names(lent.0);
                if rotated || meter.0 != lent.0 {
                    w.numbers.share(lineage, meter);
                }
                (lent, meter)
            }
        };
        if said.is_some_and(|said| said.metered) {
            self.lineage_meters.make(meter.0);
        }
        Ok(side)
    }

    pub(super) fn restrain_slot(
        &self,
        w: &mut Writer,
        key: KeyId,
        address: &Address,
        restraint: KeyRestraint,
    ) -> Option<RestraintId> {
        let present = self.present(key, address)?;
        if present.expired {
            w.keys.expired(key, present.end);
        }
        let id = w.targets.name(Target::Key(key, *address));
        let beside = present.side.and_then(|side| self.sides.read(side, key));
        let present = Shown { entry: present, beside };
        let shown = restraint.meet(present.clone());
        w.keys.add(key, id, restraint, Some(present));
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
        self.owners.set(owner, &restraint.meet(present));
        w.owners.add(owner, id, restraint, Some(present));
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

    /// Has a key show what it is to show from now on, if it stands there already: one that does
    /// not comes with its next op, which says its lease. If there is no room for a second slot,
    /// the key is taken out: a refusal.
    fn show(&self, w: &mut Writer, address: &Address, shown: Shown) {
        let key = shown.entry.key_id;
        let Some(present) = self.present(key, address) else { return };
        if self.place(w, [address; 2], Some(present), shown, None).is_err() {
            self.take_out(w, key, address);
        }
    }

    pub(super) fn measure(&self, w: &Writer) -> Stats {
        let (count, slots) = self.table.extent(&w.books);
        let tables = [Some(&self.table), self.table.overflow.get().map(|table| &**table)];
        let tables = || tables.into_iter().flatten();
        let meters = self.lineage_meters.bytes().saturating_add(self.owner_meters.bytes());
        let beside = self.sides.bytes().saturating_add(self.owners.bytes());
        let beside = beside.saturating_add(meters).saturating_add(self.leases.bytes());
        Stats {
            keys: w.books.keys(),
            slots,
            segments: count,
            overflowing: w.books.overflow.as_ref().map_or(0, |overflow| overflow.keys()),
            sides: self.sides.lent(&w.numbers),
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
