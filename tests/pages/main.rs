//! What the pages of `docs/` say of the tree is so: the tests and files that they name are
//! there, what is numbered is complete, links lead somewhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod excerpts;
mod figures;
mod links;
mod names;
mod peers;
mod stories;
mod threats;
