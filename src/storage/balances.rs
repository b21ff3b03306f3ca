//! The credits of lineages: one row for each lineage of which a key has a quota.
//!
//! The row comes with the first such key and goes with the last. Its credits are those that
//! nobody has leased. They change without a seq and without a row of the log.

use super::apply::moved;
use super::batch::Batch;
use super::tables::{BALANCES, key_row};
use super::values;
use super::view::{View, named};
use crate::error::Result;
use crate::key_id::KeyId;
use crate::quota::Balance;

impl View<'_> {
    /// The credits of `lineage` that nobody has leased, if a key of it has a quota.
    pub(crate) fn balance(&self, lineage: KeyId) -> Result<Option<Balance>> {
        Ok(self.balance_row(lineage)?.map(|(_, balance)| balance))
    }

    fn balance_row(&self, lineage: KeyId) -> Result<Option<(u32, Balance)>> {
        let row = key_row(lineage);
        let body = self.body(BALANCES, &row)?;
        body.map(|body| named(values::balance(&body), "balances", &row)).transpose()
    }
}

impl Batch {
    /// Keeps `balance` as that of `lineage`, if a key of it has a quota. Takes neither seq nor
    /// log entry.
    pub(crate) fn put_balance(&mut self, lineage: KeyId, balance: Balance) -> Result<()> {
        self.attempt(|batch| match batch.view().balance_row(lineage)? {
            Some((keys, _)) => {
                let row = values::put_balance(keys, balance);
                batch.put(BALANCES, &key_row(lineage), row).map(drop)
            }
            None => Ok(()),
        })
    }

    /// One key more of `lineage` has a quota, or one less. A lineage that had none has no
    /// credits until it is given some.
    pub(super) fn count_quota(&mut self, lineage: KeyId, more: bool) -> Result<()> {
        let row = key_row(lineage);
        let old = self.view().balance_row(lineage)?;
        let (keys, balance) = old.unwrap_or((0, Balance::NONE));
        let keys = if more { keys.saturating_add(1) } else { keys.saturating_sub(1) };
        match keys {
            0 => self.take(BALANCES, &row)?,
            keys => self.put(BALANCES, &row, values::put_balance(keys, balance))?,
        };
        let count = &mut self.state.counts.balances;
        *count = moved(*count, old.is_some(), keys > 0);
        Ok(())
    }
}
