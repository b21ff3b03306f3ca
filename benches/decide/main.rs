//! What a decision costs, beside the least that it could: parsing a token, one keyed BLAKE3 of
//! it, and one line of memory that is in no cache.
//!
//! `cargo bench --bench decide -- [10k] [1m] [10m] [100m]`; the first three unless some are named.
//! 10m wants 6 GB of memory, 100m wants 60. Every figure is a median over rounds, and every ratio
//! one of ratios within a round, so that a machine that is busy with something else slows both
//! sides.
//!
//! *chain*: each decision waits for the one before it, which is the time that one takes.
//! *stream*: one after another on one thread, which is how many a core makes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops where it cannot go on"
)]

#[path = "../common/mod.rs"]
mod common;
mod floor;
mod full;
mod measure;
#[path = "../common/numbers.rs"]
mod numbers;
mod pairs;
#[path = "../durable/rounds.rs"]
#[allow(dead_code, reason = "the bench that it belongs to uses the rest")]
mod rounds;
mod single;
mod world;

/// Sizes by name: keys in the store.
const SIZES: [(&str, usize); 4] =
    [("10k", 10_000), ("1m", 1_000_000), ("10m", 10_000_000), ("100m", 100_000_000)];

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` gives this; for `cargo test --benches` it is enough that this was built.
    let Some(at) = words.iter().position(|word| word == "--bench") else { return };
    words.remove(at);
    for word in &words {
        let known = SIZES.map(|(name, _)| name);
        assert!(known.contains(&word.as_str()), "{word:?} is none of {known:?}");
    }
    for (name, keys) in SIZES {
        let wanted = words.iter().any(|word| word == name);
        if wanted || words.is_empty() && name != "100m" {
            size(name, keys);
        }
    }
}

fn size(name: &str, keys: usize) {
    let world = world::World::new(keys);
    println!("\n{name} keys");
    world.describe();
    single::run(&world);
    pairs::run(&world);
    drop(world);
    if keys <= 1_000_000 {
        full::run(keys);
    }
}
