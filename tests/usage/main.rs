//! When, how often and from where keys are used, and what comes of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod counts;
#[path = "../common/hands.rs"]
mod hands;
mod idle;
mod kit;
mod last_used;
mod networks;
