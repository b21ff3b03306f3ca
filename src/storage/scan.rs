//! Reading the whole store: what an opening does, and a full check.

use redb::TableHandle;

use super::contained;
use super::errors::OrFail;
use super::log::weight;
use super::set::SetDigest;
use super::state::{Counts, State};
use super::tables::{
    BALANCES, BY_END, BY_OWNER, BY_SEQ, Bytes, Class, KEYS, LOG, OPERATIONS, OWNER_NAMES, OWNERS,
    REALMS, Rows, SEALED, USAGE, by_end_row, by_owner_row, key_of, key_row, owner_name_row,
};
use super::values;
use super::view::{View, missing, named};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::progress::{Report, Step, Tally};
use crate::record::{KeyRecord, LogRow, Op, OwnerRecord, RealmRecord};
use crate::time::Timestamp;

/// What an opening reads.
#[derive(Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and most are rows")]
pub(crate) enum Loaded {
    /// A row, as the op that would make it.
    Row(Op),
    /// When a key was last used.
    Used(KeyId, Timestamp),
}

impl View<'_> {
    /// Gives every realm, then every owner, then every key, then every use to `each`, in order
    /// of their numbers and ids, and says where the store stands with them. Each row's MAC is
    /// checked, and at the end the counts and the set digest.
    ///
    /// # Errors
    ///
    /// `Corrupt` or `Newer`, naming the row; what `each` refuses with.
    pub(crate) fn load(&self, each: &mut dyn FnMut(Loaded) -> Result<()>) -> Result<State> {
        let state = self.state()?;
        let (mut set, mut balances) = (SetDigest::default(), SetDigest::default());
        let mut counts = Counts { operations: self.table(OPERATIONS)?.len()?, ..Counts::default() };
        counts.realms = self.scan(REALMS, Some(&mut set), |row, body| {
            let realm = RealmRef::new(u16::from_be_bytes(*row));
            each(Loaded::Row(Op::Realm(RealmRecord::decode(realm, body)?)))
        })?;
        counts.owners = self.scan(OWNERS, Some(&mut set), |row, body| {
            let owner = OwnerRef::new(u32::from_be_bytes(*row));
            each(Loaded::Row(Op::Owner(OwnerRecord::decode(owner, body)?)))
        })?;
        counts.keys = self.scan(KEYS, Some(&mut set), |row, body| {
            let key = KeyRecord::decode(key_of(*row), body)?;
            counts.ending = counts.ending.saturating_add(key.over().is_some().into());
            each(Loaded::Row(Op::Key(key)))
        })?;
        counts.usage = self.scan(USAGE, None, |row, body| {
            each(Loaded::Used(key_of(*row), values::last_used(body)?))
        })?;
        // Nobody asks for these yet. A layout of a later program is to be seen before a write.
        counts.sealed =
            self.scan(SEALED, Some(&mut set), |_, body| values::sealed(body).map(drop))?;
        counts.balances =
            self.scan(BALANCES, Some(&mut balances), |_, body| values::balance(body).map(drop))?;
        if (counts, set, balances) != (state.counts, state.set, state.balances) {
            let why = "rows are missing, or older ones were put in their place";
            return Err(Error::new(ErrorKind::Corrupt, why));
        }
        let indexed = [
            self.table(BY_OWNER)?.len()?,
            self.table(BY_END)?.len()?,
            self.table(OWNER_NAMES)?.len()?,
            self.table(BY_SEQ)?.len()?,
        ];
        if indexed != [counts.keys, counts.ending, counts.owners, counts.operations] {
            let why = "an index has not as many rows as what it is over";
            return Err(Error::new(ErrorKind::Corrupt, why));
        }
        Ok(state)
    }

    #[cfg(test)]
    pub(crate) fn check(&self) -> Result<Counts> {
        self.check_and_tell(None).map(|state| state.counts)
    }

    /// Checks everything that [`load`](Self::load) does, each index row against its record,
    /// operations, the log and the whole audit trail. Gives where the store stands.
    ///
    /// # Errors
    ///
    /// `Corrupt` or `Newer`, naming the first row that is wrong.
    pub(crate) fn check_and_tell(&self, report: Option<&Report>) -> Result<State> {
        contained("check the file", || self.check_all(report))
    }

    fn check_all(&self, report: Option<&Report>) -> Result<State> {
        let state = self.state()?;
        let total = state.rows().saturating_add(state.kept_entries());
        let mut tally = Tally::new(report, Step::Check, total);
        let key_exists = |row: &[u8; 8]| {
            let there = self.value(KEYS, row)?.is_some();
            if there { Ok(()) } else { Err(missing("keys", row, "it")) }
        };
        let mut quotas = 0u64;
        self.load(&mut |loaded| {
            let op = match loaded {
                Loaded::Row(op) => op,
                Loaded::Used(key, _) => return key_exists(&key_row(key)),
            };
            tally.row();
            match op {
                Op::Key(key) => {
                    quotas = quotas.saturating_add(key.parts.quota.is_some().into());
                    self.check_key(&key)
                }
                Op::Owner(owner) => self.check_owner(&owner),
                Op::Realm(_) | Op::Rekey(..) | Op::Forget(..) => Ok(()),
            }
        })?;
        self.scan(SEALED, None, |row, body| {
            values::sealed(body)?;
            key_exists(row)
        })?;
        self.check_balances(quotas)?;
        self.check_operations()?;
        self.check_log()?;
        self.check_audit(&mut tally)?;
        tally.end();
        Ok(state)
    }

    /// Both indexes have as many rows as they should, so rows that are there for each key are
    /// all that there are.
    fn check_key(&self, key: &KeyRecord) -> Result<()> {
        let by_owner = by_owner_row(key.owner, Class::of(key.counted), key.key_id);
        if self.table(BY_OWNER)?.get(&by_owner)?.is_none() {
            return Err(missing(BY_OWNER.name(), &by_owner, "it"));
        }
        if let Some(by_end) = key.over().map(|over| by_end_row(key.kind, over, key.key_id))
            && self.table(BY_END)?.get(&by_end)?.is_none()
        {
            return Err(missing(BY_END.name(), &by_end, "it"));
        }
        if self.owner(key.owner)?.is_none() {
            return Err(missing("keys", &key_row(key.key_id), "its owner"));
        }
        if key.parts.quota.is_some() && self.balance(key.lineage)?.is_none() {
            return Err(missing(BALANCES.name(), &key_row(key.lineage), "it"));
        }
        Ok(())
    }

    /// Each of the `quotas` keys that have one has a row, so there are no rows but for them.
    fn check_balances(&self, quotas: u64) -> Result<()> {
        let mut counted = 0u64;
        self.scan(BALANCES, None, |_, body| {
            counted = counted.saturating_add(values::balance(body)?.0.into());
            Ok(())
        })?;
        if counted == quotas {
            return Ok(());
        }
        let why = format!("balances: {quotas} keys have a quota, not {counted}");
        Err(Error::new(ErrorKind::Corrupt, why))
    }

    fn check_owner(&self, owner: &OwnerRecord) -> Result<()> {
        if self.owner_named(owner.realm, &owner.id)? != Some(owner.owner) {
            let row = owner_name_row(owner.realm, &owner.id);
            return Err(missing(OWNER_NAMES.name(), &row, "it, or its owner,"));
        }
        Ok(())
    }

    fn check_log(&self) -> Result<()> {
        let state = self.state()?;
        let (mut next, mut logged) = (state.first, 0u64);
        self.scan(LOG, None, |row, body| {
            LogRow::decode(body)?;
            logged = logged.saturating_add(weight(body)?);
            if *row != next.to_be_bytes() {
                return Err(missing("log", &next.to_be_bytes(), "it"));
            }
            next = next.saturating_add(1);
            Ok(())
        })?;
        if next <= state.seq {
            return Err(missing("log", &next.to_be_bytes(), "it"));
        }
        // Each row has a weight, so one that is too many is seen by that.
        if logged != state.logged {
            return Err(Error::new(ErrorKind::Corrupt, "log: it has rows that it should not have"));
        }
        Ok(())
    }

    /// Gives the key and checked body of each row to `each`, adds the rows to `set` if there is
    /// one, and counts them.
    fn scan<const N: usize>(
        &self,
        table: Rows<Bytes<N>>,
        mut set: Option<&mut SetDigest>,
        mut each: impl FnMut(&[u8; N], &[u8]) -> Result<()>,
    ) -> Result<u64> {
        let name = table.name();
        let mut count: u64 = 0;
        for row in self.table(table)?.all()? {
            let (key, value) = row.or_fail("read rows")?;
            let key = key.value();
            let (body, element) = self.mac_keys().open(name, key, value.value())?;
            named(each(key, body), name, key)?;
            if let Some(set) = &mut set {
                set.add(&element);
            }
            count = count.saturating_add(1);
        }
        Ok(count)
    }
}
