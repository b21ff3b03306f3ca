//! Take out what time has ended.

use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::record::Op;

/// Most keys that one sweep takes out.
const SWEEP_MAX: usize = 10_000;

/// What a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// Keys that were taken out.
    pub keys: usize,
    /// Whether there may be more: sweep again.
    pub more: bool,
}

impl Store {
    /// Takes out keys that expired or were revoked longer ago than their profile retains
    /// them, `limit` at most, in one commit. A token of a key that was taken out is Unknown.
    ///
    /// Decisions do not depend on it: expired and revoked keys are refused before, too.
    ///
    /// # Errors
    ///
    /// `Argument` for a limit of 0 or over 10,000; those of a commit.
    pub fn sweep(&self, limit: usize, by: &Actor) -> Result<Swept> {
        by.check()?;
        if !(1..=SWEEP_MAX).contains(&limit) {
            let why = format!("limit {limit}: from 1 to {SWEEP_MAX} are allowed");
            return Err(Error::new(ErrorKind::Argument, why));
        }
        self.commit(|view, realms, now| {
            let retains = realms.all().map(|realm| realm.policy().retain);
            let ripe = now.minus(retains.min().unwrap_or_default());
            let mut draft = Draft::new(Swept { keys: 0, more: false });
            let mut after = None;
            loop {
                let page = view.over(after, ripe, SWEEP_MAX)?;
                let Some(last) = page.last() else { return Ok(draft) };
                after = Some(*last);
                for (over, key) in page {
                    let record = view.key(key)?.filter(|record| record.over() == Some(over));
                    let record = record.ok_or_else(|| super::no_key(key))?;
                    let (realm, _) = realms.of_kind(record.kind)?;
                    if over.plus(realm.policy().retain) > now {
                        continue;
                    }
                    if draft.value.keys == limit {
                        draft.value.more = true;
                        return Ok(draft);
                    }
                    draft.value.keys = draft.value.keys.saturating_add(1);
                    let owner =
                        view.owner(record.owner)?.ok_or_else(|| super::no_owner(&record))?;
                    let entry = trail::key_entry(Event::KeySwept, by, now, realm, key, &owner.id);
                    draft = draft.op(Op::Forget(key, record.address())).entry(entry);
                }
            }
        })
    }
}
