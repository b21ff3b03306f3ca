//! An entry as programs read it: one JSON object, of one shape for ever.

use serde_json::{Map, Value};

use super::AuditEntry;

/// The version of the object. It grows when a member changes its meaning or goes away; a new
/// member leaves it.
const SCHEMA_VERSION: u32 = 1;

impl AuditEntry {
    /// The entry as a JSON object on one line, without a line end.
    ///
    /// Its members, all of which are always there and in this order: `schema_version` (1),
    /// `number`, `seq`, `at` (RFC 3339 in UTC), `actor`, `operation`, `event`, `realm`, `key_id`,
    /// `owner`, `reason`, `before`, `after`. A realm, key or owner that it is not about is null; a
    /// text that nobody gave is empty.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut members = Map::new();
        members.insert("schema_version".to_owned(), SCHEMA_VERSION.into());
        members.extend(self.members());
        Value::Object(members).to_string()
    }

    /// The members of [`to_json`](Self::to_json), but for the version.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        let members: [(&str, Value); 12] = [
            ("number", self.number.into()),
            ("seq", self.seq.into()),
            ("at", self.at.to_string().into()),
            ("actor", self.actor.as_str().into()),
            ("operation", self.operation.as_str().into()),
            ("event", self.event.name().into()),
            ("realm", self.realm.as_deref().into()),
            ("key_id", self.key.map(|key| key.to_string()).into()),
            ("owner", self.owner.as_deref().into()),
            ("reason", self.reason.as_str().into()),
            ("before", self.before.clone().into()),
            ("after", self.after.clone().into()),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
