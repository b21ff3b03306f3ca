//! The walk: a line a step, what was asked and what came back.

use std::collections::BTreeMap;
use std::io::{self, Write};

use keycask::Answer;

use crate::script::{Came, Section, Step, Tally, Value, Word};

/// Where what came back begins.
const COLUMN: usize = 72;

/// Longest text of what came back, and longest body.
const ANSWER_WIDTH: usize = 76;
const BODY_WIDTH: usize = 190;

/// Headers of answers that are shown.
const TOLD: [&str; 4] = ["Retry-After", "X-RateLimit-Remaining", "X-Orbit-Quota", "X-Orbit-Rotate"];

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
        let all =
            format!("and the rest of {file}: {steps} steps in all, {requests} of them requests");
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
            _ => self.command(step),
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
        let body = String::from_utf8_lossy(&answer.body);
        let shown: String = body.chars().take(BODY_WIDTH).collect();
        let more = if shown.len() < body.len() { " ..." } else { "" };
        writeln!(self.out, "      {DIM}{shown}{more}{PLAIN}")
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

    /// Any other command.
    fn command(&self, step: &Step) -> String {
        let of = |name| value(step, name).unwrap_or_default();
        match (step.verb.as_str(), step.words.first()) {
            ("issue", _) => {
                let mut text = format!("issue {} key to {}", of("kind"), of("owner"));
                for part in [of("scopes"), of("set"), of("name")] {
                    if !part.is_empty() {
                        text.push_str(&format!(", {part}"));
                    }
                }
                text
            }
            ("owner" | "clock", _) => {
                let words = step.words.iter().map(|word| match word {
                    Word::Bare(text) => text.clone(),
                    Word::Pair(name, value) => format!("{name}={value}"),
                });
                format!("{} {}", step.verb, words.collect::<Vec<_>>().join(" "))
            }
            (verb, Some(Word::Bare(name))) => {
                let key = self.hints.get(name).map_or(name.as_str(), String::as_str);
                match value(step, "because") {
                    Some(reason) => format!("{verb} {key}, {reason:?}"),
                    None => format!("{verb} {key}"),
                }
            }
            (verb, _) => verb.to_owned(),
        }
    }

    fn came(&self, step: &Step, came: &Came) -> String {
        if let Some(error) = &came.error {
            return format!("{}: {}", error.kind().name(), error.message());
        }
        if let Some(answer) = &came.answer {
            return answered(step, came, answer);
        }
        let Some(row) = came.rows.first() else { return String::new() };
        let field = |name| row.get(name).map(Value::to_string).unwrap_or_default();
        match step.verb.as_str() {
            "issue" | "rotate" | "regenerate" => field("hint"),
            "reveal" => "the token, once more".to_owned(),
            "suspend" | "resume" | "revoke" => field("state"),
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

/// The status of an answer, the reason that only the operator is told, and what else of it
/// the script looks at.
fn answered(step: &Step, came: &Came, answer: &Answer) -> String {
    let mut text = answer.status.to_string();
    if let Some(reason) = &came.reason {
        text.push_str(&format!(" {DIM}({reason}){PLAIN}"));
    }
    let told = answer.headers.iter().filter(|(name, _)| TOLD.contains(&name.as_str()));
    for (name, value) in told {
        text.push_str(&format!("  {name}: {value}"));
    }
    let (Some((_, words)), Some(row)) = (step.wanted.rows.first(), came.rows.first()) else {
        return text;
    };
    for name in words.iter().filter_map(named) {
        let value = row.get(name).map(Value::to_string).unwrap_or_default();
        if text.len().saturating_add(value.len()) < ANSWER_WIDTH {
            text.push_str(&format!("  {name}={value}"));
        }
    }
    text
}

fn named(word: &Word) -> Option<&str> {
    match word {
        Word::Pair(name, _) => Some(name),
        Word::Bare(_) => None,
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
