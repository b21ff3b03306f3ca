//! The token: its grammar, how one is parsed and minted, and where a request carries it.
//!
//! | offset              | size      | name                                              |
//! |---------------------|-----------|---------------------------------------------------|
//! | 0                   | 1 to 32   | prefix: `A-Z a-z 0-9 _ -`, beginning with a letter |
//! | after the prefix    | 22 to 128 | body: uniformly random characters of base62       |
//! | after the body      | 0 or 6    | checksum: CRC-32 of all before it, in base62      |
//!
//! Where a part ends is known from the shape alone. A token is never split at a separator,
//! so a prefix may hold any of its characters anywhere. Each accepted text is its own and
//! only spelling.

mod base62;
mod checksum;
mod crc32;
mod grammar;
mod header;
mod malformed;
mod mint;
mod opaque;
mod prefix;
mod secret;
mod shape;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub use checksum::Checksum;
pub use grammar::Grammar;
pub use header::Unpresented;
pub(crate) use header::{Carrier, Carriers};
pub use malformed::Malformed;
pub(crate) use opaque::{OPAQUE_LEN, is_opaque, uncarried};
pub use secret::Token;
pub use shape::Shape;
