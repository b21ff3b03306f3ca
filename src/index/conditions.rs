//! What restrains the use of some keys beyond their slots: a start to come, an idle span,
//! networks.
//!
//! ```text
//! offset size
//!      0    8 start     milliseconds
//!      8    8 since     milliseconds: from when on it is unused if it was never used
//!     16    8 span      milliseconds that it may stay unused; all ones for ever
//!     24    8 networks  first of its ranges (bits 0-31), their count plus one (32-63); 0 if the
//!                       key may be used from anywhere
//! ```
//!
//! They are lent and taken back with the side that names them, and do not change in between.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::home::low32;
use super::ranges::{FreeRanges, Ranges, Run};
use super::shim::{AtomicU32, AtomicU64, Ordering, fence};
use crate::chunks::Chunks;
use crate::entry::Idle;
use crate::network::Network;
use crate::time::Timestamp;

const FOR_EVER: u64 = u64::MAX;

#[repr(align(32))]
#[derive(Default)]
struct Cell {
    start: AtomicU64,
    since: AtomicU64,
    span: AtomicU64,
    networks: AtomicU64,
}

/// The conditions of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conditions {
    /// [`Timestamp::EPOCH`] if the key was valid at once.
    pub start: Timestamp,
    pub idle: Option<Idle>,
    /// From where it may be used: from nowhere if there are none, from anywhere without a list.
    pub networks: Option<Vec<Network>>,
}

impl Conditions {
    pub(super) const NONE: Self = Self { start: Timestamp::EPOCH, idle: None, networks: None };
}

/// What a reader sees of a key's conditions.
pub(super) struct Seen {
    pub start: Timestamp,
    pub idle: Option<Idle>,
    /// Whether the address that was asked about is in none of the key's networks.
    pub outside: bool,
}

/// The conditions of all keys.
pub(super) struct AllConditions {
    cells: Chunks<Cell>,
    len: AtomicU32,
    ranges: Ranges,
}

/// Those that nobody has.
#[derive(Default)]
pub(super) struct FreeConditions {
    cells: VecDeque<u32>,
    ranges: FreeRanges,
}

impl AllConditions {
    pub(super) fn new() -> Self {
        Self { cells: Chunks::new(), len: AtomicU32::new(0), ranges: Ranges::new() }
    }

    /// The conditions `number` as they are for a request from `address`. The caller checks
    /// afterwards that they were not lent anew meanwhile.
    pub(super) fn see(&self, number: u32, address: Option<IpAddr>) -> Option<Seen> {
        let cell = self.cells.get(number)?;
        let run = run_of(cell.networks.load(Ordering::Relaxed));
        let inside = |run| address.is_some_and(|address| self.ranges.hold(run, address));
        Some(Seen {
            start: cell.start(),
            idle: cell.idle(),
            outside: run.is_some_and(|r| !inside(r)),
        })
    }

    /// The conditions `number`, for the writer.
    pub(super) fn read(&self, number: u32) -> Option<Conditions> {
        let cell = self.cells.get(number)?;
        let run = run_of(cell.networks.load(Ordering::Relaxed));
        let networks = run.map(|run| self.ranges.networks(run));
        Some(Conditions { start: cell.start(), idle: cell.idle(), networks })
    }

    /// Lends a number that says `content`. None if there is none left.
    pub(super) fn lend(&self, free: &mut FreeConditions, content: &Conditions) -> Option<u32> {
        let run = match &content.networks {
            Some(networks) => Some(self.ranges.lend(&mut free.ranges, networks)?),
            None => None,
        };
        let number = match free.cells.pop_front() {
            Some(number) => number,
            None => {
                let number = self.len.load(Ordering::Relaxed);
                // A side keeps the number plus one in 32 bits.
                let next = number.checked_add(1).filter(|&next| next < u32::MAX)?;
                self.len.store(next, Ordering::Relaxed);
                number
            }
        };
        let cell = self.cells.make(number)?;
        // Release, with the Acquire fence before a reader asks whether the slot lives still.
        fence(Ordering::Release);
        let ms = |at: Timestamp| at.as_ms().cast_unsigned();
        let span = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(FOR_EVER);
        cell.start.store(ms(content.start), Ordering::Relaxed);
        cell.since.store(content.idle.map_or(0, |idle| ms(idle.since)), Ordering::Relaxed);
        cell.span.store(content.idle.map_or(FOR_EVER, |idle| span(idle.span)), Ordering::Relaxed);
        let networks = run.map_or(0, |run| u64::from(run.first) | (u64::from(run.count) + 1) << 32);
        cell.networks.store(networks, Ordering::Relaxed);
        Some(number)
    }

    /// Takes back a number that no side names any more.
    pub(super) fn take_back(&self, free: &mut FreeConditions, number: u32) {
        let Some(cell) = self.cells.get(number) else { return };
        if let Some(run) = run_of(cell.networks.load(Ordering::Relaxed)) {
            self.ranges.take_back(&mut free.ranges, run);
        }
        free.cells.push_back(number);
    }

    /// Bytes of all conditions.
    pub(super) fn bytes(&self) -> usize {
        self.cells.bytes().saturating_add(self.ranges.bytes())
    }
}

impl Cell {
    fn start(&self) -> Timestamp {
        timestamp(self.start.load(Ordering::Relaxed))
    }

    fn idle(&self) -> Option<Idle> {
        match self.span.load(Ordering::Relaxed) {
            FOR_EVER => None,
            ms => {
                let since = timestamp(self.since.load(Ordering::Relaxed));
                Some(Idle { span: Duration::from_millis(ms), since })
            }
        }
    }
}

fn run_of(word: u64) -> Option<Run> {
    let count = low32(word >> 32).checked_sub(1)?;
    Some(Run { first: low32(word), count })
}

fn timestamp(word: u64) -> Timestamp {
    Timestamp::from_ms(word.cast_signed())
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_they_were_lent_and_lent_again() {
        let (all, mut free) = (AllConditions::new(), FreeConditions::default());
        let at = Timestamp::from_ms;
        let idle = Idle { span: Duration::from_secs(3600), since: at(7) };
        let networks: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let contents = [
            Conditions { start: at(5), ..Conditions::NONE },
            Conditions { idle: Some(idle), ..Conditions::NONE },
            Conditions { networks: Some(networks.clone()), ..Conditions::NONE },
            Conditions { networks: Some(Vec::new()), ..Conditions::NONE },
            Conditions { start: at(6), idle: Some(idle), networks: Some(networks) },
        ];
        let inside = Some("10.0.0.1".parse().unwrap());
        for _ in 0..3 {
            let lent: Vec<_> = contents.iter().map(|c| all.lend(&mut free, c).unwrap()).collect();
            assert!(lent.iter().all(|number| *number < 5));
            let mut outside = Vec::new();
            for (content, number) in contents.iter().zip(lent) {
                assert_eq!(all.read(number).as_ref(), Some(content));
                let seen = [inside, None].map(|from| all.see(number, from).unwrap());
                assert_eq!((seen[0].start, seen[0].idle), (content.start, content.idle));
                outside.push(seen.map(|seen| seen.outside));
                all.take_back(&mut free, number);
            }
            let (never, unless, always) = ([false, false], [false, true], [true, true]);
            assert_eq!(outside, [never, never, unless, always, unless]);
        }
    }
}
