//! How the table gets its memory and grows, while it is being read.
//!
//! A segment that is full is copied into fresh blocks, one more than it had; one of 14 blocks
//! becomes two of about 8. Nobody sees the copy until the directory names it, and the old
//! slots are cleared only then, so every key is to be found at every moment and readers pay
//! nothing but a second attempt if they were inside. The old blocks are lent to the next
//! segment that grows: beside the table there is never more than one segment, and one that
//! has grown to a few blocks stays between 0.74 and 0.86 full until keys are removed. A copy
//! takes one to two milliseconds at most.
//!
//! Tokens end at random, so a segment that splits splits evenly. If it does not, too many keys
//! have one locator; it is then called *crowded* and grows no more, and who finds no room in
//! it stands in the overflow, where digests alone say where.

use std::sync::OnceLock;

use super::directory::{DEPTH_MAX, Directory};
use super::home::{Home, Seed};
use super::pool::{Free, Pool};
use super::segment::{BLOCKS_MAX, Segment};
use super::slot::{Content, Slot};
use super::table::{Books, Region, Room, Table, overflowing};
use crate::chunks::{Chunks, Spot};
use crate::digest::Address;

/// Binary logarithms of the least and the greatest number of pairs in a block. A small table
/// takes little; a large one has few segments, whose lines then stay in the cache. Miri pays for
/// each pair.
const BLOCK_BITS: (u32, u32) = (if cfg!(miri) { 4 } else { 7 }, 10);

/// How often room is made for one key before it goes to the overflow.
const ROUNDS: usize = 4;

/// A segment splits only if each half gets one key in so many. By chance that does not fail: the
/// halves of 16,000 keys differ by hundreds.
const HALF_AT_LEAST: usize = 16;

/// A segment under construction.
struct Plot<'t> {
    segment: &'t Segment,
    spot: Spot,
    region: Region,
    crowded: bool,
}

impl Table {
    /// An empty table with room for `expected` keys.
    pub(super) fn new(expected: usize) -> (Self, Books) {
        // As full as 0.835: segments differ a little, and none is to grow while it is filled.
        let slots = expected.saturating_add(expected / 5);
        // As many blocks of the least size as make 16 segments of 8.
        let spread = (slots / (16 * 8)).max(1).ilog2().saturating_sub(1);
        let bits = spread.clamp(BLOCK_BITS.0, BLOCK_BITS.1);
        let blocks = slots.div_ceil(1 << (bits + 1)).max(1);
        let depth = blocks.div_ceil(BLOCKS_MAX).next_power_of_two().ilog2().min(DEPTH_MAX);
        let each = blocks.div_ceil(1 << depth).min(BLOCKS_MAX);

        let (pool, mut free) = (Pool::new(bits), Free::default());
        let segments: Chunks<Segment> = Chunks::new();
        pool.stock(&mut free, each << depth);
        let mut regions = Vec::with_capacity(1 << depth);
        for prefix in 0..1u32 << depth {
            if let Some(segment) = segments.make(prefix) {
                segment.settle(prefix, &pool.lend(&mut free, each));
            }
            regions.push(Region { prefix, depth, keys: 0, removed: 0 });
        }
        let directory = Directory::new(depth, each, Chunks::<Segment>::spot);
        let books = Books { regions, spare: Vec::new(), free, overflow: None, last: false };
        let (seed, overflow) = (Seed::random(), OnceLock::new());
        (Self { seed, directory, segments, pool, overflow }, books)
    }

    /// Room for the key of `address`: in its segment, after that has grown if it must, or else
    /// in the overflow.
    pub(super) fn room(&self, books: &mut Books, address: &Address) -> Option<Room<'_>> {
        let home = self.seed.near(address.locator);
        for _ in 0..ROUNDS {
            let (route, segment) = self.segment(home)?;
            let limit = Segment::limit(&self.pool, segment.blocks().count());
            let region = books.region(segment.number())?;
            if region.keys < limit
                && let Some(slot) = segment.room(&self.pool, &self.seed, address)
            {
                region.keys = region.keys.saturating_add(1);
                return Some(Room { slot, address: *address });
            }
            // A segment that is far from full and has no room would not have any if it grew.
            let sparse = region.keys < limit / 2;
            if sparse || route.is_crowded() || !self.grow(books, segment) {
                break;
            }
        }
        let room = self.overflow_room(books, address)?;
        let (route, segment) = self.segment(home)?;
        if !route.is_crowded() {
            let region = *books.region(segment.number())?;
            let named = (region.prefix, region.depth);
            self.directory.name(named, route.segment(), segment.count(), true);
        }
        Some(room)
    }

    /// Room for the key of `address` in the overflow, which its segment is then to be crowded
    /// for before the room is filled.
    fn overflow_room(&self, books: &mut Books, address: &Address) -> Option<Room<'_>> {
        if books.last {
            return None;
        }
        if self.overflow.get().is_none() {
            let (overflow, of_overflow) = Self::new(0);
            books.overflow = Some(Box::new(Books { last: true, ..of_overflow }));
            let _ = self.overflow.set(Box::new(overflow));
        }
        self.overflow.get()?.room(books.overflow.as_mut()?, &overflowing(address))
    }

    /// How many segments there are, and how many slots in them.
    pub(super) fn extent(&self, books: &Books) -> (usize, usize) {
        let overflow = self.overflow.get().zip(books.overflow.as_ref());
        let beside = overflow.map_or((0, 0), |(overflow, books)| overflow.extent(books));
        let named = self.segments.iter().take(books.regions.len());
        let named = named.filter(|(number, _)| !books.spare.contains(number));
        named.fold(beside, |(segments, slots), (_, segment)| {
            let blocks = segment.blocks().count();
            (segments + 1, slots + (blocks << (self.pool.bits() + 1)))
        })
    }

    /// Counts a key that was removed from the segment of `home`. When half as many are gone as
    /// it holds at most, it is made anew, without the marks that they left.
    pub(super) fn count_removal(&self, books: &mut Books, home: Home) {
        let Some((route, segment)) = self.segment(home) else { return };
        let blocks = segment.blocks().count();
        let Some(region) = books.region(segment.number()) else { return };
        region.removed = region.removed.saturating_add(1);
        if region.removed > Segment::limit(&self.pool, blocks) / 2 {
            let same = [(*region, blocks)];
            let elsewhere = books.overflow.as_ref().is_some_and(|overflow| overflow.keys() > 0);
            self.replace(books, segment, &same, route.is_crowded() && elsewhere);
        }
    }

    /// Replaces a segment by a larger one or by two. False if it cannot.
    fn grow(&self, books: &mut Books, segment: &Segment) -> bool {
        let Some(region) = books.region(segment.number()).copied() else { return false };
        let blocks = segment.blocks().count();
        if blocks < BLOCKS_MAX {
            let larger = [(region, blocks.saturating_add(1))];
            return self.replace(books, segment, &larger, false);
        }
        match self.halves(segment, region) {
            Some(halves) => self.replace(books, segment, &halves, false),
            None => false,
        }
    }

    /// Replaces a segment by those that are `wanted`, which are crowded if it was. False if there
    /// is no memory to number.
    fn replace(
        &self,
        books: &mut Books,
        segment: &Segment,
        wanted: &[(Region, usize)],
        crowded: bool,
    ) -> bool {
        let home_of = |content: &Content| self.seed.near(content.address.locator);
        let Some(mut plots) = self.break_ground(books, wanted, crowded) else { return false };
        let live = segment.slots(&self.pool).filter(|slot| slot.life().is_live());
        for content in live.map(Slot::freeze) {
            let home = home_of(&content);
            let plot =
                plots.iter_mut().find(|plot| home.upper(plot.region.depth) == plot.region.prefix);
            let planted = plot.is_some_and(|plot| self.plant(books, plot, content));
            if !planted {
                self.clear_plots(books, plots);
                segment.slots(&self.pool).for_each(Slot::thaw);
                return false;
            }
        }
        for Plot { segment, spot, region, crowded } in plots {
            if region.depth > self.directory.depth() {
                self.directory.double();
            }
            let named = (region.prefix, region.depth);
            self.directory.name(named, spot, segment.count(), crowded);
            if let Some(place) = books.region(segment.number()) {
                *place = region;
            }
        }
        for slot in segment.slots(&self.pool).filter(|slot| slot.life().is_live()) {
            slot.clear();
        }
        books.free.take_back(segment.blocks());
        books.spare.push(segment.number());
        if let Some(region) = books.region(segment.number()) {
            *region = Region::default();
        }
        true
    }

    /// The two regions that `region` splits into, and how many blocks each needs; none if it
    /// cannot be split into halves that are alike.
    fn halves(&self, segment: &Segment, region: Region) -> Option<[(Region, usize); 2]> {
        if region.depth >= DEPTH_MAX {
            return None;
        }
        let depth = region.depth.saturating_add(1);
        let live = segment.slots(&self.pool).filter_map(Slot::peek);
        let homes = live.map(|content| self.seed.near(content.address.locator));
        let (mut low, mut high) = (0usize, 0usize);
        for home in homes {
            if home.upper(depth) & 1 == 0 { low += 1 } else { high += 1 }
        }
        if low.min(high) < low.saturating_add(high) / HALF_AT_LEAST {
            return None;
        }
        let half = |bit, keys| {
            let region = Region { prefix: region.prefix << 1 | bit, depth, keys: 0, removed: 0 };
            (region, Segment::blocks_for(&self.pool, keys))
        };
        Some([half(0, low), half(1, high)])
    }

    /// Segments with fresh blocks for these regions, which nobody sees yet.
    fn break_ground(
        &self,
        books: &mut Books,
        wanted: &[(Region, usize)],
        crowded: bool,
    ) -> Option<Vec<Plot<'_>>> {
        let total = wanted.iter().map(|(_, blocks)| blocks).sum();
        if !self.pool.stock(&mut books.free, total) {
            return None;
        }
        let mut plots = Vec::with_capacity(wanted.len());
        for &(region, blocks) in wanted {
            let number = match books.spare.pop() {
                Some(number) => number,
                None => u32::try_from(books.regions.len()).ok()?,
            };
            let spot = Chunks::<Segment>::spot(number)?;
            let segment = self.segments.make(number)?;
            if books.region(number).is_none() {
                books.regions.push(Region::default());
            }
            segment.settle(number, &self.pool.lend(&mut books.free, blocks));
            let region = Region { keys: 0, removed: 0, ..region };
            plots.push(Plot { segment, spot, region, crowded });
        }
        Some(plots)
    }

    /// Gives back what was taken for plots that nobody has seen.
    fn clear_plots(&self, books: &mut Books, plots: Vec<Plot<'_>>) {
        for Plot { segment, .. } in plots {
            segment.slots(&self.pool).filter(|slot| slot.life().is_live()).for_each(Slot::clear);
            books.free.take_back(segment.blocks());
            books.spare.push(segment.number());
        }
    }

    /// Puts a copy of a key into its plot, or into the overflow. False if there is room in
    /// neither.
    fn plant(&self, books: &mut Books, plot: &mut Plot<'_>, mut content: Content) -> bool {
        let room = plot.segment.room(&self.pool, &self.seed, &content.address);
        if let Some(slot) = room {
            plot.region.keys = plot.region.keys.saturating_add(1);
            slot.fill(&content);
            return true;
        }
        let Some(Room { slot, address }) = self.overflow_room(books, &content.address) else {
            return false;
        };
        plot.crowded = true;
        content.address = address;
        slot.fill(&content);
        true
    }
}
