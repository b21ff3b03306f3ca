//! Take out what time has ended.
//!
//! Nobody does so by itself: there is no thread that sweeps while the store is idle. The
//! application asks, once a day or so; a sweep that is never asked for costs room in the file
//! and in memory, and decides nothing.

use serde_json::json;

use super::operation::Asked;
use super::ways::Way;
use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::{Event, KEYS_MAX};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Step, Tally};
use crate::realm::Realm;
use crate::record::{Done, Op};

/// Most keys that one sweep takes out.
const SWEEP_MAX: usize = 10_000;

/// How many keys [`Store::sweep_all`] takes out with one commit: so many that the commit itself
/// is a small part of the time, and so few that a writer hardly notices.
const BATCH: usize = 1_000;

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
    /// them, `limit` at most, in one commit. A token of a key that was taken out is Unknown. The
    /// audit trail gets one entry for each kind, or for a thousand keys of it, which lists them.
    ///
    /// Decisions do not depend on it: expired and revoked keys are refused before, too. It
    /// reads the keys that it takes out and no others, so that a million are taken out in time
    /// that grows with their number alone. Other writers wait for `limit` keys at most.
    ///
    /// # Errors
    ///
    /// `Argument` for a limit of 0 or over 10,000; those of a commit.
    pub fn sweep(&self, limit: usize, by: &Actor) -> Result<Swept> {
        let asked = Asked::new(by, "sweep", || json!({ "limit": limit }))?;
        if !(1..=SWEEP_MAX).contains(&limit) {
            let why = format!("limit {limit}: from 1 to {SWEEP_MAX} are allowed");
            return Err(Error::new(ErrorKind::Argument, why));
        }
        // Of a token with several keys, one that is taken out has been seen before.
        self.rehash()?;
        self.commit_apart(|view, realms, now| {
            if let Some(done) = asked.done(view)? {
                let Done::Swept(keys, more) = done.done else { return Err(done.unlike()) };
                let keys = usize::try_from(keys).unwrap_or(usize::MAX);
                return Ok(Draft::new(Swept { keys, more }));
            }
            let mut draft = Draft::new(Swept { keys: 0, more: false });
            let mark = self.mark.next(now);
            for (realm, kind) in realms.kinds() {
                let ripe = mark.minus(realm.policy().retain);
                let left = limit.saturating_sub(draft.value.keys);
                // One more than there is room for tells whether there are more.
                let mut over = view.over(kind, ripe, left.saturating_add(1))?;
                draft.value.more = over.len() > left;
                over.truncate(left);
                // What is noted of a key is to find it.
                over.retain(|key| !self.noted.has(key.key_id));
                draft.value.keys = draft.value.keys.saturating_add(over.len());
                let of = realm.reference();
                draft = draft.ways(over.iter().map(|key| (of, Way::of(key), -1)));
                draft = draft.ops(over.iter().map(|key| Op::Forget(key.key_id, key.address())));
                let keys: Vec<_> = over.iter().map(|key| key.key_id).collect();
                for keys in keys.chunks(KEYS_MAX) {
                    let mut entry = trail::entry(Event::KeysSwept, by, now).about_keys(keys);
                    entry.realm = Some(realm.name().to_owned());
                    draft = draft.entry(entry);
                }
                if draft.value.more {
                    break;
                }
            }
            let Swept { keys, more } = draft.value;
            let keys = u32::try_from(keys).unwrap_or(u32::MAX);
            Ok(asked.note(draft, now, Done::Swept(keys, more)))
        })
    }

    /// [Sweeps](Self::sweep) until nothing is left to take out, a thousand keys a commit. Gives
    /// how many keys that were. [Progress](crate::Options::progress) is told of.
    ///
    /// Other writers have their turn between any two commits, in the order in which they came,
    /// so none waits for more than one.
    ///
    /// # Errors
    ///
    /// `Argument` if `by` names an operation, which is one commit; those of a commit: what was
    /// taken out before stays so.
    pub fn sweep_all(&self, by: &Actor) -> Result<u64> {
        if let Some(id) = by.operation_id() {
            let why =
                format!("operation {id:?}: sweeping until nothing is left is several commits");
            return Err(Error::new(ErrorKind::Argument, why));
        }
        let mut tally = Tally::new(self.report.as_ref(), Step::Sweep, self.ripe()?);
        let mut taken = 0_u64;
        loop {
            let swept = self.sweep(BATCH, by)?;
            let keys = u64::try_from(swept.keys).unwrap_or(u64::MAX);
            taken = taken.saturating_add(keys);
            tally.add(keys);
            if !swept.more {
                tally.end();
                return Ok(taken);
            }
        }
    }

    /// How many keys there are to take out.
    fn ripe(&self) -> Result<u64> {
        let (view, realms) = (self.storage.view()?, self.realms.load());
        let now = self.mark.next(self.mark.now());
        let of =
            |(realm, kind): (&Realm, _)| view.count_over(kind, now.minus(realm.policy().retain));
        realms.kinds().map(of).try_fold(0_u64, |sum, count| Ok(sum.saturating_add(count?)))
    }
}
