//! Instants and spans as the header has them.

use std::time::Duration;

use engine::Timestamp;

use crate::failure::{Stop, argument};

/// In a field that ends in _ms: an instant that never comes; the end of a key without end.
pub const KEYCASK_NEVER: i64 = 9_223_372_036_854_775_807;
/// In a field that ends in _ms: the present, by the store's clock.
pub const KEYCASK_NOW: i64 = 9_223_372_036_854_775_806;
/// In a field that ends in _ms: as the realm's profile has it or, where that has none, the library.
pub const KEYCASK_DEFAULT: i64 = 9_223_372_036_854_775_805;
/// In end_ms: life_ms after the start.
pub const KEYCASK_AFTER: i64 = 9_223_372_036_854_775_804;
/// In end_ms of a change: as it is.
pub const KEYCASK_KEEP: i64 = 9_223_372_036_854_775_803;
/// In grace_ms: no grace; the old key is revoked as the new one is made.
pub const KEYCASK_AT_ONCE: i64 = 9_223_372_036_854_775_802;
/// In a result, or as a condition of a filter: there is no such instant, or no such span.
pub const KEYCASK_NONE: i64 = 9_223_372_036_854_775_801;

/// The instant `ms`, as the caller gave it in `field`.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for what is not one: 0, less, or later than can be written.
#[inline]
pub(crate) fn instant(field: &str, ms: i64) -> Result<Timestamp, Stop> {
    if ms > 0 && ms <= Timestamp::LAST.as_ms() {
        return Ok(Timestamp::from_ms(ms));
    }
    Err(refuse(field, ms, "no time from 1970 to 2109"))
}

/// The present that a caller names in `field`; none for the store's own.
#[inline]
pub(crate) fn present(field: &str, ms: i64) -> Result<Option<Timestamp>, Stop> {
    if ms == KEYCASK_NOW { Ok(None) } else { instant(field, ms).map(Some) }
}

/// The span of `ms`, as the caller gave it in `field`.
///
/// # Errors
///
/// `KEYCASK_ERR_ARGUMENT` for what is not one: 0, less, or more than a store can count.
pub(crate) fn span(field: &str, ms: i64) -> Result<Duration, Stop> {
    match u64::try_from(ms) {
        Ok(span) if (1..=Timestamp::LAST.as_ms()).contains(&ms) => Ok(Duration::from_millis(span)),
        _ => Err(refuse(field, ms, "no span from 1 ms to 139 years")),
    }
}

#[cold]
fn refuse(field: &str, ms: i64, what: &str) -> Stop {
    argument(format!("{field}: {ms} ms is {what}, nor a constant that may stand there"))
}

/// An instant that need not be, as a result.
pub(crate) fn result(at: Option<Timestamp>) -> i64 {
    at.map_or(KEYCASK_NONE, Timestamp::as_ms)
}

/// A span that need not be, as a result.
pub(crate) fn result_span(span: Option<Duration>) -> i64 {
    span.map_or(KEYCASK_NONE, |span| i64::try_from(span.as_millis()).unwrap_or(KEYCASK_NEVER))
}

/// What `read` makes of `ms` in `field`; none for KEYCASK_NONE.
pub(crate) fn optional<T>(
    field: &str,
    ms: i64,
    read: impl FnOnce(&str, i64) -> Result<T, Stop>,
) -> Result<Option<T>, Stop> {
    if ms == KEYCASK_NONE { Ok(None) } else { read(field, ms).map(Some) }
}

/// When a key shall end, as end_ms and life_ms say it together.
pub(crate) enum End {
    Default,
    At(Timestamp),
    After(Duration),
}

impl End {
    pub(crate) fn read(end_ms: i64, life_ms: i64) -> Result<Self, Stop> {
        if end_ms == KEYCASK_AFTER {
            return span("life_ms", life_ms).map(Self::After);
        }
        if life_ms != 0 {
            return Err(argument("life_ms is set though end_ms is not KEYCASK_AFTER"));
        }
        match end_ms {
            KEYCASK_DEFAULT => Ok(Self::Default),
            KEYCASK_NEVER => Ok(Self::At(Timestamp::NEVER)),
            at => instant("end_ms", at).map(Self::At),
        }
    }
}
