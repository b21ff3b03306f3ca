//! The life of one key: issued, suspended, resumed, rotated, updated, revoked, swept.

use std::collections::BTreeSet;
use std::time::Duration;

use keycask::{ErrorKind, Event, Rotation, Spec, State, Timestamp, Update};

use super::Part;
use super::dice::Dice;
use super::key::{Key, SCOPES};
use super::network::ADDRESSES;
use super::world::{KINDS, World, by};

pub const PART: Part = Part {
    name: "life",
    steps: &[
        (12, issue),
        (4, suspend),
        (5, resume),
        (3, revoke),
        (6, rotate),
        (6, update),
        (1, sweep),
    ],
    agrees,
    plant: |world| {
        // As a store would be that forgot what it was asked for.
        let active = world.keys.iter().find(|key| key.state == State::Active && !key.swept);
        active.is_some_and(|key| world.store().revoke(key.id, &by()).is_ok())
    },
};

/// Every key is granted, or refused for the right reason.
pub fn agrees(world: &mut World, dice: &mut Dice) {
    let address = dice.pick(&ADDRESSES);
    for at in 0..world.keys.len() {
        for scope in 0..SCOPES.len() {
            world.ask(at, scope, &address, 0);
        }
    }
}

/// How long a swept realm retains what is over.
const RETAIN: i64 = 3_600_000;

fn scopes(dice: &mut Dice) -> BTreeSet<usize> {
    (0..SCOPES.len()).filter(|_| dice.hits(2)).collect()
}

fn issue(world: &mut World, dice: &mut Dice) {
    let (now, owner, scopes) = (world.now(), dice.roll(world.owners.len()), scopes(dice));
    let life = dice.pick(&[1_000, 100_000, 10_000_000]);
    let spec = Spec::new(world.realm, dice.pick(&KINDS), world.owners[owner].id)
        .scopes(scopes.iter().map(|scope| SCOPES[*scope]))
        .life(Duration::from_millis(life));
    match world.store().issue(&spec, &by()) {
        Ok(issued) => {
            assert!(world.admits(owner, None), "one too many was let in");
            world.tell(Event::KeyIssued, issued.key.key_id);
            let (id, token) = (issued.key.key_id, issued.token.expose().to_owned());
            let (span, way) = ((now, now + i64::try_from(life).unwrap()), world.peppers.way());
            world.keys.push(Key { scopes, ..Key::new(id, token, owner, span, way) });
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Cap);
            assert!(!world.admits(owner, None), "one that had a place was kept out: {error}");
        }
    }
}

fn suspend(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick(dice), world.now()) else { return };
    let done = world.store().suspend(world.keys[at].id, &by());
    assert_eq!(done.is_ok(), !world.keys[at].is_revoked());
    if world.keys[at].state == State::Active {
        world.tell(Event::KeySuspended, world.keys[at].id);
        world.let_idle(at, |key| (key.state, key.changed) = (State::Suspended, now));
    }
}

fn resume(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick(dice), world.now()) else { return };
    let key = &world.keys[at];
    let admitted = now >= key.end || world.admits(key.owner, Some(key.lineage));
    let done = world.store().resume(key.id, &by());
    match key.state {
        State::Revoked => assert_eq!(done.unwrap_err().kind(), ErrorKind::Conflict),
        State::Suspended if !admitted => assert_eq!(done.unwrap_err().kind(), ErrorKind::Cap),
        State::Suspended => {
            done.unwrap();
            world.tell(Event::KeyResumed, world.keys[at].id);
            world.let_idle(at, |key| (key.state, key.changed) = (State::Active, now));
        }
        State::Active => assert_eq!(done.unwrap().state, State::Active),
    }
}

fn revoke(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick(dice), world.now()) else { return };
    world.store().revoke(world.keys[at].id, &by()).unwrap();
    world.revoked(at, now);
}

fn rotate(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick(dice), world.now()) else { return };
    let grace = dice.pick(&[0, 1_000, 3_600_000]);
    let rotation = Rotation::new().grace(Duration::from_millis(grace));
    let old = &world.keys[at];
    let allowed = old.lives(now) && !old.rotated;
    let issued = match world.store().rotate(old.id, &rotation, &by()) {
        Ok(issued) => issued,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Conflict);
            assert!(!allowed, "{error}");
            return;
        }
    };
    assert!(allowed, "a key was rotated that could not be");
    world.tell(Event::KeyRotated, world.keys[at].id);
    let old = &world.keys[at];
    let (id, token) = (issued.key.key_id, issued.token.expose().to_owned());
    let span = (now, now + (old.end - old.issued));
    let new = Key {
        lineage: old.lineage,
        predecessor: Some(at),
        scopes: old.scopes.clone(),
        idle: old.idle,
        networks: old.networks,
        ..Key::new(id, token, old.owner, span, world.peppers.way())
    };
    if let Some(before) = old.predecessor {
        world.keys[before].revoke(now);
    }
    let old = &mut world.keys[at];
    old.rotated = true;
    match i64::try_from(grace).unwrap() {
        0 => old.revoke(now),
        grace => old.end = old.end.min(now + grace),
    }
    world.keys.push(new);
}

fn update(world: &mut World, dice: &mut Dice) {
    let (Some(at), now) = (world.pick(dice), world.now()) else { return };
    let (scopes, end) = (scopes(dice), now + dice.pick(&[500, 50_000]));
    let update = Update::new()
        .scopes(scopes.iter().map(|scope| SCOPES[*scope]))
        .end(Timestamp::from_ms(end));
    let key = &world.keys[at];
    let revives = key.state == State::Active && now >= key.end;
    let outlives_grace = key.rotated && end > key.end;
    let allowed = !key.is_revoked() && !outlives_grace;
    let admitted = !revives || world.admits(key.owner, Some(key.lineage));
    match world.store().update(key.id, &update, &by()) {
        Ok(_) => {
            assert!(allowed && admitted, "an update was let through");
            if (&key.scopes, key.end) != (&scopes, end) {
                world.tell(Event::KeyUpdated, world.keys[at].id);
            }
            let key = &mut world.keys[at];
            key.spent &= end <= key.end;
            (key.scopes, key.end) = (scopes, end);
        }
        Err(error) if error.kind() == ErrorKind::Cap => assert!(allowed && !admitted),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Conflict);
            assert!(!allowed, "{error}");
        }
    }
}

fn sweep(world: &mut World, _: &mut Dice) {
    let ripe = world.now() - RETAIN;
    world.record();
    let swept = world.store().sweep(1_000, &by()).unwrap();
    // What was noted is written first.
    world.rehashed();
    let over = world.keys.iter_mut().filter(|key| !key.swept && key.over() <= ripe);
    let swept_keys: Vec<_> = over
        .map(|key| {
            key.swept = true;
            key.id
        })
        .collect();
    assert_eq!((swept.keys, swept.more), (swept_keys.len(), false));
    swept_keys.into_iter().for_each(|key| world.tell(Event::KeysSwept, key));
}
