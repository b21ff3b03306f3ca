//! The four slots of one home, and how a reader looks through them.

use std::hint;
use std::ptr;

use super::filter::Filter;
use super::pool::Pair;
use super::slot::{Life, Slot};
use crate::digest::Address;
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

    /// The slot in which the key of `address` stands, and the life in which it does; or else the
    /// lives of all four, as they were before their digests were compared.
    ///
    /// Slots are told apart by the locators in their lives, which can be compared while the token
    /// is still being hashed; by then the processor has guessed what comes next, and a wrong guess
    /// costs nothing. The first slot, where most keys stand, is looked at by itself, so that nobody
    /// waits for the others without need. Those are looked at together, so that nobody waits
    /// thrice. Who it is, the digest alone tells.
    #[inline(always)]
    pub(super) fn find(&self, address: &Address) -> Result<(&'p Slot, Life), Lives> {
        let [first, b, c, d] = self.slots;
        let life = first.life();
        if life.is_of(address.locator) && first.holds(address.digest) {
            return Ok((first, life));
        }
        let [b, c, d] = [b, c, d].map(|slot| (slot, slot.life()));
        let likely = [c, b].into_iter().fold(d, |likely, other| {
            hint::select_unpredictable(other.1.is_of(address.locator), other, likely)
        });
        if likely.1.is_live() && likely.0.holds(address.digest) {
            return Ok(likely);
        }
        self.find_twin(address.digest, [life, b.1, c.1, d.1])
    }

    /// The same for a key that stands beside another with its locator, or is not here at all.
    #[inline]
    fn find_twin(&self, digest: [u64; 2], lives: Lives) -> Result<(&'p Slot, Life), Lives> {
        let mut live = self.slots.into_iter().zip(lives).filter(|(_, life)| life.is_live());
        live.find(|(slot, _)| slot.holds(digest)).ok_or(lives)
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
