//! Measures whether the time of a refusal tells how much of a token was right.
//!
//! `KEYCASK_TIMINGS` says how often each pair of classes is measured. What is measured is of use
//! in a release build alone; from [`ENOUGH`] times on, a difference fails the test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

#[path = "../../benches/common/numbers.rs"]
mod numbers;
mod pairs;
#[path = "../common/shapes.rs"]
mod shapes;
mod welch;

use pairs::{World, measure};

/// So many measurements are not misled by chance.
const ENOUGH: u64 = 1_000_000;

/// A |t| beyond this is a difference. By chance it is there once in ten thousand pairs, so a pair
/// that shows one is measured anew, and has to show it again, the same way round.
const T_MAX: f64 = 4.5;

/// A |t| that a comparison up to the first difference has to reach.
const T_CONTROL: f64 = 20.0;

#[test]
fn the_time_of_a_refusal_does_not_tell_how_much_of_a_token_was_right() {
    let amount = std::env::var("KEYCASK_TIMINGS").map_or(5_000, |text| text.parse().unwrap());
    let world = World::new();
    let (mut found, mut measured) = (Vec::new(), 0);
    for pair in world.pairs() {
        let mut once = |seed| {
            measured += amount;
            let times = measure(&pair, seed, amount, |token| world.verify(token));
            println!("timing: {}: t = {:.1}, {:+.2} ns", pair.name, times.t(), times.difference());
            times.t()
        };
        let t = once(3);
        if t.abs() > T_MAX && pair.hidden && amount >= ENOUGH {
            let again = once(4);
            if again.abs() > T_MAX && (again > 0.0) == (t > 0.0) {
                found.push(format!("{}: t = {t:.1}, then {again:.1}", pair.name));
            }
        }
    }
    println!("timing: {measured} refusals");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_comparison_up_to_the_first_difference_is_seen_in_its_time() {
    let world = World::new();
    let pair = &world.pairs()[1];
    // The difference is there each time, and only how noisy the machine is may hide it.
    let mut amount = 10_000;
    while measure(pair, 5, amount, |token| world.compare(token)).t() < T_CONTROL {
        assert!(amount < ENOUGH, "it is not seen");
        amount *= 4;
    }
}
