//! Keys move in whose tokens another system made.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/acme.rs"]
mod acme;
#[path = "../common/hands.rs"]
mod hands;
mod keys;
mod kit;
mod known;
mod lines;
mod schemes;
mod secrets;
mod tokens;
mod twins;
