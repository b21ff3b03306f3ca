//! The table in memory: from a token's end and digest to the entry that decides about it.
//!
//! Names, metadata and history are not here. Readers take no lock, allocate nothing and
//! write nothing; [`Index::apply`] is the only way in for what was committed.
//!
//! ```text
//! locator --Seed--> near Home --Directory--> Segment --Pool--> 4 slots --digest--> Entry
//! digest  --Seed--> far Home  ------------->              --> 4 slots,
//!                                                  else the overflow     Entry --> Sides, Owners,
//!                                                                                  meters
//! ```
//!
//! # Consistency
//!
//! There is one writer at a time, who holds the lock; any number of readers; and readers that
//! set the expired bit. Each atomic access names its partner where it stands. Together:
//!
//! - **What is read is whole.** A slot's words but the verdict change only while it is not
//!   live, and each filling is a new incarnation. A reader takes the life (Acquire), the words,
//!   a fence (Acquire), the life again; the writer clears the life, a fence (Release), writes
//!   the words, sets the life (Release). If both lives are equal, the words are of one key.
//! - **State and end are one word**, so a key that is revoked, suspended or shortened is never
//!   seen half changed. A change of scopes, owner or side fills a second slot and then
//!   clears the first.
//! - **A live key is always found.** Whatever moves it, its mark is set in the filter of its
//!   first near pair, then the new slot is filled, then the old one is cleared (each Release). A
//!   reader reads the filter (Acquire), the near slots, and the far ones if a mark says so. If
//!   it finds nothing it looks again, after a fence (Acquire), whether all these slots live the
//!   lives that they lived before it compared, whether the filter says the same, and whether
//!   the directory still names the segment. If so there was a moment at which the key was in
//!   none of its places; if not, it begins anew. Marks are taken away only from blocks that no
//!   segment has, so where the filter has no mark of a key, the directory alone is asked.
//! - **A denial is complete when the call returns.** The old slot is cleared, or its verdict
//!   replaced, by a read-modify-write before that, so who begins afterwards reads the denial.
//! - **Nobody waits.** A writer that stops anywhere leaves for each key a slot that answers,
//!   old or new. A reader begins anew only if the writer has completed a change to its very
//!   slots meanwhile, 64 times at most; then the answer is "no such key", a refusal.
//! - **The expired bit is never lost.** It is set by compare-and-swap. Whoever copies a slot
//!   freezes the verdict first; until the copy is done the bit is refused, not dropped.
//! - **Memory is never given back**, so a late reader looks at another key's words at worst,
//!   and its checks tell.

mod bind;
mod charge;
mod conditions;
mod directory;
mod filter;
mod growth;
mod home;
mod lease;
#[cfg(test)]
#[cfg(loom)]
mod models;
mod numbers;
mod owners;
mod places;
mod pool;
mod ranges;
mod restraint;
mod segment;
mod shim;
mod side;
mod slot;
mod table;
#[cfg(test)]
#[cfg(not(loom))]
pub(crate) mod tests;
mod verdict;
mod writer;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::digest::{Address, Digest, Locator};
use crate::entry::{Entry, LeaseRef, OwnerEntry, Side, SideRef};
use crate::error::Result;
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::limit::Cells;
use crate::quota::Quota;
use crate::record::{KeyRecord, Op, OwnerRecord};
use crate::time::Timestamp;
use crate::verdict::Credits;

use lease::Leases;
use owners::Owners;
use side::Sides;
use table::Table;
use writer::Writer;

pub(crate) use bind::Bind;
pub(crate) use lease::{Lease, Settled, Spent};
pub(crate) use restraint::{KeyRestraint, OwnerRestraint, RestraintId};
pub(crate) use side::Used;
pub(crate) use table::{Approach, Missing};

/// All keys and owners of a store, as decisions read them.
pub(crate) struct Index {
    table: Table,
    sides: Sides,
    leases: Leases,
    owners: Owners,
    /// By the number that the side of a key says.
    lineage_meters: Cells,
    /// By the number of the owner.
    owner_meters: Cells,
    writer: Mutex<Writer>,
}

/// The size of an [`Index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stats {
    pub keys: usize,
    /// Slots in segments: what is left of them is used before the table grows.
    pub slots: usize,
    pub segments: usize,
    /// Keys that found no place in their segment, because too many tokens end alike.
    pub overflowing: usize,
    pub sides: usize,
    /// Restraints that were not lifted yet.
    pub restraints: usize,
    pub suspended_owners: usize,
    /// Bytes of all of it, but for owners' names.
    pub bytes: usize,
}

/// For decisions: no lock, no allocation.
impl Index {
    /// The entry of the key of `address`.
    #[cfg(test)]
    #[cfg(not(loom))]
    pub(crate) fn get(&self, address: &Address) -> Option<Entry> {
        self.table.get(address)
    }

    /// Goes to where the keys of `locator` stand, and has memory fetch what is there. To be done
    /// before the token is hashed; it waits for nothing and changes nothing.
    #[inline(always)]
    pub(crate) fn approach(&self, locator: Locator) -> Approach<'_> {
        self.table.approach(locator)
    }

    /// The same for one of many tokens, all of which are approached before the first is hashed.
    /// Once all are hashed, [`approach_others`](Self::approach_others) is to follow for each.
    #[inline(always)]
    pub(crate) fn approach_first(&self, locator: Locator) -> Approach<'_> {
        self.table.approach_first(locator)
    }

    /// Has memory fetch the rest, if the key of `digest` is not where it is looked for first.
    #[inline]
    pub(crate) fn approach_others(&self, approach: &Approach<'_>, digest: &Digest) {
        self.table.approach_others(approach, digest.words());
    }

    /// Looks once for the entry of the key of `digest`, and puts into `side` what stands beside it
    /// at the same moment for a request from `address`, and into `owner` whom it is of at that
    /// moment, if that is `wanted`: else no owner is suspended then. Has the meter fetched.
    ///
    /// # Errors
    ///
    /// That it is not there, or that it has to be [found](Self::find) with more patience.
    #[inline(always)]
    pub(crate) fn look(
        &self,
        approach: &Approach<'_>,
        digest: &Digest,
        address: Option<IpAddr>,
        wanted: bool,
        (side, owner): (&mut Option<Side>, &mut Option<OwnerEntry>),
    ) -> Result<Entry, Missing> {
        let found = self.table.look_with(approach, digest.words(), |entry| {
            if wanted {
                self.owners.fetch(entry.owner);
            }
            if let Some(at) = entry.side {
                self.beside(at, entry.key_id, address, side)?;
            }
            if wanted {
                *owner = Some(self.owners.get(entry.owner)?);
            }
            (wanted || self.owners.suspended() == 0).then_some(())
        });
        found.map(|(entry, ())| entry)
    }

    /// The entry of the key of `digest`, with what stands beside it at the same moment for a
    /// request from `address`. None also if it changes all the while.
    pub(crate) fn find(
        &self,
        approach: &Approach<'_>,
        digest: &Digest,
        address: Option<IpAddr>,
    ) -> Option<(Entry, Option<Side>)> {
        let found = self.find_with(approach, digest, address, |_| Some(())).ok();
        found.map(|(entry, (side, ()))| (entry, side))
    }

    /// The same, and its owner at that moment; or why there is none.
    pub(crate) fn find_owned(
        &self,
        approach: &Approach<'_>,
        digest: &Digest,
        address: Option<IpAddr>,
    ) -> Result<(Entry, (Option<Side>, OwnerEntry)), Missing> {
        self.find_with(approach, digest, address, |entry| self.owners.get(entry.owner))
    }

    fn find_with<T>(
        &self,
        approach: &Approach<'_>,
        digest: &Digest,
        address: Option<IpAddr>,
        mut more: impl FnMut(&Entry) -> Option<T>,
    ) -> Result<(Entry, (Option<Side>, T)), Missing> {
        self.table.get_with(&approach.address(digest.words()), |entry| {
            let mut side = None;
            if let Some(at) = entry.side {
                self.beside(at, entry.key_id, address, &mut side)?;
            }
            Some((side, more(entry)?))
        })
    }

    /// Puts into `side` what stands at `at`, if that is still `key`'s. Apart, so that a key
    /// without one does not take the room that this needs.
    #[inline(never)]
    fn beside(
        &self,
        at: SideRef,
        key: KeyId,
        address: Option<IpAddr>,
        side: &mut Option<Side>,
    ) -> Option<()> {
        self.sides.fetch(at);
        self.lineage_meters.fetch(at.0);
        let found = side.insert(self.sides.get(at, key, address)?);
        if let Some(lease) = found.lease {
            self.leases.fetch(lease);
        }
        Some(())
    }

    /// Records that a key was used at what `believed` makes of `now`, which is no later, unless
    /// a use less than a minute older is, or the key was found idle.
    #[inline]
    pub(crate) fn touch(
        &self,
        side: SideRef,
        key: KeyId,
        now: Timestamp,
        believed: impl FnOnce(Timestamp) -> Timestamp,
    ) {
        self.sides.touch(side, key, now, believed);
    }

    /// Takes `cost` credits that are leased to `lineage`. `is_due` says whether a time of a
    /// refill has come.
    #[inline]
    pub(crate) fn spend(
        &self,
        lease: LeaseRef,
        lineage: KeyId,
        cost: u32,
        is_due: impl Fn(Timestamp) -> bool,
    ) -> Spent {
        self.leases.spend(lease, lineage, cost, is_due)
    }

    /// The credits of `lineage`, as far as they are known in memory; none if the lease is
    /// another's by now.
    pub(crate) fn credits(&self, lease: LeaseRef, lineage: KeyId) -> Option<Credits> {
        self.leases.credits(lease, lineage)
    }

    /// Marks a key as expired for good, if it still ends at `end`. False if it does not, or if
    /// the writer is moving the key at this moment.
    #[cold]
    pub(crate) fn mark_expired(
        &self,
        approach: &Approach<'_>,
        digest: &Digest,
        end: Timestamp,
    ) -> bool {
        self.table.expire(&approach.address(digest.words()), end)
    }

    /// Marks a key as idle for good, unless it was used after what `side` says.
    #[cold]
    pub(crate) fn mark_idle(&self, entry: &Entry, side: &Side) {
        if let Some(at) = entry.side.filter(|_| !side.idle) {
            self.sides.mark_idle(at, entry.key_id, side);
        }
    }

    /// What decides about the keys of `owner`.
    #[inline]
    pub(crate) fn owner(&self, owner: OwnerRef) -> Option<OwnerEntry> {
        self.owners.get(owner)
    }

    /// How many owners of the store are suspended. While none is, a decision need not look.
    #[inline]
    pub(crate) fn suspended_owners(&self) -> usize {
        self.owners.suspended()
    }

    /// The owner's realm and the application's own id of it.
    pub(crate) fn owner_name(&self, owner: OwnerRef) -> Option<(RealmRef, &str)> {
        self.owners.name(owner)
    }
}

/// For everything else.
impl Index {
    /// An empty index with room for `expected` keys. It grows as needed.
    pub(crate) fn new(expected: usize) -> Self {
        let (table, books) = Table::new(expected);
        let writer = Mutex::new(Writer::new(books));
        Self {
            table,
            sides: Sides::new(),
            leases: Leases::new(),
            owners: Owners::new(),
            lineage_meters: Cells::new(),
            owner_meters: Cells::new(),
            writer,
        }
    }

    /// Number of the commit that was applied last.
    #[cfg(test)]
    #[cfg(not(loom))]
    pub(crate) fn seq(&self) -> u64 {
        self.writer().seq
    }

    /// Applies the ops of commit `seq`, unless it or a later one was applied already. An op is
    /// complete in itself, so the same one twice is the same as once. Realms are the caller's.
    ///
    /// # Errors
    ///
    /// `Conflict` if two keys have one address: tokens that end alike and digests that begin with
    /// the same 128 bits. The second is left out, all else is done.
    pub(crate) fn apply(&self, seq: u64, ops: &[Op], bind: &impl Bind) -> Result<()> {
        let mut writer = self.writer();
        if seq <= writer.seq {
            return Ok(());
        }
        let result = self.change(&mut writer, ops, bind);
        writer.seq = seq;
        result
    }

    /// Shows a key, which was applied before, as `bind` reads its record now.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    pub(crate) fn refresh_key(&self, record: &KeyRecord, bind: &impl Bind) -> Result<()> {
        self.show_key(&mut self.writer(), record, bind)
    }

    /// Shows an owner, who was applied before, as `bind` reads its record now.
    pub(crate) fn refresh_owner(&self, record: &OwnerRecord, bind: &impl Bind) {
        self.show_owner(&mut self.writer(), record, bind);
    }

    /// Takes up rows of a store that is being opened: any number of them, in any order. Of a
    /// key's text nothing is looked at. [`caught_up`](Self::caught_up) ends it.
    ///
    /// # Errors
    ///
    /// `Corrupt` if two keys have one address.
    pub(crate) fn load(&self, rows: &[Op], bind: &impl Bind) -> Result<()> {
        self.fill(&mut self.writer(), rows, bind)
    }

    /// Takes up when keys were last used, in order of their ids, after all keys were loaded in
    /// that order.
    pub(crate) fn recall(&self, uses: impl IntoIterator<Item = (KeyId, Timestamp)>) {
        self.sides.recall(uses);
    }

    /// Says that what was loaded is the store as of commit `seq`.
    pub(crate) fn caught_up(&self, seq: u64) {
        self.writer().seq = seq;
    }

    /// From when this returns until [`lift`](Self::lift), the key shows no more than
    /// `restraint` allows, whatever is applied to it. None if the index has no such key.
    pub(crate) fn restrain_key(
        &self,
        key: KeyId,
        address: &Address,
        restraint: KeyRestraint,
    ) -> Option<RestraintId> {
        self.restrain_slot(&mut self.writer(), key, address, restraint)
    }

    /// The same for a key that is in the file at `address`: restrained from when it is shown there.
    pub(crate) fn restrain_coming(
        &self,
        key: KeyId,
        address: &Address,
        restraint: KeyRestraint,
    ) -> RestraintId {
        let mut writer = self.writer();
        let held = self.restrain_slot(&mut writer, key, address, restraint.clone());
        held.unwrap_or_else(|| writer.restrain_coming(key, address, restraint))
    }

    /// From when this returns until [`lift`](Self::lift), the owner shows no more than
    /// `restraint` allows, whatever is applied to it. None if the index has no such owner.
    pub(crate) fn restrain_owner(
        &self,
        owner: OwnerRef,
        restraint: OwnerRestraint,
    ) -> Option<RestraintId> {
        self.restrain_rights(&mut self.writer(), owner, restraint)
    }

    /// Ends a restraint: its op was applied, or was refused for certain.
    pub(crate) fn lift(&self, id: RestraintId) {
        self.lift_restraint(&mut self.writer(), id);
    }

    /// The keys that were used since that was last [written](Self::written).
    pub(crate) fn noted(&self) -> Vec<Used> {
        self.sides.noted()
    }

    /// Says that what [`noted`](Self::noted) gave is durable. Keys that were used again since
    /// stay noted.
    pub(crate) fn written(&self, used: &[Used]) {
        self.sides.written(used);
    }

    /// Whether a lease may be low.
    pub(crate) fn is_asked(&self) -> bool {
        self.leases.is_asked()
    }

    /// The lineages whose leases are low, which ask anew if they stay so.
    pub(crate) fn asking(&self) -> Vec<KeyId> {
        self.leases.asking()
    }

    /// The lineages of which credits are leased, and their quotas.
    pub(crate) fn leases(&self) -> Vec<(KeyId, Quota)> {
        self.leases.outstanding(&self.writer().lessees)
    }

    /// What is leased of the credits of `lineage`, if a key of it has a quota and is not revoked.
    pub(crate) fn lease(&self, lineage: KeyId) -> Option<Lease> {
        self.leases.of(&self.writer().lessees, lineage)
    }

    /// Takes all credits out of the lease of `lineage`, whose balance is about to change. Nobody
    /// is refused for want of credits until it is [settled](Self::settle).
    pub(crate) fn recall_lease(&self, lineage: KeyId) -> u64 {
        self.leases.recall(&self.writer().lessees, lineage)
    }

    /// Puts credits back that were recalled for a change that was not made.
    pub(crate) fn restore_lease(&self, lineage: KeyId, credits: u64) {
        self.leases.restore(&self.writer().lessees, lineage, credits);
    }

    /// Shows what a commit made of credits, once it is durable and its ops are applied.
    pub(crate) fn settle(&self, settled: &[Settled]) {
        if !settled.is_empty() {
            let writer = self.writer();
            settled.iter().for_each(|settled| self.leases.settle(&writer.lessees, settled));
        }
    }

    /// How large the index is.
    pub(crate) fn stats(&self) -> Stats {
        self.measure(&self.writer())
    }

    /// How many of the slots' bytes are on huge pages, as far as the system tells. It takes the
    /// system a while, and nobody else waits for it.
    pub(crate) fn huge_bytes(&self) -> usize {
        self.table.huge_bytes()
    }

    /// Holds up all who change the index, until what it gives is dropped.
    #[cfg(test)]
    pub(crate) fn hold(&self) -> impl Drop + '_ {
        self.writer()
    }

    /// The lock that makes its holder the writer. One that panicked left every key with a slot
    /// that answers, and what it did not finish is finished by the next change of the key.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
