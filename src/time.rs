//! Instants, and where the present comes from.
//!
//! An instant is a count of milliseconds since the Unix epoch, UTC, and every window is
//! half-open: from its start inclusive to its end exclusive. Arithmetic saturates. The
//! engine reads the time through [`Clock`] only, so that a test can say what time it is.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::error::{Error, ErrorKind, Result};
use crate::quote::no_such_if;

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// # fn main() -> keycask::Result<()> {
/// use keycask::Timestamp;
/// use std::time::Duration;
///
/// let start = Timestamp::parse("2026-01-31T00:00:00Z")?;
/// assert_eq!(start.plus(Duration::from_secs(86_400)).to_string(), "2026-02-01T00:00:00Z");
/// assert!(start < Timestamp::NEVER);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant that never comes: the end of a key that does not expire.
    pub const NEVER: Self = Self(i64::MAX);

    /// The earliest instant that a caller may name: the Unix epoch.
    pub const EPOCH: Self = Self(0);

    /// The last instant that a caller may name, 2109-05-15T07:35:11.103Z: what the 42 bits
    /// of a [key id](crate::KeyId) hold.
    pub const LAST: Self = Self((1 << 42) - 1);

    /// The instant `ms` milliseconds after the epoch. [`i64::MAX`] is [`NEVER`](Self::NEVER).
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch; [`i64::MAX`] for [`NEVER`](Self::NEVER).
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded up, as HTTP headers give a reset time.
    #[must_use]
    pub const fn as_secs_ceil(self) -> i64 {
        let floor = self.0.div_euclid(1000);
        if self.0.rem_euclid(1000) == 0 { floor } else { floor.saturating_add(1) }
    }

    /// This instant and `span` more. Saturates below [`NEVER`](Self::NEVER), which stays.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        if self == Self::NEVER {
            return self;
        }
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(ms).min(i64::MAX - 1))
    }

    /// This instant less `span`. Saturates; [`NEVER`](Self::NEVER) stays.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        if self == Self::NEVER {
            return self;
        }
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(ms))
    }

    /// The span from `earlier` to this instant; zero if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let ms = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    }

    /// Reads RFC 3339 text in UTC such as `2026-01-31T00:00:00Z`, or `never`.
    ///
    /// # Errors
    ///
    /// `Argument` if the text is neither, or the instant is outside
    /// [`EPOCH`](Self::EPOCH)..=[`LAST`](Self::LAST).
    pub fn parse(text: &str) -> Result<Self> {
        if text == "never" {
            return Ok(Self::NEVER);
        }
        let refuse = |why: &str| Error::new(ErrorKind::Argument, format!("time {text:?}: {why}"));
        let unread = || {
            let day = |text: &str| text.bytes().all(|c| c.is_ascii_digit() || c == b'-');
            let is_like = text.len() <= 35 && text.get(.."2026-01-31".len()).is_some_and(day);
            let what = no_such_if("time", text, is_like);
            let why = "want RFC 3339 in UTC, such as 2026-01-31T00:00:00Z, or never";
            Error::new(ErrorKind::Argument, format!("{what}: {why}"))
        };
        let ends = text.get("2026-01-31T00:00:00".len()..).is_some_and(ends_in_utc);
        let time = humantime::parse_rfc3339(text).ok().filter(|_| ends).ok_or_else(unread)?;
        let since = time.duration_since(UNIX_EPOCH).map_err(|_| refuse("before 1970"))?;
        let at = Self::EPOCH.plus(since);
        if at > Self::LAST {
            return Err(refuse("after 2109-05-15T07:35:11.103Z"));
        }
        Ok(at)
    }
}

/// Whether RFC 3339 lets `rest` follow the seconds of a time in UTC: digits if there is a fraction,
/// and the offset. `humantime` takes more.
fn ends_in_utc(rest: &str) -> bool {
    let fraction = rest.strip_suffix('Z').or_else(|| rest.strip_suffix("+00:00"));
    let is_number =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    fraction.is_some_and(|it| it.is_empty() || it.strip_prefix('.').is_some_and(is_number))
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds where there are any, or `never`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEVER {
            return f.write_str("never");
        }
        match u64::try_from(self.0) {
            Ok(ms) if *self <= Self::LAST => {
                let time = UNIX_EPOCH + Duration::from_millis(ms);
                if ms % 1000 == 0 {
                    write!(f, "{}", humantime::format_rfc3339_seconds(time))
                } else {
                    write!(f, "{}", humantime::format_rfc3339_millis(time))
                }
            }
            _ => write!(f, "{} ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where the engine reads the time.
pub trait Clock: Send + Sync {
    /// The present, as the machine's calendar clock has it. It may step in either direction.
    fn now(&self) -> Timestamp;

    /// Time since some fixed instant of this process. It never steps.
    fn uptime(&self) -> Duration;
}

/// The machine's own clock. It is late by one tick of the system, 10 ms at most while the machine
/// runs: so a key may be granted that much after its end, and be refused that much after its
/// start.
pub struct SystemClock {
    started: Duration,
}

impl SystemClock {
    /// A clock whose uptime begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { started: last_tick(ClockId::MonotonicCoarse) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    /// As the last tick of the system left it, which is 1 to 10 ms ago (Linux: 1 / CONFIG_HZ),
    /// or longer while a virtual machine does not run, and never ahead: so it costs a load, and
    /// no reading of a counter.
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH.plus(last_tick(ClockId::RealtimeCoarse))
    }

    /// As late as the present, and as cheap.
    fn uptime(&self) -> Duration {
        last_tick(ClockId::MonotonicCoarse).saturating_sub(self.started)
    }
}

/// What `clock` showed at the last tick of the system; zero if that was before its epoch.
fn last_tick(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    u64::try_from(time.tv_sec).map_or(Duration::ZERO, |secs| Duration::new(secs, nanos))
}
