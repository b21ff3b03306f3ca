use keycask::{Quota, Refill, Timestamp, parse_span};

use crate::{catch, replay};

#[path = "../../fuzz/properties/time.rs"]
mod property;

use property::{ENGINE, Engine};

/// A span of 2^64 seconds but one, and a thousand million nanoseconds, made the reader panic:
/// `overflow in Duration::new`. And `1 5m` was read as a quarter of an hour.
#[test]
fn the_corpus_is_read_exactly_and_printed_so_that_it_is_read_again() {
    replay("time", property::check);
}

#[test]
fn planted_faults_are_caught_by_the_corpus() {
    let months_of_thirty_days =
        Engine { span: |text| parse_span(&text.replace('M', "d")).ok(), ..ENGINE };
    let drops_blanks = Engine { span: |text| parse_span(&text.replace(' ', "")).ok(), ..ENGINE };
    let has_no_leap_years = Engine {
        instant: |text| Timestamp::parse(&text.replace("-02-29", "-02-28")).ok(),
        ..ENGINE
    };
    let rounds_up = Engine {
        instant: |text| match (text.contains('.'), Timestamp::parse(text).ok()) {
            (true, Some(at)) => Some(Timestamp::from_ms(at.as_ms() + 1)),
            (_, at) => at,
        },
        ..ENGINE
    };
    let ends_with_the_month = Engine {
        quota: |text| match text.parse::<Quota>().ok()? {
            quota if quota.refill() == Refill::Monthly(31) => {
                Quota::new(quota.limit(), Refill::Monthly(30)).ok()
            }
            quota => Some(quota),
        },
        ..ENGINE
    };
    let takes_no_quota = Engine { quota: |_| None, ..ENGINE };
    let takes_no_instant = Engine { instant: |_| None, ..ENGINE };
    let takes_no_span = Engine { span: |_| None, ..ENGINE };
    let takes_days_behind_the_month =
        Engine { quota: |text| text.replace("day 32", "day 31").parse().ok(), ..ENGINE };
    let takes_shorter_spans =
        Engine { quota: |text| text.replace("59s", "60s").parse().ok(), ..ENGINE };
    let rolls_over = Engine {
        instant: |text| Timestamp::parse(&text.replace("-02-29", "-03-01")).ok(),
        ..ENGINE
    };
    let passes_over_offsets =
        Engine { instant: |text| Timestamp::parse(&text.replace("+01:00", "Z")).ok(), ..ENGINE };
    let takes_no_offset = Engine {
        instant: |text| Timestamp::parse(text).ok().filter(|_| !text.contains('+')),
        ..ENGINE
    };
    let takes_no_leap_second = Engine {
        instant: |text| Timestamp::parse(text).ok().filter(|_| !text.contains(":60")),
        ..ENGINE
    };
    for (name, planted) in [
        ("takes no quota", takes_no_quota),
        ("takes no instant", takes_no_instant),
        ("takes no span", takes_no_span),
        ("takes days behind the month", takes_days_behind_the_month),
        ("takes shorter spans", takes_shorter_spans),
        ("rolls over", rolls_over),
        ("passes over offsets", passes_over_offsets),
        ("takes no offset", takes_no_offset),
        ("takes no leap second", takes_no_leap_second),
        ("months of thirty days", months_of_thirty_days),
        ("drops blanks", drops_blanks),
        ("has no leap years", has_no_leap_years),
        ("rounds up", rounds_up),
        ("ends with the month", ends_with_the_month),
    ] {
        catch("time", name, |input| property::check_with(input, planted));
    }
}
