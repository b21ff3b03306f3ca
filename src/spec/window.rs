//! The window in which a key shall be valid.

use std::time::Duration;

use serde_json::{Value, json};

use crate::entry::Idle;
use crate::error::{Error, ErrorKind, Result};
use crate::realm::{IDLE_LEAST, Realm};
use crate::span::{LONGEST_SPAN, span_text};
use crate::time::Timestamp;

/// When a key shall end, as the caller said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At an instant; [`Timestamp::NEVER`] for never.
    At(Timestamp),
    /// This long after its start.
    After(Duration),
}

impl End {
    /// What is asked, as operations tell requests apart.
    pub(super) fn asked(self) -> Value {
        match self {
            Self::At(at) => json!({ "at": at.as_ms() }),
            Self::After(span) => json!({ "after": asked_span(span) }),
        }
    }

    /// The instant, for a key that starts at `start`.
    pub(super) fn from(self, start: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(span) => start.plus(span),
        }
    }
}

/// A span as operations tell requests apart: seconds and nanoseconds.
pub(super) fn asked_span(span: Duration) -> Value {
    json!([span.as_secs(), span.subsec_nanos()])
}

/// Refuses a start that has passed or cannot be written.
pub(super) fn check_start(start: Timestamp, now: Timestamp) -> Result<()> {
    if start < now {
        return Err(refuse("start", start, &format!("has passed; it is {now}")));
    }
    if start > Timestamp::LAST {
        return Err(refuse("start", start, &format!("is after {}", Timestamp::LAST)));
    }
    Ok(())
}

/// Refuses an end that has passed, is not after `start`, cannot be written, or lies more
/// than `longest` after `from`, which is the start, or when the key came here. `longest` is `None`
/// where a key may live for ever.
pub(super) fn check_end(
    end: Timestamp,
    (start, from): (Timestamp, Timestamp),
    now: Timestamp,
    longest: Option<Duration>,
) -> Result<()> {
    if let Some(longest) = longest
        && end > from.plus(longest)
    {
        let limit = span_text(longest);
        return Err(refuse("end", end, &format!("is more than {limit} after the start {from}")));
    }
    if end == Timestamp::NEVER {
        return Ok(());
    }
    if end <= now {
        return Err(refuse("end", end, &format!("has passed; it is {now}")));
    }
    if end <= start {
        return Err(refuse("end", end, &format!("is not after the start {start}")));
    }
    if end > Timestamp::LAST {
        return Err(refuse("end", end, &format!("is after {}", Timestamp::LAST)));
    }
    Ok(())
}

/// For how long a key may stay unused, from `now` on: from 1 hour on, and no longer than its
/// realm allows.
pub(super) fn check_idle(span: Duration, realm: &Realm, now: Timestamp) -> Result<Idle> {
    let longest = realm.policy().idle.unwrap_or(LONGEST_SPAN);
    let span_ms = Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
    if span < IDLE_LEAST || span > longest || span != span_ms {
        let [span, least, longest] = [span, IDLE_LEAST, longest].map(span_text);
        let why = format!(
            "idle {span}: realm {:?} allows {least} to {longest}, in whole milliseconds",
            realm.name()
        );
        return Err(Error::new(ErrorKind::Argument, why));
    }
    Ok(Idle { span, since: now })
}

fn refuse(what: &str, at: Timestamp, why: &str) -> Error {
    Error::new(ErrorKind::Argument, format!("{what} {at}: {why}"))
}
