//! An array that grows without moving what it holds, so that readers need no lock.
//!
//! It is made of chunks. The first eight hold 64 elements each, the next eight 128 each, and
//! so on: growing by one chunk adds at most an eighth, and the chunk of an element is found
//! from its number's leading bits. Chunks are never given back.

use std::sync::OnceLock;

use crate::sys::Slab;

/// Binary logarithm of the first chunks' length. A model checker pays for each element.
const FIRST: u32 = if cfg!(loom) { 0 } else { 6 };
/// Binary logarithm of how many chunks have the same length. Miri pays for each chunk.
const EQUAL: u32 = if cfg!(miri) { 1 } else { 3 };
/// So many that every `u32` is the number of an element.
const CHUNKS: usize = ((32 - FIRST - EQUAL + 1) << EQUAL) as usize;

/// Where an element is: its chunk and its place in it. To be kept where time counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot(pub u32);

/// Bits of a [`Spot`] that say the place.
const PLACE: u32 = 24;

/// Elements by number. Made by the writer, read by anyone.
pub(crate) struct Chunks<T> {
    chunks: Box<[OnceLock<Slab<T>>]>,
}

impl<T: Default> Chunks<T> {
    pub(crate) fn new() -> Self {
        Self { chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect() }
    }

    /// Element `number`, if its chunk has been made.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let (chunk, at, _) = locate(number);
        self.chunks.get(chunk)?.get()?.get(at)
    }

    /// The element at `spot`, if its chunk has been made.
    #[inline]
    pub(crate) fn at(&self, spot: Spot) -> Option<&T> {
        let chunk = usize::try_from(spot.0 >> PLACE).ok()?;
        let at = usize::try_from(spot.0 & ((1 << PLACE) - 1)).ok()?;
        self.chunks.get(chunk)?.get()?.get(at)
    }

    /// Element `number`, making its chunk if there is none.
    pub(crate) fn make(&self, number: u32) -> Option<&T> {
        let (chunk, at, len) = locate(number);
        let fresh = || Slab::new(len);
        self.chunks.get(chunk)?.get_or_init(fresh).get(at)
    }

    /// The elements whose chunks have been made, with their numbers, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let made = self.chunks.iter().map_while(OnceLock::get);
        (0..).zip(made.flat_map(|chunk| chunk.iter()))
    }

    /// Where element `number` is, if that can be said: not beyond some hundred millions.
    pub(crate) fn spot(number: u32) -> Option<Spot> {
        let (chunk, at, _) = locate(number);
        let at = u32::try_from(at).ok().filter(|&at| at < 1 << PLACE)?;
        Some(Spot(u32::try_from(chunk).ok()?.checked_mul(1 << PLACE)? | at))
    }

    /// Bytes that the made chunks take.
    pub(crate) fn bytes(&self) -> usize {
        let made = self.chunks.iter().filter_map(OnceLock::get);
        made.map(|chunk| size_of_val(&**chunk)).sum()
    }
}

/// Chunk, place in the chunk, and the chunk's length.
#[inline]
fn locate(number: u32) -> (usize, usize, usize) {
    // Shifted so that the first number has the leading bit that the first chunks share.
    let shifted = u64::from(number) + (1 << (FIRST + EQUAL));
    let power = shifted.ilog2() - EQUAL;
    let chunk = u64::from((power - FIRST) << EQUAL) + (shifted >> power) - (1 << EQUAL);
    let len = 1u64 << power;
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    (size(chunk), size(shifted & (len - 1)), size(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_run_through_the_chunks_without_gap_or_overlap() {
        let (mut expected, numbers) = ((0, 0), if cfg!(miri) { 3_000 } else { 200_000 });
        for number in 0..numbers {
            let (chunk, at, len) = locate(number);
            assert_eq!((chunk, at), expected, "{number}");
            expected = if at + 1 == len { (chunk + 1, 0) } else { (chunk, at + 1) };
        }
        let (chunk, at, len) = locate(u32::MAX);
        assert!(chunk < CHUNKS && at < len);
    }

    /// Beyond the chunks that are equal.
    const MANY: u32 = if cfg!(miri) { 700 } else { 5_000 };

    #[test]
    fn elements_keep_their_places_while_the_array_grows() {
        let chunks: Chunks<OnceLock<u32>> = Chunks::new();
        assert!(chunks.get(0).is_none());
        for number in 0..MANY {
            chunks.make(number).unwrap().set(number).unwrap();
        }
        for number in 0..MANY {
            let spot = Chunks::<OnceLock<u32>>::spot(number).unwrap();
            assert_eq!(chunks.at(spot).unwrap().get(), Some(&number));
            assert_eq!(chunks.get(number).unwrap().get(), Some(&number));
        }
        let all = chunks.iter().take(MANY as usize).map(|(n, cell)| (n, *cell.get().unwrap()));
        assert!(all.enumerate().all(|(i, (n, v))| i == n as usize && n == v));
    }
}
