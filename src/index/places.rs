//! The four slots of one home, and how a reader looks through them.

use std::ptr;

use super::filter::Filter;
use super::pool::Pair;
use super::slot::{Life, Slot};
use crate::sys;

/// The two pairs of slots of a home. The first slot is the one that its keys like best.
#[derive(Clone, Copy)]
pub(super) struct Places<'p> {
    slots: [&'p Slot; 4],
    /// The filter of the first pair.
    filter: &'p Filter,
}

/// The lives of four slots before they were compared.
pub(super) type Lives = [Life; 4];

impl<'p> Places<'p> {
    /// The places in these pairs, of which the first has this filter; the first or the second
    /// slot of it is liked best.
    #[inline]
    pub(super) fn new(
        (Pair([a, b]), filter): (&'p Pair, &'p Filter),
        (Pair([c, d]), _): (&'p Pair, &'p Filter),
        second: bool,
    ) -> Self {
        let slots = if second { [b, a, c, d] } else { [a, b, c, d] };
        Self { slots, filter }
    }

    /// All four slots.
    #[inline]
    pub(super) fn slots(&self) -> [&'p Slot; 4] {
        self.slots
    }

    /// The filter for keys whose near home this is.
    #[inline]
    pub(super) fn filter(&self) -> &'p Filter {
        self.filter
    }

    /// The slot that holds `digest`, and the life in which it does; or else the lives of all
    /// four, as they were before their digests were compared.
    ///
    /// The first slot, where most keys stand, is looked at by itself, so that nobody waits for
    /// the others without need. Those are looked at together, so that nobody waits thrice.
    #[inline(always)]
    pub(super) fn find(&self, digest: [u64; 2]) -> Result<(&'p Slot, Life), Lives> {
        let [first, b, c, d] = self.slots;
        let life = first.life();
        if life.is_live() && first.holds(digest) {
            return Ok((first, life));
        }
        let others = [b, c, d];
        let lives = others.map(Slot::life);
        let held = others.map(|slot| slot.holds(digest));
        let holds =
            |n: usize| matches!((lives.get(n), held.get(n)), (Some(l), Some(true)) if l.is_live());
        let which = (0..3).fold(0_u32, |bits, n| bits | u32::from(holds(n)) << n).trailing_zeros();
        let which = usize::try_from(which).unwrap_or(3);
        match (others.get(which), lives.get(which)) {
            (Some(slot), Some(life)) => Ok((slot, *life)),
            _ => {
                let [b, c, d] = lives;
                Err([life, b, c, d])
            }
        }
    }

    /// Whether all four live the lives that [`find`](Self::find) saw. To be asked after an
    /// Acquire fence.
    #[inline]
    pub(super) fn are_still(&self, lives: &Lives) -> bool {
        self.slots.iter().zip(lives).all(|(slot, life)| slot.is_still(*life))
    }

    /// Has the filter and the first slot fetched, and waits for nothing.
    #[inline(always)]
    pub(super) fn fetch_first(&self) {
        let [first, ..] = self.slots;
        sys::fetch(self.filter);
        sys::fetch(first);
    }

    /// Has the other slots fetched, and waits for nothing.
    #[inline(always)]
    pub(super) fn fetch_others(&self) {
        let [_, others @ ..] = self.slots;
        others.into_iter().for_each(sys::fetch);
    }

    /// Whether the first slot holds `digest`.
    #[inline]
    pub(super) fn first_holds(&self, digest: [u64; 2]) -> bool {
        let [first, ..] = self.slots;
        first.holds(digest)
    }

    /// For the writer: an empty slot, the one that is liked best or one of the pair that has
    /// more of them.
    pub(super) fn empty(&self) -> Option<&'p Slot> {
        let [a, b, c, d] = self.slots.map(|slot| !slot.life().is_live());
        let order = if a || b && !(c && d) { [a, b, c, d] } else { [false, false, c, d] };
        self.slots.into_iter().zip(order).find_map(|(slot, empty)| empty.then_some(slot))
    }

    /// Whether `slot` is one of these.
    pub(super) fn include(&self, slot: &Slot) -> bool {
        self.slots.iter().any(|own| ptr::eq(*own, slot))
    }
}
