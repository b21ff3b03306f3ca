//! A script as it was read: sections of steps, and what each step is to bring.

use super::words::Word;

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its file, for messages.
    pub file: String,
    /// Its sections. The first one, before any heading, has none.
    pub sections: Vec<Section>,
}

/// A section: what stands under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The heading, without its mark for the demo.
    pub heading: String,
    /// Whether the demo shows it.
    pub demo: bool,
    /// The commands in it.
    pub steps: Vec<Step>,
}

/// A command with what it sends and what is to come of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The command's line.
    pub line: usize,
    /// What it does.
    pub verb: String,
    /// The words after the verb, as they stand in the file.
    pub words: Vec<Word>,
    /// The lines of the request's head, as they stand in the file.
    pub head: Vec<String>,
    /// What is to come of it.
    pub wanted: Wanted,
}

/// What is to come of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The `=` lines, with their numbers.
    pub rows: Vec<(usize, Vec<Word>)>,
    /// The `!` line: its number, the error's kind, and what its message contains.
    pub error: Option<(usize, String, String)>,
    /// The `?` line: its number and the reason.
    pub reason: Option<(usize, String)>,
    /// The `<` lines.
    pub answer: Option<WantedAnswer>,
}

/// Which answer is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedAnswer {
    /// The one that was written out under a name.
    Named(usize, String),
    /// The one that stands here.
    Written(AnswerLines),
}

/// An answer as it is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerLines {
    /// The line of the status.
    pub line: usize,
    /// The status.
    pub status: u16,
    /// The header lines.
    pub headers: Vec<HeaderLine>,
    /// Whether the line that ends the head was there.
    pub ended: bool,
    /// The body: its line, if it has one, and its text.
    pub body: Option<(usize, String)>,
}

/// One header of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// Its line.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Its value; none if it must not be there.
    pub value: Option<String>,
}
