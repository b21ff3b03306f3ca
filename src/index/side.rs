//! What only some keys have, beside the table: start, lineage, its meter and its credits, and when
//! they were last used.
//!
//! ```text
//! offset size
//!      0    8  key id    of the key that has this side; all ones if none has
//!      8    8  start     milliseconds
//!     16    8  lineage   key id
//!     24    8  last use  low 20 bits of the key id (bits 0-19), milliseconds plus one or 0 (20-63)
//!     32    8  meter     number of the lineage's meter
//!     40    8  lease     number plus one of where its credits are, or 0
//! ```
//!
//! A side is lent to another key when its own has gone or has been given a new one. A reader
//! names the key it came from; if the side is another's by now, it is told so.

use super::home::low32;
use super::numbers::Numbers;
use super::shim::{AtomicU32, AtomicU64, Ordering, fence};
use crate::chunks::Chunks;
use crate::entry::{LeaseRef, MeterRef, Side, SideRef};
use crate::key_id::KeyId;
use crate::sys;
use crate::time::Timestamp;

/// A use is recorded if the one recorded is at least this much older, in milliseconds. So a
/// busy key is written once in that time and all its other verifies only read.
const GRAIN: i64 = 60_000;

const NOBODY: u64 = u64::MAX;
const TAG: u64 = (1 << 20) - 1;

#[repr(align(64))]
#[derive(Default)]
struct Cell {
    key: AtomicU64,
    start: AtomicU64,
    lineage: AtomicU64,
    last: AtomicU64,
    meter: AtomicU64,
    lease: AtomicU64,
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

    /// What stands in `side`, if it is still `key`'s.
    #[inline]
    pub(super) fn get(&self, side: SideRef, key: KeyId) -> Option<Side> {
        let cell = self.cells.get(side.0)?;
        // Acquire, with the Release of `lend`.
        if cell.key.load(Ordering::Acquire) != key.bits() {
            return None;
        }
        let found = Side {
            start: timestamp(cell.start.load(Ordering::Relaxed)),
            last_used: last_used(cell.last.load(Ordering::Relaxed)),
            lineage: KeyId::from_bits(cell.lineage.load(Ordering::Relaxed)),
            meter: MeterRef(low32(cell.meter.load(Ordering::Relaxed))),
            lease: lease(cell.lease.load(Ordering::Relaxed)),
        };
        // Acquire, with the Release fence of `lend`: words of a later key bring its id along.
        fence(Ordering::Acquire);
        (cell.key.load(Ordering::Relaxed) == key.bits()).then_some(found)
    }

    /// Records that `key` was used at `now`, unless a use less than a minute older is.
    #[inline]
    pub(super) fn touch(&self, side: SideRef, key: KeyId, now: Timestamp) {
        let Some(cell) = self.cells.get(side.0) else { return };
        let last = cell.last.load(Ordering::Relaxed);
        let recent = |at: Timestamp| now.as_ms().saturating_sub(at.as_ms()) < GRAIN;
        if last_used(last).is_some_and(recent) || last & TAG != key.bits() & TAG {
            return;
        }
        self.record(side, cell, key, last, now);
    }

    #[cold]
    fn record(&self, side: SideRef, cell: &Cell, key: KeyId, last: u64, now: Timestamp) {
        if cell.key.load(Ordering::Relaxed) != key.bits() {
            return;
        }
        // If this fails, another thread has recorded a use of this moment, or the side has
        // another owner: the low bits see to that.
        let next = last_word(key, Some(now));
        let set = cell.last.compare_exchange(last, next, Ordering::Relaxed, Ordering::Relaxed);
        if set.is_ok()
            && let Some((word, bit)) = self.mark(side)
        {
            // Release, with the Acquire of `noted` and `written`: who sees the mark sees the
            // time.
            word.fetch_or(bit, Ordering::Release);
        }
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
            if self
                .use_of(written.side)
                .is_some_and(|now| now.key_id == written.key_id && now != *written)
            {
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
        Self { cells: Chunks::new(), used: Chunks::new(), len: AtomicU32::new(0) }
    }

    /// Lends `key` a side that says what `content` makes of its number. None if there is no number
    /// left.
    pub(super) fn lend(
        &self,
        numbers: &mut Numbers,
        key: KeyId,
        content: impl FnOnce(u32) -> Side,
    ) -> Option<SideRef> {
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
        let cell = self.cells.make(number)?;
        let content = content(number);
        cell.key.store(NOBODY, Ordering::Relaxed);
        // Release, with the Acquire fence of `get`.
        fence(Ordering::Release);
        cell.start.store(content.start.as_ms().cast_unsigned(), Ordering::Relaxed);
        cell.lineage.store(content.lineage.bits(), Ordering::Relaxed);
        cell.last.store(last_word(key, content.last_used), Ordering::Relaxed);
        cell.meter.store(content.meter.0.into(), Ordering::Relaxed);
        cell.lease.store(lease_word(content.lease), Ordering::Relaxed);
        // Release, with the Acquire of `get`.
        cell.key.store(key.bits(), Ordering::Release);
        Some(SideRef(number))
    }

    /// Takes back a side that no slot names any more.
    pub(super) fn take_back(&self, numbers: &mut Numbers, side: SideRef) {
        if let Some(cell) = self.cells.get(side.0) {
            cell.key.store(NOBODY, Ordering::Relaxed);
            let lineage = KeyId::from_bits(cell.lineage.load(Ordering::Relaxed));
            let meter = MeterRef(low32(cell.meter.load(Ordering::Relaxed)));
            numbers.give_back(side.0, lineage, meter);
        }
    }

    /// Sides that keys have, and those whose meters are still in use.
    pub(super) fn lent(&self, numbers: &Numbers) -> usize {
        let len = usize::try_from(self.len.load(Ordering::Relaxed)).unwrap_or(0);
        len.saturating_sub(numbers.free())
    }

    /// Bytes of all sides.
    pub(super) fn bytes(&self) -> usize {
        self.cells.bytes().saturating_add(self.used.bytes())
    }
}

fn timestamp(word: u64) -> Timestamp {
    Timestamp::from_ms(word.cast_signed())
}

/// The number plus one, or 0.
fn lease_word(lease: Option<LeaseRef>) -> u64 {
    lease.map_or(0, |lease| u64::from(lease.0).saturating_add(1))
}

fn lease(word: u64) -> Option<LeaseRef> {
    u32::try_from(word.checked_sub(1)?).ok().map(LeaseRef)
}

fn last_used(word: u64) -> Option<Timestamp> {
    let ms = (word >> 20).checked_sub(1)?;
    Some(Timestamp::from_ms(i64::try_from(ms).ok()?))
}

fn last_word(key: KeyId, at: Option<Timestamp>) -> u64 {
    let at = at.map(|at| at.clamp(Timestamp::EPOCH, Timestamp::LAST).as_ms());
    let ms = at.and_then(|ms| u64::try_from(ms).ok()).map_or(0, |ms| ms + 1);
    ms << 20 | key.bits() & TAG
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn side(start: i64) -> Side {
        let (lineage, lease) = (KeyId::from_bits(9), Some(LeaseRef(8)));
        Side { start: at(start), last_used: None, lineage, meter: MeterRef(4), lease }
    }

    #[test]
    fn a_side_is_seen_by_its_own_key_only() {
        let (sides, mut free) = (Sides::new(), Numbers::default());
        let [one, two] = [1, 2].map(KeyId::from_bits);
        let lent = sides.lend(&mut free, one, |_| side(5)).unwrap();
        assert_eq!(sides.get(lent, one), Some(side(5)));
        assert_eq!(sides.get(lent, two), None);
        sides.take_back(&mut free, lent);
        assert_eq!(sides.get(lent, one), None);
        assert_eq!(sides.lend(&mut free, two, |_| side(6)), Some(lent));
        assert_eq!((sides.get(lent, one), sides.get(lent, two)), (None, Some(side(6))));
    }

    #[test]
    fn a_use_is_recorded_once_a_minute_and_never_goes_back() {
        let (sides, mut free) = (Sides::new(), Numbers::default());
        let key = KeyId::from_bits(1 << 40 | 77);
        let lent = sides.lend(&mut free, key, |_| side(0)).unwrap();
        let last = || sides.get(lent, key).unwrap().last_used;
        for (now, expected) in
            [(100_000, 100_000), (159_999, 100_000), (160_000, 160_000), (90_000, 160_000)]
        {
            sides.touch(lent, key, at(now));
            assert_eq!(last(), Some(at(expected)), "{now}");
        }
        sides.touch(lent, KeyId::from_bits(78), at(900_000));
        sides.touch(lent, KeyId::from_bits(77), at(900_000));
        assert_eq!(last(), Some(at(160_000)));
    }

    #[test]
    fn a_use_stays_noted_until_it_is_written() {
        let (sides, mut free) = (Sides::new(), Numbers::default());
        let keys: Vec<_> = (0..200).map(KeyId::from_bits).collect();
        let lent: Vec<_> =
            keys.iter().map(|&key| sides.lend(&mut free, key, |_| side(0)).unwrap()).collect();
        let at_5 = |n: usize| Used { key_id: keys[n], at: at(5), side: lent[n] };
        assert_eq!(sides.noted(), []);
        for n in [3, 64, 199] {
            sides.touch(lent[n], keys[n], at(5));
        }
        let first = sides.noted();
        assert_eq!(first, [3, 64, 199].map(at_5));
        sides.touch(lent[64], keys[64], at(70_000));
        sides.written(&first);
        assert_eq!(sides.noted(), [Used { at: at(70_000), ..at_5(64) }]);
        sides.written(&sides.noted());
        assert_eq!(sides.noted(), []);
    }
}
