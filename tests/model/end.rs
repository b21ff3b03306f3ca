//! Many keys that end, and holders that end theirs.

use keycask::{Ending, Filter};

use super::Part;
use super::ask::Question;
use super::dice::Dice;
use super::key::Key;
use super::life;
use super::world::{World, by};

pub const PART: Part = Part {
    name: "end",
    steps: &[(2, revoke), (1, grace), (2, holder)],
    agrees: life::agrees,
    plant: |world| {
        // As a store would that ends too many.
        let ending = Ending::revoke(Filter::new().realm(world.realm));
        world.store().end_many(&ending, &by()).unwrap().keys > 0
    },
};

fn revoke(world: &mut World, dice: &mut Dice) {
    let question = Question::new(world, dice);
    let ending = Ending::revoke(question.filter.clone());
    // To ask for revoked keys is refused.
    let Ok(dry) = world.store().dry_run(&ending) else { return };
    let now = world.now();
    let mut wanted = question.selected(world);
    wanted.retain(|at| !world.keys[*at].is_revoked());
    // Most would leave nothing to go on with.
    if wanted.len() > 4 {
        return;
    }
    assert_eq!(dry.keys, wanted.len() as u64, "{:?}", question.filter);
    let ended = world.store().end_many(&ending, &by()).unwrap();
    assert_eq!(ended.keys, dry.keys);
    wanted.into_iter().for_each(|at| world.revoked(at, now));
}

fn grace(world: &mut World, dice: &mut Dice) {
    let (owner, now) = (dice.roll(world.owners.len()), world.now());
    let filter = Filter::new().realm(world.realm).owner(world.owners[owner].id);
    let ended = world.store().end_many(&Ending::grace(filter), &by()).unwrap();
    let goes = |key: &Key| key.owner == owner && !key.swept && key.is_in_grace(now);
    let in_grace: Vec<_> = (0..world.keys.len()).filter(|at| goes(&world.keys[*at])).collect();
    assert_eq!(ended.keys, in_grace.len() as u64);
    in_grace.into_iter().for_each(|at| world.revoked(at, now));
}

fn holder(world: &mut World, dice: &mut Dice) {
    if world.keys.is_empty() {
        return;
    }
    let (at, now) = (dice.roll(world.keys.len()), world.now());
    let key = &world.keys[at];
    let answer = world.store().revoke_presented(world.realm, key.token.as_bytes(), "lost");
    match key.is_lost() {
        true => {
            let reason = answer.unwrap_err().denial().unwrap().reason.name();
            assert_eq!(key.known_as(reason), "unknown");
        }
        false => {
            assert_eq!(answer.unwrap().key_id, key.id);
            world.revoked(at, now);
        }
    }
}
