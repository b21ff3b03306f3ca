//! Asking about many keys, ending many, and what every change shows to the next verify.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod asking;
mod chains;
mod counts;
mod ending;
#[path = "../common/hands.rs"]
mod hands;
mod orders;
mod scene;
mod scopes;
mod warm;
