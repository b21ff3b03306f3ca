//! The words of a command, taken one by one.

use keycask::Timestamp;

use super::instant;
use super::refer::{self, Names};
use super::words::Word;

/// The words of a command with their references replaced. What no verb takes is an error.
pub(super) struct Args {
    bare: Vec<String>,
    pairs: Vec<(String, String)>,
}

impl Args {
    /// # Errors
    ///
    /// Says which reference is to nothing, or which name stands twice.
    pub(super) fn new(words: &[Word], names: &Names) -> Result<Self, String> {
        let mut args = Self { bare: Vec::new(), pairs: Vec::new() };
        for word in words {
            match word {
                Word::Bare(text) => args.bare.push(refer::word(text, names)?),
                Word::Pair(name, value) => {
                    if args.pairs.iter().any(|(known, _)| known == name) {
                        return Err(format!("{name} stands twice"));
                    }
                    args.pairs.push((name.clone(), refer::word(value, names)?));
                }
            }
        }
        Ok(args)
    }

    /// The next word without a name.
    pub(super) fn next(&mut self, what: &str) -> Result<String, String> {
        if self.bare.is_empty() {
            return Err(format!("want {what}"));
        }
        Ok(self.bare.remove(0))
    }

    /// The value of `name`, if it is there.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.pairs.iter().position(|(known, _)| known == name)?;
        Some(self.pairs.remove(place).1)
    }

    /// The value of `name`.
    pub(super) fn required(&mut self, name: &str) -> Result<String, String> {
        self.take(name).ok_or_else(|| format!("want {name}="))
    }

    /// The items of the list `name`, if it is there.
    pub(super) fn list(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let items = value.split(',').filter(|item| !item.is_empty());
        Some(items.map(str::to_owned).collect())
    }

    /// The instant `name`, if it is there.
    pub(super) fn time(&mut self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
        self.take(name).map(|text| instant::parse(&text, now)).transpose()
    }

    /// The number `name`, or one.
    pub(super) fn times(&mut self) -> Result<u32, String> {
        let Some(text) = self.take("times") else { return Ok(1) };
        text.parse()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| format!("times {text:?}: want 1 or more"))
    }

    /// Whether no value is left.
    pub(super) fn no_more_values(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Refuses what was not taken.
    pub(super) fn close(self) -> Result<(), String> {
        match (self.bare.first(), self.pairs.first()) {
            (Some(word), _) => Err(format!("{word:?} has no meaning here")),
            (None, Some((name, _))) => Err(format!("{name}= has no meaning here")),
            (None, None) => Ok(()),
        }
    }
}
