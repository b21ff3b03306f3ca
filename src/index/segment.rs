//! A segment: 1 to 14 blocks of slots over which some keys are spread.
//!
//! A key stands in one of the two pairs of its near home, or else of its far one (a cuckoo
//! table with buckets of two, two choices each): looking for it, or finding that it is not
//! there, reads eight slots at most. Nearly always four do, whose addresses are known before
//! the token is hashed: as many keys as can stand near, two in three of them in the very slot
//! that is looked at first, and a filter tells whether any stands far. Segments are filled to
//! [`Segment::limit`], where with tokens of random ends 97 of 100 stand near in a table of a
//! million, and 89 in one of ten million.

use std::ptr;

use super::filter::{Filter, Mark};
use super::home::{Home, Homes, Seed};
use super::places::Places;
use super::pool::{Block, Pair, Pool};
use super::shim::{AtomicU32, Ordering, fence};
use super::slot::Slot;
use crate::digest::Address;

/// Blocks of a segment at most. One line of cache then holds all that a reader needs of it.
pub(super) const BLOCKS_MAX: usize = 14;

/// Slots that a search for room looks into before it gives up, near and everywhere.
const REACH_NEAR: usize = 12;
const REACH: usize = 192;

/// How often a search for room reads a slot at most: each that it looks into twice, for the key
/// there, and its eight places once; those of its own key once; and twice whatever it moves.
#[cfg(all(test, not(loom)))]
pub(super) const READS_MAX: usize = (1 + REACH_NEAR + REACH) * 10 + 8 + REACH * 2;

/// Where the slots of a segment are. While the directory names it, it does not change.
#[repr(align(64))]
#[derive(Default)]
pub(super) struct Segment {
    number: AtomicU32,
    count: AtomicU32,
    blocks: [AtomicU32; BLOCKS_MAX],
}

/// Where one key may stand in its segment.
#[derive(Clone, Copy)]
struct Choices<'p> {
    mark: Mark,
    near: Places<'p>,
    far: Places<'p>,
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
        self.blocks().flat_map(|block| pool.slots(block))
    }

    /// The places of `home` in a segment of `count` blocks. None only while the segment is being
    /// settled anew under a late reader.
    #[inline(always)]
    pub(super) fn places<'p>(&self, pool: &'p Pool, count: u32, home: Home) -> Option<Places<'p>> {
        let [one, two] = home.choices(count.wrapping_shl(pool.bits()));
        Some(Places::new(self.pair(pool, one)?, self.pair(pool, two)?, home.likes_second()))
    }

    #[inline(always)]
    fn pair<'p>(&self, pool: &'p Pool, number: u32) -> Option<(&'p Pair, &'p Filter)> {
        let block = self.blocks.get(usize::try_from(number >> pool.bits()).ok()?)?;
        let within = number & ((1 << pool.bits()) - 1);
        pool.pair(Block(block.load(Ordering::Relaxed)), within)
    }

    /// All places of a key, those of its near home first.
    pub(super) fn all_places<'p>(&self, pool: &'p Pool, homes: Homes) -> Option<[Places<'p>; 2]> {
        let count = self.count();
        Some([self.places(pool, count, homes.near)?, self.places(pool, count, homes.far)?])
    }

    /// An empty slot for the key of `address`, if one is within reach: a near one rather than a
    /// far one. Keys that stand in the way are moved to other places of theirs, each filled
    /// there before it is cleared here.
    pub(super) fn room<'p>(
        &self,
        pool: &'p Pool,
        seed: &Seed,
        address: &Address,
    ) -> Option<&'p Slot> {
        let own = self.choices(pool, seed, address)?;
        let room = self.unmarked_room(pool, seed, &own)?;
        own.mark_for(room);
        Some(room)
    }

    /// The same, without the key's mark.
    fn unmarked_room<'p>(
        &self,
        pool: &'p Pool,
        seed: &Seed,
        own: &Choices<'p>,
    ) -> Option<&'p Slot> {
        if let Some(empty) = own.near.empty() {
            return Some(self.exchange(pool, seed, own, empty));
        }
        // Who stands near moves only if it stays near: else one would gain what another loses.
        let aside = |other: &Choices<'_>, slot: &Slot, to: &Slot| {
            !other.near.include(slot) || other.near.include(to)
        };
        let near = self.clear_way(pool, seed, &own.near.slots(), REACH_NEAR, aside);
        if near.is_some() {
            return near;
        }
        let anywhere = |_: &Choices<'_>, _: &Slot, _: &Slot| true;
        own.far.empty().or_else(|| {
            let [a, b, c, d] = own.near.slots();
            let [e, f, g, h] = own.far.slots();
            self.clear_way(pool, seed, &[e, f, g, h, a, b, c, d], REACH, anywhere)
        })
    }

    /// `empty`, or the slot that the key likes best if somebody stands there who does not and who
    /// may as well stand in another near place of its own.
    fn exchange<'p>(
        &self,
        pool: &'p Pool,
        seed: &Seed,
        own: &Choices<'p>,
        empty: &'p Slot,
    ) -> &'p Slot {
        let [best, ..] = own.near.slots();
        if ptr::eq(best, empty) {
            return empty;
        }
        let aside = |other: &Choices<'_>, slot: &Slot, to: &Slot| {
            let [likes, ..] = other.near.slots();
            !ptr::eq(likes, slot) && other.near.include(to)
        };
        self.clear_way(pool, seed, &[best], 1, aside).unwrap_or(empty)
    }

    /// Empties one of `wanted`, all of which are taken, by moves that `may` allows from one slot
    /// to another; looks into `reach` slots at most, at the eight places of each one's key, and so
    /// compares 8 * `reach` places with `reach` slots at most.
    fn clear_way<'p>(
        &self,
        pool: &'p Pool,
        seed: &Seed,
        wanted: &[&'p Slot],
        reach: usize,
        may: impl Fn(&Choices<'_>, &Slot, &Slot) -> bool,
    ) -> Option<&'p Slot> {
        let mut steps: Vec<Step<'p>> = Vec::with_capacity(reach);
        steps.extend(wanted.iter().map(|&slot| Step { slot, from: None }));
        let mut at = 0;
        while let Some(slot) = steps.get(at).map(|step| step.slot) {
            let choices = self.choices(pool, seed, &slot.peek()?.address)?;
            for next in choices.near.slots().into_iter().chain(choices.far.slots()) {
                let known = steps.iter().any(|step| ptr::eq(step.slot, next));
                if known || !may(&choices, slot, next) {
                    continue;
                }
                if !next.life().is_live() {
                    return self.shift(pool, seed, &steps, at, next);
                }
                if steps.len() < reach {
                    steps.push(Step { slot: next, from: Some(at) });
                }
            }
            at += 1;
        }
        None
    }

    /// Moves the key of step `at` to `empty`, the key of the step before to where that was, and
    /// so on. Gives the slot that is empty in the end.
    fn shift<'p>(
        &self,
        pool: &'p Pool,
        seed: &Seed,
        steps: &[Step<'p>],
        at: usize,
        mut empty: &'p Slot,
    ) -> Option<&'p Slot> {
        let mut step = steps.get(at);
        while let Some(&Step { slot, from }) = step {
            let content = slot.freeze();
            let choices = self.choices(pool, seed, &content.address)?;
            choices.mark_for(empty);
            empty.fill(&content);
            slot.clear();
            empty = slot;
            step = from.and_then(|from| steps.get(from));
        }
        Some(empty)
    }

    fn choices<'p>(&self, pool: &'p Pool, seed: &Seed, address: &Address) -> Option<Choices<'p>> {
        let homes = seed.homes(address);
        let [near, far] = self.all_places(pool, homes)?;
        Some(Choices { mark: Mark::of(homes.far), near, far })
    }
}

impl Choices<'_> {
    /// Marks that the key is about to be put into `slot`.
    fn mark_for(&self, slot: &Slot) {
        self.near.filter().set(self.mark, !self.near.include(slot));
    }
}

#[cfg(test)]
mod tests {
    use super::super::pool::Free;
    use super::super::slot::Content;
    use super::*;
    use crate::digest::Locator;
    use crate::entry::{Entry, State};
    use crate::ids::{KindRef, OwnerRef};
    use crate::key_id::KeyId;
    use crate::scope::ScopeSet;
    use crate::time::Timestamp;

    fn entry(n: u64) -> Entry {
        Entry {
            key_id: KeyId::from_bits(n),
            kind: KindRef::new(0),
            owner: OwnerRef::new(0),
            state: State::Active,
            expired: false,
            in_grace: false,
            scopes: ScopeSet::empty(),
            end: Timestamp::NEVER,
            side: None,
        }
    }

    /// Fills a segment to so many hundredths of its limit and one more; gives how many of a
    /// hundred keys stand near.
    fn fill(hundredths: u64, locator: impl Fn(u64) -> Locator) -> u64 {
        let (pool, mut free, seed) = (Pool::new(7), Free::default(), Seed::random());
        assert!(pool.stock(&mut free, 9));
        let blocks = pool.lend(&mut free, 9);
        let segment = Segment::default();
        segment.settle(0, &blocks);
        let limit = u64::try_from(Segment::limit(&pool, blocks.len())).unwrap() * hundredths / 100;
        let address = |n: u64| Address {
            locator: locator(n),
            digest: [n, n.wrapping_mul(0x5851_F42D_4C95_7F2D)],
        };
        for n in 0..=limit {
            let room = segment.room(&pool, &seed, &address(n)).unwrap();
            room.fill(&Content::new(address(n), &entry(n)));
        }
        let mut at_near = 0;
        for n in 0..=limit {
            let homes = seed.homes(&address(n));
            let [near, far] = segment.all_places(&pool, homes).unwrap();
            let (mark, marks) = (Mark::of(homes.far), near.filter().marks());
            assert!(marks.has(mark), "each key is marked");
            let found = near.find(&address(n)).or_else(|_| {
                assert!(marks.has_far(mark), "who stands far is marked for it");
                far.find(&address(n))
            });
            let (slot, life) = found.unwrap();
            assert_eq!(slot.read(life), Some(entry(n)));
            at_near += u64::from(near.include(slot));
        }
        assert_eq!(segment.slots(&pool).filter(|s| s.life().is_live()).count() as u64, limit + 1);
        at_near * 100 / limit
    }

    #[test]
    fn a_segment_is_one_line_of_cache() {
        assert_eq!(size_of::<Segment>(), 64);
    }

    #[test]
    fn a_segment_can_be_filled_beyond_its_limit_and_nearly_all_keys_stand_near() {
        let near = fill(100, |n| Locator::from_number(u32::try_from(n).unwrap()));
        assert!(near >= 90, "{near} of 100 stand near");
    }

    #[test]
    fn a_segment_can_be_filled_nearly_as_much_when_all_locators_are_one() {
        assert!(fill(95, |_| Locator::from_number(7)) <= 1);
    }
}
