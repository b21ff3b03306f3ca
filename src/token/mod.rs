//! The token: its grammar, how one is parsed and minted, and where a request carries it.

mod malformed;

pub use malformed::Malformed;
