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
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::slice::from_ref;

use dice::Dice;
use world::World;

/// What can happen.
type Step = fn(&mut World, &mut Dice);

/// A part of the model.
pub struct Part {
    name: &'static str,
    /// Each is taken as often as its number says.
    steps: &'static [(usize, Step)],
    /// What agrees after each step.
    agrees: Step,
    /// Does to the store what a bug would do, and nothing to the model. False if there is no key
    /// to do it to.
    plant: fn(&mut World) -> bool,
}

/// All parts.
pub const PARTS: &[Part] = &[
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

/// For each of these something is refused in the first dozen seeds, and in so many from any on.
const REASONS: [(&str, u64); 9] = [
    ("unknown", 12),
    ("revoked", 12),
    ("suspended", 12),
    ("owner_suspended", 12),
    ("expired", 12),
    // In one of forty.
    ("idle", 1500),
    ("network", 12),
    ("scope", 12),
    // In one of four.
    ("quota_exhausted", 64),
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

/// How often a part looks for a bug that was planted: some look now and then, or at one key.
const LOOKS: usize = 500;

/// Takes steps, as long as there is something to choose them by, and panics where store and model
/// part. The bug of the part `planted` is done as soon as it can be, from a step on. Then that part
/// alone looks, and whether it panics is given, if it was done: nothing else notices a bug.
fn live(dice: &mut Dice, planted: Option<(&Part, usize)>) -> (World, Option<bool>) {
    let mut world = World::new();
    for number in 0..STEPS {
        if dice.is_spent() {
            break;
        }
        step(&mut world, dice);
        world.settle();
        let done = planted.filter(|(part, from)| number >= *from && (part.plant)(&mut world));
        let (looking, looks) = match done {
            Some((part, _)) => (from_ref(part), LOOKS),
            None => (PARTS, 1),
        };
        let mut look = || looking.iter().for_each(|part| (part.agrees)(&mut world, dice));
        let looked = catch_unwind(AssertUnwindSafe(|| (0..looks).for_each(|_| look())));
        match (looked, done) {
            (looked, Some(_)) => return (world, Some(looked.is_err())),
            (Err(panic), None) => resume_unwind(panic),
            (Ok(()), None) => {}
        }
    }
    world.store().check().unwrap();
    (world, None)
}

/// Takes the steps that an input of the fuzz target `model` chooses, and panics where store and
/// model part.
pub fn check(input: &[u8]) {
    check_with(input, None);
}

/// The same with the bug of a part; gives whether it is noticed.
pub fn check_with(input: &[u8], planted: Option<&Part>) -> bool {
    live(&mut Dice::of(input), planted.map(|part| (part, 0))).1 == Some(true)
}

/// The inputs of the fuzz target that are kept, by name.
fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/model");
    let paths = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

#[test]
fn the_steps_of_the_corpus_go_as_a_plain_model_says() {
    for (path, input) in corpus() {
        println!("{}", path.display());
        check(&input);
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
        let lived = catch_unwind(|| live(&mut Dice::new(seed), None).0.refusals);
        refusals.append(&mut lived.unwrap_or_else(|_| panic!("seed {seed}")));
    }
    println!("{seeds} seeds of {STEPS} steps, from {first}");
    let is_judged = |least| seeds >= least || first == 0 && seeds >= 12;
    let is_missing =
        |(reason, least): &&(&str, u64)| is_judged(*least) && !refusals.contains(reason);
    let missing: Vec<_> = REASONS.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "nothing was refused as {missing:?}");
}

#[test]
fn a_store_that_is_not_as_the_model_says_is_noticed_whichever_part_it_fails() {
    for part in PARTS {
        let is_noticed = |seed| live(&mut Dice::new(seed), Some((part, STEPS / 2))).1;
        // In a seed without a key to do it to it is not done.
        let done: Vec<bool> = (0..6).filter_map(is_noticed).collect();
        assert!(done.len() >= 4, "{}: it was done in {} seeds", part.name, done.len());
        assert!(done.iter().all(|is_noticed| *is_noticed), "{}: {done:?}", part.name);
    }
}

#[test]
fn a_store_that_is_not_as_the_model_says_is_noticed_by_the_corpus_whichever_part_it_fails() {
    let corpus = corpus();
    for part in PARTS {
        let is_noticed = corpus.iter().any(|(_, input)| check_with(input, Some(part)));
        assert!(is_noticed, "{}: no input of the corpus shows it", part.name);
    }
}
