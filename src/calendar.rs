//! Days and months of the calendar: when the next one begins.
//!
//! The calendar is that of UTC, whatever the machine's zone, and a day begins at midnight.
//! Days are counted as in Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms",
//! <https://howardhinnant.github.io/date_algorithms.html>: a year begins in March, so that a
//! leap day is the last of its year, and 400 years are 146,097 days.

use crate::time::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// Days from 0000-03-01 to 1970-01-01.
const SHIFT: i64 = 719_468;

/// Days of 400 years.
const ERA: i64 = 146_097;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Date {
    year: i64,
    /// From 1 to 12.
    month: i64,
    /// From 1.
    day: i64,
}

/// When the day after that of `at` begins. `at` is taken to be between
/// [`EPOCH`](Timestamp::EPOCH) and [`LAST`](Timestamp::LAST), as in all of this module.
pub(crate) fn next_day(at: Timestamp) -> Timestamp {
    begin(day_of(at) + 1)
}

/// When the next `day` of a month begins that begins after `at`. In a month that has no such
/// day it is the month's last.
pub(crate) fn next_day_of_month(at: Timestamp, day: u8) -> Timestamp {
    let Date { year, month, .. } = date_of(day_of(at));
    let of = |year, month| begin(days_to(year, month, i64::from(day).min(len(year, month))));
    let this = of(year, month);
    if this > at {
        return this;
    }
    if month == 12 { of(year + 1, 1) } else { of(year, month + 1) }
}

/// The day that `at` is in, from the epoch.
fn day_of(at: Timestamp) -> i64 {
    at.clamp(Timestamp::EPOCH, Timestamp::LAST).as_ms() / DAY_MS
}

fn begin(day: i64) -> Timestamp {
    Timestamp::from_ms(day * DAY_MS)
}

/// The date of a day that is counted from the epoch, and not before it.
fn date_of(day: i64) -> Date {
    let days = day + SHIFT;
    let (era, of_era) = (days / ERA, days % ERA);
    // Leap days before this one: every fourth year, but not every hundredth.
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Date { year, month, day }
}

/// How many days after the epoch a date is.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let (year, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year / 400, year % 400);
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - SHIFT
}

/// How many days a month has.
fn len(year: i64, month: i64) -> i64 {
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_to(next.0, next.1, 1) - days_to(year, month, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn every_day_to_the_last_has_one_date_and_follows_the_one_before() {
        let mut before = date_of(0);
        assert_eq!(before, Date { year: 1970, month: 1, day: 1 });
        for day in 1..=day_of(Timestamp::LAST) {
            let date = date_of(day);
            assert_eq!(days_to(date.year, date.month, date.day), day);
            // humantime has a calendar of its own.
            let text = format!("{:04}-{:02}-{:02}T00:00:00Z", date.year, date.month, date.day);
            assert_eq!(begin(day).to_string(), text);
            let next = (before.month, before.day + 1) == (date.month, date.day);
            let first = date.day == 1 && before.day == len(before.year, before.month);
            assert!(next || first, "{before:?} {date:?}");
            before = date;
        }
    }

    #[test]
    fn the_next_day_begins_at_midnight_and_not_before() {
        for (now, next) in [
            ("2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"),
            ("2026-11-26T23:59:59.999Z", "2026-11-27T00:00:00Z"),
            ("2027-12-31T12:00:00Z", "2028-01-01T00:00:00Z"),
            ("2028-02-28T12:00:00Z", "2028-02-29T00:00:00Z"),
            ("2100-02-28T12:00:00Z", "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(next_day(at(now)), at(next), "{now}");
        }
    }

    #[test]
    fn a_day_that_a_month_does_not_have_is_its_last() {
        let after = |now: &str, day| next_day_of_month(at(now), day).to_string();
        let mut seen = vec!["2027-01-31T00:00:00Z".to_owned()];
        for _ in 0..14 {
            seen.push(after(seen.last().unwrap(), 31));
        }
        assert_eq!(
            seen.iter().map(|text| &text[..10]).collect::<Vec<_>>(),
            [
                "2027-01-31",
                "2027-02-28",
                "2027-03-31",
                "2027-04-30",
                "2027-05-31",
                "2027-06-30",
                "2027-07-31",
                "2027-08-31",
                "2027-09-30",
                "2027-10-31",
                "2027-11-30",
                "2027-12-31",
                "2028-01-31",
                "2028-02-29",
                "2028-03-31",
            ]
        );
        for (now, day, next) in [
            ("2028-02-28T23:59:59.999Z", 30, "2028-02-29T00:00:00Z"),
            ("2028-02-29T00:00:00Z", 30, "2028-03-30T00:00:00Z"),
            ("2028-02-29T00:00:00Z", 29, "2028-03-29T00:00:00Z"),
            ("2027-02-28T00:00:00Z", 29, "2027-03-29T00:00:00Z"),
            ("2100-02-01T00:00:00Z", 29, "2100-02-28T00:00:00Z"),
            ("2026-12-31T23:59:59.999Z", 1, "2027-01-01T00:00:00Z"),
            ("2026-12-31T00:00:00Z", 31, "2027-01-31T00:00:00Z"),
            ("2026-11-26T10:00:00Z", 26, "2026-12-26T00:00:00Z"),
            ("2026-11-26T10:00:00Z", 27, "2026-11-27T00:00:00Z"),
        ] {
            assert_eq!(after(now, day), next, "{now} on {day}");
        }
    }

    #[test]
    fn a_time_that_nobody_can_name_is_the_nearest_one_that_can_be() {
        assert_eq!(next_day(Timestamp::from_ms(-5)), at("1970-01-02T00:00:00Z"));
        assert!(next_day(Timestamp::NEVER) > Timestamp::LAST);
        assert!(next_day_of_month(Timestamp::NEVER, 31) > Timestamp::LAST);
    }
}
