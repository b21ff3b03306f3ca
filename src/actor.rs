//! Who asks for a change, and why.

use crate::error::Result;
use crate::text;

/// Who asks for a change, and why. Both go to the audit trail with the change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    name: String,
    reason: String,
}

impl Actor {
    /// The actor called `name`, up to 128 bytes without control characters.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), reason: String::new() }
    }

    /// The same actor with a reason for what it asks, up to 256 bytes without control
    /// characters.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The actor's name; empty if it gave none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The actor's reason; empty if it gave none.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Refuses text over its limit.
    pub(crate) fn check(&self) -> Result<()> {
        text::check("actor", &self.name, &text::ACTOR_LEN)?;
        text::check("reason", &self.reason, &text::REASON_LEN)
    }
}
