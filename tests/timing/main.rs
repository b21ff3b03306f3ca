//! Measures whether the time of a decision tells what it should not: how much of a token was right,
//! or, of a key, more than whoever holds its token may know.
//!
//! `KEYCASK_TIMINGS` says how often each pair of classes is measured, and what chance chooses
//! begins at `KEYCASK_FIRST_SEED`. What is measured is of use in a release build alone; from
//! [`ENOUGH`] times on, a difference fails the test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

#[path = "../../benches/common/numbers.rs"]
mod numbers;
mod pairs;
#[path = "../common/shapes.rs"]
mod shapes;
mod welch;

use pairs::{Pair, World, measure};

/// So many measurements are not misled by chance.
const ENOUGH: u64 = 1_000_000;

/// A |t| beyond this is a difference. By chance it is there once in ten thousand pairs, so a pair
/// that shows one is measured anew, and has to show it again, the same way round.
const T_MAX: f64 = 4.5;

/// A |t| that a comparison up to the first difference has to reach.
const T_CONTROL: f64 = 100.0;

/// A number that the environment may set.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn first_seed() -> u64 {
    number("KEYCASK_FIRST_SEED", 0)
}

/// How a pair differs more than it may, and above 0 if its second class takes longer. `run` is
/// measured so often.
fn excess(pair: &Pair<'_>, seed: u64, amount: u64, run: impl Fn(&[u8]) -> u64) -> Option<f64> {
    let times = measure(pair, seed, amount, run);
    let (t, difference) = (times.t(), times.difference());
    println!("timing: {}: t = {t:.1}, {difference:+.2} ns, from seed {seed}", pair.name);
    match pair.most {
        None => Some(t).filter(|t| t.abs() > T_MAX),
        Some(most) => Some(difference).filter(|difference| difference.abs() > most),
    }
}

#[test]
fn the_time_of_a_decision_does_not_tell_how_much_of_a_token_was_right() {
    let (amount, world) = (number("KEYCASK_TIMINGS", 5_000), World::new());
    let (mut found, mut seed) = (Vec::new(), first_seed());
    let (pairs, mut measured) = (world.pairs(), 0);
    for pair in &pairs {
        let mut once = || {
            (measured, seed) = (measured + amount, seed.wrapping_add(1));
            excess(pair, seed, amount, |token| world.verify(token))
        };
        if let Some(first) = once()
            && amount >= ENOUGH
            && let Some(again) = once()
            && (first > 0.0) == (again > 0.0)
        {
            found.push(format!("{}: {first:.1}, then {again:.1}", pair.name));
        }
    }
    if amount < ENOUGH {
        println!("timing: {amount} decisions of a pair are too few to judge by: {ENOUGH} are not");
        measured = 0;
    }
    println!("timing: in all {measured} were judged");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_comparison_up_to_the_first_difference_is_seen_in_its_time() {
    let world = World::new();
    let pair = &world.pairs()[1];
    // The difference is there each time, and only how noisy the machine is may hide it.
    let mut amount = 10_000;
    while measure(pair, first_seed(), amount, |token| world.compare(token)).t() < T_CONTROL {
        assert!(amount < 10 * ENOUGH, "it is not seen");
        amount *= 4;
    }
}

#[test]
fn a_key_that_takes_longer_than_it_may_because_it_is_revoked_is_seen_in_its_time() {
    let world = World::new();
    let pairs = world.pairs();
    let pair = pairs.iter().find(|pair| pair.name == "unknown, or revoked").unwrap();
    let excess = excess(pair, first_seed(), 20_000, |token| world.wait_for_revoked(token));
    assert!(excess.is_some_and(|excess| excess > 0.0), "{excess:?}");
}
