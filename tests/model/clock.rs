//! Time that passes, clocks that step, and stores that are opened again.

use std::time::Duration;

use keycask::Clock;

use super::Part;
use super::dice::Dice;
use super::life;
use super::world::World;

pub const PART: Part = Part {
    name: "clock",
    steps: &[(5, pass), (3, shift), (2, World::reopen), (1, World::flush)],
    agrees: life::agrees,
    plant: |world| {
        // As if the mark had been lost: time that has passed comes back.
        let back = world.floor - 10_000_000;
        world.clock.step(back - world.clock.now().as_ms());
        world.store().reset_clock(&super::world::by()).is_ok()
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
