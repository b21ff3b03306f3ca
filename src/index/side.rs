//! What only some keys have, beside the table: lineage, its meter and its credits, when they
//! were last used, and where the conditions of their use are.
//!
//! ```text
//! offset size
//!      0    8  key id      of the key that has this side; all ones if none has
//!      8    8  conditions  their number plus one (bits 0-31); 0 if there are none
//!     16    8  lineage     key id
//!     24    8  last use    low 20 bits of the key id (bits 0-19), milliseconds plus one or 0
//!                          (20-62), idle (63)
//!     32    8  meter       number of the lineage's meter
//!     40    8  lease       number plus one of where its credits are, or 0
//!     48    8  marked      milliseconds: since when the key was idle when it was marked so
//! ```
//!
//! A side is lent to another key when its own has gone or has been given a new one. A reader
//! names the key it came from; if the side is another's by now, it is told so.

use std::cmp::Ordering as Order;
use std::net::IpAddr;

use super::conditions::{AllConditions, Conditions};
use super::home::low32;
use super::numbers::Numbers;
use super::shim::{AtomicU32, AtomicU64, Ordering, fence};
use crate::chunks::Chunks;
use crate::entry::{LeaseRef, MeterRef, Side, SideRef, USE_GRAIN};
use crate::key_id::KeyId;
use crate::sys;
use crate::time::Timestamp;

const NOBODY: u64 = u64::MAX;
const TAG: u64 = (1 << 20) - 1;
/// The key was found idle. It stays so until it is given a longer span.
const IDLE: u64 = 1 << 63;

#[repr(align(64))]
#[derive(Default)]
struct Cell {
    key: AtomicU64,
    conditions: AtomicU64,
    lineage: AtomicU64,
    last: AtomicU64,
    meter: AtomicU64,
    lease: AtomicU64,
    marked: AtomicU64,
}

/// What a side says of its key, but for its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beside {
    pub lineage: KeyId,
    pub conditions: Conditions,
}

/// When a key was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    pub key_id: KeyId,
    pub at: Timestamp,
    side: SideRef,
}

/// All sides of a table.
pub(super) struct Sides {
    cells: Chunks<Cell>,
    /// One bit a side, 64 to a word: used since the last flush.
    used: Chunks<AtomicU64>,
    len: AtomicU32,
    conditions: AllConditions,
}

/// For readers.
impl Sides {
    /// Has `side` fetched from memory, and waits for nothing.
    #[inline]
    pub(super) fn fetch(&self, side: SideRef) {
        if let Some(cell) = self.cells.get(side.0) {
            sys::fetch(cell);
        }
    }

    /// What stands in `side` for a request from `address`, if it is still `key`'s.
    #[inline]
    pub(super) fn get(&self, side: SideRef, key: KeyId, address: Option<IpAddr>) -> Option<Side> {
        let cell = self.cells.get(side.0)?;
        // Acquire, with the Release of `lend`.
        if cell.key.load(Ordering::Acquire) != key.bits() {
            return None;
        }
        let last = cell.last.load(Ordering::Relaxed);
        let mut found = Side {
            start: Timestamp::EPOCH,
            last_used: last_used(last),
            lineage: KeyId::from_bits(cell.lineage.load(Ordering::Relaxed)),
            idle_at: Timestamp::NEVER,
            idle: last & IDLE != 0,
            outside: false,
            meter: cell.meter(),
            lease: cell.lease(),
        };
        if let Some(number) = cell.conditions() {
            let seen = self.conditions.see(number, address)?;
            found.start = seen.start;
            found.idle_at = seen.idle.map_or(Timestamp::NEVER, |idle| idle.at(found.last_used));
            found.outside = seen.outside;
        }
        // Acquire, with the Release fence of `lend`: words of a later key bring its id along.
        fence(Ordering::Acquire);
        (cell.key.load(Ordering::Relaxed) == key.bits()).then_some(found)
    }

    /// Records that `key` was used at what `believed` makes of `now`, which is no later, unless
    /// a use less than a minute older is, or the key was found idle.
    #[inline]
    pub(super) fn touch(
        &self,
        side: SideRef,
        key: KeyId,
        now: Timestamp,
        believed: impl FnOnce(Timestamp) -> Timestamp,
    ) {
        let Some(cell) = self.cells.get(side.0) else { return };
        let last = cell.last.load(Ordering::Relaxed);
        let is_noted = |now| last_used(last).is_some_and(|at| now < at.plus(USE_GRAIN));
        if is_noted(now) || last & (TAG | IDLE) != key.bits() & TAG {
            return;
        }
        let now = believed(now);
        if !is_noted(now) {
            self.record(side, cell, key, last, now);
        }
    }

    #[cold]
    fn record(&self, side: SideRef, cell: &Cell, key: KeyId, last: u64, now: Timestamp) {
        if self.try_record(side, cell, key, last, now) {
            // Once more, for who unmarked it meanwhile.
            self.note(side);
        }
    }

    /// Records it, if it can be, and marks it before, for a writer who gives the key another side
    /// from that moment on.
    fn try_record(
        &self,
        side: SideRef,
        cell: &Cell,
        key: KeyId,
        last: u64,
        now: Timestamp,
    ) -> bool {
        if cell.key.load(Ordering::Relaxed) != key.bits() {
            return false;
        }
        self.note(side);
        let next = last_word(key, Some(now));
        // Release, with the Acquire of `lend` and `inherit`: who takes the use over sees the mark.
        // If this fails, another thread has recorded a use of this moment, or the side has
        // another owner: the low bits see to that.
        let set = cell.last.compare_exchange(last, next, Ordering::Release, Ordering::Relaxed);
        set.is_ok()
    }

    fn note(&self, side: SideRef) {
        if let Some((word, bit)) = self.mark(side) {
            // Release, with the Acquire of `noted` and `written`: who sees the mark sees the
            // time.
            word.fetch_or(bit, Ordering::Release);
        }
    }

    /// Marks `key` as idle for good, if its last use is still the one that `seen` says.
    #[cold]
    pub(super) fn mark_idle(&self, side: SideRef, key: KeyId, seen: &Side) {
        let Some(cell) = self.cells.get(side.0) else { return };
        cell.marked.fetch_max(milliseconds(seen.idle_at), Ordering::Relaxed);
        let last = last_word(key, seen.last_used);
        // If this fails, the key was used, is marked, or has another side. Release, with the
        // Acquire of `lend` and `inherit`: who sees the mark sees since when.
        let _ = cell.last.compare_exchange(last, last | IDLE, Ordering::Release, Ordering::Relaxed);
    }

    fn mark(&self, side: SideRef) -> Option<(&AtomicU64, u64)> {
        Some((self.used.get(side.0 / 64)?, 1 << (side.0 % 64)))
    }

    /// The keys that were used since that was last [written](Self::written).
    pub(super) fn noted(&self) -> Vec<Used> {
        let mut noted = Vec::new();
        for (number, word) in self.used.iter() {
            // Acquire, with the Release of `record`.
            let mut bits = word.load(Ordering::Acquire);
            while bits != 0 {
                let side = SideRef(number * 64 + bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
                noted.extend(self.use_of(side));
            }
        }
        noted
    }

    /// Unmarks these, unless they were used again.
    pub(super) fn written(&self, used: &[Used]) {
        for written in used {
            let Some((word, bit)) = self.mark(written.side) else { continue };
            // Acquire, with the Release of `record`: a mark that is taken here was set for a
            // use that is seen below.
            word.fetch_and(!bit, Ordering::AcqRel);
            // Perhaps by another key, if the side was lent to one meanwhile.
            if self.use_of(written.side).is_some_and(|now| now != *written) {
                word.fetch_or(bit, Ordering::Release);
            }
        }
    }

    fn use_of(&self, side: SideRef) -> Option<Used> {
        let cell = self.cells.get(side.0)?;
        let last = cell.last.load(Ordering::Relaxed);
        let key = cell.key.load(Ordering::Relaxed);
        let at = last_used(last).filter(|_| key & TAG == last & TAG)?;
        Some(Used { key_id: KeyId::from_bits(key), at, side })
    }
}

/// For the writer.
impl Sides {
    pub(super) fn new() -> Self {
        let (cells, used, len) = (Chunks::new(), Chunks::new(), AtomicU32::new(0));
        Self { cells, used, len, conditions: AllConditions::new() }
    }

    /// What `side` says, if it is `key`'s.
    pub(super) fn read(&self, side: SideRef, key: KeyId) -> Option<Beside> {
        let cell = self.cells.get(side.0)?;
        if cell.key.load(Ordering::Relaxed) != key.bits() {
            return None;
        }
        let conditions = match cell.conditions() {
            Some(number) => self.conditions.read(number)?,
            None => Conditions::NONE,
        };
        let lineage = KeyId::from_bits(cell.lineage.load(Ordering::Relaxed));
        Some(Beside { lineage, conditions })
    }

    /// Lends `key` a side that says `content`, of its meter and its lease what `names` makes of
    /// its number, and of its use what its side `before` says. None if there is no number left.
    pub(super) fn lend(
        &self,
        numbers: &mut Numbers,
        key: KeyId,
        content: &Beside,
        before: Option<SideRef>,
        names: impl FnOnce(u32) -> (MeterRef, Option<LeaseRef>),
    ) -> Option<SideRef> {
        let conditions = match content.conditions == Conditions::NONE {
            true => 0,
            false => self.conditions.lend(&mut numbers.conditions, &content.conditions)? + 1,
        };
        let number = match numbers.take() {
            Some(number) => number,
            None => {
                let number = self.len.load(Ordering::Relaxed);
                self.used.make(number / 64)?;
                // An entry keeps the number plus one in 32 bits.
                let next = number.checked_add(1).filter(|&next| next < u32::MAX)?;
                self.len.store(next, Ordering::Relaxed);
                number
            }
        };
        let old = before.and_then(|before| self.cells.get(before.0));
        let old = old.filter(|old| old.key.load(Ordering::Relaxed) == key.bits());
        // Acquire, with the Release of `mark_idle` and of `record`.
        let last =
            old.map(|old| old.use_under(&content.conditions, old.last.load(Ordering::Acquire)));
        let marked = old.map_or(0, |old| old.marked.load(Ordering::Relaxed));
        let cell = self.cells.make(number)?;
        let (meter, lease) = names(number);
        cell.key.store(NOBODY, Ordering::Relaxed);
        // Release, with the Acquire fence of `get`.
        fence(Ordering::Release);
        cell.conditions.store(u64::from(conditions), Ordering::Relaxed);
        cell.lineage.store(content.lineage.bits(), Ordering::Relaxed);
        cell.last.store(last.unwrap_or_else(|| last_word(key, None)), Ordering::Relaxed);
        cell.meter.store(meter.0.into(), Ordering::Relaxed);
        cell.lease.store(lease_word(lease), Ordering::Relaxed);
        cell.marked.store(marked, Ordering::Relaxed);
        // Release, with the Acquire of `get`.
        cell.key.store(key.bits(), Ordering::Release);
        Some(SideRef(number))
    }

    /// Takes over what `key`'s side `before` says of its use, also what it was given while `now`
    /// was being lent. From then on whoever still has the key's old entry records nothing there.
    pub(super) fn inherit(&self, before: SideRef, now: SideRef, key: KeyId) {
        let (Some(old), Some(cell)) = (self.cells.get(before.0), self.cells.get(now.0)) else {
            return;
        };
        // The low bits are not the key's. Release, with the Acquire fence of `get`: who reads this
        // sees that the old entry has gone.
        let last = old.last.swap(!key.bits() & TAG, Ordering::AcqRel);
        let Some(new) = self.read(now, key) else { return };
        if old.key.load(Ordering::Relaxed) != key.bits() {
            return;
        }
        let last = old.use_under(&new.conditions, last);
        cell.marked.fetch_max(old.marked.load(Ordering::Relaxed), Ordering::Relaxed);
        let carried = |here| match last_used(here).cmp(&last_used(last)) {
            Order::Less => Some(last),
            Order::Equal => Some(here | last & IDLE),
            Order::Greater => None,
        };
        let here = cell.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, carried);
        let is_later = here.is_ok_and(|here| last_used(here) < last_used(last));
        let is_noted =
            self.mark(before).is_some_and(|(word, bit)| word.load(Ordering::Acquire) & bit != 0);
        if is_later || is_noted {
            self.note(now);
        }
    }

    /// Takes back a side that no slot names any more.
    pub(super) fn take_back(&self, numbers: &mut Numbers, side: SideRef) {
        if let Some(cell) = self.cells.get(side.0) {
            cell.key.store(NOBODY, Ordering::Relaxed);
            if let Some(number) = cell.conditions() {
                self.conditions.take_back(&mut numbers.conditions, number);
            }
            let lineage = KeyId::from_bits(cell.lineage.load(Ordering::Relaxed));
            numbers.give_back(side.0, lineage, cell.meter());
        }
    }

    /// Takes up the uses of a file, which come in order of their keys, as the sides do that
    /// were lent while the file was read.
    pub(super) fn recall(&self, uses: impl IntoIterator<Item = (KeyId, Timestamp)>) {
        let mut cells = (0..self.len.load(Ordering::Relaxed)).map_while(|n| self.cells.get(n));
        let mut cell = cells.next();
        for (key, at) in uses {
            while let Some(here) = cell {
                match here.key.load(Ordering::Relaxed) {
                    side if side < key.bits() => cell = cells.next(),
                    side if side == key.bits() => {
                        here.last.store(last_word(key, Some(at)), Ordering::Relaxed);
                        break;
                    }
                    _ => break,
                }
            }
        }
    }

    /// Sides that keys have, and those whose meters are still in use.
    pub(super) fn lent(&self, numbers: &Numbers) -> usize {
        let len = usize::try_from(self.len.load(Ordering::Relaxed)).unwrap_or(0);
        len.saturating_sub(numbers.free())
    }

    /// Bytes of all sides.
    pub(super) fn bytes(&self) -> usize {
        let conditions = self.conditions.bytes();
        self.cells.bytes().saturating_add(self.used.bytes()).saturating_add(conditions)
    }
}

impl Cell {
    /// The number of its conditions, if it has any.
    #[inline]
    fn conditions(&self) -> Option<u32> {
        low32(self.conditions.load(Ordering::Relaxed)).checked_sub(1)
    }

    /// The word of its key's last use, under new conditions. A key that was found idle stays so,
    /// unless they let it live longer than those did.
    fn use_under(&self, conditions: &Conditions, last: u64) -> u64 {
        let idle_at = conditions.idle.map_or(Timestamp::NEVER, |idle| idle.at(last_used(last)));
        let longer = milliseconds(idle_at) > self.marked.load(Ordering::Relaxed);
        if longer { last & !IDLE } else { last }
    }

    #[inline]
    fn meter(&self) -> MeterRef {
        MeterRef(low32(self.meter.load(Ordering::Relaxed)))
    }

    #[inline]
    fn lease(&self) -> Option<LeaseRef> {
        u32::try_from(self.lease.load(Ordering::Relaxed).checked_sub(1)?).ok().map(LeaseRef)
    }
}

/// The number plus one, or 0.
fn lease_word(lease: Option<LeaseRef>) -> u64 {
    lease.map_or(0, |lease| u64::from(lease.0).saturating_add(1))
}

fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_ms()).unwrap_or(0)
}

fn last_used(word: u64) -> Option<Timestamp> {
    let ms = ((word & !IDLE) >> 20).checked_sub(1)?;
    Some(Timestamp::from_ms(i64::try_from(ms).ok()?))
}

fn last_word(key: KeyId, at: Option<Timestamp>) -> u64 {
    let at = at.map(|at| at.clamp(Timestamp::EPOCH, Timestamp::LAST).as_ms());
    let ms = at.and_then(|ms| u64::try_from(ms).ok()).map_or(0, |ms| ms + 1);
    ms << 20 | key.bits() & TAG
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests;
