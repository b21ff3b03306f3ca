//! Tokens where they should not be: found in any text, and told from all that only looks alike.
//!
//! [`Scanner`] knows shapes and no store. It reads a text of any length through a window of one
//! size, so a token may lie anywhere in it; what a found token is worth, `Store::leaked` asks the
//! table in memory. [`Alerts`] reads what GitHub sends about tokens that it found. [`RuleFormat`]
//! has other scanners find them.
//!
//! The text is not trusted: the work for each byte of it is bounded by the shapes alone.

mod alerts;
mod finding;
mod place;
mod rules;
mod scanner;
mod window;

pub use alerts::{Alert, Alerts};
pub use finding::{Leak, Leaks};
pub use place::Place;
pub use rules::RuleFormat;
pub use scanner::{Candidate, Scanner};
