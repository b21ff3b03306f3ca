//! The `keycask` command, as a library that its binary and its tests call.

#![forbid(unsafe_code)]

pub mod demo;
pub mod script;
