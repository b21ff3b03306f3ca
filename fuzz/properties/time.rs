//! What holds of every text for a span, an instant or a quota.
//!
//! An input is such texts, one a line. Each is read as all three, beside readers that are slow and
//! exact. The fuzz target and the replay of its corpus in `tests/` both include this file.

use std::time::Duration;

use keycask::{Quota, Refill, Timestamp, parse_span};

/// No more lines are read from an input.
const LINES_MAX: usize = 16;

/// Nanoseconds of the units of spans, by all of their names.
const UNITS: &[(&str, u128)] = &[
    ("nanos nsec ns", 1),
    ("usec us \u{b5}s", 1_000),
    ("millis msec ms", 1_000_000),
    ("seconds second secs sec s", 1_000_000_000),
    ("minutes minute min mins m", 60_000_000_000),
    ("hours hour hr hrs h", 3_600_000_000_000),
    ("days day d", 86_400_000_000_000),
    ("weeks week wk wks w", 604_800_000_000_000),
    ("months month M", 2_630_016_000_000_000),
    ("years year yr yrs y", 31_557_600_000_000_000),
];

const HUNDRED_YEARS: u128 = 100 * 366 * 86_400_000_000_000;

/// What is asked to read each text.
#[derive(Clone, Copy)]
pub struct Engine {
    pub span: fn(&str) -> Option<Duration>,
    pub instant: fn(&str) -> Option<Timestamp>,
    pub quota: fn(&str) -> Option<Quota>,
}

/// keycask itself.
pub const ENGINE: Engine = Engine {
    span: |text| parse_span(text).ok(),
    instant: |text| Timestamp::parse(text).ok(),
    quota: |text| text.parse().ok(),
};

/// Panics if the engine does with `input` what it should not.
pub fn check(input: &[u8]) {
    check_with(input, ENGINE);
}

/// Panics if `engine` does with `input` what it should not.
pub fn check_with(input: &[u8], engine: Engine) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    for line in input.lines().take(LINES_MAX) {
        check_span(line, engine);
        check_instant(line, engine);
        check_quota(line, engine);
    }
}

/// A span is numbers, each with its unit, and blanks only between these; the sum of all is exact.
fn check_span(text: &str, engine: Engine) {
    let span = (engine.span)(text);
    let described = span_of(text).filter(|nanos| *nanos <= HUNDRED_YEARS);
    assert_eq!(span.map(|span| span.as_nanos()), described, "the span {text:?}");
}

/// The nanoseconds of a span, read from its end: a unit, a number before it, and so on.
fn span_of(text: &str) -> Option<u128> {
    if text == "0" {
        return Some(0);
    }
    let mut rest: Vec<char> = text.trim().chars().collect();
    let (mut sum, mut parts) = (0_u128, 0);
    let take = |rest: &mut Vec<char>, is_of: fn(&char) -> bool| -> String {
        let len = rest.iter().rev().take_while(|c| is_of(c)).count();
        rest.split_off(rest.len() - len).into_iter().collect()
    };
    while !rest.is_empty() {
        take(&mut rest, |c| c.is_whitespace());
        let name = take(&mut rest, |c| c.is_alphabetic());
        take(&mut rest, |c| c.is_whitespace());
        let number = take(&mut rest, |c| c.is_ascii_digit());
        let (_, unit) = UNITS.iter().find(|(names, _)| names.split(' ').any(|n| n == name))?;
        sum += number_of(&number)? * unit;
        parts += 1;
    }
    (parts > 0).then_some(sum)
}

/// What digits say, and nothing else does. More than 20 of them are more than any number that is
/// taken, of nanoseconds, too.
fn number_of(digits: &str) -> Option<u128> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let most = u128::from(u64::MAX);
    let digits = digits.trim_start_matches('0');
    let value = |value, digit| value * 10 + u128::from(digit - b'0');
    Some(if digits.len() > 20 { most } else { digits.bytes().fold(0, value).min(most) })
}

/// An instant is what the text says, to the millisecond, and is printed so that it is read again.
fn check_instant(text: &str, engine: Engine) {
    let described = match text {
        "never" => Some(Timestamp::NEVER),
        _ => ms_of(text).filter(|ms| *ms <= LAST_MS).map(Timestamp::from_ms),
    };
    let instant = (engine.instant)(text);
    assert_eq!(instant, described, "the instant {text:?}");
    if let Some(instant) = instant {
        assert_eq!((engine.instant)(&instant.to_string()), Some(instant), "{text:?} is {instant}");
    }
}

/// 2109-05-15T07:35:11.103Z: what 42 bits hold.
const LAST_MS: i64 = (1 << 42) - 1;

/// The milliseconds of an instant such as `2026-01-31T00:00:00Z`, with a fraction or none. What
/// ends it may be `+00:00`, and a second that leaps is the one before.
fn ms_of(text: &str) -> Option<i64> {
    let plain = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (plain, part) = plain.split_once('.').unwrap_or((plain, "0"));
    let pattern = |(at, c): (usize, char)| match at {
        4 | 7 => c == '-',
        10 => c == 'T',
        13 | 16 => c == ':',
        _ => c.is_ascii_digit(),
    };
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if plain.len() != 19 || !plain.char_indices().all(pattern) || !digits {
        return None;
    }
    let number = |from: usize, to: usize| plain[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=len(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let years: i64 =
        (1970..year).map(|year| (1..=12).map(|month| len(year, month)).sum::<i64>()).sum();
    let days = years + (1..month).map(|month| len(year, month)).sum::<i64>() + day - 1;
    let ms = format!("{part:0<3}")[..3].parse::<i64>().ok()?;
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second.min(59) * 1_000 + ms)
}

/// How many days a month has.
fn len(year: i64, month: i64) -> i64 {
    let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leaps => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A quota is what the text says, and is printed so that it is read again.
fn check_quota(text: &str, engine: Engine) {
    let quota = (engine.quota)(text);
    let read = quota.map(|quota| (u128::from(quota.limit()), quota.refill()));
    assert_eq!(read, quota_of(text), "the quota {text:?}");
    if let Some(quota) = quota {
        let printed = quota.to_string();
        assert_eq!((engine.quota)(&printed), Some(quota), "{text:?} is printed as {printed:?}");
    }
}

/// The limit and the refill of a quota: a number, and after ` per ` a day, a month, or a span of
/// whole seconds from a minute to 366 days.
fn quota_of(text: &str) -> Option<(u128, Refill)> {
    let words: Vec<&str> = text.split(' ').collect();
    let refill = match words[1..] {
        [] => Refill::Never,
        ["per", "day"] => Refill::Daily,
        ["per", "month"] => Refill::Monthly(1),
        ["per", "month", "on", "day", day] => {
            let day = number_of(day)?;
            Refill::Monthly((1..=31).find(|one| u128::from(*one) == day)?)
        }
        ["per", ref span @ ..] => {
            let nanos = span_of(&span.join(" "))?;
            let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
            let is_whole = nanos.is_multiple_of(1_000_000_000);
            let is_allowed = is_whole && (60..=366 * 86_400).contains(&seconds);
            is_allowed.then(|| Refill::Every(Duration::from_secs(seconds)))?
        }
        _ => return None,
    };
    let limit = number_of(words[0])?;
    (1..=1_000_000_000_000).contains(&limit).then_some((limit, refill))
}
