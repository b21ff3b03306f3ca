//! Where keys stand that found no room in their segment: a list that is read to its end.
//!
//! It is empty but for wonders: the search for room fails only in a segment that is too full
//! and cannot grow. With it an insert never fails.

use super::chunks::Chunks;
use super::shim::{AtomicU32, AtomicU64, Ordering, fence};
use super::slot::{Life, Slot};
use super::table::Look;

/// Slots outside of all segments.
pub(super) struct Stash {
    slots: Chunks<Slot>,
    /// All live slots have lower numbers.
    len: AtomicU32,
    /// Grows before a slot is cleared.
    cleared: AtomicU64,
}

impl Stash {
    pub(super) fn new() -> Self {
        Self { slots: Chunks::new(), len: AtomicU32::new(0), cleared: AtomicU64::new(0) }
    }

    /// Slots to be looked at.
    #[inline]
    pub(super) fn len(&self) -> u32 {
        // Acquire, with the Release of `room` and `clear`: the slots are made.
        self.len.load(Ordering::Acquire)
    }

    /// The live slots with their lives.
    pub(super) fn live(&self) -> impl Iterator<Item = (&Slot, Life)> {
        let slots = (0..self.len()).filter_map(|number| self.slots.get(number));
        slots.map(|slot| (slot, slot.life())).filter(|(_, life)| life.is_live())
    }

    /// Looks for a key among all slots.
    #[cold]
    pub(super) fn look(&self, digest: [u64; 2]) -> Look<'_> {
        // Acquire, with the Release fence of `clear`, here and below.
        let before = self.cleared.load(Ordering::Acquire);
        if let Some((slot, life)) = self.live().find(|(slot, _)| slot.holds(digest)) {
            return Look::At(slot, life);
        }
        fence(Ordering::Acquire);
        // What was cleared out meanwhile may have been this key, moved behind our back.
        let same = self.cleared.load(Ordering::Relaxed) == before;
        if same { Look::Nowhere } else { Look::Changed }
    }

    /// For the writer: an empty slot.
    pub(super) fn room(&self) -> Option<&Slot> {
        let len = self.len.load(Ordering::Relaxed);
        let used = (0..len).filter_map(|number| self.slots.get(number));
        if let Some(empty) = { used }.find(|slot| !slot.life().is_live()) {
            return Some(empty);
        }
        let slot = self.slots.make(len)?;
        // Release, with the Acquire of `len`.
        self.len.store(len.checked_add(1)?, Ordering::Release);
        Some(slot)
    }

    /// For the writer: clears `slot`, which is one of the stash's.
    pub(super) fn clear(&self, slot: &Slot) {
        self.cleared.fetch_add(1, Ordering::Relaxed);
        // Release, with the Acquire of `look`: who sees the slot dead sees the count grown.
        fence(Ordering::Release);
        slot.clear();
        let numbers = (0..self.len.load(Ordering::Relaxed)).rev();
        let live = |number: &u32| self.slots.get(*number).is_some_and(|s| s.life().is_live());
        let len = { numbers }.find(live).map_or(0, |last| last.saturating_add(1));
        self.len.store(len, Ordering::Release);
    }

    /// Bytes of the slots.
    pub(super) fn bytes(&self) -> usize {
        self.slots.bytes()
    }
}
