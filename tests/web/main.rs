//! The layers for tower, and the argument for axum's handlers: what goes on, what is answered, and
//! what is charged.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod axum_app;
#[path = "../common/hands.rs"]
mod hands;
mod kit;
mod scopes;
mod tower_layer;
