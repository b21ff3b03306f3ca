//! Owners, who are suspended, and whose plans cap their keys.

use keycask::{Event, OwnerChange};

use super::Part;
use super::dice::Dice;
use super::world::{World, by};

/// Their ids, their plans, and how many active lineages those allow.
pub const OWNERS: [(&str, Option<&str>, Option<usize>); 2] =
    [("o", Some("small"), Some(3)), ("p", None, None)];

pub struct Owner {
    pub id: &'static str,
    pub cap: Option<usize>,
    pub suspended: bool,
}

pub const PART: Part = Part {
    name: "owner",
    steps: &[(4, suspend)],
    agrees: |world, _| {
        for (number, owner) in world.owners.iter().enumerate() {
            let listed = world.store().owner(world.realm, owner.id).unwrap();
            assert_eq!(listed.suspended, owner.suspended);
            assert!(owner.cap.is_none_or(|cap| world.places(number).len() <= cap));
        }
    },
    plant: |world| {
        let owner = &world.owners[0];
        let change = OwnerChange::new().suspended(!owner.suspended);
        world.store().set_owner(world.realm, owner.id, &change, &by()).is_ok()
    },
};

fn suspend(world: &mut World, dice: &mut Dice) {
    let (number, suspended) = (dice.roll(OWNERS.len()), dice.hits(3));
    let change = OwnerChange::new().suspended(suspended);
    world.store().set_owner(world.realm, OWNERS[number].0, &change, &by()).unwrap();
    if std::mem::replace(&mut world.owners[number].suspended, suspended) != suspended {
        world.tell(Event::OwnerSet, None);
    }
}
