//! Random lives of keys against a plain model: what the store says of every key agrees after
//! each step, over reopening and clocks that step. A failing seed is printed and replays.
//!
//! Each part of the model is a file: the steps that it can take, what must agree afterwards, and
//! a bug that it must notice. A part is added by its file and its row in [`PARTS`].
//!
//! What is no part has tests of its own: rates in `src/limit/tests.rs` and beside credits in
//! `tests/quota/credits.rs`; patterns, and decisions that are kept, in `tests/observe.rs`; leaks
//! in `tests/leaks.rs`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod ask;
mod audit;
mod clock;
mod counts;
mod dice;
mod end;
mod feed;
#[path = "../common/hands.rs"]
mod hands;
mod idle;
mod import;
mod key;
mod life;
mod network;
#[path = "../../benches/common/numbers.rs"]
mod numbers;
mod owner;
mod pepper;
mod quota;
mod usage;
mod world;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dice::Dice;
use world::World;

/// What can happen.
type Step = fn(&mut World, &mut Dice);

/// A part of the model.
struct Part {
    name: &'static str,
    /// Each is taken as often as its number says.
    steps: &'static [(usize, Step)],
    /// What agrees after each step.
    agrees: Step,
    /// Does to the store what a bug would do, and nothing to the model. False if there is no key
    /// to do it to.
    plant: fn(&mut World) -> bool,
}

const PARTS: &[Part] = &[
    life::PART,
    owner::PART,
    clock::PART,
    counts::PART,
    usage::PART,
    idle::PART,
    network::PART,
    quota::PART,
    import::PART,
    pepper::PART,
    ask::PART,
    end::PART,
    audit::PART,
    feed::PART,
];

/// For each of these something is refused in the first dozen seeds.
const REASONS: [&str; 9] = [
    "unknown",
    "revoked",
    "suspended",
    "owner_suspended",
    "expired",
    "idle",
    "network",
    "scope",
    "quota_exhausted",
];

/// Steps that one seed takes; `KEYCASK_MODEL_SEEDS` says how many seeds,
/// and `KEYCASK_FIRST_SEED` from which on.
const STEPS: usize = 120;

/// One step, by the weights of all parts.
fn step(world: &mut World, dice: &mut Dice) {
    let steps = || PARTS.iter().flat_map(|part| part.steps);
    let mut roll = dice.roll(steps().map(|(weight, _)| weight).sum());
    for (weight, step) in steps() {
        if roll < *weight {
            return step(world, dice);
        }
        roll -= weight;
    }
}

/// Lives one seed through; gives where store and model parted, if they did. The bug of `planted`
/// is in the store from the middle on, and from then on its own part alone looks.
fn live(seed: u64, planted: Option<&Part>) -> Result<World, String> {
    let mut dice = Dice::new(seed);
    let mut world = World::new();
    let mut waiting = planted;
    for number in 0..STEPS {
        let lived = catch_unwind(AssertUnwindSafe(|| {
            step(&mut world, &mut dice);
            world.settle();
            if let Some(part) = waiting
                && number >= STEPS / 2
                && (part.plant)(&mut world)
            {
                waiting = None;
            }
            match planted.filter(|_| waiting.is_none()) {
                Some(part) => (part.agrees)(&mut world, &mut dice),
                None => PARTS.iter().for_each(|part| (part.agrees)(&mut world, &mut dice)),
            }
        }));
        if lived.is_err() {
            return Err(format!("seed {seed}, step {number}"));
        }
    }
    world.store().check().unwrap();
    Ok(world)
}

/// Takes the steps that an input of the fuzz target `model` chooses, and panics where store and
/// model part.
pub fn check(input: &[u8]) {
    let mut dice = Dice::of(input);
    let mut world = World::new();
    for _ in 0..STEPS {
        if !dice.has_bytes() {
            break;
        }
        step(&mut world, &mut dice);
        world.settle();
        PARTS.iter().for_each(|part| (part.agrees)(&mut world, &mut dice));
    }
    world.store().check().unwrap();
}

#[test]
fn the_steps_of_the_corpus_go_as_a_plain_model_says() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/model");
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check(&std::fs::read(path).unwrap());
    }
}

fn amount(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

#[test]
fn random_lives_of_keys_go_as_a_plain_model_says() {
    let (seeds, first) = (amount("KEYCASK_MODEL_SEEDS", 12), amount("KEYCASK_FIRST_SEED", 0));
    let mut refusals = BTreeSet::new();
    for seed in (first..).take(seeds as usize) {
        refusals.append(&mut live(seed, None).unwrap().refusals);
    }
    println!("{seeds} seeds of {STEPS} steps, from {first}");
    let missing: Vec<_> = REASONS.iter().filter(|reason| !refusals.contains(*reason)).collect();
    assert!(seeds < 12 || first > 0 || missing.is_empty(), "nothing was refused as {missing:?}");
}

#[test]
fn a_store_that_is_not_as_the_model_says_is_noticed_whichever_part_it_fails() {
    for part in PARTS {
        let noticed = (0..4).filter(|seed| live(*seed, Some(part)).is_err()).count();
        assert!(noticed >= 3, "{}: {noticed} of 4 were noticed", part.name);
    }
}
