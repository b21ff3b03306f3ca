//! Templates of answers: text and JSON with placeholders, checked when a profile is read.
//!
//! A placeholder is a name in braces; `{{` and `}}` are braces themselves. In JSON, a string
//! that is a placeholder and nothing else becomes the value with its type, `null` if it has
//! none; within longer text it becomes text. Names of members are taken as they are.
//! Rendered JSON is compact, in the template's order.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

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
    /// Whole seconds until the request would be admitted, rounded up, one at least.
    RetryAfter,
    /// The window as the value of a `RateLimit-Policy` header, and its state as that of
    /// `RateLimit`.
    Policy,
    RateLimit,
    /// The value of a `WWW-Authenticate` header for the outcome, as RFC 6750 section 3 has it.
    Challenge,
}

impl Placeholder {
    const NAMES: [(&'static str, Self); 15] = [
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
            Self::Number(number) => push_number(*number, out),
            Self::Text(text) => out.push_str(text),
            Self::List(items) => out.push_str(&items.join(" ")),
        }
        true
    }

    fn push_json(&self, out: &mut String) {
        match self {
            Self::Absent => out.push_str("null"),
            Self::Number(number) => push_number(*number, out),
            Self::Text(text) => push_string(text, out),
            Self::List(items) => {
                push_each(items, ['[', ']'], out, |item, out| push_string(item, out));
            }
        }
    }
}

fn push_number(number: u64, out: &mut String) {
    let _infallible = write!(out, "{number}");
}

fn push_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn push_each<T>(
    items: &[T],
    [open, close]: [char; 2],
    out: &mut String,
    push: impl Fn(&T, &mut String),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push(item, out);
    }
    out.push(close);
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Slot(Placeholder),
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
    fn push<'v>(&self, out: &mut String, value: &impl Fn(Placeholder) -> Value<'v>) -> bool {
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

/// JSON with placeholders in its strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonTemplate(Node);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    /// JSON text that is written as it stands.
    Fixed(String),
    Slot(Placeholder),
    Text(TextTemplate),
    List(Vec<Node>),
    /// Each member's name as JSON text.
    Object(Vec<(String, Node)>),
}

impl JsonTemplate {
    /// Reads one JSON value.
    ///
    /// # Errors
    ///
    /// Says what is not JSON and where, which member stands twice, or what
    /// [`TextTemplate::parse`] refuses.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| error.to_string())
    }

    /// The JSON, compact.
    pub(crate) fn render<'v>(&self, value: &impl Fn(Placeholder) -> Value<'v>) -> String {
        let mut out = String::new();
        self.0.push(&mut out, value);
        out
    }
}

impl Node {
    fn push<'v>(&self, out: &mut String, value: &impl Fn(Placeholder) -> Value<'v>) {
        match self {
            Self::Fixed(json) => out.push_str(json),
            Self::Slot(placeholder) => value(*placeholder).push_json(out),
            Self::Text(template) => {
                let mut text = String::new();
                template.push(&mut text, value);
                push_string(&text, out);
            }
            Self::List(items) => {
                push_each(items, ['[', ']'], out, |item, out| item.push(out, value))
            }
            Self::Object(members) => push_each(members, ['{', '}'], out, |(name, item), out| {
                out.push_str(name);
                out.push(':');
                item.push(out, value);
            }),
        }
    }

    fn fixed(value: impl Into<serde_json::Value>) -> Self {
        Self::Fixed(value.into().to_string())
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Fixed("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::fixed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::fixed(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::fixed(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::fixed(value))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        let template = TextTemplate::parse(text).map_err(E::custom)?;
        Ok(match template.0.as_slice() {
            [Piece::Slot(placeholder)] => Node::Slot(*placeholder),
            [] => Node::fixed(""),
            [Piece::Literal(literal)] => Node::fixed(literal.as_str()),
            _ => Node::Text(template),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut members: Vec<(String, Node)> = Vec::new();
        while let Some((name, item)) = access.next_entry::<String, Node>()? {
            let name = serde_json::Value::from(name).to_string();
            if members.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom(format!("member {name} stands twice")));
            }
            members.push((name, item));
        }
        Ok(Node::Object(members))
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

    fn json(text: &str) -> Result<String, String> {
        JsonTemplate::parse(text).map(|template| template.render(&value))
    }

    fn text(text: &str) -> Result<Option<String>, String> {
        TextTemplate::parse(text).map(|template| template.render(&value))
    }

    #[test]
    fn a_string_that_is_a_placeholder_alone_becomes_a_typed_value() {
        let told = json(r#"{ "r": "{realm}", "l": "{limit}", "p": "{present}", "m": "{method}" }"#);
        assert_eq!(told.unwrap(), r#"{"r":"a\"b","l":60,"p":["x","y"],"m":null}"#);
    }

    #[test]
    fn a_placeholder_within_text_becomes_text() {
        let told = json(r#"["<{realm}>", "{limit} of {present}{method}", "{{limit}} }}"]"#);
        assert_eq!(told.unwrap(), r#"["<a\"b>","60 of x y","{limit} }"]"#);
    }

    #[test]
    fn json_is_compact_and_keeps_order_and_spelling() {
        let told =
            json(r#" { "z": [ ], "a": { "é\n": 1, "n": -2.5 }, "t": true, "x": null, "e": "" } "#);
        assert_eq!(
            told.unwrap(),
            "{\"z\":[],\"a\":{\"é\\n\":1,\"n\":-2.5},\"t\":true,\"x\":null,\"e\":\"\"}"
        );
    }

    #[test]
    fn a_header_text_with_a_value_that_is_absent_is_none() {
        assert_eq!(text("limit={limit}").unwrap().as_deref(), Some("limit=60"));
        assert_eq!(text("{method}; limit={limit}").unwrap(), None);
        assert_eq!(text("{{}}").unwrap().as_deref(), Some("{}"));
        assert!(TextTemplate::parse("").unwrap().is_empty());
    }

    #[test]
    fn a_template_that_is_wrong_is_refused_with_the_reason() {
        for bad in ["{", "}", "a}b", "{realm", "{{}", "{re{alm}"] {
            assert!(text(bad).is_err(), "{bad}");
        }
        assert!(text("{colour}").unwrap_err().contains("no placeholder is called \"colour\""));
        assert!(text("{}").is_err());
        assert!(text("{ realm }").is_err());
        assert!(json("{\"a\":\"{colour}\"}").unwrap_err().contains("colour"));
        assert!(json("{\"a\":1,\"a\":2}").unwrap_err().contains("stands twice"));
        assert!(json("{\"a\":}").unwrap_err().contains("line 1 column 6"));
        assert!(json("1 2").is_err());
        assert!(json(&"[".repeat(1000)).is_err());
    }
}
