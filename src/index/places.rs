//! The four slots of one home, and how a reader looks through them.

use std::ptr;

use super::filter::{Filter, Mark, Marks};
use super::pool::Pair;
use super::slot::{Life, Slot};
use crate::sys;

/// The two pairs of slots of a home with their filters, the first one first.
#[derive(Clone, Copy)]
pub(super) struct Places<'p> {
    slots: [&'p Slot; 4],
    filters: [&'p Filter; 2],
}

/// Some of four places, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Some4(u8);

/// What a reader saw of the filters of a home's places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen([Marks; 2]);

impl Some4 {
    pub(super) const ALL: Self = Self(0b1111);
    #[cfg(test)]
    pub(super) const NONE: Self = Self(0);

    /// The next of them, which is then no more one of them.
    #[inline]
    fn pop(&mut self) -> Option<usize> {
        let number = usize::try_from(self.0.trailing_zeros()).ok().filter(|&number| number < 4);
        self.0 &= self.0.wrapping_sub(1);
        number
    }
}

impl Seen {
    /// The places where a key that sets these bits may stand.
    #[inline]
    pub(super) fn candidates(self, near: u16) -> Some4 {
        let [one, two] = self.0;
        Some4(one.slots(near) | two.slots(near) << 2)
    }

    /// Whether a key that sets this bit may stand far.
    #[inline]
    pub(super) fn far(self, far: u16) -> bool {
        let [one, _] = self.0;
        one.far(far)
    }
}

impl<'p> Places<'p> {
    pub(super) fn new(one: (&'p Pair, &'p Filter), two: (&'p Pair, &'p Filter)) -> Self {
        let ((Pair([a, b]), f), (Pair([c, d]), g)) = (one, two);
        Self { slots: [a, b, c, d], filters: [f, g] }
    }

    /// All four slots.
    pub(super) fn slots(&self) -> [&'p Slot; 4] {
        self.slots
    }

    /// What the filters say now.
    #[inline]
    pub(super) fn seen(&self) -> Seen {
        Seen(self.filters.map(Filter::marks))
    }

    /// The slot among `which` that holds `digest`, and the life in which it does; or else the
    /// lives of those, as they were before their digests were compared.
    #[inline(always)]
    pub(super) fn find(
        &self,
        mut which: Some4,
        digest: [u64; 2],
    ) -> Result<(&'p Slot, Life), [Option<Life>; 4]> {
        let mut lives = [None; 4];
        while let Some(number) = which.pop() {
            if let (Some(slot), Some(place)) = (self.slots.get(number), lives.get_mut(number)) {
                let life = slot.life();
                if life.is_live() && slot.holds(digest) {
                    return Ok((slot, life));
                }
                *place = Some(life);
            }
        }
        Err(lives)
    }

    /// Whether these slots live the lives that [`find`](Self::find) saw. To be asked after an
    /// Acquire fence.
    #[inline]
    pub(super) fn are_still(&self, lives: &[Option<Life>; 4]) -> bool {
        self.slots.iter().zip(lives).all(|(slot, life)| life.is_none_or(|life| slot.is_still(life)))
    }

    /// Has these slots fetched, and waits for nothing.
    #[inline]
    pub(super) fn fetch(&self, mut which: Some4) {
        while let Some(number) = which.pop() {
            self.slots.get(number).copied().inspect(|slot| sys::fetch(*slot));
        }
    }
}

/// For the writer.
impl<'p> Places<'p> {
    /// An empty slot, of the pair that has more of them.
    pub(super) fn empty(&self) -> Option<&'p Slot> {
        let [a, b, c, d] = self.slots.map(|slot| !slot.life().is_live());
        let first = u8::from(a) + u8::from(b) >= u8::from(c) + u8::from(d);
        let order = if first { [a, b, c, d] } else { [false, false, c, d] };
        self.slots.into_iter().zip(order).find_map(|(slot, empty)| empty.then_some(slot))
    }

    /// Whether `slot` is one of these.
    pub(super) fn include(&self, slot: &Slot) -> bool {
        self.slots.iter().any(|own| ptr::eq(*own, slot))
    }

    /// Marks that a key whose near places these are is about to be put into `slot`: one of
    /// these, or else a far one.
    pub(super) fn mark(&self, mark: Mark, slot: &Slot) {
        let [first, _] = self.filters;
        let pairs = self.slots.as_chunks::<2>().0.iter().zip(self.filters);
        let numbered =
            pairs.flat_map(|(pair, filter)| pair.iter().zip(0..).map(move |s| (s, filter)));
        let mut near = false;
        for ((_, number), filter) in { numbered }.filter(|((own, _), _)| ptr::eq(**own, slot)) {
            filter.mark_near(mark, number);
            near = true;
        }
        if !near {
            first.mark_far(mark);
        }
    }
}
