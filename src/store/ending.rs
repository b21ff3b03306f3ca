//! Revoke many keys: all that a filter selects.
//!
//! First every one of them is refused in memory. Then they are written in bounded batches, in
//! the order of their ids, each a commit that reads anew what there is to revoke: what was rotated
//! or issued meanwhile is met with a higher id, before the end is reached.

use super::deny::{Denial, no_better_than};
use super::list::{self, Owners, READ_MAX};
use super::operation::Asked;
use super::state::in_state;
use super::walk::walk;
use super::{Draft, Realms, Store, no_key, scan, trail};
use crate::actor::Actor;
use crate::audit::Event;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};
use crate::key_id::KeyId;
use crate::query::{DryRun, Ended, Ending, Order, Place, What};
use crate::record::{Cause, Done, KeyRecord, Op};
use crate::storage::View;
use crate::time::Timestamp;

/// How many keys are revoked with one commit: so many that the commit itself is a small part of
/// the time, and so few that a writer hardly notices.
const BATCH: usize = 1_000;

/// One commit of an ending.
struct Batch {
    /// Keys that were revoked so far, this batch and those of earlier attempts included.
    keys: u64,
    /// Where the next one begins; none if this was the last.
    next: Option<Place>,
}

impl Store {
    /// Revokes many keys as one operation, and gives how many.
    ///
    /// All of them are refused before the first is on its way to the disk, and stay so. They are
    /// then written a thousand a commit, and other writers have their turn between any two. A key
    /// that is issued meanwhile, by a rotation too, is met at the end and revoked as well, if it
    /// is selected, unless that is in the very millisecond in which the last batch is made. The
    /// audit trail has an entry for each key, as if each had been [revoked](Self::revoke) by
    /// itself. While it runs, a key takes half a kilobyte of memory.
    ///
    /// If it fails half-way, the error says how many keys were revoked; they stay revoked, and
    /// asking again goes on with the others. Which of those are refused meanwhile is as for one
    /// key: none, if nothing more was written, and all, until the store is reopened, if the
    /// outcome is unknown. As an [operation](Actor::operation) it is done once: asked for again
    /// when it was done to its end, it revokes nothing that was issued since.
    ///
    /// # Errors
    ///
    /// `NotFound` for a key that the filter names and the store has not, or a lineage of which it
    /// has neither that key nor, if it is the first, any other; `Argument` for a filter without a
    /// condition, or one that selects by hint or asks for revoked keys; those of
    /// [`list`](Self::list); those of a commit.
    pub fn end_many(&self, ending: &Ending, by: &Actor) -> Result<Ended> {
        let asked = Asked::new(by, "end_many", || ending.asked())?;
        ending.check()?;
        let denial = self.deny_many(&asked, ending)?;
        let ended = self.end_all(&asked, ending);
        match &ended {
            // Until it is known what became of a batch, none of them is granted.
            Err(error) if error.kind() == ErrorKind::Indeterminate => {}
            _ => self.lift(denial),
        }
        ended
    }

    /// What [`end_many`](Self::end_many) would do at this moment. Nothing is changed; a reader
    /// may ask, too.
    ///
    /// # Errors
    ///
    /// As for `end_many`, but for a commit's.
    pub fn dry_run(&self, ending: &Ending) -> Result<DryRun> {
        ending.check()?;
        let mut first = Vec::new();
        self.each_ending(&self.storage.view()?, ending, |record| {
            first.push(record.key_id);
            Ok(())
        })?;
        first.sort_unstable();
        let mut run = DryRun::new();
        first.into_iter().for_each(|key| run.add(key));
        Ok(run)
    }

    /// Refuses every key that shall end. An operation that was done denies nothing.
    pub(super) fn deny_many(&self, asked: &Asked, ending: &Ending) -> Result<Denial> {
        self.storage.writable()?;
        self.storage.confirmed()?;
        let view = self.storage.view_at_once()?;
        if let Some(done) = asked.done(&view)?
            && matches!(done.done, Done::Ended(_, true))
        {
            return Ok(Denial::default());
        }
        let mut denial = Denial::default();
        let denied = self.each_ending(&view, ending, |record| {
            let revoked = no_better_than(State::Revoked);
            self.deny_key(&mut denial, record.key_id, &record.address(), revoked)
        });
        match denied {
            Ok(()) => Ok(denial),
            Err(error) => {
                self.lift(denial);
                Err(error)
            }
        }
    }

    fn each_ending(
        &self,
        view: &View<'_>,
        ending: &Ending,
        mut what: impl FnMut(KeyRecord) -> Result<()>,
    ) -> Result<()> {
        let realms = self.realms_of(view)?;
        let criteria = list::criteria(view, &realms, ending.filter(), self.mark.now())?;
        for key in ending.filter().keys.iter().flatten() {
            view.key(*key)?.ok_or_else(|| no_key(*key))?;
        }
        if let Some(key) = ending.filter().lineage {
            known_lineage(view, key)?;
        }
        self.each(view, &realms, &criteria, |record| match record.state {
            State::Revoked => Ok(()),
            _ => what(record),
        })
    }

    fn end_all(&self, asked: &Asked, ending: &Ending) -> Result<Ended> {
        let (mut keys, mut after) = (0, None);
        loop {
            let batch = self.commit(|view, realms, now| {
                self.end_some(view, realms, now, asked, ending, keys, after)
            });
            let batch = batch.map_err(|error| match keys {
                0 => error,
                keys => {
                    let why = format!("{error}; {keys} keys were revoked before and stay so");
                    Error::new(error.kind(), format!("{why}; ask again for the others"))
                }
            })?;
            (keys, after) = (batch.keys, batch.next);
            if after.is_none() {
                return Ok(Ended::new(keys));
            }
        }
    }

    /// The next batch, of those after `after`; `keys` were revoked before.
    #[allow(clippy::too_many_arguments, reason = "what a plan is given, and where it goes on")]
    fn end_some(
        &self,
        view: &View<'_>,
        realms: &Realms,
        now: Timestamp,
        asked: &Asked,
        ending: &Ending,
        mut keys: u64,
        after: Option<Place>,
    ) -> Result<Draft<Batch>> {
        if let Some(done) = asked.done(view)? {
            let Done::Ended(before, whole) = done.done else { return Err(done.unlike()) };
            if whole {
                return Ok(Draft::new(Batch { keys: before, next: None }));
            }
            keys = before;
        }
        let criteria = list::criteria(view, realms, ending.filter(), now)?;
        let mut draft = Draft::new(());
        let (mut next, mut last, mut owners) = (None, None, Owners::default());
        let rows = walk(view, realms, &criteria, Order::KeyId, after);
        for (read, row) in rows.enumerate() {
            let (place, record) = row?;
            if draft.change.ops.len() == BATCH || read == READ_MAX {
                next = last;
                break;
            }
            last = Some(place);
            let Some(record) = record.filter(|record| record.state != State::Revoked) else {
                continue;
            };
            if !self.selects(view, realms, &criteria, &record)? {
                continue;
            }
            let (realm, _) = realms.of_kind(record.kind)?;
            let (key, owner) = (record.key_id, owners.id(view, &record)?);
            let ended = ended(record.clone(), ending.what(), asked.by(), now);
            let event = Event::KeyRevoked;
            let entry = trail::key_change(event, asked.by(), now, realm, &record, &ended, owner);
            draft = draft.op(Op::Key(ended)).seal(key, None).entry(entry);
        }
        let revoked = draft.change.ops.len();
        keys = keys.saturating_add(u64::try_from(revoked).unwrap_or(u64::MAX));
        let draft = draft.map(|()| Batch { keys, next });
        // Until the last batch, one that revoked nothing has nothing to say.
        if revoked == 0 && next.is_some() {
            return Ok(draft);
        }
        Ok(asked.note(draft, now, Done::Ended(keys, next.is_none())))
    }
}

/// Refuses a lineage that is named by a key which the store has not, unless it is the first of
/// one that it has: all keys are read up to that.
fn known_lineage(view: &View<'_>, named: KeyId) -> Result<()> {
    if view.key(named)?.is_some() {
        return Ok(());
    }
    for record in scan::keys(view, None, None) {
        if record?.lineage == named {
            return Ok(());
        }
    }
    Err(no_key(named))
}

/// The key as it shall be.
fn ended(record: KeyRecord, what: What, by: &Actor, now: Timestamp) -> KeyRecord {
    let revoked = in_state(record, State::Revoked, by, now);
    match what {
        What::Revoke => revoked,
        What::Grace => KeyRecord { cause: Cause::Rotated, ..revoked },
    }
}
