//! Times as people type them.

use std::str::FromStr;
use std::time::Duration;

use keycask::{Clock, Error, ErrorKind, Result, SystemClock, Timestamp, parse_span};

/// What the help of an option says that takes a [`When`].
pub(crate) const FORMS: &str = "RFC 3339 in UTC, such as 2026-01-31T00:00:00Z, or +90d";

/// A time as it was typed: an instant, or a span from some start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At an instant; [`Timestamp::NEVER`] for `never`.
    At(Timestamp),
    /// So long after a start that the use decides.
    After(Duration),
}

impl When {
    /// The instant, if a span counts from now.
    pub(crate) fn timestamp(self) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::After(span) => now().plus(span),
        }
    }

    /// The instant, if a span counts from now.
    ///
    /// # Errors
    ///
    /// `Argument` for `never`, which is none; `what` names the option.
    pub(crate) fn instant(self, what: &str) -> Result<Timestamp> {
        match self.timestamp() {
            Timestamp::NEVER => {
                let why = format!("{what} never: want an instant: {FORMS}");
                Err(Error::new(ErrorKind::Argument, why))
            }
            at => Ok(at),
        }
    }
}

impl FromStr for When {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.strip_prefix('+') {
            Some(span) => parse_span(span).map(Self::After),
            None => Timestamp::parse(text).map(Self::At).map_err(|error| {
                Error::new(
                    error.kind(),
                    format!("{}; or a span from now, such as +90d", error.message()),
                )
            }),
        }
    }
}

/// The present, by the machine's clock.
pub(crate) fn now() -> Timestamp {
    SystemClock::new().now()
}

/// A span as it is typed: `90d`, in the largest unit that needs no fraction.
pub(crate) fn span(span: Duration) -> String {
    let ms = span.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    match units.into_iter().find(|(_, unit)| ms > 0 && ms.is_multiple_of(*unit)) {
        Some((name, unit)) => format!("{}{name}", ms / unit),
        None if ms == 0 => "0s".to_owned(),
        None => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_instant_or_a_span_with_a_plus_or_never() {
        let day = Duration::from_secs(86_400);
        assert_eq!("+90d".parse::<When>().unwrap(), When::After(day * 90));
        assert_eq!("never".parse::<When>().unwrap(), When::At(Timestamp::NEVER));
        let instant = "1970-01-02T00:00:00Z".parse::<When>().unwrap();
        assert_eq!(instant, When::At(Timestamp::from_ms(86_400_000)));
        for bad in ["", "90d", "+", "+90", "-90d", "+-1d", "tomorrow", "1970-01-02", "+101years"] {
            assert!(bad.parse::<When>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_span_is_shown_as_it_is_typed() {
        for text in ["90d", "36h", "90m", "1s", "1500ms", "0s"] {
            assert_eq!(span(parse_span(text).unwrap()), text);
        }
    }

    #[test]
    fn never_is_no_instant() {
        let error = When::At(Timestamp::NEVER).instant("--at").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.message().contains("--at"));
    }
}
