//! How the table gets its memory and grows, while it is being read.
//!
//! A segment that is full is copied into fresh blocks, one more than it had; one of 14 blocks
//! becomes two of about 8. Nobody sees the copy until the directory names it, and the old
//! slots are cleared only then, so every key is to be found at every moment and readers pay
//! nothing but a second attempt if they were inside. The old blocks are lent to the next
//! segment that grows: beside the table there is never more than one segment, and it stays
//! between 0.74 and 0.85 full. A copy takes one to two milliseconds at most.

use super::chunks::Chunks;
use super::directory::{DEPTH_MAX, Directory};
use super::home::{Home, Seed};
use super::pool::{Block, Free, Pool};
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
struct Plot {
    number: u32,
    region: Region,
}

impl Table {
    /// An empty table with room for `expected` keys.
    pub(super) fn new(expected: usize) -> (Self, Books) {
        // 0.8 of the slots, one sixteenth below the limit at which segments grow.
        let slots = expected.saturating_add(expected / 4);
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
                segment.settle(prefix, &lend(&mut free, each));
            }
            regions.push(Region { prefix, depth, keys: 0 });
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
            let number = segment.number();
            let limit = Segment::limit(&self.pool, segment.blocks().count());
            let region = books.region(number)?;
            if region.keys < limit
                && let Some(slot) = segment.room(&self.pool, &self.seed, home)
            {
                region.keys = region.keys.saturating_add(1);
                return Some(slot);
            }
            // A segment that is far from full and has no room would not have any if it grew.
            if region.keys < limit / 2 || !self.grow(books, number) {
                break;
            }
        }
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

    /// Replaces a segment by a larger one or by two. False if it cannot.
    fn grow(&self, books: &mut Books, number: u32) -> bool {
        let Some(segment) = self.segments.get(number) else { return false };
        let Some(region) = books.region(number).copied() else { return false };
        let blocks: Vec<Block> = segment.blocks().collect();
        let plots = if blocks.len() < BLOCKS_MAX {
            let larger = blocks.len().saturating_add(1);
            self.break_ground(books, &[(region, larger)])
        } else if region.depth < DEPTH_MAX {
            self.break_ground(books, &self.halves(segment, region))
        } else {
            None
        };
        let Some(mut plots) = plots else { return false };

        for content in segment.slots(&self.pool).filter(|s| s.life().is_live()).map(Slot::freeze) {
            let home = self.seed.home(content.digest);
            self.plant(books, &mut plots, home, &content);
        }
        for Plot { number, region } in plots {
            if region.depth > self.directory.depth() {
                self.directory.double();
            }
            if let Some(spot) = Chunks::<Segment>::spot(number) {
                let count = self.segments.get(number).map_or(0, Segment::count);
                self.directory.name((region.prefix, region.depth), spot, count);
            }
            if let Some(place) = books.region(number) {
                *place = region;
            }
        }
        for slot in segment.slots(&self.pool) {
            if slot.life().is_live() {
                slot.clear();
            }
        }
        books.free.take_back(blocks);
        books.spare.push(number);
        if let Some(region) = books.region(number) {
            region.keys = 0;
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
            let region = Region { prefix: region.prefix << 1 | bit, depth, keys: 0 };
            (region, Segment::blocks_for(&self.pool, keys))
        };
        [half(0, low), half(1, high)]
    }

    /// Segments with fresh blocks for these regions, which nobody sees yet.
    fn break_ground(&self, books: &mut Books, wanted: &[(Region, usize)]) -> Option<Vec<Plot>> {
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
            Chunks::<Segment>::spot(number)?;
            let segment = self.segments.make(number)?;
            if books.region(number).is_none() {
                books.regions.push(Region::default());
            }
            segment.settle(number, &lend(&mut books.free, blocks));
            plots.push(Plot { number, region: Region { keys: 0, ..region } });
        }
        Some(plots)
    }

    /// Puts a copy of a key into the plot that its home belongs to, or into the stash.
    fn plant(&self, books: &mut Books, plots: &mut [Plot], home: Home, content: &Content) {
        let plot = plots.iter_mut().find(|p| home.upper(p.region.depth) == p.region.prefix);
        let room = plot.and_then(|plot| {
            let segment = self.segments.get(plot.number)?;
            let room = segment.room(&self.pool, &self.seed, home)?;
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

fn lend(free: &mut Free, count: usize) -> Vec<Block> {
    std::iter::from_fn(|| free.lend()).take(count).collect()
}
