//! The networks of the keys that have some: runs of ranges, one run a key.
//!
//! ```text
//! offset size
//!      0   16 address  its first bits first; an IPv4 address in the highest 32
//!     16    8 prefix   bits (0-7), whether it is IPv6 (8)
//! ```
//!
//! A run is as long as the next power of two, and is lent again to runs of that length.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::home::low32;
use super::shim::{AtomicU32, AtomicU64, Ordering, fence};
use crate::chunks::Chunks;
use crate::network::Network;

#[derive(Default)]
struct Range {
    address: [AtomicU64; 2],
    prefix: AtomicU64,
}

const IPV6: u64 = 1 << 8;

/// The ranges of all keys.
pub(super) struct Ranges {
    cells: Chunks<Range>,
    len: AtomicU32,
}

/// The runs that nobody has, by the binary logarithm of their length.
#[derive(Default)]
pub(super) struct FreeRanges([VecDeque<u32>; 32]);

/// Where a run begins, and how many of its ranges are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub first: u32,
    pub count: u32,
}

impl Ranges {
    pub(super) fn new() -> Self {
        Self { cells: Chunks::new(), len: AtomicU32::new(0) }
    }

    /// Whether `address` is in one of the ranges. The caller checks afterwards that the run was
    /// not lent anew meanwhile.
    pub(super) fn hold(&self, run: Run, address: IpAddr) -> bool {
        let (address, family) = spread(address.to_canonical());
        self.cells_of(run).any(|cell| {
            let prefix = cell.prefix.load(Ordering::Relaxed);
            let mask = !u128::MAX.checked_shr(low32(prefix & 0xFF)).unwrap_or(0);
            prefix & IPV6 == family && (cell.address() ^ address) & mask == 0
        })
    }

    /// The networks of a run, for the writer.
    pub(super) fn networks(&self, run: Run) -> Vec<Network> {
        let network = |cell: &Range| {
            let prefix = cell.prefix.load(Ordering::Relaxed);
            let address = cell.address();
            let address = match prefix & IPV6 {
                0 => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(address >> 96).unwrap_or(0))),
                _ => IpAddr::V6(Ipv6Addr::from_bits(address)),
            };
            Network::new(address, (prefix & 0xFF) as u8).ok()
        };
        self.cells_of(run).filter_map(network).collect()
    }

    fn cells_of(&self, run: Run) -> impl Iterator<Item = &Range> {
        (0..run.count).filter_map(move |at| self.cells.get(run.first.checked_add(at)?))
    }

    /// Lends a run that says `networks`. None if there is no number left.
    pub(super) fn lend(&self, free: &mut FreeRanges, networks: &[Network]) -> Option<Run> {
        let count = u32::try_from(networks.len()).ok()?;
        let size = count.max(1).checked_next_power_of_two()?;
        let kept = free.0.get_mut(usize::try_from(size.ilog2()).ok()?)?;
        let first = match kept.pop_front() {
            Some(first) => first,
            None => {
                let first = self.len.load(Ordering::Relaxed);
                self.len.store(first.checked_add(size)?, Ordering::Relaxed);
                first
            }
        };
        // Release, with the Acquire fence before a reader asks whether the slot lives still.
        fence(Ordering::Release);
        for (network, at) in networks.iter().zip(first..) {
            let (address, family) = spread(network.address());
            let cell = self.cells.make(at)?;
            let [high, low] = &cell.address;
            high.store((address >> 64) as u64, Ordering::Relaxed);
            low.store(address as u64, Ordering::Relaxed);
            cell.prefix.store(u64::from(network.bits()) | family, Ordering::Relaxed);
        }
        Some(Run { first, count })
    }

    /// Takes back a run that no key has any more.
    pub(super) fn take_back(&self, free: &mut FreeRanges, run: Run) {
        let size = run.count.max(1).checked_next_power_of_two().map_or(0, u32::ilog2);
        if let Some(kept) = usize::try_from(size).ok().and_then(|size| free.0.get_mut(size)) {
            kept.push_back(run.first);
        }
    }

    /// Bytes of all ranges.
    pub(super) fn bytes(&self) -> usize {
        self.cells.bytes()
    }
}

impl Range {
    fn address(&self) -> u128 {
        let [high, low] = &self.address;
        let [high, low] = [high, low].map(|word| u128::from(word.load(Ordering::Relaxed)));
        high << 64 | low
    }
}

/// An address from the highest bit on, and its family.
fn spread(address: IpAddr) -> (u128, u64) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 0),
        IpAddr::V6(v6) => (v6.to_bits(), IPV6),
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_run_holds_what_its_networks_contain() {
        let (ranges, mut free) = (Ranges::new(), FreeRanges::default());
        let lists = [
            networks(&["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]),
            networks(&["0.0.0.0/0"]),
            networks(&["::/0"]),
            networks(&["::1"]),
            Vec::new(),
        ];
        let runs: Vec<_> = lists.iter().map(|l| ranges.lend(&mut free, l).unwrap()).collect();
        for address in [
            "10.1.2.3",
            "11.0.0.0",
            "192.0.2.7",
            "192.0.2.6",
            "::ffff:10.0.0.1",
            "::1",
            "::a00:1",
            "2001:db8::1",
            "2001:db9::1",
        ] {
            let address: IpAddr = address.parse().unwrap();
            for (list, run) in lists.iter().zip(&runs) {
                let expected = list.iter().any(|network| network.contains(address));
                assert_eq!(ranges.hold(*run, address), expected, "{address} {list:?}");
            }
        }
        for (list, run) in lists.iter().zip(&runs) {
            assert_eq!(ranges.networks(*run), *list);
        }
    }

    #[test]
    fn a_run_that_was_taken_back_is_lent_to_one_as_long() {
        let (ranges, mut free) = (Ranges::new(), FreeRanges::default());
        let three = networks(&["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"]);
        let first = ranges.lend(&mut free, &three).unwrap();
        let other = ranges.lend(&mut free, &three).unwrap();
        ranges.take_back(&mut free, first);
        assert_ne!(ranges.lend(&mut free, &three[..1]).unwrap().first, first.first);
        assert_eq!(ranges.lend(&mut free, &three).unwrap(), first);
        assert_eq!(ranges.networks(other), three);
    }
}
