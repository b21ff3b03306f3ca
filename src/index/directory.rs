//! Which segment a home belongs to.
//!
//! A map of `2^depth` entries, one for each value of a home's upper `depth` bits. An entry
//! names a segment (bits 0-31), how many blocks it has (32-35), whether it is crowded (36) and
//! how often the entry was written (37-63); it is the only place where a segment is published
//! and the only thing that changes when one is replaced. When a segment must split that has an
//! entry of its own, the map is copied to twice its length; the old one stays where it is.

use std::sync::OnceLock;

use super::home::{Home, low32};
use super::shim::{AtomicU32, AtomicU64, Ordering};
use crate::chunks::Spot;

/// Upper bits of a home that can be told apart at most. The next eight are spare.
pub(super) const DEPTH_MAX: u32 = 24;

const BLOCKS: u32 = 32;
const CROWDED: u64 = 1 << 36;
const TURN: u32 = 37;

/// The maps, by depth, and which of them counts.
pub(super) struct Directory {
    depth: AtomicU32,
    maps: [OnceLock<Box<[AtomicU64]>>; DEPTH_MAX as usize + 1],
}

/// What a reader went by: to be confirmed before it concludes that a key is not there.
#[derive(Clone, Copy)]
pub(super) struct Route<'d> {
    depth: u32,
    entry: &'d AtomicU64,
    seen: u64,
}

impl Route<'_> {
    /// Where the segment is.
    #[inline]
    pub(super) fn segment(&self) -> Spot {
        Spot(low32(self.seen))
    }

    /// How many blocks it has.
    #[inline]
    pub(super) fn blocks(&self) -> u32 {
        low32(self.seen >> BLOCKS) & 15
    }

    /// Whether keys whose segment it is may stand in the overflow.
    #[inline]
    pub(super) fn is_crowded(&self) -> bool {
        self.seen & CROWDED != 0
    }
}

impl Directory {
    /// A map of `2^depth` entries, of which each names the segment of its number, which has
    /// `blocks` blocks.
    pub(super) fn new(depth: u32, blocks: usize, spot: impl Fn(u32) -> Option<Spot>) -> Self {
        let maps = [const { OnceLock::new() }; DEPTH_MAX as usize + 1];
        let directory = Self { depth: AtomicU32::new(depth), maps };
        if let Some(map) = directory.map(depth) {
            let spots = (0..1u32 << depth).map(|n| spot(n).unwrap_or_default());
            let blocks = u32::try_from(blocks).unwrap_or(0);
            map.get_or_init(|| spots.map(|s| AtomicU64::new(entry(0, s, blocks, false))).collect());
        }
        directory
    }

    /// The route to the segment of `home`.
    #[inline(always)]
    pub(super) fn route(&self, home: Home) -> Option<Route<'_>> {
        // Acquire, with the Release of `double`: the map of this depth is complete.
        let depth = self.depth.load(Ordering::Acquire);
        let at = usize::try_from(home.upper(depth)).ok()?;
        let entry = self.map(depth)?.get()?.get(at)?;
        // Acquire, with the Release of `name`: the segment and its slots are as they were
        // when it was published, or later.
        let seen = entry.load(Ordering::Acquire);
        Some(Route { depth, entry, seen })
    }

    /// Whether the segment of `route` was not replaced since. To be asked after an Acquire
    /// fence.
    #[inline]
    pub(super) fn confirms(&self, route: &Route<'_>) -> bool {
        route.entry.load(Ordering::Relaxed) == route.seen
            && self.depth.load(Ordering::Relaxed) == route.depth
    }

    /// How many upper bits of a home the map tells apart.
    pub(super) fn depth(&self) -> u32 {
        self.depth.load(Ordering::Relaxed)
    }

    /// For the writer: makes the map twice as long. Every entry becomes two.
    pub(super) fn double(&self) {
        let depth = self.depth();
        let (Some(old), Some(new)) = (self.map(depth), self.map(depth + 1)) else { return };
        let Some(old) = old.get() else { return };
        let load = |entry: &AtomicU64| entry.load(Ordering::Relaxed);
        new.get_or_init(|| {
            old.iter().flat_map(|e| [load(e), load(e)].map(AtomicU64::new)).collect()
        });
        // Release, with the Acquire of `route`.
        self.depth.store(depth + 1, Ordering::Release);
    }

    /// For the writer: has all entries whose homes begin with these upper bits, so many, name
    /// the segment at `spot`, which has `blocks` blocks, as crowded or not. From here on readers
    /// find its slots.
    pub(super) fn name(&self, (prefix, depth): (u32, u32), spot: Spot, blocks: u32, crowded: bool) {
        let within = self.depth().saturating_sub(depth);
        let first = usize::try_from(prefix << within).unwrap_or(0);
        let map = self.map(self.depth()).and_then(OnceLock::get);
        for place in map.iter().flat_map(|map| map.iter()).skip(first).take(1 << within) {
            // Counted, so that an entry never says the same thing twice while a reader is
            // under way.
            let turn = (place.load(Ordering::Relaxed) >> TURN).wrapping_add(1);
            // Release, with the Acquire of `route`.
            place.store(entry(turn, spot, blocks, crowded), Ordering::Release);
        }
    }

    /// Bytes of all maps.
    pub(super) fn bytes(&self) -> usize {
        let maps = self.maps.iter().filter_map(OnceLock::get);
        maps.map(|map| size_of_val(&**map)).sum()
    }

    #[inline]
    fn map(&self, depth: u32) -> Option<&OnceLock<Box<[AtomicU64]>>> {
        self.maps.get(usize::try_from(depth).ok()?)
    }
}

fn entry(turn: u64, spot: Spot, blocks: u32, crowded: bool) -> u64 {
    let crowded = if crowded { CROWDED } else { 0 };
    turn << TURN | crowded | u64::from(blocks & 15) << BLOCKS | u64::from(spot.0)
}

#[cfg(test)]
mod tests {
    use super::super::home::Seed;
    use super::*;

    #[test]
    fn a_split_sends_each_half_to_its_own_segment_and_leaves_the_others() {
        let (directory, seed) = (Directory::new(1, 3, |n| Some(Spot(n))), Seed::random());
        let homes: Vec<_> = (0..1000).map(|n| seed.far([n, !n])).collect();
        let before: Vec<_> = homes.iter().map(|&h| directory.route(h).unwrap()).collect();
        assert!(homes.iter().zip(&before).all(|(h, r)| r.segment() == Spot(h.upper(1))));
        directory.double();
        directory.name((0b10, 2), Spot(7), 9, false);
        directory.name((0b11, 2), Spot(8), 9, true);
        for (home, before) in homes.iter().zip(&before) {
            let now = directory.route(*home).unwrap();
            let expected = [0, 0, 7, 8][home.upper(2) as usize];
            assert_eq!(now.segment(), Spot(expected));
            assert_eq!(now.blocks(), if home.upper(1) == 1 { 9 } else { 3 });
            assert_eq!(now.is_crowded(), home.upper(2) == 3);
            assert!(!directory.confirms(before) && directory.confirms(&now));
        }
    }

    #[test]
    fn a_replaced_segment_is_not_confirmed_even_if_its_number_comes_back() {
        let directory = Directory::new(0, 3, |n| Some(Spot(n)));
        let home = Seed::random().far([1, 2]);
        let seen = directory.route(home).unwrap();
        directory.name((0, 0), Spot(5), 3, false);
        directory.name((0, 0), Spot(0), 3, false);
        assert_eq!(directory.route(home).unwrap().segment(), seen.segment());
        assert!(!directory.confirms(&seen));
    }
}
