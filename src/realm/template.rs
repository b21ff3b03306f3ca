//! Text with placeholders, as the headers of answers have it; checked when a profile is read.
//!
//! A placeholder is a name in braces; `{{` and `}}` are braces themselves.

use std::borrow::Cow;

/// What an answer can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Placeholder {
    /// The caller's id of the request.
    RequestId,
    /// The realm's name.
    Realm,
    /// The request's method.
    Method,
    /// Names of the scopes that the request needs, with spaces between; as a list.
    Required,
    RequiredList,
    /// Names of the scopes that the key has, as a list.
    Present,
    /// Names of the scopes that the request needs and the key has not.
    Missing,
    MissingList,
    /// Requests that the rate window admits.
    Limit,
    /// Requests that it would still admit.
    Remaining,
    /// When it ends, in Unix seconds, rounded up.
    Reset,
    /// Whole seconds until the request would be admitted, or its quota is refilled, rounded up,
    /// one at least.
    RetryAfter,
    /// The window as the value of a `RateLimit-Policy` header, and its state as that of
    /// `RateLimit`.
    Policy,
    RateLimit,
    /// Credits of the key's quota after a refill, those that are left, and when they are
    /// refilled, in Unix seconds, rounded up.
    QuotaLimit,
    QuotaRemaining,
    QuotaReset,
    /// The value of a `WWW-Authenticate` header for the outcome, as RFC 6750 section 3 has it.
    Challenge,
}

impl Placeholder {
    const NAMES: [(&'static str, Self); 18] = [
        ("request_id", Self::RequestId),
        ("realm", Self::Realm),
        ("method", Self::Method),
        ("required", Self::Required),
        ("required_list", Self::RequiredList),
        ("present", Self::Present),
        ("missing", Self::Missing),
        ("missing_list", Self::MissingList),
        ("limit", Self::Limit),
        ("remaining", Self::Remaining),
        ("reset", Self::Reset),
        ("retry_after", Self::RetryAfter),
        ("policy", Self::Policy),
        ("ratelimit", Self::RateLimit),
        ("quota_limit", Self::QuotaLimit),
        ("quota_remaining", Self::QuotaRemaining),
        ("quota_reset", Self::QuotaReset),
        ("challenge", Self::Challenge),
    ];

    fn named(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, placeholder)| *placeholder).ok_or_else(|| {
            let known = Self::NAMES.map(|(known, _)| known).join(", ");
            format!("no placeholder is called {name:?}; there are {known}")
        })
    }
}

/// What a placeholder stands for in one answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// It has no value here.
    Absent,
    Number(u64),
    Text(Cow<'a, str>),
    List(Vec<&'a str>),
}

impl Value<'_> {
    /// Appends the value as text: a list with spaces between. False if there is none.
    fn push_text(&self, out: &mut String) -> bool {
        match self {
            Self::Absent => return false,
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => out.push_str(text),
            Self::List(items) => out.push_str(&items.join(" ")),
        }
        true
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Slot(Placeholder),
}

/// What a whole text consists of.
pub(super) enum Whole<'a> {
    Literal(&'a str),
    Slot(Placeholder),
    Mixed,
}

/// Text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextTemplate(Vec<Piece>);

impl TextTemplate {
    /// Reads `text`.
    ///
    /// # Errors
    ///
    /// Says which placeholder is not known, or that a brace has no partner.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some((name, after)) =
                from.strip_prefix('{').and_then(|s| s.split_once('}'))
            {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Slot(Placeholder::named(name)?));
                rest = after;
            } else {
                return Err("a brace has no partner; a brace itself is written twice".to_owned());
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }

    /// What the text is, if it is one thing only.
    pub(super) fn whole(&self) -> Whole<'_> {
        match self.0.as_slice() {
            [] => Whole::Literal(""),
            [Piece::Literal(text)] => Whole::Literal(text),
            [Piece::Slot(placeholder)] => Whole::Slot(*placeholder),
            _ => Whole::Mixed,
        }
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, or `None` if a placeholder in it has no value.
    pub(crate) fn render<'v>(&self, value: &impl Fn(Placeholder) -> Value<'v>) -> Option<String> {
        let mut out = String::new();
        self.push(&mut out, value).then_some(out)
    }

    /// Appends the text; a placeholder without a value is left out. False if there was one.
    pub(super) fn push<'v>(
        &self,
        out: &mut String,
        value: &impl Fn(Placeholder) -> Value<'v>,
    ) -> bool {
        let mut whole = true;
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Slot(placeholder) => whole &= value(*placeholder).push_text(out),
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(placeholder: Placeholder) -> Value<'a> {
        match placeholder {
            Placeholder::Realm => Value::Text("a\"b".into()),
            Placeholder::Limit => Value::Number(60),
            Placeholder::Present => Value::List(vec!["x", "y"]),
            _ => Value::Absent,
        }
    }

    fn text(text: &str) -> Result<Option<String>, String> {
        TextTemplate::parse(text).map(|template| template.render(&value))
    }

    #[test]
    fn a_header_text_with_a_value_that_is_absent_is_none() {
        assert_eq!(text("limit={limit}").unwrap().as_deref(), Some("limit=60"));
        assert_eq!(text("{method}; limit={limit}").unwrap(), None);
        assert_eq!(text("{{}}").unwrap().as_deref(), Some("{}"));
        assert!(TextTemplate::parse("").unwrap().is_empty());
    }

    #[test]
    fn a_text_that_is_wrong_is_refused_with_the_reason() {
        for bad in ["{", "}", "a}b", "{realm", "{{}", "{re{alm}", "{}", "{ realm }"] {
            assert!(text(bad).is_err(), "{bad}");
        }
        assert!(text("{colour}").unwrap_err().contains("no placeholder is called \"colour\""));
    }
}
