//! What cannot be asked for: conditions that no key meets together.

use super::Filter;
use crate::entry::State;
use crate::error::{Error, ErrorKind, Result};

/// Conditions of which no key meets two, by the names that errors give them.
const APART: &[(&str, &[&str])] = &[
    ("state revoked", &["expiring within a span", "in grace", "due for rotation"]),
    ("expired", &["expiring within a span", "in grace", "due for rotation"]),
    ("in grace", &["due for rotation"]),
];

impl Filter {
    /// Refuses what no key can meet, and what lacks the realm that it needs.
    ///
    /// # Errors
    ///
    /// `Argument`, naming the conditions.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Argument, why));
        if let Some(keys) = self.keys.as_ref().filter(|keys| keys.len() > Self::KEYS_MAX) {
            return refuse(format!("keys: {}; up to {} are allowed", keys.len(), Self::KEYS_MAX));
        }
        if self.realm.is_none() {
            for (what, name) in [("kind", &self.kind), ("owner", &self.owner)] {
                if let Some(name) = name {
                    return refuse(format!("{what} {name:?}: name its realm too"));
                }
            }
        }
        if let (Some(from), Some(before)) = (self.issued_from, self.issued_before)
            && from >= before
        {
            return refuse(format!("issued from {from} and before {before}: that is no time"));
        }
        if self.expiring.is_some_and(|span| span.is_zero()) {
            return refuse("expiring within a span of 0: no key does".to_owned());
        }
        let met = [
            ("state revoked", self.state == Some(State::Revoked)),
            ("expired", self.expired == Some(true)),
            ("expiring within a span", self.expiring.is_some()),
            ("in grace", self.in_grace),
            ("due for rotation", self.due.is_some()),
        ];
        let is_met = |name: &str| met.iter().any(|(other, is_met)| *other == name && *is_met);
        for (one, others) in APART.iter().filter(|(one, _)| is_met(one)) {
            if let Some(other) = others.iter().find(|other| is_met(other)) {
                return refuse(format!("{one} and {other}: no key is both"));
            }
        }
        Ok(())
    }
}
