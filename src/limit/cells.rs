//! Meters by number: each in a line of memory of its own, with a lock of its own.

use std::sync::{Mutex, PoisonError};

use super::Charge;
use super::meter::Meter;
use crate::chunks::Chunks;
use crate::sys;
use crate::verdict::{Rate, Reason};

/// Nobody's: no key has this id, and no owner this number.
const NOBODY: u64 = u64::MAX;

/// Meters that are found by number, without a look at any other.
pub(crate) struct Cells(Chunks<Cell>);

/// 64 bytes: lock, whose it is, the gauge of one window, and where those of others are.
#[repr(align(64))]
#[derive(Default)]
struct Cell(Mutex<Held>);

struct Held {
    whose: u64,
    meter: Meter,
}

impl Default for Held {
    fn default() -> Self {
        Self { whose: NOBODY, meter: Meter::default() }
    }
}

impl Cells {
    /// No cell yet: everything is at rest.
    pub(crate) fn new() -> Self {
        Self(Chunks::new())
    }

    /// Makes cell `number`, so that its first charge takes no memory.
    pub(crate) fn make(&self, number: u32) {
        self.0.make(number);
    }

    /// Has cell `number` fetched from memory, and waits for nothing.
    #[inline]
    pub(crate) fn fetch(&self, number: u32) {
        if let Some(cell) = self.0.get(number) {
            sys::fetch(cell);
        }
    }

    /// Charges to the meter that `whose` has in cell `number`: all that is asked or nothing.
    ///
    /// Gives the window that is nearest to its limit afterwards; none if there is no window.
    /// `join` makes what else is to be charged part of it: it is called once all windows admit
    /// and before any is charged, and what it refuses is not charged here either.
    ///
    /// A cell that was another's is at rest for `whose`, if the cell is theirs now, which
    /// `is_theirs` is asked then: if not, there is no answer.
    ///
    /// # Errors
    ///
    /// `RateLimited`, with the window that admits again last; else what `join` refuses with.
    #[inline]
    pub(crate) fn charge<E: From<Reason>>(
        &self,
        number: u32,
        whose: u64,
        is_theirs: impl FnOnce() -> bool,
        charge: &Charge<'_>,
        join: impl FnOnce() -> Result<(), E>,
    ) -> Option<Result<Option<Rate>, E>> {
        let cell = self.0.make(number)?;
        let mut held = cell.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.whose != whose {
            // Whoever finds another's name under the lock asks, and only one of two that find
            // each other's is told yes.
            if !is_theirs() {
                return None;
            }
            *held = Held { whose, meter: Meter::default() };
        }
        Some(held.meter.charge(charge, join))
    }

    /// What [`charge`](Self::charge) would give, without charging.
    ///
    /// # Errors
    ///
    /// As `charge`.
    pub(crate) fn peek(
        &self,
        number: u32,
        whose: u64,
        charge: &Charge<'_>,
    ) -> Result<Option<Rate>, Reason> {
        let held = self.0.get(number).map(|cell| cell.0.lock());
        let held = held.map(|held| held.unwrap_or_else(PoisonError::into_inner));
        match held.filter(|held| held.whose == whose) {
            Some(held) => held.meter.peek(charge),
            None => Meter::default().peek(charge),
        }
    }

    /// Bytes of all cells, but not of the gauges of further windows.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_cell_is_one_line_of_cache() {
        assert_eq!(size_of::<Cell>(), 64);
    }
}
