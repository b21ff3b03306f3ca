use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

const KEY: Metered = Metered::Lineage(KeyId::from_bits(7));
const MINUTE: u64 = 60_000;

fn window(limit: u32, period_ms: u64, burst: u32) -> Window {
    Window { limit, period_ms, burst }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + ms)
}

fn told(ms: i64) -> Moment {
    Moment::named(at(ms))
}

fn retry(result: Result<Option<Rate>, Reason>) -> u64 {
    match result {
        Err(Reason::RateLimited { retry_ms, .. }) => retry_ms,
        other => panic!("not limited: {other:?}"),
    }
}

#[test]
fn a_window_starts_at_its_first_charge_and_says_what_remains() {
    let meters = Meters::new();
    let plan = [window(3, MINUTE, 3)];
    let first = meters.charge(KEY, &plan, 1, told(250)).unwrap().unwrap();
    assert_eq!((first.limit, first.remaining, first.reset), (3, 2, at(60_250)));
    meters.charge(KEY, &plan, 1, told(30_000)).unwrap();
    meters.charge(KEY, &plan, 1, told(59_000)).unwrap();
    let refused = meters.charge(KEY, &plan, 1, told(59_001));
    assert_eq!(retry(refused), 1_249);
    assert!(meters.charge(KEY, &plan, 1, told(60_250)).is_ok());
}

#[test]
fn a_burst_admits_its_size_at_once_and_then_the_steady_rate() {
    let meters = Meters::new();
    let plan = [window(300, MINUTE, 50)];
    for _ in 0..50 {
        meters.charge(KEY, &plan, 1, told(0)).unwrap();
    }
    assert_eq!(retry(meters.charge(KEY, &plan, 1, told(0))), 200);
    assert_eq!(retry(meters.charge(KEY, &plan, 1, told(199))), 1);
    assert!(meters.charge(KEY, &plan, 1, told(200)).is_ok());
    assert_eq!(retry(meters.charge(KEY, &plan, 1, told(200))), 200);
}

#[test]
fn all_windows_admit_or_none_is_charged() {
    let meters = Meters::new();
    let plan = [window(10, MINUTE, 10), window(2, 60 * MINUTE, 2)];
    meters.charge(KEY, &plan, 1, told(0)).unwrap();
    meters.charge(KEY, &plan, 1, told(0)).unwrap();
    for _ in 0..100 {
        assert_eq!(retry(meters.charge(KEY, &plan, 1, told(1))), 3_599_999);
    }
    let minute_alone = [plan[0]];
    let rate = meters.charge(KEY, &minute_alone, 1, told(2)).unwrap().unwrap();
    assert_eq!(rate.remaining, 7, "the refusals took something from the minute");
}

#[test]
fn looking_charges_nothing() {
    let meters = Meters::new();
    let plan = [window(1, MINUTE, 1)];
    for _ in 0..10 {
        assert!(meters.peek(KEY, &plan, 1, told(0)).is_ok());
    }
    meters.charge(KEY, &plan, 1, told(0)).unwrap();
    assert!(meters.peek(KEY, &plan, 1, told(0)).is_err());
}

/// P-18: a window that slid with the last request, or that counted twice, refused clients
/// that kept to their rate.
#[test]
fn p18_a_steady_rate_at_the_limit_is_never_refused_over_a_week() {
    for (limit, period_ms, burst) in
        [(60, MINUTE, 10), (7, MINUTE, 1), (1_000, 60 * MINUTE, 1_000), (300, MINUTE, 50)]
    {
        let meters = Meters::new();
        let plan = [window(limit, period_ms, burst)];
        let step = period_ms.div_ceil(u64::from(limit));
        let week = 7 * 24 * 60 * MINUTE;
        let mut now = 0;
        while now < week {
            let answer = meters.charge(KEY, &plan, 1, told(i64::try_from(now).unwrap()));
            assert!(answer.is_ok(), "{limit} per {period_ms}: refused at {now}");
            now += step;
        }
    }
}

/// P-16, C10: a read and a write that were two steps admitted more than the limit.
#[test]
fn p16_many_threads_are_admitted_exactly_as_often_as_the_limit_says() {
    let meters = Meters::new();
    let plan = [window(1_000, MINUTE, 1_000)];
    let admitted = AtomicU32::new(0);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..500 {
                    if meters.charge(KEY, &plan, 1, told(0)).is_ok() {
                        admitted.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(admitted.into_inner(), 1_000);
}

#[test]
fn a_clock_that_steps_back_admits_nothing_more() {
    let meters = Meters::new();
    let plan = [window(5, MINUTE, 5)];
    for _ in 0..5 {
        meters.charge(KEY, &plan, 1, told(1_000_000)).unwrap();
    }
    for back in [999_999, 500_000, 0] {
        assert!(meters.charge(KEY, &plan, 1, told(back)).is_err(), "admitted at {back}");
    }
}

#[test]
fn another_plan_keeps_what_was_charged() {
    let meters = Meters::new();
    let (small, large) = ([window(60, MINUTE, 10)], [window(300, MINUTE, 50)]);
    for _ in 0..10 {
        meters.charge(KEY, &small, 1, told(0)).unwrap();
    }
    let rate = meters.charge(KEY, &large, 1, told(0)).unwrap().unwrap();
    assert_eq!(rate.remaining, 289);
    let back = meters.charge(KEY, &small, 1, told(0));
    assert_eq!(retry(back), 1_000, "a change of plan and back refilled the bucket");
}

#[test]
fn a_cost_over_the_limit_is_never_admitted_and_no_cost_always_is() {
    let meters = Meters::new();
    let plan = [window(5, MINUTE, 5)];
    assert_eq!(retry(meters.charge(KEY, &plan, 6, told(0))), u64::MAX);
    assert_eq!(retry(meters.charge(KEY, &plan, u32::MAX, told(0))), u64::MAX);
    assert!(meters.charge(KEY, &plan, 5, told(0)).is_ok());
    assert!(meters.charge(KEY, &plan, 0, told(0)).is_ok());
}

#[test]
fn meters_at_rest_are_dropped_and_others_are_not() {
    let meters = Meters::new();
    let plan = [window(1, MINUTE, 1)];
    let of = |bits| Metered::Lineage(KeyId::from_bits(bits));
    meters.charge(of(0), &plan, 1, told(50_000)).unwrap();
    for round in 1..=2_000_u64 {
        meters.charge(of(round * SHARDS as u64), &plan, 1, told(0)).unwrap();
    }
    for round in 2_001..=4_000_u64 {
        meters.charge(of(round * SHARDS as u64), &plan, 1, told(70_000)).unwrap();
    }
    let held = meters.shard(of(0)).meters.len();
    assert!(held < 3_000, "{held} meters are held");
    assert!(meters.charge(of(0), &plan, 1, told(70_000)).is_err(), "a running window was dropped");
}

#[test]
fn the_greatest_limits_do_not_overflow() {
    let meters = Meters::new();
    let plan = [window(1_000_000_000, 366 * 24 * 60 * MINUTE, 1_000_000_000)];
    assert!(meters.charge(KEY, &plan, 1_000_000_000, told(0)).is_ok());
    assert!(meters.charge(KEY, &plan, 1, Moment::named(Timestamp::LAST)).is_ok());
    assert!(meters.charge(KEY, &plan, 1, Moment::named(Timestamp::from_ms(i64::MAX - 1))).is_ok());
}

#[test]
fn the_present_is_measured_by_uptime_and_told_by_the_calendar() {
    let meters = Meters::new();
    let plan = [window(10, 60 * MINUTE, 10)];
    let hour = 60 * MINUTE;
    let present = |uptime, now| Moment::present(Duration::from_millis(uptime), at(now));
    for _ in 0..9 {
        meters.charge(KEY, &plan, 1, present(5_000, 0)).unwrap();
    }
    let back = i64::try_from(2 * hour).unwrap();
    let rate = meters.charge(KEY, &plan, 1, present(6_000, -back)).unwrap().unwrap();
    assert_eq!(rate.reset, at(-back).plus(Duration::from_millis(hour - 1_000)));
    let again = meters.charge(KEY, &plan, 1, present(7_000, 2_000));
    assert_eq!(retry(again), hour - 2_000, "a step back and forth admitted more");
}
