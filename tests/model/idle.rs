//! Keys that may not stay unused for ever.

use std::time::Duration;

use keycask::Update;

use super::Part;
use super::dice::Dice;
use super::key::Key;
use super::life;
use super::usage::GRAIN;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "idle",
    steps: &[(5, update)],
    agrees: |world, dice| {
        let there = world.keys.iter().filter(|key| !key.swept);
        for key in there {
            let shown = world.store().key(key.id).unwrap();
            let last = shown.last_used.map(|at| at.as_ms());
            assert_eq!(shown.idle_at.map(|at| at.as_ms()), key.idle_at(last), "{}", key.id);
        }
        life::agrees(world, dice);
    },
    plant: |world| {
        // As a store would that let a key stay unused for longer.
        let longer = Update::new().idle(Duration::from_secs(3 * 3_600));
        let mut spans = world.keys.iter().filter(|key| key.idle.is_some() && !key.swept);
        spans.any(|key| world.store().update(key.id, &longer, &by()).is_ok())
    },
};

impl Key {
    /// From when on it is idle, if it was last used at `last_used`, as the store tells it.
    pub fn idle_at(&self, last_used: Option<i64>) -> Option<i64> {
        let (span, since) = self.idle?;
        let since = since.max(self.issued).max(self.changed);
        Some(last_used.map_or(since, |at| since.max(at + GRAIN)) + span)
    }
}

impl World {
    /// Changes a key, which is no longer idle if it may stay unused for longer then.
    pub fn let_idle(&mut self, at: usize, change: impl FnOnce(&mut Key)) {
        let last_used = self.shown_use(self.keys[at].id);
        let key = &mut self.keys[at];
        let before = key.idle_at(last_used);
        change(key);
        let after = key.idle_at(last_used);
        key.idled &= after.is_some_and(|after| before.is_some_and(|before| after <= before));
    }
}

fn update(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick_living(dice), world.now()) else { return };
    let span = dice.pick(&[None, Some(3_600_000), Some(7_200_000)]);
    let update = match span {
        Some(span) => Update::new().idle(Duration::from_millis(span)),
        None => Update::new().no_idle(),
    };
    let idle = span.map(|span| (i64::try_from(span).unwrap(), now));
    let changes = world.keys[at].idle != idle;
    if world.update(at, &update, changes) {
        world.let_idle(at, |key| key.idle = idle);
    }
}
