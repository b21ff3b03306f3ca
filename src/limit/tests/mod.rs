pub(crate) mod hasty;
mod threads;

use super::*;
use crate::verdict::{Rate, Reason};

const KEY: u64 = 7;
const MINUTE: u64 = 60_000;

type Answer = Result<Option<Rate>, Reason>;

/// The cell of one lineage.
struct One(Cells);

impl One {
    fn new() -> Self {
        Self(Cells::new())
    }

    fn charge(&self, windows: &[Window], cost: u32, moment: Moment) -> Answer {
        self.join(windows, cost, moment, || Ok(()))
    }

    fn join(
        &self,
        windows: &[Window],
        cost: u32,
        moment: Moment,
        join: impl FnOnce() -> Result<(), Reason>,
    ) -> Answer {
        let charge = Charge { windows, cost, moment };
        self.0.charge(0, KEY, || true, &charge, join).unwrap()
    }

    fn peek(&self, windows: &[Window], cost: u32, moment: Moment) -> Answer {
        self.0.peek(0, KEY, &Charge { windows, cost, moment })
    }
}

/// The meter of one lineage at times that callers name.
struct Told(Named);

impl Told {
    fn new() -> Self {
        Self(Named::new())
    }

    fn charge(&self, windows: &[Window], cost: u32, moment: Moment) -> Answer {
        let charge = Charge { windows, cost, moment };
        self.0.charge(Metered::Lineage(KeyId::from_bits(KEY)), &charge, || Ok(()))
    }

    fn peek(&self, windows: &[Window], cost: u32, moment: Moment) -> Answer {
        let charge = Charge { windows, cost, moment };
        self.0.peek(Metered::Lineage(KeyId::from_bits(KEY)), &charge)
    }
}

const fn window(limit: u32, period_ms: u64, burst: u32) -> Window {
    Window { limit, period_ms, burst }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + ms)
}

fn told(ms: i64) -> Moment {
    Moment::named(at(ms))
}

fn retry(result: Answer) -> u64 {
    match result {
        Err(Reason::RateLimited { retry_ms, .. }) => retry_ms,
        other => panic!("not limited: {other:?}"),
    }
}

#[test]
fn a_window_starts_at_its_first_charge_and_says_what_remains() {
    let meters = One::new();
    let plan = [window(3, MINUTE, 3)];
    let first = meters.charge(&plan, 1, told(250)).unwrap().unwrap();
    assert_eq!((first.limit, first.remaining, first.reset), (3, 2, at(60_250)));
    meters.charge(&plan, 1, told(30_000)).unwrap();
    meters.charge(&plan, 1, told(59_000)).unwrap();
    let refused = meters.charge(&plan, 1, told(59_001));
    assert_eq!(retry(refused), 1_249);
    assert!(meters.charge(&plan, 1, told(60_250)).is_ok());
}

#[test]
fn a_burst_admits_its_size_at_once_and_then_the_steady_rate() {
    let meters = One::new();
    let plan = [window(300, MINUTE, 50)];
    for _ in 0..50 {
        meters.charge(&plan, 1, told(0)).unwrap();
    }
    assert_eq!(retry(meters.charge(&plan, 1, told(0))), 200);
    assert_eq!(retry(meters.charge(&plan, 1, told(199))), 1);
    assert!(meters.charge(&plan, 1, told(200)).is_ok());
    assert_eq!(retry(meters.charge(&plan, 1, told(200))), 200);
}

#[test]
fn all_windows_admit_or_none_is_charged() {
    let meters = One::new();
    let plan = [window(10, MINUTE, 10), window(2, 60 * MINUTE, 2)];
    meters.charge(&plan, 1, told(0)).unwrap();
    meters.charge(&plan, 1, told(0)).unwrap();
    for _ in 0..100 {
        assert_eq!(retry(meters.charge(&plan, 1, told(1))), 3_599_999);
    }
    let minute_alone = [plan[0]];
    let rate = meters.charge(&minute_alone, 1, told(2)).unwrap().unwrap();
    assert_eq!(rate.remaining, 7, "the refusals took something from the minute");
}

#[test]
fn looking_charges_nothing() {
    let meters = One::new();
    let plan = [window(1, MINUTE, 1)];
    for _ in 0..10 {
        assert!(meters.peek(&plan, 1, told(0)).is_ok());
    }
    meters.charge(&plan, 1, told(0)).unwrap();
    assert!(meters.peek(&plan, 1, told(0)).is_err());
}

/// P-18: a window that slid with the last request, or that counted twice, refused clients
/// that kept to their rate.
#[test]
fn p18_a_steady_rate_at_the_limit_is_never_refused_over_a_week() {
    for (limit, period_ms, burst) in
        [(60, MINUTE, 10), (7, MINUTE, 1), (1_000, 60 * MINUTE, 1_000), (300, MINUTE, 50)]
    {
        let meters = One::new();
        let plan = [window(limit, period_ms, burst)];
        let step = period_ms.div_ceil(u64::from(limit));
        let week = 7 * 24 * 60 * MINUTE;
        let mut now = 0;
        while now < week {
            let answer = meters.charge(&plan, 1, told(i64::try_from(now).unwrap()));
            assert!(answer.is_ok(), "{limit} per {period_ms}: refused at {now}");
            now += step;
        }
    }
}

#[test]
fn a_clock_that_steps_back_admits_nothing_more() {
    let meters = Told::new();
    let plan = [window(5, MINUTE, 5)];
    for _ in 0..5 {
        meters.charge(&plan, 1, told(1_000_000)).unwrap();
    }
    for back in [999_999, 500_000, 0] {
        assert!(meters.charge(&plan, 1, told(back)).is_err(), "admitted at {back}");
    }
}

/// A thread reads the time, another reads a later one and charges by it, and then the first comes:
/// its time became that of the bucket, which was credited with what is between once more when the
/// third came; and the window began earlier, and so ended before its period was over.
#[test]
fn a_charge_that_comes_after_a_later_one_is_as_of_that_and_gives_nothing_back() {
    let plan = [window(300, MINUTE, 50)];
    let (told_ones, ones) = (Told::new(), One::new());
    let charges: [&dyn Fn(i64) -> Answer; 2] =
        [&|ms| told_ones.charge(&plan, 1, told(ms)), &|ms| ones.charge(&plan, 1, told(ms))];
    for charge in charges {
        let admitted = (0..1_000).filter(|n| charge([10_000, 9_800][n % 2]).is_ok()).count();
        assert_eq!(admitted, 50);
        assert_eq!(retry(charge(10_000)), 200);
        assert_eq!(retry(charge(9_800)), 400);
        let reset = charge(10_200).unwrap().unwrap().reset;
        assert_eq!(reset, at(70_000), "the window has its period from its first charge on");
    }
}

#[test]
fn a_late_charge_waits_until_the_bucket_and_the_window_admit_it() {
    let plans = [[window(300, MINUTE, 50)], [window(5, MINUTE, 5)], [window(60, MINUTE, 1)]];
    for plan in plans {
        for back in [0, 1, 199, 59_999] {
            let meters = Told::new();
            while meters.charge(&plan, 1, told(0)).is_ok() {}
            let wait = i64::try_from(retry(meters.charge(&plan, 1, told(-back)))).unwrap();
            assert!(meters.peek(&plan, 1, told(wait - back - 1)).is_err(), "{back} {plan:?}");
            assert!(meters.peek(&plan, 1, told(wait - back)).is_ok(), "{back} {plan:?}");
        }
    }
}

/// What was charged in full at a time that was named in error refused for ever: each refusal was
/// as of its own time, and changed nothing.
#[test]
fn a_time_that_was_named_in_error_shuts_nobody_out_for_longer_than_two_periods() {
    let minute = i64::try_from(MINUTE).unwrap();
    let plan = [window(5, MINUTE, 5)];
    for ahead in [1, minute / 2, minute - 1, minute, 2 * minute, 1_000_000 * minute] {
        let meters = Told::new();
        meters.charge(&plan, 5, told(ahead)).unwrap();
        let second = |n: i64| meters.charge(&plan, 1, told(n * 1_000));
        let first = (0..=120).find(|&n| second(n).is_ok()).unwrap();
        assert!(first >= 12, "the step itself gave something back: {first}");
        let more = (first..first + 60).filter(|&n| second(n).is_ok()).count();
        assert!((4..=5).contains(&more), "{more}");
    }
}

#[test]
fn times_that_are_named_back_and_forth_admit_what_passed_between_them_and_no_more() {
    let minute = i64::try_from(MINUTE).unwrap();
    let plan = [window(50, MINUTE, 50)];
    let admitted = |back: i64| {
        let meters = Told::new();
        let at = |ms| (0..200).filter(|_| meters.charge(&plan, 1, told(ms)).is_ok()).count();
        let first = at(0);
        assert_eq!(first, 50);
        [(); 10].map(|()| (at(-back), at(0)))
    };
    for back in [1, 1_000, minute / 2, minute - 1] {
        assert_eq!(admitted(back), [(0, 0); 10], "{back}");
    }
    // A period passes each time, and each time the limit is admitted.
    for back in [minute, 2 * minute, 1_000_000 * minute] {
        assert_eq!(admitted(back), [(0, 50); 10], "{back}");
    }
}

#[test]
fn each_window_goes_by_its_own_period_when_a_clock_was_set_back() {
    let second = window(5, 1_000, 5);
    let plan = [second, window(8, 60 * MINUTE, 8)];
    let meters = Told::new();
    let at = |ms| (0..9).filter(|_| meters.charge(&plan, 1, told(ms)).is_ok()).count();
    assert_eq!([at(5_000), at(0), at(5_000), at(0), at(5_000)], [5, 0, 3, 0, 0]);
    let rate = meters.charge(&[second], 1, told(5_000)).unwrap().unwrap();
    assert_eq!(rate.remaining, 4, "the hour refused, and the second was charged");
}

#[test]
fn another_plan_keeps_what_was_charged() {
    let meters = One::new();
    let (small, large) = ([window(60, MINUTE, 10)], [window(300, MINUTE, 50)]);
    for _ in 0..10 {
        meters.charge(&small, 1, told(0)).unwrap();
    }
    let rate = meters.charge(&large, 1, told(0)).unwrap().unwrap();
    assert_eq!(rate.remaining, 289);
    let back = meters.charge(&small, 1, told(0));
    assert_eq!(retry(back), 1_000, "a change of plan and back refilled the bucket");
}

#[test]
fn a_cost_over_the_limit_is_never_admitted_and_no_cost_always_is() {
    let meters = One::new();
    let plan = [window(5, MINUTE, 5)];
    assert_eq!(retry(meters.charge(&plan, 6, told(0))), u64::MAX);
    assert_eq!(retry(meters.charge(&plan, u32::MAX, told(0))), u64::MAX);
    assert!(meters.charge(&plan, 5, told(0)).is_ok());
    assert!(meters.charge(&plan, 0, told(0)).is_ok());
    // More was charged than these let through.
    let less = [window(3, MINUTE, 3)];
    let rate = meters.charge(&less, 0, told(0)).unwrap().unwrap();
    assert_eq!(rate.remaining, 0);
    assert!(meters.charge(&less, 1, told(0)).is_err());
}

#[test]
fn what_joins_a_charge_is_asked_last_and_charged_with_it_or_not_at_all() {
    let meters = One::new();
    let plan = [window(2, MINUTE, 2), window(3, 60 * MINUTE, 3)];
    for windows in [&plan[..1], &plan] {
        let refused = meters.join(windows, 1, told(0), || Err(Reason::Idle));
        assert_eq!(refused, Err(Reason::Idle));
        let rate = meters.peek(windows, 1, told(0)).unwrap().unwrap();
        assert_eq!(rate.remaining, 1, "what the quota refused was charged to a window");
    }
    let asked = std::cell::Cell::new(0);
    let count = || {
        asked.set(asked.get() + 1);
        Ok(())
    };
    let answers = [(); 4].map(|()| meters.join(&plan, 1, told(0), count).is_ok());
    assert_eq!((answers, asked.get()), ([true, true, false, false], 2));
}

#[test]
fn a_cell_that_another_had_is_at_rest_and_its_late_user_changes_nothing() {
    let cells = Cells::new();
    let windows = [window(1, MINUTE, 1)];
    let charge = Charge { windows: &windows, cost: 1, moment: told(0) };
    let alone = || Ok::<(), Reason>(());
    let by = |whose, is_theirs| cells.charge(5, whose, || is_theirs, &charge, alone);
    assert!(by(1, true).unwrap().is_ok());
    assert!(by(2, true).unwrap().is_ok(), "it was charged for what the other had used");
    assert_eq!(by(1, false), None);
    assert!(cells.peek(5, 1, &charge).is_ok() && cells.peek(5, 2, &charge).is_err());
    assert!(by(2, true).unwrap().is_err(), "the late user took its charge away");
}

#[test]
fn many_changes_of_plan_leave_no_more_gauges_than_are_running() {
    let mut meter = meter::Meter::default();
    for second in 1..=1_000_i64 {
        let windows = [window(1, u64::try_from(second).unwrap() * 1000, 1)];
        let moment = told(second * 10_000_000);
        let alone = || Ok::<(), Reason>(());
        meter.charge(&Charge { windows: &windows, cost: 1, moment }, alone).unwrap();
    }
    assert!(meter.running() <= 2, "{} gauges are kept", meter.running());
}

#[test]
fn the_greatest_limits_do_not_overflow() {
    let meters = One::new();
    let plan = [window(1_000_000_000, 366 * 24 * 60 * MINUTE, 1_000_000_000)];
    assert!(meters.charge(&plan, 1_000_000_000, told(0)).is_ok());
    assert!(meters.charge(&plan, 1, Moment::named(Timestamp::LAST)).is_ok());
    assert!(meters.charge(&plan, 1, Moment::named(Timestamp::from_ms(i64::MAX - 1))).is_ok());
}

#[test]
fn the_present_is_measured_by_uptime_and_told_by_the_calendar() {
    let meters = One::new();
    let plan = [window(10, 60 * MINUTE, 10)];
    let hour = 60 * MINUTE;
    let present = |uptime, now| Moment::present(Duration::from_millis(uptime), at(now));
    for _ in 0..9 {
        meters.charge(&plan, 1, present(5_000, 0)).unwrap();
    }
    let back = i64::try_from(2 * hour).unwrap();
    let rate = meters.charge(&plan, 1, present(6_000, -back)).unwrap().unwrap();
    assert_eq!(rate.reset, at(-back).plus(Duration::from_millis(hour - 1_000)));
    let again = meters.charge(&plan, 1, present(7_000, 2_000));
    assert_eq!(retry(again), hour - 2_000, "a step back and forth admitted more");
}
