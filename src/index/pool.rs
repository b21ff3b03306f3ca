//! The memory that slots live in: blocks of equal length, lent to segments.
//!
//! A block is never given back to the machine, only lent again. So a reader that is late and
//! still looks into a block that has another owner by now reads some key's slot, never
//! foreign memory, and finds out by its own checks.

use std::sync::OnceLock;

use super::filter::Filter;
use super::shim::{Ordering, fence};
use super::slot::Slot;
use crate::sys::{HUGE_PAGE, Slab};

/// How many times the pool can be extended. Miri pays for each.
const CHUNKS: usize = if cfg!(miri) { 64 } else { 1024 };
/// Bits of a [`Block`] that count blocks within a chunk.
const WITHIN: u32 = 20;

/// Two slots that are always looked at together. Aligned, because processors fetch lines in
/// such pairs.
#[repr(align(128))]
#[derive(Default)]
pub(super) struct Pair(pub [Slot; 2]);

/// Where a block stands: the number of its chunk, then its number in the chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Block(pub u32);

/// The pairs of some blocks, and the filter of each.
struct Chunk {
    pairs: Slab<Pair>,
    filters: Slab<Filter>,
}

/// All slots of a table.
pub(super) struct Pool {
    chunks: Box<[OnceLock<Chunk>]>,
    /// Binary logarithm of the pairs in a block.
    bits: u32,
}

/// The blocks that nobody has. Only the writer lends and takes back.
#[derive(Default)]
pub(super) struct Free {
    blocks: Vec<Block>,
    chunks: usize,
    made: usize,
}

impl Pool {
    /// A pool of blocks of `2^bits` pairs, with none yet.
    pub(super) fn new(bits: u32) -> Self {
        Self { chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect(), bits }
    }

    /// Binary logarithm of the pairs in a block.
    #[inline]
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// Pair `at` of `block`, and its filter.
    #[inline(always)]
    pub(super) fn pair(&self, block: Block, at: u32) -> Option<(&Pair, &Filter)> {
        let chunk = usize::try_from(block.0 >> WITHIN).ok()?;
        let number = u64::from(block.0 & ((1 << WITHIN) - 1));
        let at = usize::try_from(number << self.bits | u64::from(at)).ok()?;
        let Chunk { pairs, filters } = self.chunks.get(chunk)?.get()?;
        Some((pairs.get(at)?, filters.get(at)?))
    }

    /// All pairs of `block`.
    fn pairs(&self, block: Block) -> impl Iterator<Item = (&Pair, &Filter)> {
        (0..1u32 << self.bits).filter_map(move |at| self.pair(block, at))
    }

    /// All slots of `block`.
    pub(super) fn slots(&self, block: Block) -> impl Iterator<Item = &Slot> {
        self.pairs(block).flat_map(|(Pair(slots), _)| slots)
    }

    /// Makes sure that `free` holds `wanted` blocks. False if the pool is at its end.
    ///
    /// What is missing is made in one piece, and never less than a sixty-fourth of what
    /// there is, so that a large table is a few large pieces; from eight huge pages on, the
    /// pieces are whole ones.
    pub(super) fn stock(&self, free: &mut Free, wanted: usize) -> bool {
        let missing = wanted.saturating_sub(free.blocks.len());
        if missing == 0 {
            return true;
        }
        let count = missing.max(free.made / 64);
        let huge = (HUGE_PAGE / size_of::<Pair>()) >> self.bits;
        let whole = if free.made < 8 * huge { 1 } else { huge };
        let count = count.next_multiple_of(whole).min(1 << WITHIN);
        let Some(place) = self.chunks.get(free.chunks) else { return false };
        let (Ok(chunk), Ok(blocks)) = (u32::try_from(free.chunks), u32::try_from(count)) else {
            return false;
        };
        if count < missing {
            return false;
        }
        let len = count << self.bits;
        place.get_or_init(|| Chunk { pairs: Slab::new(len), filters: Slab::new(len) });
        free.blocks.extend((0..blocks).rev().map(|number| Block(chunk << WITHIN | number)));
        free.chunks = free.chunks.saturating_add(1);
        free.made = free.made.saturating_add(count);
        true
    }

    /// Lends `count` blocks, or as many as `free` has: their slots are empty and unmarked.
    pub(super) fn lend(&self, free: &mut Free, count: usize) -> Vec<Block> {
        let kept = free.blocks.len().saturating_sub(count);
        let lent = free.blocks.split_off(kept);
        // Release, with the Acquire fence before `Directory::confirms`.
        fence(Ordering::Release);
        lent.iter().flat_map(|&block| self.pairs(block)).for_each(|(_, filter)| filter.clear());
        lent
    }

    /// Bytes of all blocks.
    pub(super) fn bytes(&self) -> usize {
        self.chunks().map(|chunk| size_of_val(&*chunk.pairs) + size_of_val(&*chunk.filters)).sum()
    }

    /// All pairs, as they stand in memory.
    pub(super) fn memory(&self) -> impl Iterator<Item = &[Pair]> {
        self.chunks().map(|chunk| &*chunk.pairs)
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.chunks.iter().filter_map(OnceLock::get)
    }
}

impl Free {
    /// Takes back a block, all of whose slots were emptied.
    pub(super) fn take_back(&mut self, blocks: impl IntoIterator<Item = Block>) {
        self.blocks.extend(blocks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_overlap_and_come_back() {
        let pool = Pool::new(3);
        let mut free = Free::default();
        assert!(pool.stock(&mut free, 5));
        assert!(pool.stock(&mut free, 9));
        let blocks = pool.lend(&mut free, 10);
        assert_eq!(blocks.len(), 9);
        let mut pairs: Vec<_> = blocks
            .iter()
            .flat_map(|&block| (0..8).map(move |at| (block, at)))
            .map(|(block, at)| std::ptr::from_ref(pool.pair(block, at).unwrap().0))
            .collect();
        pairs.sort();
        pairs.dedup();
        assert_eq!(pairs.len(), 9 * 8);
        free.take_back(blocks);
        assert!(pool.stock(&mut free, 9));
        assert_eq!(pool.bytes(), 9 * 8 * (128 + 2));
    }

    #[test]
    fn a_pair_is_aligned_to_itself() {
        assert_eq!((size_of::<Pair>(), align_of::<Pair>()), (128, 128));
    }
}
