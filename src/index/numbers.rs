//! Which numbers are lent to sides and meters. Only the writer knows.
//!
//! A lineage's meter has the number of its first key's side, so that a reader comes to both at
//! once. Where other sides of the lineage name that meter too, as after a rotation, the number
//! is not lent anew before the last of them is taken back.

use std::collections::{HashMap, VecDeque};

use super::conditions::FreeConditions;
use crate::entry::MeterRef;
use crate::key_id::KeyId;

/// The numbers that nobody has, and who shares one.
#[derive(Default)]
pub(super) struct Numbers {
    free: VecDeque<u32>,
    /// What the sides' conditions have given back.
    pub(super) conditions: FreeConditions,
    shared: HashMap<KeyId, Shared>,
}

/// A meter that the keys of a lineage find by their sides.
struct Shared {
    meter: MeterRef,
    sides: u32,
}

impl Numbers {
    /// A number that was given back.
    pub(super) fn take(&mut self) -> Option<u32> {
        self.free.pop_front()
    }

    /// How many numbers were given back and not taken again.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    /// The meter that the sides of `lineage` share.
    pub(super) fn meter(&self, lineage: KeyId) -> Option<MeterRef> {
        self.shared.get(&lineage).map(|shared| shared.meter)
    }

    /// Says that one more side of `lineage` names `meter`, or the first that others may join.
    pub(super) fn share(&mut self, lineage: KeyId, meter: MeterRef) {
        let shared = self.shared.entry(lineage).or_insert(Shared { meter, sides: 0 });
        shared.sides = shared.sides.saturating_add(1);
    }

    /// Takes back the side of this number, which named `meter` for `lineage`.
    pub(super) fn give_back(&mut self, side: u32, lineage: KeyId, meter: MeterRef) {
        let Some(shared) = self.shared.get_mut(&lineage).filter(|shared| shared.meter == meter)
        else {
            return self.free.push_back(side);
        };
        shared.sides = shared.sides.saturating_sub(1);
        let last = shared.sides == 0;
        if last {
            self.shared.remove(&lineage);
            self.free.push_back(meter.0);
        }
        if meter.0 != side {
            self.free.push_back(side);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_free_again_when_neither_a_side_nor_a_meter_has_it() {
        let lineage = KeyId::from_bits(1);
        let mut numbers = Numbers::default();
        numbers.give_back(3, lineage, MeterRef(3));
        assert_eq!(numbers.take(), Some(3));
        numbers.share(lineage, MeterRef(3));
        numbers.share(lineage, MeterRef(3));
        assert_eq!(numbers.meter(lineage), Some(MeterRef(3)));
        numbers.give_back(3, lineage, MeterRef(3));
        assert_eq!(numbers.take(), None, "the meter of a living lineage was lent to another");
        numbers.give_back(4, lineage, MeterRef(3));
        assert_eq!([numbers.take(), numbers.take(), numbers.take()], [Some(3), Some(4), None]);
        assert_eq!(numbers.meter(lineage), None);
    }
}
