//! redb's checksums, set right again after damage, so that it gets past them.
//!
//! A page's checksum is XXH3 over its used part. It is kept where the page is referred to: in a
//! page above it, or in the header, each of which has its own. Which bytes of a file are such a
//! checksum is found by what they are; nothing else of redb's format is needed.

use std::collections::{BTreeSet, HashMap};

use twox_hash::XxHash3_128;

pub(crate) const PAGE: usize = 4096;
const SUM: usize = 16;
/// The two commit slots of the header; the last bytes of each are the checksum of the others.
const SLOTS: [usize; 2] = [64, 192];
const SLOT: usize = 128;

/// What mends files that were one whole file.
pub(crate) struct Mender {
    /// By page.
    sums: HashMap<usize, Sum>,
}

/// The checksum of a page.
struct Sum {
    /// How many bytes it is over.
    len: usize,
    /// Where it is kept.
    places: Vec<usize>,
}

impl Mender {
    /// What mends copies of `file`, whose checksums are right.
    pub(crate) fn new(file: &[u8]) -> Self {
        let mut by_sum: HashMap<[u8; SUM], (usize, usize)> = HashMap::new();
        for (number, page) in file.chunks_exact(PAGE).enumerate().skip(1) {
            for len in lengths(page) {
                by_sum.insert(sum(&page[..len]), (number, len));
            }
        }
        let mut sums: HashMap<usize, Sum> = HashMap::new();
        for (at, bytes) in file.windows(SUM).enumerate() {
            if bytes[0] == 0 && bytes.iter().all(|byte| *byte == 0) {
                continue;
            }
            if let Some((page, len)) = by_sum.get(bytes) {
                let found = sums.entry(*page).or_insert(Sum { len: *len, places: Vec::new() });
                found.places.push(at);
            }
        }
        Self { sums }
    }

    /// The pages that belong to the commit that counts, down from the header.
    pub(crate) fn live(&self, file: &[u8]) -> Vec<usize> {
        let slot = SLOTS[usize::from(file[9] & 1)];
        let mut live = BTreeSet::new();
        loop {
            let is_live = |at: &usize| {
                (slot..slot + SLOT).contains(at)
                    || self.sums.get(&(at / PAGE)).is_some_and(|sum| {
                        live.contains(&(at / PAGE)) && at % PAGE + SUM <= sum.len
                    })
            };
            let more: Vec<usize> = self
                .sums
                .iter()
                .filter(|(page, sum)| !live.contains(*page) && sum.places.iter().any(is_live))
                .map(|(page, _)| *page)
                .collect();
            if more.is_empty() {
                return live.into_iter().collect();
            }
            live.extend(more);
        }
    }

    /// How many bytes of a page are used.
    pub(crate) fn used(&self, page: usize) -> usize {
        self.sums.get(&page).map_or(PAGE, |sum| sum.len)
    }

    /// Mends every checksum over a page that was damaged.
    pub(crate) fn mend(&self, file: &mut [u8], page: usize) {
        let mut changed = vec![page];
        while let Some(page) = changed.pop() {
            let Some(Sum { len, places }) = self.sums.get(&page) else { continue };
            let new = sum(&file[page * PAGE..][..*len]);
            for at in places {
                file[*at..*at + SUM].copy_from_slice(&new);
                changed.push(at / PAGE);
            }
        }
        for slot in SLOTS {
            let end = slot + SLOT - SUM;
            let new = sum(&file[slot..end]);
            file[end..slot + SLOT].copy_from_slice(&new);
        }
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    XxHash3_128::oneshot(bytes).to_le_bytes()
}

/// How many bytes of a page may be used. A page begins with its sort, 1 for a leaf and 2 for a
/// branch, and at offset 2 how many pairs or keys it has. Where keys or values have no fixed
/// length, the end of each stands in the page.
fn lengths(page: &[u8]) -> Vec<usize> {
    const WIDEST: usize = 160;
    let count = usize::from(u16::from_le_bytes([page[2], page[3]]));
    let mut lengths: Vec<usize> = match page[0] {
        1 => (0..WIDEST).map(|width| 4 + count * width).collect(),
        2 => (0..WIDEST).map(|width| 8 + 24 * (count + 1) + count * width).collect(),
        _ => return Vec::new(),
    };
    let ends = page.as_chunks::<4>().0.iter().map(|end| u32::from_le_bytes(*end) as usize);
    lengths.extend(ends);
    lengths.retain(|len| (8..=PAGE).contains(len));
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}
