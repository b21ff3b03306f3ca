//! Which scopes the requests needed that each key was granted: of the decisions that the serving
//! process sampled, and wrote as JSON lines.
//!
//! Only that process knows what a request needs; the file has nothing of it. So a scope that no
//! sampled request needed may still be needed by one that was not sampled.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use keycask::{Error, ErrorKind, KeyId, KeyInfo, Result, Timestamp};
use serde_json::Value;

use crate::secret::failed;

/// Bytes of a line at most.
const LINE_MAX: u64 = 64 * 1024;

/// Keys of which it is kept what they needed.
const KEYS_MAX: usize = 100_000;

/// Names of scopes that are told apart, in all realms.
const NAMES_MAX: usize = 16_384;

/// Fewest sampled grants of a key by which it is judged.
pub(super) const GRANTS_LEAST: u64 = 20;

/// What the requests needed that were granted.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    keys: HashMap<KeyId, Needed>,
    names: HashMap<String, u32>,
    /// Lines, and of them grants that say what they needed.
    pub(super) lines: u64,
    pub(super) grants: u64,
    /// Grants that were left out, because so many other keys came before.
    pub(super) left_out: u64,
    /// When the first and the last of the grants were made.
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

#[derive(Clone, Debug, Default)]
struct Needed {
    grants: u64,
    /// Numbers of names, in order.
    scopes: Vec<u32>,
}

impl Needs {
    /// Reads the lines at `path`.
    ///
    /// # Errors
    ///
    /// `Argument` for a line that is no decision, by its number; `NotFound`, `Permission` or `Io`
    /// if the file cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let what = format!("--decisions {path:?}");
        let file = std::fs::File::open(path).map_err(|e| failed(&what, e))?;
        let mut file = BufReader::new(file);
        let mut needs = Self::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = file.by_ref().take(LINE_MAX).read_until(b'\n', &mut line);
            if read.map_err(|e| failed(&what, e))? == 0 {
                return Ok(needs);
            }
            needs.lines = needs.lines.saturating_add(1);
            if line.trim_ascii().is_empty() {
                continue;
            }
            needs.take(&line).ok_or_else(|| {
                // What stands in the line is not told: it may be anything.
                let why = format!(
                    "{what}: line {}: want a decision: an object with key_id, outcome and, for a \
                     grant, at and needed; see docs/report.md",
                    needs.lines
                );
                Error::new(ErrorKind::Argument, why)
            })?;
        }
    }

    /// Takes in one line; none if it is no decision.
    fn take(&mut self, line: &[u8]) -> Option<()> {
        let decision: Value = serde_json::from_slice(line).ok()?;
        let outcome = decision.get("outcome")?.as_str()?;
        let key = match decision.get("key_id")? {
            Value::Null => None,
            key => Some(key.as_str()?.parse::<KeyId>().ok()?),
        };
        let Some(key) = key.filter(|_| outcome == "granted") else { return Some(()) };
        let at = Timestamp::parse(decision.get("at")?.as_str()?).ok()?;
        let needed = decision.get("needed")?.as_array()?;
        let names: Vec<&str> = needed.iter().map(Value::as_str).collect::<Option<_>>()?;
        self.grants = self.grants.saturating_add(1);
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        if self.keys.len() == KEYS_MAX && !self.keys.contains_key(&key) {
            self.left_out = self.left_out.saturating_add(1);
            return Some(());
        }
        let numbers: Vec<u32> =
            names.iter().map(|name| self.number(name)).collect::<Option<_>>()?;
        let needed = self.keys.entry(key).or_default();
        needed.grants = needed.grants.saturating_add(1);
        for number in numbers {
            if let Err(place) = needed.scopes.binary_search(&number) {
                needed.scopes.insert(place, number);
            }
        }
        Some(())
    }

    fn number(&mut self, name: &str) -> Option<u32> {
        if let Some(number) = self.names.get(name) {
            return Some(*number);
        }
        let number = u32::try_from(self.names.len()).ok()?;
        (self.names.len() < NAMES_MAX).then(|| self.names.insert(name.to_owned(), number))?;
        Some(number)
    }

    /// Keys of which there are grants, and those with enough of them to be judged by.
    pub(super) fn keys(&self) -> (usize, usize) {
        let judged = self.keys.values().filter(|needed| needed.grants >= GRANTS_LEAST);
        (self.keys.len(), judged.count())
    }

    /// The scopes of `key` that none of its grants needed by name, if there are grants enough and
    /// it has any.
    pub(super) fn unneeded<'k>(&self, key: &'k KeyInfo) -> Option<Vec<&'k str>> {
        let needed = self.keys.get(&key.key_id).filter(|needed| needed.grants >= GRANTS_LEAST)?;
        let is_needed = |scope: &String| {
            let number = self.names.get(scope);
            number.is_some_and(|number| needed.scopes.binary_search(number).is_ok())
        };
        let unneeded: Vec<&str> =
            key.scopes.iter().filter(|scope| !is_needed(scope)).map(String::as_str).collect();
        (!unneeded.is_empty()).then_some(unneeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "key_0C6S9JZ8Q4N7X";

    #[test]
    fn a_line_that_is_no_decision_is_refused_and_denials_are_passed_over() {
        let grant = |needed: &str| {
            let at = "2026-01-02T00:00:00Z";
            let which = format!(r#""outcome":"granted","key_id":"{KEY}""#);
            format!(r#"{{"at":"{at}",{which},"needed":{needed}}}"#)
        };
        let mut needs = Needs::default();
        for line in [
            grant(r#"["a"]"#),
            grant("[]"),
            r#"{"outcome":"unknown","key_id":null}"#.to_owned(),
            format!(r#"{{"outcome":"scope","key_id":"{KEY}","missing":["a"]}}"#),
        ] {
            assert_eq!(needs.take(line.as_bytes()), Some(()), "{line}");
        }
        assert_eq!((needs.grants, needs.keys()), (2, (1, 0)));
        for line in [
            "[]".to_owned(),
            "{}".to_owned(),
            r#"{"outcome":"granted"}"#.to_owned(),
            grant("null"),
            grant("[1]"),
            grant(r#"["a"]"#).replace(KEY, "key_1"),
            grant(r#"["a"]"#).replace("2026", "soon"),
            format!(r#"{{"at":"2026-01-02T00:00:00Z","outcome":"granted","key_id":"{KEY}"}}"#),
        ] {
            assert_eq!(needs.take(line.as_bytes()), None, "{line}");
        }
    }
}
