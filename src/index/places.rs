//! The four slots of one home, and how a reader looks through them.

use super::slot::{Life, Slot};
use crate::sys;

/// The two pairs of slots of a home, the first one first.
#[derive(Clone, Copy)]
pub(super) struct Places<'p>(pub [&'p Slot; 4]);

impl<'p> Places<'p> {
    /// The slot that holds `digest`, and the life in which it does; or else the lives of all
    /// four, as they were before their digests were compared.
    ///
    /// All four are looked at before anything depends on one of them, so that their lines come
    /// from memory at the same time.
    #[inline(always)]
    pub(super) fn find(&self, digest: [u64; 2]) -> Result<(&'p Slot, Life), [Life; 4]> {
        let lives = self.0.map(Slot::life);
        let held = self.0.map(|slot| slot.holds(digest));
        let holds =
            |n: usize| matches!((lives.get(n), held.get(n)), (Some(l), Some(true)) if l.is_live());
        let which = (0..4).fold(0_u32, |bits, n| bits | u32::from(holds(n)) << n).trailing_zeros();
        let which = usize::try_from(which).unwrap_or(4);
        match (self.0.get(which), lives.get(which)) {
            (Some(slot), Some(life)) => Ok((slot, *life)),
            _ => Err(lives),
        }
    }

    /// Whether all four live the lives that [`find`](Self::find) saw. To be asked after an
    /// Acquire fence.
    #[inline]
    pub(super) fn are_still(&self, lives: &[Life; 4]) -> bool {
        self.0.iter().zip(lives).all(|(slot, life)| slot.is_still(*life))
    }

    /// Has the slots fetched, and waits for nothing.
    #[inline]
    pub(super) fn fetch(&self) {
        for slot in self.0 {
            sys::fetch(slot);
        }
    }

    /// For the writer: an empty slot, of the pair that has more of them.
    pub(super) fn empty(&self) -> Option<&'p Slot> {
        let [a, b, c, d] = self.0.map(|slot| !slot.life().is_live());
        let first = u8::from(a) + u8::from(b) >= u8::from(c) + u8::from(d);
        let order = if first { [a, b, c, d] } else { [false, false, c, d] };
        self.0.into_iter().zip(order).find_map(|(slot, empty)| empty.then_some(slot))
    }
}
