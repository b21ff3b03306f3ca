//! Credits, through the public interface: what they allow, when they are refilled, and what is
//! left of them after a restart and after a crash.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod credits;
#[path = "../common/hands.rs"]
mod hands;
mod kit;
mod model;
mod refills;
mod rotation;
mod together;
