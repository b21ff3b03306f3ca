//! Backups, what is restored from them, and files that were put back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/acme.rs"]
mod acme;
mod anchors;
mod copies;
mod denials;
#[path = "../common/hands.rs"]
mod hands;
mod kit;
mod restored;
