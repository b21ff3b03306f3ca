//! The walk: a line a step, what was asked and what came back.

use std::collections::BTreeMap;
use std::io::{self, Write};

use keycask::Answer;

use crate::script::{Came, Section, Step, Tally, Value, Word};

/// Where what came back begins.
const COLUMN: usize = 66;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// Writes the sections of one script that are marked for it.
pub(super) struct Walk<'a> {
    out: &'a mut dyn Write,
    /// Hints by the names of keys: a token itself is not shown.
    hints: BTreeMap<String, String>,
    heading: String,
    /// Bodies that were shown already.
    bodies: Vec<Vec<u8>>,
    wrote: io::Result<()>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        let (hints, bodies) = (BTreeMap::new(), Vec::new());
        Self { out, hints, heading: String::new(), bodies, wrote: Ok(()) }
    }

    /// Shows one step, if its section is marked.
    pub(super) fn see(&mut self, section: &Section, step: &Step, came: &Came) {
        self.remember(step, came);
        if self.wrote.is_ok() {
            self.wrote = self.show(section, step, came);
        }
    }

    /// Says how much was checked.
    pub(super) fn end(self, tally: Tally, file: &str) -> io::Result<()> {
        self.wrote?;
        let Tally { steps, requests } = tally;
        let all = format!("as in all of {file}: {steps} steps, {requests} requests");
        writeln!(self.out, "  {DIM}{all}{PLAIN}\n")
    }

    fn show(&mut self, section: &Section, step: &Step, came: &Came) -> io::Result<()> {
        if step.verb == "system" {
            let title = value(step, "title").unwrap_or_default();
            return writeln!(self.out, "{BOLD}{title}{PLAIN}");
        }
        if !section.demo {
            return Ok(());
        }
        if self.heading != section.heading {
            self.heading.clone_from(&section.heading);
            writeln!(self.out, "  {}", section.heading)?;
        }
        let asked = match step.verb.as_str() {
            "request" => self.request(step),
            _ => format!("{} {}", step.verb, self.words(step)),
        };
        self.line(&asked, &self.came(step, came))?;
        match &came.answer {
            Some(answer) => self.body(answer),
            None => Ok(()),
        }
    }

    fn line(&mut self, asked: &str, came: &str) -> io::Result<()> {
        if came.is_empty() {
            return writeln!(self.out, "    {asked}");
        }
        let width = COLUMN.saturating_sub(4);
        writeln!(self.out, "    {asked:width$}  {came}")
    }

    /// The body of an answer, the first time it comes.
    fn body(&mut self, answer: &Answer) -> io::Result<()> {
        if answer.body.is_empty() || self.bodies.contains(&answer.body) {
            return Ok(());
        }
        self.bodies.push(answer.body.clone());
        writeln!(self.out, "      {DIM}{}{PLAIN}", String::from_utf8_lossy(&answer.body))
    }

    /// A request: its first line, the header that carries a key, and how often.
    fn request(&self, step: &Step) -> String {
        let mut text = String::new();
        if let Some(first) = step.head.first() {
            text.push_str(first.strip_suffix(" HTTP/1.1").unwrap_or(first));
        }
        for header in step.head.iter().skip(1).filter(|line| carries(line)) {
            text.push_str("  ");
            text.push_str(&self.hinted(header));
        }
        if let Some(times) = value(step, "times") {
            text.push_str(&format!("  x{times}"));
        }
        text
    }

    fn words(&self, step: &Step) -> String {
        let shown = |word: &Word| match word {
            Word::Bare(text) => self.hinted(text),
            Word::Pair(name, value) if value.contains(' ') => format!("{name}={value:?}"),
            Word::Pair(name, value) => format!("{name}={}", self.hinted(value)),
        };
        step.words.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    fn came(&self, step: &Step, came: &Came) -> String {
        if let Some(error) = &came.error {
            return format!("{}: {}", error.kind().name(), error.message());
        }
        if let Some(answer) = &came.answer {
            let mut text = answer.status.to_string();
            if let Some(reason) = &came.reason {
                text.push_str(&format!("  ({reason})"));
            }
            for name in ["X-RateLimit-Remaining", "X-Orbit-Quota", "Retry-After"] {
                let header = answer.headers.iter().find(|(known, _)| known == name);
                if let Some((name, value)) = header {
                    text.push_str(&format!("  {name}: {value}"));
                }
            }
            return text;
        }
        let Some(row) = came.rows.first() else { return String::new() };
        let field = |name| row.get(name).map(Value::to_string).unwrap_or_default();
        match step.verb.as_str() {
            "issue" | "rotate" | "regenerate" => field("hint"),
            "reveal" => "the token, once more".to_owned(),
            "suspend" | "resume" | "revoke" => field("state"),
            "show" => format!("{} {}", field("hint"), field("state")),
            "list" => format!("{} keys", came.rows.len()),
            _ => String::new(),
        }
    }

    /// `text` with the hint of each key in place of its token.
    fn hinted(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
            out.push_str(self.hints.get(name).map_or(name, String::as_str));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// Keeps the hint of a key that was issued.
    fn remember(&mut self, step: &Step, came: &Came) {
        let name = match (step.verb.as_str(), step.words.first()) {
            ("issue", Some(Word::Bare(name))) => name.as_str(),
            ("rotate" | "regenerate", _) => value(step, "as").unwrap_or_default(),
            _ => return,
        };
        if let Some(hint) = came.rows.first().and_then(|row| row.get("hint")) {
            self.hints.insert(name.to_owned(), hint.to_string());
        }
    }
}

/// Whether a header line of a script carries a key, or tries to.
fn carries(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    name == "authorization" || name.contains("key")
}

/// The value of a word of a step.
fn value<'s>(step: &'s Step, name: &str) -> Option<&'s str> {
    step.words.iter().find_map(|word| match word {
        Word::Pair(known, value) if known == name => Some(value.as_str()),
        _ => None,
    })
}
