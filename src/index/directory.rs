//! Which segment a home belongs to.
//!
//! A map of `2^depth` entries, one for each value of a home's upper `depth` bits. An entry
//! names a segment; it is the only place where a segment is published and the only thing
//! that changes when one is replaced. When a segment must split that has an entry of its
//! own, the map is copied to twice its length; the old one stays where it is.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::home::Home;

/// Upper bits of a home that can be told apart at most.
pub(super) const DEPTH_MAX: u32 = 24;

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
    /// The number of the segment.
    #[inline]
    pub(super) fn segment(&self) -> u32 {
        u32::try_from(self.seen & u64::from(u32::MAX)).unwrap_or(0)
    }
}

impl Directory {
    /// A map of `2^depth` entries that name segments 0, 1, 2 and so on.
    pub(super) fn new(depth: u32) -> Self {
        let maps = [const { OnceLock::new() }; DEPTH_MAX as usize + 1];
        let directory = Self { depth: AtomicU32::new(depth), maps };
        if let Some(map) = directory.map(depth) {
            map.get_or_init(|| (0..1u64 << depth).map(AtomicU64::new).collect());
        }
        directory
    }

    /// The route to the segment of `home`.
    #[inline]
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

    /// For the writer: has all entries whose homes begin with the `depth` bits of `prefix`
    /// name `segment`. From here on readers find its slots.
    pub(super) fn name(&self, prefix: u32, depth: u32, segment: u32) {
        let within = self.depth().saturating_sub(depth);
        let first = usize::try_from(prefix << within).unwrap_or(0);
        let map = self.map(self.depth()).and_then(OnceLock::get);
        for entry in map.iter().flat_map(|map| map.iter()).skip(first).take(1 << within) {
            // The upper half counts, so that an entry never says the same thing twice while a
            // reader is under way.
            let next = (entry.load(Ordering::Relaxed) >> 32).wrapping_add(1) << 32;
            // Release, with the Acquire of `route`.
            entry.store(next | u64::from(segment), Ordering::Release);
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

#[cfg(test)]
mod tests {
    use super::super::home::Seed;
    use super::*;

    #[test]
    fn a_split_sends_each_half_to_its_own_segment_and_leaves_the_others() {
        let (directory, seed) = (Directory::new(1), Seed::random());
        let homes: Vec<_> = (0..1000).map(|n| seed.home([n, !n])).collect();
        let before: Vec<_> = homes.iter().map(|&h| directory.route(h).unwrap()).collect();
        assert!(homes.iter().zip(&before).all(|(h, r)| r.segment() == h.upper(1)));
        directory.double();
        directory.name(0b10, 2, 7);
        directory.name(0b11, 2, 8);
        for (home, before) in homes.iter().zip(&before) {
            let now = directory.route(*home).unwrap();
            let expected = [0, 0, 7, 8][home.upper(2) as usize];
            assert_eq!(now.segment(), expected);
            assert!(!directory.confirms(before) && directory.confirms(&now));
        }
    }

    #[test]
    fn a_replaced_segment_is_not_confirmed_even_if_its_number_comes_back() {
        let directory = Directory::new(0);
        let home = Seed::random().home([1, 2]);
        let seen = directory.route(home).unwrap();
        directory.name(0, 0, 5);
        directory.name(0, 0, 0);
        assert_eq!(directory.route(home).unwrap().segment(), seen.segment());
        assert!(!directory.confirms(&seen));
    }
}
