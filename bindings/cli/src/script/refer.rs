//! References to what was issued, and bytes that are awkward to write.

use std::collections::BTreeMap;

use keycask::{KeyId, Token};

/// A key that a script issued, as it refers to it.
pub(super) struct Known {
    pub id: KeyId,
    pub token: Token,
    pub prefix: String,
    pub last_four: String,
    pub hint: String,
}

/// Keys by their names.
pub(super) type Names = BTreeMap<String, Known>;

/// A word or value with its references replaced.
///
/// # Errors
///
/// Says which name is not known, or which change is none.
pub(super) fn word(text: &str, names: &Names) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (value, after) = reference(after, names)?;
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// A line of a head with its references and escapes replaced.
///
/// # Errors
///
/// Says which name is not known, which change or which escape is none.
pub(super) fn line(text: &str, names: &Names) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.extend_from_slice(before.as_bytes());
        rest = match from.strip_prefix('$') {
            Some(after) => {
                let (value, after) = reference(after, names)?;
                out.extend_from_slice(value.as_bytes());
                after
            }
            None => {
                let (byte, after) = escape(from)?;
                out.push(byte);
                after
            }
        };
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

/// The byte of the escape that `text` begins with, and what stands after it.
fn escape(text: &str) -> Result<(u8, &str), String> {
    for (escape, byte) in [("\\s", b' '), ("\\t", b'\t'), ("\\\\", b'\\')] {
        if let Some(after) = text.strip_prefix(escape) {
            return Ok((byte, after));
        }
    }
    let hex = text.strip_prefix("\\x").and_then(|text| text.split_at_checked(2));
    hex.and_then(|(hex, after)| Some((u8::from_str_radix(hex, 16).ok()?, after)))
        .ok_or_else(|| "want \\s, \\t, \\\\ or \\x and two hexadecimal digits".to_owned())
}

/// What a reference stands for, read from after its `$`, and what stands after it.
fn reference<'a>(text: &'a str, names: &Names) -> Result<(String, &'a str), String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let (name, after) = span(text, is_name);
    let known = names.get(name).ok_or_else(|| format!("no key was issued as {name:?}"))?;
    if let Some(after) = after.strip_prefix('.') {
        let (field, after) = span(after, is_name);
        let value = match field {
            "id" => known.id.to_string(),
            "hint" => known.hint.clone(),
            "prefix" => known.prefix.clone(),
            "last_four" => known.last_four.clone(),
            _ => return Err(format!("a key has no {field:?}")),
        };
        return Ok((value, after));
    }
    let mut token = known.token.expose().to_owned();
    let mut rest = after;
    while let Some(after) = rest.strip_prefix(':') {
        let (change, after) = span(after, |c| c.is_ascii_lowercase());
        let after = after.strip_prefix('@').ok_or_else(|| format!("{change}: want an @"))?;
        let (by, after) = span(after, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        token = changed(&token, known, change, by).ok_or_else(|| format!("no {change}@{by}"))?;
        rest = after;
    }
    Ok((token, rest))
}

/// The longest beginning of `text` that is made of `legal`, and the rest.
fn span(text: &str, legal: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !legal(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A token after one change.
fn changed(token: &str, known: &Known, change: &str, by: &str) -> Option<String> {
    let replace = |with: &dyn Fn(char) -> char| {
        let place = match by.strip_prefix('-') {
            Some(back) => token.len().checked_sub(back.parse().ok()?)?,
            None => by.parse::<usize>().ok()?.checked_sub(1)?,
        };
        token.chars().nth(place)?;
        let each = |(at, c)| if at == place { with(c) } else { c };
        Some(token.chars().enumerate().map(each).collect())
    };
    match change {
        "flip" => replace(&|c| if c == 'A' { 'B' } else { 'A' }),
        "dash" => replace(&|_| '-'),
        "cut" => Some(token.get(..token.len().checked_sub(by.parse().ok()?)?)?.to_owned()),
        "add" => Some(format!("{token}{by}")),
        "prefix" => Some(format!("{by}{}", token.strip_prefix(&known.prefix)?)),
        _ => None,
    }
}
