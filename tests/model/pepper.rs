//! Peppers that are rotated, and retired.

use keycask::{ErrorKind, Event, Options, Pepper, Store};

use super::Part;
use super::dice::Dice;
use super::import::{SECRET, Way};
use super::key::Key;
use super::life;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "pepper",
    steps: &[(2, rotate), (2, retire)],
    agrees: |world, dice| {
        let status = world.store().pepper_status().unwrap();
        let Peppers { present, previous } = world.peppers;
        assert_eq!((status.generation, status.previous), (present, previous));
        let left = world.keys.iter().filter(|key| world.peppers.leaves(key)).count();
        assert_eq!(status.left, left as u64);
        life::agrees(world, dice);
    },
    plant: |world| {
        // As a store would that ended a pepper, or began one, and did not say so.
        let Peppers { present, previous } = world.peppers;
        match previous {
            Some(_) => world.store().retire_pepper(&by()).is_ok(),
            None => world.store().rotate_pepper(pepper(present + 1), &by()).is_ok(),
        }
    },
};

/// Generations of the pepper.
pub struct Peppers {
    pub present: u8,
    previous: Option<u8>,
}

fn pepper(generation: u8) -> Pepper {
    Pepper::new(&[generation; 32])
}

impl Peppers {
    pub const fn new() -> Self {
        Self { present: 1, previous: None }
    }

    /// What opens the store.
    pub fn options(&self) -> Options {
        let options = Store::options().pepper(pepper(self.present));
        let options = options.import_secret(SECRET.0, SECRET.1);
        match self.previous {
            Some(previous) => options.previous_pepper(pepper(previous)),
            None => options,
        }
    }

    /// How a key of now is found.
    pub const fn way(&self) -> Way {
        Way::new(self.present)
    }

    /// A key was granted.
    pub fn note(&self, way: &mut Way) {
        way.note(self.present);
    }

    /// Whether a key would end if the pepper before were retired.
    fn leaves(&self, key: &Key) -> bool {
        !key.swept && !key.is_revoked() && Some(key.way.generation) == self.previous
    }
}

fn rotate(world: &mut World, _: &mut Dice) {
    let next = world.peppers.present + 1;
    let rotated = world.store().rotate_pepper(pepper(next), &by());
    if world.peppers.previous.is_some() {
        assert_eq!(rotated.unwrap_err().kind(), ErrorKind::Conflict);
        return;
    }
    assert_eq!(rotated.unwrap().generation, next);
    world.tell(Event::PepperChanged, None);
    world.peppers = Peppers { present: next, previous: Some(world.peppers.present) };
    // What was verified under the pepper before is of no use afterwards.
    world.keys.iter_mut().for_each(|key| key.way.forget());
}

fn retire(world: &mut World, _: &mut Dice) {
    let now = world.now();
    let retired = world.store().retire_pepper(&by());
    if world.peppers.previous.is_none() {
        assert_eq!(retired.unwrap_err().kind(), ErrorKind::Conflict);
        return;
    }
    world.rehashed();
    let left = |at: &usize| world.peppers.leaves(&world.keys[*at]);
    let left: Vec<usize> = (0..world.keys.len()).filter(left).collect();
    assert_eq!(retired.unwrap(), left.len() as u64);
    left.into_iter().for_each(|at| world.revoked(at, now));
    world.tell(Event::PepperChanged, None);
    let gone = world.peppers.previous.take();
    let lost = world.keys.iter_mut().filter(|key| Some(key.way.generation) == gone);
    lost.for_each(|key| key.way.is_lost = true);
}
