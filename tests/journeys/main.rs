//! What a user does with a store, through the public interface.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod caps;
#[path = "../common/hands.rs"]
mod hands;
mod kit;
mod lists;
mod lives;
mod profiles;
mod rates;
mod rotations;
mod verdicts;
