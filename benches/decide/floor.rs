//! The least that a decision could cost.

use memmap2::{Advice, MmapMut, MmapOptions};

use crate::common;
use crate::numbers::Numbers;

const LINE: usize = 64;

/// Lines of memory on huge pages, as many as keys.
pub struct Lines(MmapMut);

impl Lines {
    pub fn new(count: usize) -> Self {
        let mut map = MmapOptions::new().len(count * LINE).map_anon().unwrap();
        map.advise(Advice::HugePage).unwrap();
        let mut numbers = Numbers::new(1);
        for line in map.chunks_exact_mut(LINE) {
            line[..8].copy_from_slice(&numbers.next().to_le_bytes());
        }
        Self(map)
    }

    /// A word of the line that `hash` chooses.
    #[inline]
    pub fn load(&self, hash: u64) -> u64 {
        let count = (self.0.len() / LINE) as u128;
        let at = ((u128::from(hash) * count) >> 64) as usize * LINE;
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }
}

/// One keyed BLAKE3.
#[inline]
pub fn hash(token: &[u8]) -> u64 {
    let hash = blake3::keyed_hash(&common::PEPPER, token);
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap())
}

/// 0 if a text has the prefix and 32 base62 characters, without a branch on them.
#[inline]
pub fn parse(prefix: &[u8; 8], token: &[u8]) -> u64 {
    let Some((begin, body)) = token.split_at_checked(8) else { return 1 };
    let foreign = body.iter().fold(0, |bad, byte| bad | FOREIGN[usize::from(*byte)]);
    u64::from(foreign) | u64::from(begin != prefix) | u64::from(body.len() != 32)
}

/// 1 for bytes that are not base62.
static FOREIGN: [u8; 256] = {
    let mut foreign = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        foreign[byte] = if (byte as u8).is_ascii_alphanumeric() { 0 } else { 1 };
        byte += 1;
    }
    foreign
};

/// All three, each after the other.
#[inline]
pub fn decide(lines: &Lines, prefix: &[u8; 8], token: &[u8]) -> u64 {
    match parse(prefix, token) {
        0 => lines.load(hash(token)),
        bad => bad,
    }
}
