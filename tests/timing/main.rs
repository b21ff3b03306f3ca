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

use pairs::{Pair, Steps, World, measure};

/// So many measurements are not misled by chance.
const ENOUGH: u64 = 1_000_000;

/// A |t| beyond this is a difference. By chance it is there once in ten thousand pairs, so a pair
/// that shows one is measured anew, and has to show it again, the same way round.
const T_MAX: f64 = 4.5;

/// A number that the environment may set.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Judges pairs, each by seeds of its own.
struct Judge {
    /// How often a pair is measured at a time.
    amount: u64,
    seed: u64,
    measured: u64,
}

impl Judge {
    fn new(amount: u64) -> Self {
        Self { amount, seed: number("KEYCASK_FIRST_SEED", 0), measured: 0 }
    }

    /// Whether it measures often enough to judge.
    fn is_fit(&self) -> bool {
        self.amount >= ENOUGH
    }

    /// How a pair differs more than it may, by `run`, both of two times: above 0 if its second
    /// class takes longer. Nothing is known if it is not measured often enough.
    fn excess(&mut self, pair: &Pair<'_>, run: impl Fn(&[u8]) -> u64) -> Option<[f64; 2]> {
        let first = self.once(pair, &run)?;
        if !self.is_fit() {
            return None;
        }
        let again = self.once(pair, &run)?;
        ((first > 0.0) == (again > 0.0)).then_some([first, again])
    }

    fn once(&mut self, pair: &Pair<'_>, run: impl Fn(&[u8]) -> u64) -> Option<f64> {
        self.measured += self.amount;
        self.seed = self.seed.wrapping_add(1);
        let times = measure(pair, self.seed, self.amount, run);
        let (t, difference) = (times.t(), times.difference());
        println!("timing: {}: t = {t:.1}, {difference:+.2} ns, from seed {}", pair.name, self.seed);
        match pair.most {
            None => Some(t).filter(|t| t.abs() > T_MAX),
            Some(most) => Some(difference).filter(|difference| difference.abs() > most),
        }
    }
}

#[test]
fn the_time_of_a_decision_does_not_tell_how_much_of_a_token_was_right() {
    let (world, mut judge) = (World::new(), Judge::new(number("KEYCASK_TIMINGS", 5_000)));
    let mut found = Vec::new();
    for pair in &world.pairs() {
        if let Some([first, again]) = judge.excess(pair, |token| world.verify(token)) {
            found.push(format!("{}: {first:.1}, then {again:.1}", pair.name));
        }
    }
    if !judge.is_fit() {
        let amount = judge.amount;
        println!("timing: {amount} decisions of a pair are too few to judge by: {ENOUGH} are not");
        judge.measured = 0;
    }
    println!("timing: in all {} were judged", judge.measured);
    assert!(found.is_empty(), "{found:#?}");
}

/// By as few measurements as pairs are judged by, it is seen that the second class of a pair takes
/// longer than it may, with a mistake that takes so many times as long as the pair may differ by.
fn is_seen(name: &str, times: f64, mistake: impl Fn(&World, Steps, &[u8]) -> u64) {
    let (world, mut judge) =
        (World::new(), Judge::new(number("KEYCASK_TIMINGS", 5_000).min(ENOUGH)));
    let pairs = world.pairs();
    let pair = pairs.iter().find(|pair| pair.name.starts_with(name)).unwrap();
    let steps = Steps::taking(times * pair.most.unwrap_or(0.0));
    let excess = judge.excess(pair, |token| mistake(&world, steps, token));
    let is_seen = excess.is_some_and(|[first, _]| first > 0.0);
    assert!(is_seen || !judge.is_fit(), "{excess:?}");
}

#[test]
fn a_comparison_up_to_the_first_difference_is_seen_in_its_time() {
    is_seen("body:", 1.0, |world, _, token| world.verify_and_compare(token));
}

#[test]
fn a_key_that_takes_longer_than_it_may_because_it_is_revoked_is_seen_in_its_time() {
    is_seen("unknown, or revoked", 3.0, World::verify_revoked_in);
}

#[test]
fn a_key_whose_last_four_take_longer_than_they_may_is_seen_in_its_time() {
    // Of so few steps a processor hides some.
    is_seen("last four:", 4.0, World::verify_last_four_in);
}
