//! Time that passes, clocks that step, and stores that are opened again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use keycask::{Clock, Timestamp};

use crate::Part;
use crate::dice::Dice;
use crate::life;
use crate::world::World;

pub const PART: Part = Part {
    name: "clock",
    steps: &[(5, pass), (3, shift), (2, World::reopen), (1, World::flush)],
    agrees: life::agrees,
    plant: |world| {
        // As if the mark had been lost: time that has passed comes back.
        let back = world.floor - 10_000_000;
        world.clock.set(back);
        world.store().reset_clock(&crate::world::by()).is_ok()
    },
};

/// The calendar, and the uptime, in milliseconds.
#[derive(Clone)]
pub struct Hands(Arc<[AtomicI64; 2]>);

impl Hands {
    pub fn new(now: i64) -> Self {
        Self(Arc::new([AtomicI64::new(now), AtomicI64::new(0)]))
    }

    pub fn reading(&self) -> i64 {
        self.0[0].load(Ordering::Relaxed)
    }

    pub fn set(&self, now: i64) {
        self.0[0].store(now, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.reading())
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0[1].load(Ordering::Relaxed)).unwrap())
    }
}

fn pass(world: &mut World, dice: &mut Dice) {
    let span = dice.pick(&[1, 500, 60_000, 4_000_000]);
    world.clock.0.iter().for_each(|hand| _ = hand.fetch_add(span, Ordering::Relaxed));
}

/// Sets the calendar forward or back, never further from the uptime than the mark follows.
fn shift(world: &mut World, dice: &mut Dice) {
    let span = dice.pick(&[-3_600_000, -1_000, 1_000, 3_600_000]);
    if (world.shift + span).abs() <= 6 * 3_600_000 {
        world.shift += span;
        world.clock.set(world.clock.reading() + span);
    }
}
