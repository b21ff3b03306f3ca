//! What strangers, and people who may give input, can make a store spend: floods of tokens that
//! are nobody's, keys that were chosen to collide, and input that is very long or nested deep.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod alike;
mod beside;
#[path = "../../benches/common/numbers.rs"]
mod numbers;
mod oversize;
#[path = "../common/shapes.rs"]
mod shapes;
mod slowed;
mod spray;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of an attack there is to be: what the environment says under `name`, or `few`.
fn amount(name: &str, few: u64) -> u64 {
    std::env::var(name).map_or(few, |text| text.parse().unwrap())
}

/// Where what chance chooses begins.
fn first_seed() -> u64 {
    amount("KEYCASK_FIRST_SEED", 0)
}

/// Each test has the process to itself: others' memory would count as its own.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
