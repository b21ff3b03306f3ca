//! How many decisions came to which outcome since the store was opened.

use std::collections::BTreeMap;

use keycask::Request;

use super::Part;

pub const PART: Part = Part {
    name: "counts",
    steps: &[],
    agrees: |world, _| {
        let counts = world.store().decision_counts();
        let counts: BTreeMap<_, _> = counts.by_name().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counts, world.counted.0);
    },
    plant: |world| {
        // As a store would that counted one too many.
        world.store().verify(world.realm, b"nobody's", &Request::new()).is_err()
    },
};

/// What was decided, by name of the outcome.
pub struct Counted(BTreeMap<&'static str, u64>);

impl Counted {
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// A request was refused for this reason, or granted.
    pub fn note(&mut self, reason: Option<&'static str>) {
        *self.0.entry(reason.unwrap_or("granted")).or_default() += 1;
    }
}
