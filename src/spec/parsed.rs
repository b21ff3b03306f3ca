//! Values of a JSON line, within bounds.

use std::fmt;
use std::iter::from_fn;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::scope::ScopeSet;

/// Names of scopes or sets: as many as a realm has scopes at most, so that a line takes little
/// more memory than its length.
#[derive(Default)]
pub(super) struct Names(pub Vec<String>);

impl Names {
    /// What an error about more of them begins with.
    pub(super) const TOO_MANY: &str = "over 128 names";
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = from.next_element()? {
                    if names.len() == ScopeSet::MAX {
                        return Err(A::Error::custom(Names::TOO_MANY));
                    }
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        from.deserialize_seq(Each)
    }
}

/// The text of a JSON string, of which no other copy is made; none if it is another value. What
/// stands for no character, as half a surrogate pair does, is U+FFFD.
pub(super) fn text_of(json: &str) -> Option<Zeroizing<String>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    // No escape is shorter than what it stands for.
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let mut digits = from_fn(|| chars.next()?.to_digit(16)).take(4);
                    let code = digits.try_fold(0, |code, digit| Some(code << 4 | digit))?;
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                other => other,
            },
            c => c,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_the_parser_says_it_is() {
        for json in [
            r#""""#,
            r#""plain""#,
            r#""a\\b\"c\/d""#,
            r#""\u0041\u007e\u00e9\u20AC""#,
            r#""\b\f\n\r\t\\u0041""#,
            "\"\u{e9}\u{20ac}\"",
        ] {
            let expected: String = serde_json::from_str(json).unwrap();
            assert_eq!(*text_of(json).unwrap(), expected, "{json}");
        }
        for json in ["7", "null", "{}", r#"["a"]"#, "\""] {
            assert!(text_of(json).is_none(), "{json}");
        }
        assert_eq!(*text_of(r#""\ud83d""#).unwrap(), "\u{fffd}");
    }
}
