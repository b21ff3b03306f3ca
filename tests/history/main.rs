//! Verifies on two threads, while a third takes keys' rights away in all ways that there are, and a
//! fourth lets the table grow or keys come over to another pepper: no verify that began after a
//! denial had returned is granted what was taken away, and none that ended before it began is
//! refused. `KEYCASK_HISTORY_KEYS` says how many keys live and die in it, between some hundred and
//! some ten thousand verifies each.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod moments;
mod run;
mod scene;

use std::collections::BTreeSet;
use std::env;

use moments::History;
use run::{WATCHED, World, run};
use scene::{ASIDE, ROUND, WAYS, by};

/// Keys of a run of tests alone: eight for each way in which one is denied.
const FEW: usize = 8 * WAYS;

/// How often a mistake is planted that is seen sooner or later.
const ATTEMPTS: usize = 20;

fn in_time(world: &World<'_>, key: usize, returned: &dyn Fn()) {
    world.deny(key);
    returned();
}

/// Keys also come over by the thread that denies, while another turns the pepper.
fn bring_over(world: &World<'_>, key: usize, returned: &dyn Fn()) {
    world.scene.store.rehash().unwrap();
    in_time(world, key, returned);
}

fn grow(world: &World<'_>, _: usize) {
    world.scene.grow();
}

fn turn_pepper(world: &World<'_>, turn: usize) {
    world.turn_pepper(turn, false);
}

/// Lets so many keys as are asked for live and die, a round of them in a store. Nothing is wrong.
/// Gives how many of those that were kept aside were denied.
fn run_all(
    what: &str,
    deny: impl Fn(&World<'_>, usize, &dyn Fn()),
    meanwhile: impl Fn(&World<'_>, usize) + Sync + Copy,
) -> usize {
    let keys = env::var("KEYCASK_HISTORY_KEYS").map_or(FEW, |keys| keys.parse().unwrap());
    let (mut left, mut sums, mut aside) = (keys, [0; 3], 0);
    while left > 0 {
        let some = left.min(ROUND);
        let history = run(some, &deny, meanwhile);
        assert_eq!(history.wrong(), Vec::<usize>::new());
        assert_eq!(history.denials(0..some), some);
        aside += history.denials(some..some + ASIDE);
        sums.iter_mut().zip(history.counts()).for_each(|(sum, count)| *sum += count);
        left -= some;
    }
    let [rounds, grants, times] = sums;
    let denials = keys + aside;
    println!("history: {what} {times} times beside {denials} denials, {aside} of them by that");
    println!("history: {grants} grants, {} verifies", rounds * WATCHED as u64);
    assert!(grants > 0, "the readers saw nothing");
    aside
}

#[test]
fn p7_no_verify_that_begins_after_a_denial_has_returned_is_granted_the_key() {
    run_all("growth,", in_time, grow);
}

/// A key that is on its way from one pepper to the next is found at every moment, and one that is
/// left on a pepper is refused when that was retired.
#[test]
fn p44_no_verify_is_refused_while_keys_come_over_to_another_pepper() {
    let ended = run_all("a pepper's turn,", bring_over, turn_pepper);
    assert!(ended > 0, "no key ended with its pepper");
}

#[test]
fn a_key_that_is_refused_for_a_moment_is_found() {
    let keys = 2 * WAYS;
    let for_a_moment = |world: &World<'_>, key, returned: &dyn Fn()| {
        in_time(world, key, returned);
        if key + 1 < keys {
            let next = world.issued[key + 1].key.key_id;
            world.scene.store.suspend(next, &by()).unwrap();
            world.scene.store.resume(next, &by()).unwrap();
        }
    };
    assert!((0..ATTEMPTS).any(|_| !run(keys, for_a_moment, grow).wrong().is_empty()));
}

/// Whichever call it is that takes the key's rights away.
#[test]
fn a_denial_that_returns_before_it_holds_is_found() {
    let late = |world: &World<'_>, key, returned: &dyn Fn()| {
        returned();
        world.wait_for_a_round();
        world.deny(key);
    };
    assert_eq!(run(2 * WAYS, late, grow).wrong(), Vec::from_iter(0..2 * WAYS));
}

/// What is wrong is the time that a call takes until the key is denied in memory. A reader looks in
/// it sooner or later.
#[test]
fn a_denial_that_returns_just_before_it_holds_is_found() {
    let early = |world: &World<'_>, key, returned: &dyn Fn()| {
        returned();
        world.deny(key);
    };
    let is_found = |history: History| {
        let ways = history.wrong().iter().map(|key| key % WAYS).collect::<BTreeSet<_>>();
        println!("history: keys are granted after an early word of the ways {ways:?}");
        !ways.is_empty()
    };
    assert!((0..ATTEMPTS).map(|_| run(5 * WAYS, early, grow)).any(is_found));
}

/// The same of keys that end with a pepper.
#[test]
fn a_key_that_outlives_the_pepper_that_it_is_said_to_have_ended_with_is_found() {
    let keys = 2 * WAYS;
    let turn = |world: &World<'_>, turn| world.turn_pepper(turn, true);
    let is_found = |history: History| {
        let wrong = history.wrong();
        assert!(wrong.iter().all(|key| *key >= keys), "{wrong:?}");
        !wrong.is_empty()
    };
    assert!((0..ATTEMPTS).map(|_| run(keys, in_time, turn)).any(is_found));
}
