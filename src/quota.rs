//! Quotas: how many credits a lineage has, and when it has them again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::calendar;
use crate::error::{Error, ErrorKind, Result};
use crate::quote::no_such_if;
use crate::span::{parse_span, span_text};
use crate::time::Timestamp;

/// How many credits a key and its rotations have, and when they are refilled.
///
/// A granted request takes as many credits as it [costs](crate::Request::cost), and one that
/// costs more than there are is refused. A refill replaces: there are as many credits as the
/// limit from then on, whatever was left.
///
/// As text: `1000`, `1000 per day`, `1000 per month`, `1000 per month on day 31`,
/// `1000 per 12h`.
///
/// ```
/// # fn main() -> keycask::Result<()> {
/// use keycask::Quota;
///
/// let quota: Quota = "1000 per month".parse()?;
/// assert_eq!(quota.limit(), 1000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: u64,
    refill: Refill,
}

/// When the credits of a [`Quota`] are as many as its limit again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refill {
    /// At no time.
    Never,
    /// Once a span has passed since the quota was given, and so on: whole seconds, from one
    /// minute to 366 days.
    Every(Duration),
    /// At midnight, UTC.
    Daily,
    /// At midnight, UTC, as this day of the month begins, 1 to 31. In a month that has no such
    /// day it is the month's last: 31 is the last day of every month.
    Monthly(u8),
}

const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

impl Refill {
    /// The first refill after `now`, of a quota that had one at `last` or was given then.
    fn after(self, last: Timestamp, now: Timestamp) -> Timestamp {
        match self {
            Self::Never => Timestamp::NEVER,
            Self::Every(span) => {
                let passed = now.since(last).as_millis().checked_div(span.as_millis());
                let whole = passed.and_then(|spans| u32::try_from(spans.saturating_add(1)).ok());
                last.plus(span.saturating_mul(whole.unwrap_or(u32::MAX)))
            }
            Self::Daily => calendar::next_day(now),
            Self::Monthly(day) => calendar::next_day_of_month(now, day),
        }
    }

    /// How long it is from one to the next, in the mean.
    fn every(self) -> Duration {
        const DAY: Duration = Duration::from_secs(86_400);
        match self {
            Self::Never => Duration::MAX,
            Self::Every(span) => span,
            Self::Daily => DAY,
            // A twelfth of 365.2425 days.
            Self::Monthly(_) => Duration::from_secs(2_629_746),
        }
    }
}

impl Quota {
    /// Most credits that a lineage can have.
    pub const LIMIT_MAX: u64 = 1_000_000_000_000;

    /// A quota of `limit` credits.
    ///
    /// # Errors
    ///
    /// `Argument` for a limit of 0 or over [`LIMIT_MAX`](Self::LIMIT_MAX), or a refill that is
    /// not one of those that [`Refill`] allows.
    pub fn new(limit: u64, refill: Refill) -> Result<Self> {
        let refuse = |what: &str, why: &str| {
            Err(Error::new(ErrorKind::Argument, format!("quota: {what}: {why}")))
        };
        if !(1..=Self::LIMIT_MAX).contains(&limit) {
            return refuse(&format!("{limit} credits"), "from 1 to 1000000000000 are allowed");
        }
        match refill {
            Refill::Every(span)
                if !(SHORTEST..=LONGEST).contains(&span) || span.subsec_nanos() != 0 =>
            {
                let span = format!("every {}", span_text(span));
                refuse(&span, "whole seconds from 1m to 366d are allowed")
            }
            Refill::Monthly(day) if !(1..=31).contains(&day) => {
                refuse(&format!("day {day}"), "a month has days from 1 to 31")
            }
            _ => Ok(Self { limit, refill }),
        }
    }

    /// How many credits there are after a refill.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// When that is.
    #[must_use]
    pub const fn refill(&self) -> Refill {
        self.refill
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.limit;
        match self.refill {
            Refill::Never => write!(f, "{limit}"),
            Refill::Every(span) => write!(f, "{limit} per {}", span_text(span)),
            Refill::Daily => write!(f, "{limit} per day"),
            Refill::Monthly(1) => write!(f, "{limit} per month"),
            Refill::Monthly(day) => write!(f, "{limit} per month on day {day}"),
        }
    }
}

impl FromStr for Quota {
    type Err = Error;

    /// # Errors
    ///
    /// `Argument` if the text is not one of a quota.
    fn from_str(text: &str) -> Result<Self> {
        let want = || {
            let why = format!(
                "{}: want one such as \"1000\", \"1000 per day\", \
                 \"1000 per month on day 15\" or \"1000 per 12h\"",
                no_such_if("quota", text, text.contains(" per "))
            );
            Error::new(ErrorKind::Argument, why)
        };
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse::<u64>().unwrap_or(u64::MAX)).ok_or_else(want)
        };
        let (limit, period) = match text.split_once(" per ") {
            Some((limit, period)) => (limit, Some(period)),
            None => (text, None),
        };
        let refill = match period {
            None => Refill::Never,
            Some("day") => Refill::Daily,
            Some("month") => Refill::Monthly(1),
            Some(period) => match period.strip_prefix("month on day ") {
                Some(day) => Refill::Monthly(u8::try_from(number(day)?).unwrap_or(u8::MAX)),
                None => Refill::Every(parse_span(period).map_err(|_| want())?),
            },
        };
        Self::new(number(limit)?, refill)
    }
}

/// A quota that gives no more than each of two: the smaller limit, refilled as seldom as that
/// which is refilled less often; as `last` if they are as often.
pub(crate) fn smaller(first: Quota, last: Quota) -> Quota {
    let limit = first.limit.min(last.limit);
    let seldom = first.refill.every() > last.refill.every();
    Quota { limit, refill: if seldom { first.refill } else { last.refill } }
}

/// The credits of a lineage at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Balance {
    pub left: u64,
    /// When they are refilled; [`Timestamp::NEVER`] if they are not.
    pub due: Timestamp,
}

/// How the credits of a lineage are to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreditChange {
    /// As many as a new quota has.
    Give,
    /// Those of a lineage in whose place it comes.
    Inherit(Balance),
    /// As many as there are, refilled no later than by a quota that is given at this time.
    Sooner(Timestamp),
    Set(u64),
    Add(u64),
    Take(u64),
    /// None, but that those which were leased come back.
    Return,
}

impl Balance {
    /// That of a lineage which was given none.
    pub(crate) const NONE: Self = Self { left: 0, due: Timestamp::NEVER };

    /// That of a lineage which is given `quota` at `now`.
    pub(crate) fn new(quota: &Quota, now: Timestamp) -> Self {
        Self { left: quota.limit, due: quota.refill.after(now, now) }
    }

    /// What becomes of it by `now`. A refill that was made is not made again if time steps
    /// back, and however many were missed, the last one alone counts.
    pub(crate) fn at(self, quota: &Quota, now: Timestamp) -> Self {
        if now < self.due {
            return self;
        }
        Self { left: quota.limit, due: quota.refill.after(self.due, now) }
    }

    /// What is left of it where `other` is what became of the same lineage elsewhere, under
    /// `quota` if that did not change: the fewer credits, until the later refill.
    pub(crate) fn lesser(self, other: Self, quota: Option<&Quota>) -> Self {
        let refilled = quota.filter(|_| self.due < other.due);
        let left = refilled.map_or(self.left, Quota::limit);
        Self { left: left.min(other.left), due: self.due.max(other.due) }
    }

    /// What `change` makes of it at `now`, with `leased` credits that come back. They are of no
    /// worth if there was a refill since they were leased.
    pub(crate) fn changed(
        self,
        quota: &Quota,
        change: CreditChange,
        leased: u64,
        now: Timestamp,
    ) -> Self {
        let mut balance = match change {
            // That goes by its own time.
            CreditChange::Sooner(_) => self,
            _ => self.at(quota, now),
        };
        if balance.due == self.due {
            balance.left = balance.left.saturating_add(leased);
        }
        match change {
            CreditChange::Give => return Self::new(quota, now),
            CreditChange::Inherit(balance) => return balance,
            CreditChange::Sooner(at) => balance.due = balance.due.min(quota.refill.after(at, at)),
            CreditChange::Set(credits) => balance.left = credits,
            CreditChange::Add(credits) => balance.left = balance.left.saturating_add(credits),
            CreditChange::Take(credits) => balance.left = balance.left.saturating_sub(credits),
            CreditChange::Return => {}
        }
        balance.left = balance.left.min(Quota::LIMIT_MAX);
        balance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn quota(text: &str) -> Quota {
        text.parse().unwrap()
    }

    #[test]
    fn a_quota_is_written_as_it_is_read() {
        for text in [
            "1",
            "1000000000000",
            "1000 per day",
            "1000 per month",
            "1000 per month on day 31",
            "1000 per 12h",
            "5 per 1h 30m",
            "5 per 90d",
        ] {
            let read = quota(text);
            assert_eq!(quota(&read.to_string()), read);
            assert_eq!(read.to_string(), text);
        }
        assert_eq!(quota("5 per 1month").to_string(), "5 per 30d 10h 33m 36s");
        assert_eq!(quota("7 per month on day 1"), Quota::new(7, Refill::Monthly(1)).unwrap());
    }

    #[test]
    fn a_quota_that_cannot_be_is_refused_by_name() {
        for (bad, why) in [
            ("", "want one such as"),
            ("many", "want one such as"),
            ("-1", "want one such as"),
            ("+1", "want one such as"),
            (" 1", "want one such as"),
            ("1 per", "want one such as"),
            ("1 per month on day", "want one such as"),
            ("1 per month on day x", "want one such as"),
            ("1 per fortnight", "want one such as"),
            ("0", "0 credits: from 1 to 1000000000000"),
            ("1000000000001", "1000000000001 credits"),
            ("99999999999999999999999", "credits: from 1"),
            ("1 per month on day 0", "day 0: a month has"),
            ("1 per month on day 32", "day 32: a month has"),
            ("1 per month on day 999", "a month has"),
            ("1 per 59s", "every 59s: whole seconds from 1m to 366d"),
            ("1 per 60s 5ms", "every 1m 5ms: whole seconds"),
            ("1 per 367d", "whole seconds from 1m to 366d"),
        ] {
            let told = bad.parse::<Quota>().unwrap_err();
            assert_eq!(told.kind(), ErrorKind::Argument);
            assert!(told.to_string().contains(why), "{bad:?}: {told}");
        }
        let told = "acme_live_0123456789abcdef".parse::<Quota>().unwrap_err();
        assert!(told.to_string().starts_with("quota of 26 bytes: want one"), "{told}");
        let told = "1000 per month on day x".parse::<Quota>().unwrap_err();
        assert!(told.to_string().starts_with("quota \"1000 per month on day x\": "), "{told}");
    }

    #[test]
    fn a_refill_replaces_and_the_next_one_is_on_the_grid_of_the_first() {
        let every = quota("10 per 7d");
        let given = Balance::new(&every, at("2026-01-01T10:00:00Z"));
        assert_eq!(given, Balance { left: 10, due: at("2026-01-08T10:00:00Z") });
        let spent = Balance { left: 3, ..given };
        assert_eq!(spent.at(&every, at("2026-01-08T09:59:59.999Z")), spent);
        let next = spent.at(&every, at("2026-01-08T10:00:00Z"));
        assert_eq!(next, Balance { left: 10, due: at("2026-01-15T10:00:00Z") });
        let missed = spent.at(&every, at("2026-02-01T00:00:00Z"));
        assert_eq!(missed, Balance { left: 10, due: at("2026-02-05T10:00:00Z") });
        let more = Balance { left: 500, ..given };
        assert_eq!(more.at(&every, at("2026-01-09T00:00:00Z")).left, 10);
    }

    #[test]
    fn a_clock_that_steps_back_refills_nothing_twice() {
        for text in ["10 per day", "10 per month on day 31", "10 per 1h"] {
            let quota = quota(text);
            let (noon, next) = (at("2026-03-30T12:00:00Z"), at("2026-03-31T12:00:00Z"));
            let given = Balance::new(&quota, noon);
            let refilled = Balance { left: 0, ..given }.at(&quota, next);
            let spent = Balance { left: 0, ..refilled };
            assert_eq!(spent.at(&quota, noon), spent, "{text}");
            assert_eq!(spent.at(&quota, next), spent, "{text}");
        }
    }

    #[test]
    fn of_two_quotas_the_smaller_limit_and_the_rarer_refill_are_taken() {
        for (first, last, want) in [
            ("10", "20", "10"),
            ("10 per day", "20", "10"),
            ("10", "20 per day", "10"),
            ("20 per day", "10 per month on day 3", "10 per month on day 3"),
            ("20 per month", "30 per 30d", "20 per month"),
            ("20 per 31d", "10 per month", "10 per 31d"),
            ("10 per month on day 2", "20 per month on day 3", "10 per month on day 3"),
        ] {
            assert_eq!(smaller(quota(first), quota(last)), quota(want), "{first}, {last}");
        }
    }

    #[test]
    fn of_two_balances_the_fewer_credits_are_left_but_for_a_refill_that_one_had() {
        let quota = quota("10 per day");
        let on = |left, day: i64| Balance { left, due: Timestamp::from_ms(day * 86_400_000) };
        for (first, last, same, want) in [
            (on(7, 1), on(3, 1), true, on(3, 1)),
            (on(3, 1), on(7, 1), true, on(3, 1)),
            // It was refilled since, which time does, and was given more, which somebody did.
            (on(0, 1), on(7, 2), true, on(7, 2)),
            (on(0, 1), on(70, 2), true, on(10, 2)),
            (on(0, 1), on(7, 2), false, on(0, 2)),
            (on(9, 2), on(7, 1), true, on(7, 2)),
        ] {
            assert_eq!(first.lesser(last, same.then_some(&quota)), want);
        }
    }

    #[test]
    fn what_is_never_refilled_stays_as_it_is() {
        let never = quota("10");
        let spent = Balance { left: 0, ..Balance::new(&never, Timestamp::EPOCH) };
        assert_eq!(spent.due, Timestamp::NEVER);
        assert_eq!(spent.at(&never, Timestamp::LAST), spent);
    }
}
