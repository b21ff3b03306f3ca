//! Spans of time as people write them.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::quote::no_such;

/// The longest span that a caller may name.
pub(crate) const LONGEST_SPAN: Duration = Duration::from_secs(100 * 366 * 86_400);

/// The names of the units, and their nanoseconds. A month is 30.44 days, a year 365.25.
const UNITS: [(&[&str], u128); 10] = [
    (&["nanos", "nsec", "ns"], 1),
    (&["usec", "us", "\u{b5}s"], 1_000),
    (&["millis", "msec", "ms"], 1_000_000),
    (&["seconds", "second", "secs", "sec", "s"], SECOND),
    (&["minutes", "minute", "mins", "min", "m"], 60 * SECOND),
    (&["hours", "hour", "hrs", "hr", "h"], 3_600 * SECOND),
    (&["days", "day", "d"], 86_400 * SECOND),
    (&["weeks", "week", "wks", "wk", "w"], 604_800 * SECOND),
    (&["months", "month", "M"], 2_630_016 * SECOND),
    (&["years", "year", "yrs", "yr", "y"], 31_557_600 * SECOND),
];

const SECOND: u128 = 1_000_000_000;

/// Reads a span such as `90d`, `1h 30m` or `250ms`: whole numbers, each with its unit. A day is 24
/// hours. `0` needs no unit.
///
/// # Errors
///
/// `Argument` if the text is not a span, or one of more than 100 years.
pub fn parse_span(text: &str) -> Result<Duration> {
    let refuse = |what: String, why| Error::new(ErrorKind::Argument, format!("{what}: {why}"));
    let nanos = read(text).ok_or_else(|| {
        refuse(no_such("span", text), "want a number and a unit, such as 90d, 1h or 250ms")
    })?;
    let seconds = u64::try_from(nanos / SECOND);
    let part = u32::try_from(nanos % SECOND).unwrap_or(0);
    match seconds.map(|seconds| Duration::new(seconds, part)) {
        Ok(span) if span <= LONGEST_SPAN => Ok(span),
        _ => Err(refuse(format!("span {text:?}"), "more than 100 years")),
    }
}

/// The nanoseconds of a span, and as many as there can be if it has more.
fn read(text: &str) -> Option<u128> {
    if text == "0" {
        return Some(0);
    }
    let (mut rest, mut sum) = (text.trim_start(), 0_u128);
    loop {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (name, after) = split(after.trim_start(), char::is_alphabetic);
        let unit = UNITS.iter().find(|(names, _)| names.contains(&name)).map(|(_, unit)| *unit)?;
        // A number that is too large for its type is too long a span in any unit.
        let number = match number {
            "" => return None,
            digits => digits.parse().unwrap_or(u128::MAX),
        };
        sum = sum.saturating_add(unit.saturating_mul(number));
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(sum);
        }
    }
}

/// What `text` begins with as long as it is of these characters, and what follows.
fn split(text: &str, is_of: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is_of(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A span as people write it and [`parse_span`] reads it: `90d`, `1h 30m`, `250ms`, `0s`. No unit
/// is longer than a day, since months and years have no one length.
pub(crate) fn span_text(span: Duration) -> String {
    let mut rest = span.as_nanos();
    let mut parts = Vec::new();
    for (unit, nanos) in [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ] {
        if rest >= nanos {
            parts.push(format!("{}{unit}", rest / nanos));
            rest %= nanos;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_token_is_not_repeated() {
        let told = |text: &str| parse_span(text).unwrap_err().to_string();
        assert!(told("90 fortnights").starts_with("span \"90 fortnights\": want"));
        assert!(told("101y and so long a text").starts_with("span of 23 bytes: want"));
        assert!(told("102y 1month 1day 1hour 1min").contains("1min\": more than 100 years"));
    }

    /// Spans were told as `2months 29days 3h 14m 24s`, and profiles write `90d`.
    #[test]
    fn a_span_is_told_as_it_is_written() {
        for text in ["90d", "1d 12h", "1h 30m", "36500d", "59m 59s", "1s 250ms", "1us 1ns", "0s"] {
            assert_eq!(span_text(parse_span(text).unwrap()), text);
        }
        assert_eq!(span_text(parse_span("1y").unwrap()), "365d 6h");
        let longest = span_text(Duration::MAX);
        assert!(longest.ends_with("999ms 999us 999ns"), "{longest}");
    }
}
