//! What went wrong for others who keep API keys, tried here: the tests that stand in no other
//! place, a file a theme. Each opens with the defect, whose number its name carries;
//! `docs/peers.md` has them all.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise"
)]

#[path = "../common/hands.rs"]
mod hands;
mod kit;
mod lives;
mod requests;
mod rotations;
mod scopes;
mod storing;
mod theft;
mod tokens;
