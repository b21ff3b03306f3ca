//! What fuzz targets ask of what is not public: a property each, which the target calls, and with
//! each input of its corpus the tests here. It is no part of a library that is used.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

#[cfg(test)]
mod corpus;
pub mod limits;
#[cfg(fuzzing)]
pub mod planted;
pub mod rows;
