//! JSON with placeholders, as the bodies of answers have it; checked when a profile is read.
//!
//! A string that is a placeholder and nothing else becomes the value with its type, `null` if
//! it has none; within longer text it becomes text. Names of members are taken as they are.
//! Rendered JSON is compact, in the template's order.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::template::{Placeholder, TextTemplate, Value, Whole};

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
            Self::Slot(placeholder) => push_value(&value(*placeholder), out),
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
        Ok(match template.whole() {
            Whole::Literal(literal) => Node::fixed(literal),
            Whole::Slot(placeholder) => Node::Slot(placeholder),
            Whole::Mixed => Node::Text(template),
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

fn push_value(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Absent => out.push_str("null"),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Text(text) => push_string(text, out),
        Value::List(items) => push_each(items, ['[', ']'], out, |item, out| push_string(item, out)),
    }
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
        let told = json(r#" { "z": [ ], "a": { "\u00e9\n": 1, "n": -2.5 }, "t": true } "#);
        assert_eq!(told.unwrap(), "{\"z\":[],\"a\":{\"\u{e9}\\n\":1,\"n\":-2.5},\"t\":true}");
        assert_eq!(
            json(r#"[null, "", 18446744073709551615]"#).unwrap(),
            r#"[null,"",18446744073709551615]"#
        );
    }

    #[test]
    fn json_that_is_wrong_is_refused_with_the_reason() {
        assert!(json("{\"a\":\"{colour}\"}").unwrap_err().contains("colour"));
        assert!(json("{\"a\":1,\"a\":2}").unwrap_err().contains("stands twice"));
        assert!(json("{\"a\":}").unwrap_err().contains("line 1 column 6"));
        assert!(json("1 2").is_err());
        assert!(json(&"[".repeat(1000)).is_err());
    }
}
