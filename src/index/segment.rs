//! A segment: 1 to 14 blocks of slots over which some keys are spread.
//!
//! A key stands in one of the two slots of its first pair or of its second (a cuckoo table,
//! two choices, pairs of slots): looking for it, or finding that it is not there, reads four
//! slots, whose addresses are known at once. Such a table can be filled to 0.89; segments
//! are kept below [`Segment::limit`].

use std::ptr;

use super::home::{Home, Seed};
use super::places::Places;
use super::pool::{Block, Pair, Pool};
use super::shim::{AtomicU16, AtomicU32, Ordering, fence};
use super::slot::Slot;

/// Blocks of a segment at most. One line of cache then holds all that a reader needs of it.
pub(super) const BLOCKS_MAX: usize = 14;

/// Slots that a search for room looks into before it gives up.
const REACH: usize = 192;

/// Where the slots of a segment are. While the directory names it, it does not change.
#[repr(align(64))]
#[derive(Default)]
pub(super) struct Segment {
    number: AtomicU32,
    count: AtomicU32,
    blocks: [AtomicU32; BLOCKS_MAX],
}

/// A slot that a search has come to, and from which.
struct Step<'p> {
    slot: &'p Slot,
    /// Number of the step whose key could move into this slot; none for the key's own.
    from: Option<usize>,
}

impl Segment {
    /// How many keys a segment of `blocks` blocks holds before it grows: 0.86 of its slots.
    pub(super) fn limit(pool: &Pool, blocks: usize) -> usize {
        (blocks << (pool.bits() + 1)) / 50 * 43
    }

    /// How many blocks `keys` keys need to be spread no denser than 0.77.
    pub(super) fn blocks_for(pool: &Pool, keys: usize) -> usize {
        let slots = keys.saturating_mul(13) / 10;
        slots.div_ceil(1 << (pool.bits() + 1)).clamp(1, BLOCKS_MAX)
    }

    /// The segment's number.
    pub(super) fn number(&self) -> u32 {
        self.number.load(Ordering::Relaxed)
    }

    /// Gives segment `number` its blocks. It must not be named by the directory.
    pub(super) fn settle(&self, number: u32, blocks: &[Block]) {
        // Release, with the Acquire fence before `Directory::confirms`: who goes by the new
        // blocks on an old route finds it replaced.
        fence(Ordering::Release);
        for (place, block) in self.blocks.iter().zip(blocks) {
            place.store(block.0, Ordering::Relaxed);
        }
        let count = u32::try_from(blocks.len()).unwrap_or(0);
        self.count.store(count, Ordering::Relaxed);
        // Relaxed here and above: the directory publishes the segment.
        self.number.store(number, Ordering::Relaxed);
    }

    /// How many blocks the segment has.
    pub(super) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// The blocks of the segment.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block> {
        let count = usize::try_from(self.count()).unwrap_or(0);
        self.blocks.iter().take(count).map(|block| Block(block.load(Ordering::Relaxed)))
    }

    /// All slots of the segment.
    pub(super) fn slots<'p>(&'p self, pool: &'p Pool) -> impl Iterator<Item = &'p Slot> {
        let numbers = 0..1u32 << pool.bits();
        let pairs = self.blocks().flat_map(move |block| {
            numbers.clone().filter_map(move |number| pool.pair(block, number))
        });
        pairs.flat_map(|(Pair(slots), _)| slots)
    }

    /// Where a key of this home may stand, in a segment of `count` blocks. None only while the
    /// segment is being settled anew under a late reader.
    #[inline]
    pub(super) fn places<'p>(&self, pool: &'p Pool, count: u32, home: Home) -> Option<Places<'p>> {
        let [one, two] = home.choices(count.wrapping_shl(pool.bits()));
        let (Pair([a, b]), filter) = self.pair(pool, one)?;
        let (Pair([c, d]), _) = self.pair(pool, two)?;
        Some(Places { filter, slots: [a, b, c, d] })
    }

    #[inline]
    fn pair<'p>(&self, pool: &'p Pool, number: u32) -> Option<(&'p Pair, &'p AtomicU16)> {
        let block = self.blocks.get(usize::try_from(number >> pool.bits()).ok()?)?;
        let within = number & ((1 << pool.bits()) - 1);
        pool.pair(Block(block.load(Ordering::Relaxed)), within)
    }

    /// Sets the mark of a key that stands in the segment, or that would if there were room.
    pub(super) fn mark(&self, pool: &Pool, home: Home) {
        if let Some(places) = self.places(pool, self.count(), home) {
            home.mark().set(places.filter);
        }
    }

    /// An empty slot for a key of this home, if one is within reach. Keys that stand in the
    /// way are moved to their other pair, each filled there before it is cleared here.
    pub(super) fn room<'p>(&self, pool: &'p Pool, seed: &Seed, home: Home) -> Option<&'p Slot> {
        let Places { filter, slots: own } = self.places(pool, self.count(), home)?;
        home.mark().set(filter);
        // The pair with more room, so that both are seldom full.
        let [a, b, c, d] = own.map(|slot| !slot.life().is_live());
        let first = u8::from(a) + u8::from(b) >= u8::from(c) + u8::from(d);
        let order = if first { [a, b, c, d] } else { [false, false, c, d] };
        if let Some((empty, _)) = own.iter().zip(order).find(|(_, empty)| *empty) {
            return Some(empty);
        }
        let mut steps: Vec<Step<'p>> = Vec::with_capacity(REACH);
        steps.extend(own.map(|slot| Step { slot, from: None }));
        let mut at = 0;
        while let Some(slot) = steps.get(at).map(|step| step.slot) {
            let occupant = seed.home(slot.peek()?.digest);
            let [a, b, c, d] = self.places(pool, self.count(), occupant)?.slots;
            let other = if ptr::eq(slot, a) || ptr::eq(slot, b) { [c, d] } else { [a, b] };
            for next in other {
                if !next.life().is_live() {
                    return Some(shift(&steps, at, next));
                }
                let known = steps.iter().any(|step| ptr::eq(step.slot, next));
                if !known && steps.len() < REACH {
                    steps.push(Step { slot: next, from: Some(at) });
                }
            }
            at += 1;
        }
        None
    }
}

/// Moves the key of step `at` to `empty`, the key of the step before to where that was, and
/// so on. Gives the slot that is empty in the end.
fn shift<'p>(steps: &[Step<'p>], at: usize, mut empty: &'p Slot) -> &'p Slot {
    let mut step = steps.get(at);
    while let Some(&Step { slot, from }) = step {
        empty.fill(&slot.freeze());
        slot.clear();
        empty = slot;
        step = from.and_then(|from| steps.get(from));
    }
    empty
}

#[cfg(test)]
mod tests {
    use super::super::pool::Free;
    use super::super::slot::Content;
    use super::*;
    use crate::entry::{Entry, State};
    use crate::ids::{KindRef, OwnerRef};
    use crate::key_id::KeyId;
    use crate::scope::ScopeSet;
    use crate::time::Timestamp;

    #[test]
    fn a_segment_is_one_line_of_cache() {
        assert_eq!(size_of::<Segment>(), 64);
    }

    #[test]
    fn a_segment_can_be_filled_beyond_its_limit_and_every_key_is_in_its_places() {
        let (pool, mut free, seed) = (Pool::new(7), Free::default(), Seed::random());
        assert!(pool.stock(&mut free, 9));
        let blocks = pool.lend(&mut free, 9);
        let segment = Segment::default();
        segment.settle(0, &blocks);
        let limit = u64::try_from(Segment::limit(&pool, blocks.len())).unwrap();
        let entry = |n| Entry {
            key_id: KeyId::from_bits(n),
            kind: KindRef::new(0),
            owner: OwnerRef::new(0),
            state: State::Active,
            expired: false,
            in_grace: false,
            scopes: ScopeSet::empty(),
            end: Timestamp::NEVER,
            side: None,
        };
        let digest = |n: u64| [n, n.wrapping_mul(0x5851_F42D_4C95_7F2D)];
        for n in 0..=limit {
            let room = segment.room(&pool, &seed, seed.home(digest(n))).unwrap();
            room.fill(&Content::new(digest(n), &entry(n)));
        }
        for n in 0..=limit {
            let home = seed.home(digest(n));
            let places = segment.places(&pool, segment.count(), home).unwrap();
            assert!(home.mark().may_be_in(places.filter));
            let found = places.slots.iter().find(|slot| slot.holds(digest(n))).unwrap();
            assert_eq!(found.read(found.life()), Some(entry(n)));
        }
        assert_eq!(segment.slots(&pool).filter(|s| s.life().is_live()).count() as u64, limit + 1);
    }
}
