//! The fields of a result, by the names under which scripts ask for them.

use std::fmt;

use keycask::{
    Description, Explanation, Grant, Issued, KeyId, KeyInfo, OwnerInfo, Realm, Scope, ScopeSet,
    Timestamp, Token,
};

/// One result: a key, an owner, a grant.
#[derive(Debug, Default)]
pub struct Row {
    /// The key that it is about, if it is.
    pub key: Option<KeyId>,
    /// Names and values.
    pub fields: Vec<(&'static str, Value)>,
}

/// The value of a field.
#[derive(Debug)]
pub enum Value {
    /// Text, compared as it stands.
    Text(String),
    /// An instant, or none.
    Time(Option<Timestamp>),
    /// A secret, which no message shows.
    Token(Token),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Time(Some(at)) => at.fmt(f),
            Self::Time(None) => f.write_str("none"),
            Self::Token(_) => f.write_str("a token"),
        }
    }
}

impl Row {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn text(mut self, name: &'static str, value: impl ToString) -> Self {
        self.fields.push((name, Value::Text(value.to_string())));
        self
    }

    fn option<T: ToString>(self, name: &'static str, value: Option<T>) -> Self {
        let text = value.map_or_else(|| "none".to_owned(), |value| value.to_string());
        self.text(name, text)
    }

    fn list<S: AsRef<str>>(self, name: &'static str, items: &[S]) -> Self {
        let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
        self.text(name, items.join(","))
    }

    fn time(self, name: &'static str, at: Timestamp) -> Self {
        self.maybe(name, Some(at))
    }

    fn maybe(mut self, name: &'static str, at: Option<Timestamp>) -> Self {
        self.fields.push((name, Value::Time(at)));
        self
    }
}

/// What is shown of a key.
pub(super) fn key(info: &KeyInfo) -> Row {
    let row = Row { key: Some(info.key_id), fields: Vec::new() };
    row.text("name", &info.name)
        .text("metadata", &info.metadata)
        .text("kind", &info.kind_name)
        .text("environment", &info.environment)
        .text("owner", &info.owner)
        .list("scopes", &info.scopes)
        .text("state", info.state.name())
        .text("cause", info.cause.name())
        .text("expired", info.expired)
        .text("reason", &info.reason)
        .time("issued", info.issued)
        .time("start", info.start)
        .time("end", info.end)
        .time("changed", info.changed)
        .text("hint", info.hint())
        .text("prefix", &info.prefix)
        .text("last_four", &info.last_four)
        .text("generation", info.generation)
        .option("predecessor", info.predecessor)
        .option("successor", info.successor)
        .text("in_grace", info.in_grace)
        .maybe("last_used", info.last_used)
        .maybe("rotation_due", info.rotation_due)
}

/// What is shown of a new key.
pub(super) fn issued(issued: &Issued) -> Row {
    key(&issued.key).text("length", issued.token.expose().len())
}

/// What is shown of an owner.
pub(super) fn owner(info: &OwnerInfo) -> Row {
    Row::default()
        .option("plan", info.plan.as_ref())
        .list("direct", &info.direct)
        .list("group", &info.group)
        .text("suspended", info.suspended)
}

/// What is shown of a scope.
pub(super) fn scope(scope: &Scope) -> Row {
    Row::default()
        .option("title", scope.title.as_ref())
        .option("tier", scope.tier.as_ref())
        .list("implies", &scope.implies)
}

/// A token that was revealed.
pub(super) fn revealed(token: Token) -> Row {
    Row { key: None, fields: vec![("token", Value::Token(token))] }
}

/// What a grant carries.
pub(super) fn grant(grant: &Grant, text: &Description) -> Row {
    let rate = grant.rate;
    Row { key: Some(text.key_id), fields: Vec::new() }
        .text("key", text.key_id)
        .text("owner", &text.owner)
        .option("plan", text.plan.as_ref())
        .text("kind", &text.kind)
        .text("environment", &text.environment)
        .text("prefix", &text.prefix)
        .list("scopes", &text.scopes)
        .time("end", text.end)
        .text("in_grace", text.in_grace)
        .option("limit", rate.map(|rate| rate.limit))
        .option("remaining", rate.map(|rate| rate.remaining))
        .maybe("reset", rate.map(|rate| rate.reset))
}

/// Every check of a decision.
pub(super) fn explanation(explanation: &Explanation, realm: &Realm) -> Row {
    let names = |set: ScopeSet| realm.scope_names(set);
    let key = explanation.key.as_ref().map(|key| key.key_id);
    let mut row = Row { key, fields: Vec::new() }
        .option("refused_by", explanation.refused_by())
        .option("key", key)
        .list("required", &names(explanation.required))
        .list("present", &names(explanation.present))
        .list("missing", &names(explanation.missing));
    for check in &explanation.checks {
        let verdict = match check.passed {
            Some(true) => "passed",
            Some(false) => "refused",
            None => "unreached",
        };
        row = row.text(check.name, verdict);
    }
    row
}
