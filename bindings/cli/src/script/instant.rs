//! Instants and spans as scripts write them.

use std::time::Duration;

use keycask::Timestamp;

/// Reads `now`, `never`, `+SPAN`, `-SPAN` or RFC 3339 text.
///
/// # Errors
///
/// Says what is none of these.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(now);
    }
    if let Some(after) = text.strip_prefix('+') {
        return Ok(now.plus(span(after)?));
    }
    if let Some(before) = text.strip_prefix('-') {
        let back = i64::try_from(span(before)?.as_millis()).unwrap_or(i64::MAX);
        return Ok(Timestamp::from_ms(now.as_ms().saturating_sub(back)));
    }
    Timestamp::parse(text).map_err(|error| error.to_string())
}

/// Reads a whole number and one unit: `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
///
/// Says what is none.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let want = || format!("span {text:?}: want a whole number and ms, s, m, h or d");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(want)?;
    let (count, unit) = text.split_at_checked(digits).ok_or_else(want)?;
    let count: u64 = count.parse().map_err(|_| want())?;
    let unit_ms: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(want()),
    };
    count.checked_mul(unit_ms).map(Duration::from_millis).ok_or_else(want)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_absolute_or_a_span_from_now() {
        let now = Timestamp::from_ms(1_000_000);
        assert_eq!(parse("now", now), Ok(now));
        assert_eq!(parse("+250ms", now), Ok(Timestamp::from_ms(1_000_250)));
        assert_eq!(parse("-1m", now), Ok(Timestamp::from_ms(940_000)));
        assert_eq!(parse("never", now), Ok(Timestamp::NEVER));
        assert_eq!(parse("1970-01-01T00:00:01Z", now), Ok(Timestamp::from_ms(1000)));
        for bad in ["", "+", "+1", "+1w", "+d", "+99999999999999999999d", "tomorrow"] {
            assert!(parse(bad, now).is_err(), "{bad}");
        }
    }
}
