//! Credits: leased from the file in chunks, and given back.
//!
//! What a verify takes, it takes from memory. A commit that takes a chunk off a lineage's
//! balance leases it, and once that is durable it is there to be handed out: so no credit is
//! granted twice, and a crash loses one chunk of a lineage at most. A lease that is half used
//! up asks for more, which the next commit takes along; a verify that finds too few makes the
//! commit itself. What is left on closing is given back.
//!
//! Refills go by the durable mark: by the present of the commit that makes them, which never
//! goes back and which no time that a caller names moves.

use std::collections::BTreeMap;

use super::charge::Halt;
use super::commit::Group;
use super::deny::Denial;
use super::draft::Crediting;
use super::{Draft, Store};
use crate::entry::{LeaseRef, Side, State};
use crate::error::Result;
use crate::index::{Settled, Spent};
use crate::info::KeyQuota;
use crate::key_id::KeyId;
use crate::quota::{Balance, CreditChange, Quota};
use crate::record::KeyRecord;
use crate::request::Request;
use crate::spec::Update;
use crate::storage::{Batch, View};
use crate::time::Timestamp;
use crate::verdict::{Credits, Reason};

/// Whether a request takes credits of a quota, out of memory alone.
pub(super) const fn takes_credits(request: &Request) -> bool {
    request.cost > 0 && !request.spares
}

/// A chunk is this part of a quota's limit, or one credit, or as many as the options allow.
const PART: u64 = 100;

impl Store {
    /// Takes the credits that are leased out of memory, for changes that are about to be made at
    /// `now`. Gives them, to be put back if a change is not made.
    pub(super) fn recall(&self, credits: &mut [Crediting], now: Timestamp) -> Vec<(KeyId, u64)> {
        let at = self.mark.next(now);
        let recall = |crediting: &mut Crediting| {
            crediting.at = at;
            crediting.recalled = self.index.recall_lease(crediting.taken_from());
            (crediting.taken_from(), crediting.recalled)
        };
        credits.iter_mut().map(recall).collect()
    }

    /// Has credits of `lineage` leased, `need` at least if there are so many, unless there are
    /// by now. False if no key of it has a quota.
    ///
    /// # Errors
    ///
    /// Those of a commit. A store that was restored leases before it is confirmed, too.
    fn lease(&self, lineage: KeyId, need: u64) -> Result<bool> {
        self.storage.writable()?;
        self.commit_unconfirmed(Denial::default(), |_, _, now| {
            let Some(lease) = self.index.lease(lineage) else { return Ok(Draft::new(false)) };
            let draft = Draft::new(true);
            let enough = lease.leased >= need && !self.is_due(lease.due, now);
            Ok(if enough { draft } else { draft.lease(lineage, lease.quota, need) })
        })
    }

    /// Has as many credits of `lineage` leased as a request costs. False if its key has changed.
    ///
    /// # Errors
    ///
    /// `QuotaExhausted` if none can be leased: the store is read-only or poisoned, or the disk
    /// is full.
    pub(super) fn lease_for(
        &self,
        lease: LeaseRef,
        lineage: KeyId,
        request: &Request,
    ) -> std::result::Result<bool, Reason> {
        match self.lease(lineage, request.cost.into()) {
            Ok(leased) => Ok(leased),
            Err(_) => self.not_leased(lease, lineage, request.cost).map_or(Ok(false), Err),
        }
    }

    /// The reason for which a request is refused that nothing can be leased for: with what the
    /// file has or, if it cannot be read, what is known in memory. None if its key has changed.
    fn not_leased(&self, lease: LeaseRef, lineage: KeyId, cost: u32) -> Option<Reason> {
        let credits = self.index.credits(lease, lineage)?;
        let now = self.mark.now();
        let unread = Credits { reset: Timestamp::NEVER, ..credits };
        let credits = self.in_file(lineage, now).ok().flatten().unwrap_or(unread);
        Some(match credits.remaining >= cost.into() {
            true => Reason::QuotaExhausted { credits, retry_ms: u64::MAX },
            false => exhausted(credits, cost, now),
        })
    }

    /// What the file has for `lineage`, if a key of it has a quota.
    fn in_file(&self, lineage: KeyId, now: Timestamp) -> Result<Option<Credits>> {
        let Some(held) = self.index.lease(lineage) else { return Ok(None) };
        let view = self.storage.view_at_once()?;
        let balance = self.balance(&view, lineage, &held.quota, self.mark.next(now))?;
        let reset = self.reset_at(balance.due, now);
        Ok(Some(Credits { limit: held.quota.limit(), remaining: balance.left, reset }))
    }

    /// Takes what a request costs from what is leased of its quota, if its key has one. A time
    /// that the caller names is one to decide by: what is granted is granted in the present, and
    /// costs as much.
    ///
    /// # Errors
    ///
    /// `Wanting` if it is to be tried again after [leasing](Self::lease_for); `QuotaExhausted`.
    #[inline]
    pub(super) fn spend(
        &self,
        side: Option<&Side>,
        request: &Request,
        now: Timestamp,
    ) -> std::result::Result<Option<Credits>, Halt> {
        let Some((side, lease)) = side.and_then(|side| Some((side, side.lease?))) else {
            return Ok(None);
        };
        let now = if request.at.is_some() { self.mark.now() } else { now };
        if request.spares {
            return self.spared(lease, side.lineage, request.cost, now).map(Some);
        }
        let is_due = |due| self.is_due(due, now);
        match self.index.spend(lease, side.lineage, request.cost, is_due) {
            Spent::Taken(credits) => Ok(Some(self.told_of(credits, now))),
            Spent::Nothing(known) => {
                let in_file = self.in_file(side.lineage, now).ok().flatten();
                Ok(Some(in_file.unwrap_or_else(|| self.told_of(known, now))))
            }
            Spent::Wanting => Err(Halt::Wanting(lease, side.lineage)),
            Spent::Exhausted(credits) => {
                Err(Halt::Refused(exhausted(self.told_of(credits, now), request.cost, now)))
            }
        }
    }

    /// What would remain if the cost were taken from what is there, in the file and leased.
    fn spared(
        &self,
        lease: LeaseRef,
        lineage: KeyId,
        cost: u32,
        now: Timestamp,
    ) -> std::result::Result<Credits, Halt> {
        let in_file = self.in_file(lineage, now).ok().flatten();
        let Some(credits) = in_file.or_else(|| self.index.credits(lease, lineage)) else {
            return Err(Halt::Anew);
        };
        match credits.remaining.checked_sub(cost.into()) {
            Some(remaining) => Ok(Credits { remaining, ..credits }),
            None => Err(Halt::Refused(exhausted(credits, cost, now))),
        }
    }

    /// Credits as they are told at `now`: a refill that the mark is not yet ready for comes when
    /// it can be.
    #[inline]
    fn told_of(&self, credits: Credits, now: Timestamp) -> Credits {
        Credits { reset: self.reset_at(credits.reset, now), ..credits }
    }

    /// When a refill that is due at `due` comes, as it is told at `now`.
    #[inline]
    fn reset_at(&self, due: Timestamp, now: Timestamp) -> Timestamp {
        if due > now && self.mark.is_in_step() { due } else { self.mark.comes_to(due) }
    }

    /// Gives back to the file what is leased of all lineages.
    ///
    /// # Errors
    ///
    /// Those of a commit.
    pub(super) fn give_back(&self) -> Result<()> {
        self.storage.at_home()?;
        let lineages = self.index.leases();
        if lineages.is_empty() {
            return Ok(());
        }
        // Nobody who asked for more is there any more.
        let _ = self.index.asking();
        self.commit_unconfirmed(Denial::default(), |_, _, _| {
            let mut draft = Draft::new(());
            for (lineage, quota) in lineages {
                draft = draft.credit(Crediting::new(lineage, quota, CreditChange::Return));
            }
            Ok(draft)
        })
    }

    /// Writes leases to `batch`, whose changes are those of `group`: for whoever of it needs
    /// them, and for those that are low. Gives what becomes of all credits that it changes.
    pub(super) fn put_leases(
        &self,
        batch: &mut Batch,
        group: &Group,
        mark: Timestamp,
    ) -> Result<Vec<Settled>> {
        let mut wants: BTreeMap<KeyId, (Quota, Vec<u64>)> = BTreeMap::new();
        wants.extend(group.credits().map(|c| (c.lineage, (c.quota, Vec::new()))));
        let low = self.index.asking().into_iter();
        let asking = low.filter_map(|lineage| Some((lineage, self.index.lease(lineage)?.quota, 0)));
        for (lineage, quota, need) in asking.chain(group.leases()) {
            wants.entry(lineage).or_insert((quota, Vec::new())).1.push(need);
        }
        let mut settled = Vec::new();
        for (lineage, (quota, needs)) in wants {
            let before = batch.view().balance(lineage)?.unwrap_or(Balance::NONE);
            let mut balance = before.at(&quota, mark);
            let anew = balance.due != before.due;
            let held = self.index.lease(lineage);
            let held = held.map_or(0, |held| if anew { 0 } else { held.leased });
            let chunk = (quota.limit() / PART).clamp(1, self.chunk_max);
            // Nobody is helped by credits that are too few.
            let most = held.saturating_add(balance.left);
            let need = needs.into_iter().filter(|need| *need <= most).max();
            let want = need.map_or(0, |need| need.max(chunk).saturating_sub(held));
            let leased = want.min(balance.left);
            balance.left = balance.left.saturating_sub(leased);
            if balance != before {
                batch.put_balance(lineage, balance)?;
            }
            settled.push(Settled { lineage, balance, leased, anew, low: chunk / 2 });
        }
        Ok(settled)
    }

    /// Whether the time of a refill has come at `now`, by the mark that a commit would record.
    pub(super) fn is_due(&self, due: Timestamp, now: Timestamp) -> bool {
        now >= due && self.mark.next(now) >= due
    }

    /// The credits of a lineage at `at`, in memory and in `view`.
    pub(super) fn balance(
        &self,
        view: &View<'_>,
        lineage: KeyId,
        quota: &Quota,
        at: Timestamp,
    ) -> Result<Balance> {
        let leased = self.index.lease(lineage).map_or(0, |lease| lease.leased);
        let balance = view.balance(lineage)?.unwrap_or(Balance::NONE);
        Ok(balance.changed(quota, CreditChange::Return, leased, at))
    }

    /// The quota of a key as it is to be, and the credits of its lineage, in memory and in `view`,
    /// after `credits` have changed them.
    pub(super) fn key_quota(
        &self,
        view: &View<'_>,
        record: &KeyRecord,
        credits: &[Crediting],
        now: Timestamp,
    ) -> Result<Option<KeyQuota>> {
        let Some(quota) = record.parts.quota else { return Ok(None) };
        let at = self.mark.next(now);
        let balance = self.balance(view, record.lineage, &quota, at)?;
        let change = |balance: Balance, c: &Crediting| balance.changed(&c.quota, c.change, 0, at);
        let Balance { left, due } = credits.iter().fold(balance, change);
        Ok(Some(KeyQuota { quota, remaining: left, reset: self.reset_at(due, now) }))
    }
}

/// What an update makes of the credits of the lineage of a key, which is then to be `record`.
pub(super) fn credited(record: &KeyRecord, update: &Update) -> Vec<Crediting> {
    let Some(quota) = record.parts.quota else { return Vec::new() };
    let given = update.quota.is_some().then_some(CreditChange::Give);
    let changes = given.into_iter().chain(update.credits);
    changes.map(|change| Crediting::new(record.lineage, quota, change)).collect()
}

/// Gives the quota of `record` to the other generations of its lineage that are not revoked,
/// which share its credits: as they are in `changed`, or else in `view`. All of them are in
/// `changed` then, also if the credits alone are other ones.
pub(super) fn share_quota(
    view: &View<'_>,
    record: &KeyRecord,
    changed: &mut Vec<KeyRecord>,
) -> Result<()> {
    for id in [record.predecessor, record.successor].into_iter().flatten() {
        if let Some(known) = changed.iter_mut().find(|other| other.key_id == id) {
            // It loses its place, which no revoked key has.
            known.parts.quota = record.parts.quota;
        } else if let Some(mut other) = view.key(id)?
            && other.state != State::Revoked
        {
            other.parts.quota = record.parts.quota;
            changed.insert(0, other);
        }
    }
    Ok(())
}

/// The reason for which a request of this cost is refused at `now`.
pub(super) fn exhausted(credits: Credits, cost: u32, now: Timestamp) -> Reason {
    let ever = credits.reset != Timestamp::NEVER && u64::from(cost) <= credits.limit;
    let wait = credits.reset.since(now).as_millis();
    let retry_ms = if ever { u64::try_from(wait).unwrap_or(u64::MAX) } else { u64::MAX };
    Reason::QuotaExhausted { credits, retry_ms }
}

/// Puts changes of credits into a batch.
pub(super) fn put_credits(batch: &mut Batch, credits: &[Crediting]) -> Result<()> {
    for crediting in credits {
        let Crediting { lineage, quota, recalled, at, .. } = crediting;
        let before = batch.view().balance(crediting.taken_from())?.unwrap_or(Balance::NONE);
        let change = match crediting.source {
            Some(source) => {
                let balance = before.changed(quota, CreditChange::Return, *recalled, *at);
                // Nothing is left to be leased to who still holds the key that was lost.
                batch.put_balance(source, Balance { left: 0, ..balance })?;
                CreditChange::Inherit(balance)
            }
            None => crediting.change,
        };
        batch.put_balance(*lineage, before.changed(quota, change, *recalled, *at))?;
    }
    Ok(())
}
