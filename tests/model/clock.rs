//! Time that passes, clocks that step, and stores that are opened again.

use std::time::Duration;

use super::Part;
use super::dice::Dice;
use super::key::Key;
use super::life;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "clock",
    steps: &[(5, pass), (3, shift), (2, World::reopen), (1, World::flush)],
    agrees: life::agrees,
    plant: |world| {
        // As if the mark had been lost: the time in which a key ended comes back.
        let (now, owners) = (world.now(), &world.owners);
        let lives = |key: &Key| !key.is_lost() && !key.spent && key.lives(now);
        let living = |key: &&Key| lives(key) && !owners[key.owner].suspended;
        let Some(left) = world.keys.iter().find(living).map(|key| key.end - now) else {
            return false;
        };
        world.clock.forward(Duration::from_millis(u64::try_from(left).unwrap()));
        world.floor = now + left;
        world.clock.step(-left);
        world.store().reset_clock(&by()).is_ok()
    },
};

fn pass(world: &mut World, dice: &mut Dice) {
    let span = dice.pick(&[1_u32, 500, 60_000, 4_000_000]);
    world.clock.forward(Duration::from_millis(u64::from(span)));
}

/// Sets the calendar forward or back, never further from the uptime than the mark follows.
fn shift(world: &mut World, dice: &mut Dice) {
    let span = dice.pick(&[-3_600_000, -1_000, 1_000, 3_600_000]);
    if (world.shift + span).abs() <= 6 * 3_600_000 {
        world.shift += span;
        world.clock.step(span);
    }
}
