//! A segment: 1 to 14 blocks of slots over which some keys are spread.
//!
//! A key stands in one of the two pairs of its near home, or else of its far one (a cuckoo
//! table with buckets of two, two choices each): looking for it, or finding that it is not
//! there, reads eight slots at most. Nearly always four do, whose addresses are known before
//! the token is hashed: as many keys as can stand near, and a mark at the first near slot tells
//! whether any does not. Segments are filled to [`Segment::limit`], where with tokens of
//! random ends 97 of 100 stand near in a table of a million, and 89 in one of ten million.

use std::ptr;

use super::home::{Home, Homes, Mark, Seed};
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
struct Ground<'p> {
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
    #[inline]
    pub(super) fn places<'p>(&self, pool: &'p Pool, count: u32, home: Home) -> Option<Places<'p>> {
        let [one, two] = home.choices(count.wrapping_shl(pool.bits()));
        let Pair([a, b]) = self.pair(pool, one)?;
        let Pair([c, d]) = self.pair(pool, two)?;
        Some(Places([a, b, c, d]))
    }

    #[inline]
    fn pair<'p>(&self, pool: &'p Pool, number: u32) -> Option<&'p Pair> {
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
        let own = self.ground(pool, seed, address)?;
        if let Some(empty) = own.near.empty() {
            return Some(empty);
        }
        // Who stands near moves only if it stays near: else one would gain what another loses.
        let aside =
            |other: &Ground<'_>, slot: &Slot, to: &Slot| !other.is_near(slot) || other.is_near(to);
        let near = self.clear_way(pool, seed, &own.near.0, REACH_NEAR, aside);
        if near.is_some() {
            return near;
        }
        own.mark();
        let anywhere = |_: &Ground<'_>, _: &Slot, _: &Slot| true;
        own.far.empty().or_else(|| {
            let [a, b, c, d] = own.near.0;
            let [e, f, g, h] = own.far.0;
            self.clear_way(pool, seed, &[e, f, g, h, a, b, c, d], REACH, anywhere)
        })
    }

    /// Empties one of `wanted`, all of which are taken, by moves that `may` allows from one slot
    /// to another; looks at `reach` slots at most.
    fn clear_way<'p>(
        &self,
        pool: &'p Pool,
        seed: &Seed,
        wanted: &[&'p Slot],
        reach: usize,
        may: impl Fn(&Ground<'_>, &Slot, &Slot) -> bool,
    ) -> Option<&'p Slot> {
        let mut steps: Vec<Step<'p>> = Vec::with_capacity(reach);
        steps.extend(wanted.iter().map(|&slot| Step { slot, from: None }));
        let mut at = 0;
        while let Some(slot) = steps.get(at).map(|step| step.slot) {
            let ground = self.ground(pool, seed, &slot.peek()?.address)?;
            for next in ground.near.0.into_iter().chain(ground.far.0) {
                let known = steps.iter().any(|step| ptr::eq(step.slot, next));
                if known || !may(&ground, slot, next) {
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
            let ground = self.ground(pool, seed, &content.address)?;
            if !ground.is_near(empty) {
                ground.mark();
            }
            empty.fill(&content);
            slot.clear();
            empty = slot;
            step = from.and_then(|from| steps.get(from));
        }
        Some(empty)
    }

    fn ground<'p>(&self, pool: &'p Pool, seed: &Seed, address: &Address) -> Option<Ground<'p>> {
        let homes = seed.homes(address);
        let [near, far] = self.all_places(pool, homes)?;
        Some(Ground { mark: homes.far.mark(), near, far })
    }
}

impl Ground<'_> {
    fn is_near(&self, slot: &Slot) -> bool {
        self.near.0.iter().any(|near| ptr::eq(*near, slot))
    }

    /// Marks that the key may stand far.
    fn mark(&self) {
        let Places([first, ..]) = self.near;
        first.mark(self.mark);
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

    /// Fills a segment to its limit and one more; gives how many of a hundred keys stand near.
    fn fill(locator: impl Fn(u64) -> Locator) -> u64 {
        let (pool, mut free, seed) = (Pool::new(7), Free::default(), Seed::random());
        assert!(pool.stock(&mut free, 9));
        let blocks = pool.lend(&mut free, 9);
        let segment = Segment::default();
        segment.settle(0, &blocks);
        let limit = u64::try_from(Segment::limit(&pool, blocks.len())).unwrap();
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
            let ground = segment.ground(&pool, &seed, &address(n)).unwrap();
            let digest = address(n).digest;
            let found = ground.near.find(digest).or_else(|[first, ..]| {
                assert!(first.has(ground.mark), "a key that stands far is marked");
                ground.far.find(digest)
            });
            let (slot, life) = found.unwrap();
            assert_eq!(slot.read(life), Some(entry(n)));
            at_near += u64::from(ground.is_near(slot));
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
        let near = fill(|n| Locator::from_number(u32::try_from(n).unwrap()));
        assert!(near >= 90, "{near} of 100 stand near");
    }

    #[test]
    fn a_segment_can_be_filled_also_when_all_locators_are_one() {
        assert!(fill(|_| Locator::from_number(7)) <= 1);
    }
}
