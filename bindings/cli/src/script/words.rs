//! The words of a command or a result.

/// One word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// `text`.
    Bare(String),
    /// `name=value`, the value without its quotes.
    Pair(String, String),
}

/// Splits a line into words.
///
/// # Errors
///
/// Says which quote is not closed, or what follows one.
pub(super) fn split(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start_matches(' ');
    while !rest.is_empty() {
        let (word, after) = first(rest)?;
        words.push(word);
        rest = after.trim_start_matches(' ');
    }
    Ok(words)
}

/// The first word of `text`, and what stands after it.
fn first(text: &str) -> Result<(Word, &str), String> {
    let end = text.find(' ').unwrap_or(text.len());
    let (word, after) = text.split_at_checked(end).unwrap_or((text, ""));
    let Some((name, value)) = word.split_once('=') else {
        return Ok((Word::Bare(word.to_owned()), after));
    };
    let quote = match value.chars().next() {
        Some(quote @ ('\'' | '"')) => quote,
        _ => return Ok((Word::Pair(name.to_owned(), value.to_owned()), after)),
    };
    let (_, quoted) = text.split_once(quote).unwrap_or_default();
    let (value, after) =
        quoted.split_once(quote).ok_or_else(|| format!("{name}: the {quote} is not closed"))?;
    if !(after.is_empty() || after.starts_with(' ')) {
        return Err(format!("{name}: a space or the line's end must follow the second {quote}"));
    }
    Ok((Word::Pair(name.to_owned(), value.to_owned()), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> Word {
        Word::Pair(name.into(), value.into())
    }

    #[test]
    fn words_are_bare_or_pairs_and_values_may_be_quoted() {
        let words = split(r#"issue ci  kind=live name="CI/CD Pipeline" metadata='{"a": "="}' x="#);
        let want = vec![
            Word::Bare("issue".into()),
            Word::Bare("ci".into()),
            pair("kind", "live"),
            pair("name", "CI/CD Pipeline"),
            pair("metadata", r#"{"a": "="}"#),
            pair("x", ""),
        ];
        assert_eq!(words.unwrap(), want);
        assert_eq!(split("").unwrap(), []);
    }

    #[test]
    fn an_open_quote_and_text_after_a_quote_are_refused() {
        assert!(split("a=\"b").unwrap_err().contains("not closed"));
        assert!(split("a='b'c").unwrap_err().contains("must follow"));
    }
}
