//! Set the durable time mark back.

use std::collections::BTreeMap;

use serde_json::json;

use super::draft::Crediting;
use super::operation::Asked;
use super::state::takes_place;
use super::{Draft, Store, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::Result;
use crate::quota::{Balance, CreditChange};
use crate::record::{Done, KeyRecord, Op};
use crate::storage::View;
use crate::time::Timestamp;

impl Store {
    /// Makes the clock's reading the present, though a commit has recorded a later one.
    ///
    /// For the operator of a machine whose clock was wrong and has been set right: until then
    /// the store goes by the latest present that it recorded, so that no expired key lives
    /// again. A key that was refused as expired meanwhile stays refused until the store is
    /// reopened.
    ///
    /// If the reading is earlier, a key that gave up its place under a cap as it seemed to have
    /// expired takes one again, also beyond the cap, and credits are refilled no later than if
    /// their quota was given now. For that all keys are read, while other writers wait.
    ///
    /// # Errors
    ///
    /// Those of a commit.
    pub fn reset_clock(&self, by: &Actor) -> Result<Timestamp> {
        let asked = Asked::new(by, "reset_clock", || json!({}))?;
        self.commit_apart(|view, _, now| {
            if let Some(done) = asked.done(view)? {
                let Done::Present(present) = done.done else { return Err(done.unlike()) };
                return Ok(Draft::new(present));
            }
            let reading = self.mark.reading();
            let mut entry = trail::entry(Event::ClockReset, by, reading);
            entry.before.insert("present".to_owned(), now.to_string().into());
            entry.after.insert("present".to_owned(), reading.to_string().into());
            let mut draft = Draft::new(reading).entry(entry).mark(reading);
            if reading < now {
                draft = put_back(draft, view, reading)?;
            }
            Ok(asked.note(draft, reading, Done::Present(reading)))
        })
    }
}

/// Adds to `draft` what later times than `reading`, which is the present, have left in `view`.
fn put_back<T>(mut draft: Draft<T>, view: &View<'_>, reading: Timestamp) -> Result<Draft<T>> {
    let mut quotas = BTreeMap::new();
    for record in scan::keys(view, None, None) {
        let record = record?;
        let mut named = false;
        if record.state != State::Revoked
            && let Some(quota) = record.parts.quota
            && let Some(balance) = view.balance(record.lineage)?
            && balance.due > Balance::new(&quota, reading).due
        {
            quotas.insert(record.lineage, quota);
            // Credits have no row in the log: the record is written, which names the key.
            named = true;
        }
        let counted = record.counted || takes_place(&record, reading);
        if named || counted != record.counted {
            draft = draft.op(Op::Key(KeyRecord { counted, ..record }));
        }
    }
    let sooner = CreditChange::Sooner(reading);
    let credits = quotas.into_iter().map(|(lineage, q)| Crediting::new(lineage, q, sooner));
    Ok(credits.fold(draft, Draft::credit))
}
