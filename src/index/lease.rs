//! Credits that were taken from the file and are handed out from memory.
//!
//! ```text
//! offset size
//!      0    8  lineage  first key of the lineage; all ones if it is nobody's
//!      8    8  lease    credits (bits 0-39), and how often the writer changed them (40-63)
//!     16    8  file     credits that the file has besides (0-62); whether more may be known
//!                       there (63)
//!     24    8  due      when credits are refilled, milliseconds
//!     32    8  limit    of the quota
//!     40    8  low      fewer credits than these ask for more
//! ```
//!
//! Whoever takes credits does so by one compare-and-swap, so none is handed out twice; the
//! count in the same word makes it fail if the lease was another's meanwhile, or of another
//! period. Only who has the writers' turn puts credits in, once the commit that took them from
//! the file is durable.
//!
//! A refusal has to be sure that credits are nowhere: the writer shows them in the lease before
//! it takes them off `file`, and marks `file` before it takes them off the lease or shows the
//! next period. So who reads
//! lease, `file`, and the same lease again, has read no fewer than there were.

use std::collections::HashMap;

use super::shim::{AtomicU32, AtomicU64, Ordering};
use crate::chunks::Chunks;
use crate::entry::LeaseRef;
use crate::key_id::KeyId;
use crate::quota::{Balance, Quota};
use crate::sys;
use crate::time::Timestamp;
use crate::verdict::Credits;

const NOBODY: u64 = u64::MAX;
/// Width of the credits of a lease. A quota has fewer than 2^40.
const WIDTH: u32 = 40;
const CREDITS: u64 = (1 << WIDTH) - 1;
/// The file may have other credits than are known here.
const UNKNOWN: u64 = 1 << 63;

#[repr(align(64))]
#[derive(Default)]
struct Cell {
    lineage: AtomicU64,
    lease: AtomicU64,
    file: AtomicU64,
    due: AtomicU64,
    limit: AtomicU64,
    low: AtomicU64,
}

/// What became of asking a lease for credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// The credits were taken; these are left.
    Taken(Credits),
    /// There are not so many, neither in memory nor in the file.
    Exhausted(Credits),
    /// Nothing was asked for, and what the file has is not known: there may be more than these.
    Nothing(Credits),
    /// Nothing was taken. Once the file has been asked for more, it is to be tried again.
    Wanting,
}

/// The credits of a lineage that are in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub quota: Quota,
    pub leased: u64,
    /// When they are of no worth any more.
    pub due: Timestamp,
}

/// What a commit has made of the credits of a lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub lineage: KeyId,
    /// As the file has it now.
    pub balance: Balance,
    /// Credits that were taken from it.
    pub leased: u64,
    /// Whether the credits that were leased before are of no worth any more.
    pub anew: bool,
    /// Fewer credits than these ask for more.
    pub low: u64,
}

/// All leases.
pub(super) struct Leases {
    cells: Chunks<Cell>,
    /// One bit a lease, 64 to a word: asks for more.
    asking: Chunks<AtomicU64>,
    /// 1 if a bit of `asking` may be set.
    asked: AtomicU32,
}

/// Which leases are whose. Only the writer knows.
#[derive(Default)]
pub(super) struct Lessees {
    by_lineage: HashMap<KeyId, Lessee>,
    free: Vec<u32>,
    /// Lineages of which a side has given up its lease.
    left: Vec<KeyId>,
    len: u32,
}

impl Lessees {
    /// A side of `lineage` names its lease no longer.
    pub(super) fn give_up(&mut self, lineage: KeyId) {
        if let Some(lessee) = self.by_lineage.get_mut(&lineage) {
            lessee.sides = lessee.sides.saturating_sub(1);
            self.left.push(lineage);
        }
    }
}

struct Lessee {
    lease: LeaseRef,
    /// Sides that name it.
    sides: u32,
    quota: Quota,
}

/// For readers.
impl Leases {
    /// Has a lease fetched from memory, and waits for nothing.
    #[inline]
    pub(super) fn fetch(&self, lease: LeaseRef) {
        if let Some(cell) = self.cells.get(lease.0) {
            sys::fetch(cell);
        }
    }

    /// Takes `cost` credits from the lease of `lineage`. `is_due` says whether a time of a
    /// refill has come.
    #[inline]
    pub(super) fn spend(
        &self,
        lease: LeaseRef,
        lineage: KeyId,
        cost: u32,
        is_due: impl Fn(Timestamp) -> bool,
    ) -> Spent {
        let Some(cell) = self.cells.get(lease.0) else { return Spent::Wanting };
        let cost = u64::from(cost);
        loop {
            // Acquire, with the Releases of `Cell::change`: who sees a lease sees whose it is,
            // its period, and a mark on `file`.
            let word = cell.lease.load(Ordering::Acquire);
            if cell.lineage.load(Ordering::Relaxed) != lineage.bits() {
                return Spent::Wanting;
            }
            let credits = word & CREDITS;
            // Acquire, with the Release of `settle`: who sees the next period and not its lease
            // fails to swap below.
            let due = is_due(timestamp(cell.due.load(Ordering::Acquire)));
            if cost == 0 {
                let unknown = due || cell.file.load(Ordering::Acquire) & UNKNOWN != 0;
                let credits = cell.credits(credits);
                return if unknown { Spent::Nothing(credits) } else { Spent::Taken(credits) };
            }
            if due {
                return Spent::Wanting;
            }
            if let Some(left) = credits.checked_sub(cost) {
                let next = word & !CREDITS | left;
                let set =
                    cell.lease.compare_exchange(word, next, Ordering::AcqRel, Ordering::Relaxed);
                if set.is_err() {
                    continue;
                }
                if left < cell.low.load(Ordering::Relaxed) {
                    self.ask(lease, cell);
                }
                return Spent::Taken(cell.credits(left));
            }
            // Acquire, with the Release of `settle`: who sees credits gone from the file sees
            // them in the lease below.
            let file = cell.file.load(Ordering::Acquire);
            if cell.lease.load(Ordering::Acquire) != word {
                continue;
            }
            let enough = credits.saturating_add(file) >= cost;
            return match file & UNKNOWN != 0 || enough {
                true => Spent::Wanting,
                false => Spent::Exhausted(cell.credits(credits)),
            };
        }
    }

    /// The credits of `lineage`, as far as they are known here; none if the lease is another's.
    pub(super) fn credits(&self, lease: LeaseRef, lineage: KeyId) -> Option<Credits> {
        let cell = self.cells.get(lease.0)?;
        let credits = cell.lease.load(Ordering::Acquire) & CREDITS;
        let own = cell.lineage.load(Ordering::Relaxed) == lineage.bits();
        own.then(|| cell.credits(credits))
    }

    /// Notes that a lease is low, if the file has credits for it.
    #[cold]
    fn ask(&self, lease: LeaseRef, cell: &Cell) {
        let Some((word, bit)) = self.bit(lease) else { return };
        if cell.file.load(Ordering::Relaxed) == 0 || word.load(Ordering::Relaxed) & bit != 0 {
            return;
        }
        word.fetch_or(bit, Ordering::Relaxed);
        // Release, with the Acquire of `asking`: who sees that one asks sees which.
        self.asked.store(1, Ordering::Release);
    }

    fn bit(&self, lease: LeaseRef) -> Option<(&AtomicU64, u64)> {
        Some((self.asking.get(lease.0 / 64)?, 1 << (lease.0 % 64)))
    }
}

impl Cell {
    /// What there is while so many credits are in the lease.
    fn credits(&self, leased: u64) -> Credits {
        let file = self.file.load(Ordering::Relaxed) & !UNKNOWN;
        Credits {
            limit: self.limit.load(Ordering::Relaxed),
            remaining: leased.saturating_add(file),
            reset: timestamp(self.due.load(Ordering::Relaxed)),
        }
    }

    /// Gives the lease the credits that `make` makes of those it has, and has everybody who
    /// is at it begin anew. Gives what it had.
    fn change(&self, make: impl Fn(u64) -> u64) -> u64 {
        let mut word = self.lease.load(Ordering::Relaxed);
        loop {
            let count = (word >> WIDTH).wrapping_add(1) << WIDTH;
            let next = count | make(word & CREDITS).min(CREDITS);
            match self.lease.compare_exchange(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(word) => return word & CREDITS,
                Err(now) => word = now,
            }
        }
    }

    /// Takes all credits out of the lease. Until the next is settled, nobody is refused for want
    /// of them.
    fn empty(&self) -> u64 {
        self.file.fetch_or(UNKNOWN, Ordering::Relaxed);
        self.change(|_| 0)
    }
}

/// For the writer.
impl Leases {
    pub(super) fn new() -> Self {
        Self { cells: Chunks::new(), asking: Chunks::new(), asked: AtomicU32::new(0) }
    }

    /// Lets a side of `lineage` name its lease; `had` if it named it before. None if there is no
    /// number left.
    pub(super) fn let_to(
        &self,
        lessees: &mut Lessees,
        lineage: KeyId,
        quota: Quota,
        had: Option<LeaseRef>,
    ) -> Option<LeaseRef> {
        if let Some(lessee) = lessees.by_lineage.get_mut(&lineage) {
            lessee.quota = quota;
            if had != Some(lessee.lease) {
                lessee.sides = lessee.sides.saturating_add(1);
            }
            let cell = self.cells.get(lessee.lease.0)?;
            cell.limit.store(quota.limit(), Ordering::Relaxed);
            return Some(lessee.lease);
        }
        let number = lessees.free.pop().or_else(|| {
            let number = lessees.len;
            lessees.len = number.checked_add(1).filter(|&next| next < u32::MAX)?;
            Some(number)
        })?;
        self.asking.make(number / 64)?;
        let cell = self.cells.make(number)?;
        cell.file.store(UNKNOWN, Ordering::Relaxed);
        cell.due.store(word(Timestamp::NEVER), Ordering::Relaxed);
        cell.limit.store(quota.limit(), Ordering::Relaxed);
        cell.low.store(0, Ordering::Relaxed);
        cell.lineage.store(lineage.bits(), Ordering::Relaxed);
        cell.change(|_| 0);
        let lease = LeaseRef(number);
        lessees.by_lineage.insert(lineage, Lessee { lease, sides: 1, quota });
        Some(lease)
    }

    /// Takes back the leases that no side names any more, once a commit has been applied: the
    /// successor of a key that it ends has that key's.
    pub(super) fn take_back(&self, lessees: &mut Lessees) {
        for lineage in std::mem::take(&mut lessees.left) {
            let Some(lessee) = lessees.by_lineage.get(&lineage).filter(|l| l.sides == 0) else {
                continue;
            };
            let lease = lessee.lease;
            lessees.by_lineage.remove(&lineage);
            lessees.free.push(lease.0);
            if let Some(cell) = self.cells.get(lease.0) {
                cell.empty();
                cell.lineage.store(NOBODY, Ordering::Relaxed);
            }
        }
    }

    /// Bytes of all leases.
    pub(super) fn bytes(&self) -> usize {
        self.cells.bytes().saturating_add(self.asking.bytes())
    }
}

/// For who has the turn of those who write.
impl Leases {
    /// Whether a lease may be low.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) != 0
    }

    /// The lineages whose leases are low, which ask anew if they stay so.
    pub(super) fn asking(&self) -> Vec<KeyId> {
        let mut asking = Vec::new();
        // Acquire, with the Release of `ask`.
        if self.asked.swap(0, Ordering::AcqRel) == 0 {
            return asking;
        }
        for (number, word) in self.asking.iter() {
            let mut bits = word.swap(0, Ordering::Relaxed);
            while bits != 0 {
                let cell = self.cells.get(number * 64 + bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
                let lineage = cell.map(|cell| cell.lineage.load(Ordering::Relaxed));
                asking.extend(lineage.filter(|&bits| bits != NOBODY).map(KeyId::from_bits));
            }
        }
        asking
    }

    /// The lineages of which credits are leased, and their quotas.
    pub(super) fn outstanding(&self, lessees: &Lessees) -> Vec<(KeyId, Quota)> {
        let lineages = lessees.by_lineage.keys();
        let leases = lineages.filter_map(|&lineage| Some((lineage, self.of(lessees, lineage)?)));
        let some = leases.filter(|(_, lease)| lease.leased > 0);
        some.map(|(lineage, lease)| (lineage, lease.quota)).collect()
    }

    /// The lease of `lineage`.
    pub(super) fn of(&self, lessees: &Lessees, lineage: KeyId) -> Option<Lease> {
        let lessee = lessees.by_lineage.get(&lineage)?;
        let cell = self.cells.get(lessee.lease.0)?;
        Some(Lease {
            quota: lessee.quota,
            leased: cell.lease.load(Ordering::Relaxed) & CREDITS,
            due: timestamp(cell.due.load(Ordering::Relaxed)),
        })
    }

    /// Takes all credits out of the lease of `lineage`, whose balance is about to change.
    pub(super) fn recall(&self, lessees: &Lessees, lineage: KeyId) -> u64 {
        self.cell(lessees, lineage).map_or(0, Cell::empty)
    }

    /// Puts credits back that were recalled for a change that was not made.
    pub(super) fn restore(&self, lessees: &Lessees, lineage: KeyId, credits: u64) {
        if let Some(cell) = self.cell(lessees, lineage) {
            cell.change(|had| had.saturating_add(credits));
        }
    }

    /// Shows what a commit made of the credits of a lineage, once it is durable.
    pub(super) fn settle(&self, lessees: &Lessees, settled: &Settled) {
        let Some(cell) = self.cell(lessees, settled.lineage) else { return };
        cell.low.store(settled.low, Ordering::Relaxed);
        if settled.anew {
            cell.file.fetch_or(UNKNOWN, Ordering::Relaxed);
        }
        // The lease before its period and before the file: see `spend`.
        cell.change(|had| if settled.anew { settled.leased } else { had + settled.leased });
        cell.due.store(word(settled.balance.due), Ordering::Release);
        cell.file.store(settled.balance.left, Ordering::Release);
    }

    fn cell(&self, lessees: &Lessees, lineage: KeyId) -> Option<&Cell> {
        self.cells.get(lessees.by_lineage.get(&lineage)?.lease.0)
    }
}

fn timestamp(word: u64) -> Timestamp {
    Timestamp::from_ms(word.cast_signed())
}

fn word(at: Timestamp) -> u64 {
    at.as_ms().cast_unsigned()
}
