//! Scripts: a product's page told as requests, answers and operations.
//!
//! `tests/systems/README.md` defines the format. A script runs against a store of its own in
//! a temporary directory, on a clock that only the script moves, through keycask's public
//! interface alone. Tokens here open nothing but that store, so a script may hold them as
//! text; messages show hints all the same.

mod args;
mod compare;
mod fields;
mod instant;
mod parse;
mod present;
mod refer;
mod run;
mod stage;
mod step;
mod verbs;
mod words;

use std::fmt;

pub use fields::{Row, Value};
pub use run::{Tally, run, run_through};
pub use stage::Present;
pub use step::{AnswerLines, HeaderLine, Script, Section, Step, Wanted, WantedAnswer};
pub use verbs::Came;
pub use words::Word;

/// What is not as the script says, or what is wrong with the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The script's file.
    pub file: String,
    /// The line of the file, from 1.
    pub line: usize,
    /// What was wanted and what came, or what cannot be read.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests;
