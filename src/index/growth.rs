//! How the table gets its memory and grows, while it is being read.
//!
//! A segment that is full is copied into fresh blocks, one more than it had; one of 14 blocks
//! becomes two of about 8. Nobody sees the copy until the directory names it, and the old
//! slots are cleared only then, so every key is to be found at every moment and readers pay
//! nothing but a second attempt if they were inside. The old blocks are lent to the next
//! segment that grows: beside the table there is never more than one segment, and it stays
//! between 0.74 and 0.86 full. A copy takes one to two milliseconds at most.

use super::chunks::{Chunks, Spot};
use super::directory::{DEPTH_MAX, Directory};
use super::home::{Home, Seed};
use super::pool::{Free, Pool};
use super::segment::{BLOCKS_MAX, Segment};
use super::slot::{Content, Slot};
use super::stash::Stash;
use super::table::{Books, Region, Table};

/// Binary logarithms of the least and the greatest number of pairs in a block. A small table
/// takes little; a large one has few segments, whose lines then stay in the cache.
const BLOCK_BITS: (u32, u32) = (7, 10);

/// How often room is made for one key before it is stashed.
const ROUNDS: usize = 4;

/// A segment under construction.
struct Plot<'t> {
    segment: &'t Segment,
    spot: Spot,
    region: Region,
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
        let (seed, directory, stash) =
            (Seed::random(), Directory::new(depth, each, Chunks::<Segment>::spot), Stash::new());
        let books = Books { regions, spare: Vec::new(), free, stashed: 0 };
        (Self { seed, directory, segments, pool, stash }, books)
    }

    /// An empty slot for a key of this home, counted as taken: in its segment, after that has
    /// grown if it must, or else in the stash.
    pub(super) fn room(&self, books: &mut Books, home: Home) -> Option<&Slot> {
        for _ in 0..ROUNDS {
            let segment = self.segment(home)?;
            let limit = Segment::limit(&self.pool, segment.blocks().count());
            let region = books.region(segment.number())?;
            if region.keys < limit
                && let Some(slot) = segment.room(&self.pool, &self.seed, home)
            {
                region.keys = region.keys.saturating_add(1);
                return Some(slot);
            }
            // A segment that is far from full and has no room would not have any if it grew.
            if region.keys < limit / 2 || !self.grow(books, segment) {
                break;
            }
        }
        self.segment(home)?.mark(&self.pool, home);
        books.stashed = books.stashed.saturating_add(1);
        self.stash.room()
    }

    /// How many segments there are, and how many slots in them.
    pub(super) fn extent(&self, books: &Books) -> (usize, usize) {
        let named = self.segments.iter().take(books.regions.len());
        let named = named.filter(|(number, _)| !books.spare.contains(number));
        named.fold((0, 0), |(segments, slots), (_, segment)| {
            let blocks = segment.blocks().count();
            (segments + 1, slots + (blocks << (self.pool.bits() + 1)))
        })
    }

    /// Counts a key that was removed from its segment. When half as many are gone as it holds
    /// at most, the segment is made anew, without the marks that they have left.
    pub(super) fn count_removal(&self, books: &mut Books, home: Home) {
        let Some(segment) = self.segment(home) else { return };
        let blocks = segment.blocks().count();
        let Some(region) = books.region(segment.number()) else { return };
        region.removed = region.removed.saturating_add(1);
        if region.removed > Segment::limit(&self.pool, blocks) / 2 {
            let region = *region;
            self.replace(books, segment, &[(region, blocks)]);
        }
    }

    /// Replaces a segment by a larger one or by two. False if it cannot.
    fn grow(&self, books: &mut Books, segment: &Segment) -> bool {
        let Some(region) = books.region(segment.number()).copied() else { return false };
        let blocks = segment.blocks().count();
        if blocks < BLOCKS_MAX {
            self.replace(books, segment, &[(region, blocks.saturating_add(1))])
        } else if region.depth < DEPTH_MAX {
            let halves = self.halves(segment, region);
            self.replace(books, segment, &halves)
        } else {
            false
        }
    }

    /// Replaces a segment by those that are `wanted`. False if there is no memory to number.
    fn replace(&self, books: &mut Books, segment: &Segment, wanted: &[(Region, usize)]) -> bool {
        let Some(mut plots) = self.break_ground(books, wanted) else { return false };
        let live = segment.slots(&self.pool).filter(|slot| slot.life().is_live());
        for content in live.map(Slot::freeze) {
            self.plant(books, &mut plots, &content);
        }
        for content in self.stash.live().filter_map(|(slot, _)| slot.peek()) {
            let home = self.seed.home(content.digest);
            if let Some(plot) = plot_of(&mut plots, home) {
                plot.segment.mark(&self.pool, home);
            }
        }
        for Plot { segment, spot, region } in plots {
            if region.depth > self.directory.depth() {
                self.directory.double();
            }
            self.directory.name((region.prefix, region.depth), spot, segment.count());
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
        self.unstash(books);
        true
    }

    /// The two regions that `region` splits into, and how many blocks each needs.
    fn halves(&self, segment: &Segment, region: Region) -> [(Region, usize); 2] {
        let depth = region.depth.saturating_add(1);
        let live = segment.slots(&self.pool).filter_map(Slot::peek);
        let homes = live.map(|content| self.seed.home(content.digest));
        let (mut low, mut high) = (0usize, 0usize);
        for home in homes {
            if home.upper(depth) & 1 == 0 { low += 1 } else { high += 1 }
        }
        let half = |bit, keys| {
            let region = Region { prefix: region.prefix << 1 | bit, depth, keys: 0, removed: 0 };
            (region, Segment::blocks_for(&self.pool, keys))
        };
        [half(0, low), half(1, high)]
    }

    /// Segments with fresh blocks for these regions, which nobody sees yet.
    fn break_ground(&self, books: &mut Books, wanted: &[(Region, usize)]) -> Option<Vec<Plot<'_>>> {
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
            plots.push(Plot { segment, spot, region });
        }
        Some(plots)
    }

    /// Puts a copy of a key into the plot that its home belongs to, or into the stash.
    fn plant(&self, books: &mut Books, plots: &mut [Plot<'_>], content: &Content) {
        let home = self.seed.home(content.digest);
        let room = plot_of(plots, home).and_then(|plot| {
            let room = plot.segment.room(&self.pool, &self.seed, home)?;
            plot.region.keys = plot.region.keys.saturating_add(1);
            Some(room)
        });
        let room = room.or_else(|| {
            books.stashed = books.stashed.saturating_add(1);
            self.stash.room()
        });
        if let Some(room) = room {
            room.fill(content);
        }
    }

    /// Brings keys from the stash home, as far as there is room now.
    fn unstash(&self, books: &mut Books) {
        for (slot, _) in self.stash.live() {
            let Some(content) = slot.peek() else { continue };
            let home = self.seed.home(content.digest);
            let segment = self.segment(home);
            let room = segment.and_then(|s| s.room(&self.pool, &self.seed, home));
            let region = segment.and_then(|s| books.region(s.number()));
            if let (Some(room), Some(region)) = (room, region) {
                room.fill(&slot.freeze());
                self.stash.clear(slot);
                region.keys = region.keys.saturating_add(1);
                books.stashed = books.stashed.saturating_sub(1);
            }
        }
    }
}

/// The plot that a home belongs to.
fn plot_of<'p, 't>(plots: &'p mut [Plot<'t>], home: Home) -> Option<&'p mut Plot<'t>> {
    plots.iter_mut().find(|plot| home.upper(plot.region.depth) == plot.region.prefix)
}
