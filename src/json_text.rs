//! Texts in JSON that may be secrets. A parser keeps copies of what has escapes, and of what it
//! does not get to the end of.

use std::iter::from_fn;
use std::str::Chars;

use zeroize::Zeroizing;

/// The text of a JSON string, of which no other copy is made; none if it is another value. What
/// stands for no character, as half a surrogate pair does, is U+FFFD.
pub(crate) fn text_of(json: &str) -> Option<Zeroizing<String>> {
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
                'u' => numbered(&mut chars)?,
                other => other,
            },
            c => c,
        });
    }
    Some(text)
}

/// The character of the four digits that are next, and if they are the first half of a pair, of
/// its other half.
fn numbered(chars: &mut Chars<'_>) -> Option<char> {
    let first = unit(chars)?;
    let mut ahead = chars.clone();
    let second = match (ahead.next(), ahead.next()) {
        (Some('\\'), Some('u')) => unit(&mut ahead),
        _ => None,
    };
    let mut read = char::decode_utf16([first].into_iter().chain(second));
    let c = read.next()?.unwrap_or(char::REPLACEMENT_CHARACTER);
    if c.len_utf16() == 2 {
        *chars = ahead;
    }
    Some(c)
}

/// The number that the four digits are which are next.
fn unit(chars: &mut Chars<'_>) -> Option<u16> {
    let mut digits = from_fn(|| u16::try_from(chars.next()?.to_digit(16)?).ok()).take(4);
    digits.try_fold(0, |code, digit| Some(code << 4 | digit))
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
            r#""a\ud83d\ude00b\uD83D\uDE00""#,
            r#""\b\f\n\r\t\\u0041""#,
            "\"\u{e9}\u{20ac}\"",
        ] {
            let expected: String = serde_json::from_str(json).unwrap();
            assert_eq!(*text_of(json).unwrap(), expected, "{json}");
        }
        for json in ["7", "null", "{}", r#"["a"]"#, "\""] {
            assert!(text_of(json).is_none(), "{json}");
        }
        for (json, text) in [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\ud83dx""#, "\u{fffd}x"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(*text_of(json).unwrap(), text, "{json}");
        }
    }
}
