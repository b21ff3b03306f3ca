//! The four slots in which a key may stand, and how a reader looks through them.

use super::shim::AtomicU16;
use super::slot::{Life, Slot};

/// The four slots of a key's two pairs, those of its first pair first, and the filter of that
/// pair.
pub(super) struct Places<'p> {
    pub filter: &'p AtomicU16,
    pub slots: [&'p Slot; 4],
}

impl<'p> Places<'p> {
    /// The slot that holds `digest`, and the life in which it does; or else the lives of all
    /// four, as they were before their digests were compared.
    ///
    /// All four are looked at before anything depends on one of them, so that their lines come
    /// from memory at the same time.
    #[inline(always)]
    pub(super) fn find(&self, digest: [u64; 2]) -> Result<(&'p Slot, Life), [Life; 4]> {
        let lives = self.slots.map(Slot::life);
        let held = self.slots.map(|slot| slot.holds(digest));
        let holds =
            |n: usize| matches!((lives.get(n), held.get(n)), (Some(l), Some(true)) if l.is_live());
        let which = (0..4).fold(0_u32, |bits, n| bits | u32::from(holds(n)) << n).trailing_zeros();
        let which = usize::try_from(which).unwrap_or(4);
        match (self.slots.get(which), lives.get(which)) {
            (Some(slot), Some(life)) => Ok((slot, *life)),
            _ => Err(lives),
        }
    }

    /// Whether all four live the lives that [`find`](Self::find) saw. To be asked after an
    /// Acquire fence. Then there was a moment at which what it did not find was in none: a key
    /// is never between two slots.
    pub(super) fn are_still(&self, lives: &[Life; 4]) -> bool {
        self.slots.iter().zip(lives).all(|(slot, life)| slot.is_still(*life))
    }
}
