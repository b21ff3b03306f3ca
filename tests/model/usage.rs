//! When keys were last used, which is told to the minute.

use keycask::KeyId;

use super::Part;
use super::world::World;

pub const PART: Part = Part {
    name: "usage",
    steps: &[],
    agrees: |world, dice| {
        let Some(at) = world.pick(dice) else { return };
        let key = &world.keys[at];
        let shown = world.shown_use(key.id);
        let is_near = |used: i64, shown: i64| shown <= used && used - shown < GRAIN;
        let agrees = match (key.used, shown) {
            (Some(used), Some(shown)) => is_near(used, shown),
            (used, shown) => used.is_none() && shown.is_none(),
        };
        assert!(agrees, "key {at} ({}): used {:?}, shown {shown:?}", key.id, key.used);
    },
    plant: |world| {
        // As if uses were lost: the model has each a day later.
        let there = world.keys.iter_mut().filter(|key| !key.swept);
        let used = there.filter_map(|key| key.used.as_mut());
        used.map(|used| *used += 86_400_000).count() > 0
    },
};

/// Uses within this many milliseconds are not told apart.
pub const GRAIN: i64 = 60_000;

impl World {
    /// The key was granted now.
    pub fn note_use(&mut self, at: usize) {
        let used = Some(self.now());
        self.used = true;
        self.keys[at].used = used.max(self.keys[at].used);
    }

    /// When a key was last used, as the store shows it.
    pub fn shown_use(&self, key: KeyId) -> Option<i64> {
        self.store().key(key).unwrap().last_used.map(|at| at.as_ms())
    }
}
