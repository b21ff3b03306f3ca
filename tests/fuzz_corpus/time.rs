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
    for (name, planted) in [
        ("months of thirty days", months_of_thirty_days),
        ("drops blanks", drops_blanks),
        ("has no leap years", has_no_leap_years),
        ("rounds up", rounds_up),
        ("ends with the month", ends_with_the_month),
    ] {
        catch("time", name, |input| property::check_with(input, planted));
    }
}
