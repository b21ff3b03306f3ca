use super::*;
use crate::verdict::{Rate, Reason};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

const KEY: u64 = 7;
const MINUTE: u64 = 60_000;

/// The cell of one lineage.
struct One(Cells);

impl One {
    fn new() -> Self {
        Self(Cells::new())
    }

    fn charge(
        &self,
        windows: &[Window],
        cost: u32,
        moment: Moment,
    ) -> Result<Option<Rate>, Reason> {
        self.join(windows, cost, moment, || Ok(()))
    }

    fn join(
        &self,
        windows: &[Window],
        cost: u32,
        moment: Moment,
        join: impl FnOnce() -> Result<(), Reason>,
    ) -> Result<Option<Rate>, Reason> {
        let charge = Charge { windows, cost, moment };
        self.0.charge(0, KEY, || true, &charge, join).unwrap()
    }

    fn peek(&self, windows: &[Window], cost: u32, moment: Moment) -> Result<Option<Rate>, Reason> {
        self.0.peek(0, KEY, &Charge { windows, cost, moment })
    }
}

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

/// Threads that charge at once, and how often each does at a moment.
const THREADS: u32 = if cfg!(miri) { 4 } else { 64 };
const TRIES: u32 = if cfg!(miri) { 20 } else { 80 };

/// How many charges are admitted at each of `moments`, in their order.
fn admitted(
    moments: impl IntoIterator<Item = Moment>,
    charge: impl Fn(Moment) -> bool + Sync,
) -> Vec<u32> {
    let (admitted, turn) = (AtomicU32::new(0), Barrier::new(THREADS as usize));
    let at = |moment| {
        admitted.store(0, Ordering::Relaxed);
        std::thread::scope(|threads| {
            for _ in 0..THREADS {
                threads.spawn(|| {
                    turn.wait();
                    let count = (0..TRIES).filter(|_| charge(moment)).count();
                    admitted.fetch_add(u32::try_from(count).unwrap(), Ordering::Relaxed);
                });
            }
        });
        admitted.load(Ordering::Relaxed)
    };
    moments.into_iter().map(at).collect()
}

const LIMIT: u32 = if cfg!(miri) { 50 } else { 1_000 };

/// The beginning of one window and of the next, in between, and steps back.
fn moments() -> [Moment; 6] {
    let minute = i64::try_from(MINUTE).unwrap();
    [0, minute - 1, minute, minute / 2, -minute, 3 * minute].map(told)
}

/// P-16, C10: a read and a write that were two steps admitted more than the limit.
#[test]
fn p16_many_threads_are_admitted_exactly_as_often_as_the_limit_says() {
    let few = if cfg!(miri) { 1 } else { 30_000 };
    let charges: u32 = std::env::var("KEYCASK_CHARGES").map_or(few, |n| n.parse().unwrap());
    let plan = [window(LIMIT, MINUTE, LIMIT)];
    let a_round = THREADS * TRIES * 6;
    let rounds = charges.div_ceil(a_round);
    for _ in 0..rounds {
        let meters = One::new();
        let charge = |moment| meters.charge(&plan, 1, moment).is_ok();
        let admitted = admitted(moments(), charge);
        assert_eq!(admitted, [LIMIT, 0, LIMIT, 0, 0, LIMIT]);
    }
    println!("charges: {}", rounds * a_round);
}

#[test]
fn a_limit_that_is_read_before_it_is_charged_is_found_out() {
    let meters = One::new();
    let plan = [window(LIMIT, MINUTE, LIMIT)];
    let admitted = admitted(moments(), |moment| {
        let room = meters.peek(&plan, 1, moment).is_ok();
        std::thread::yield_now();
        let _ = meters.charge(&plan, 1, moment);
        room
    });
    assert!(admitted[0] > LIMIT, "{admitted:?}");
}

#[test]
fn a_clock_that_steps_back_admits_nothing_more() {
    let meters = One::new();
    let plan = [window(5, MINUTE, 5)];
    for _ in 0..5 {
        meters.charge(&plan, 1, told(1_000_000)).unwrap();
    }
    for back in [999_999, 500_000, 0] {
        assert!(meters.charge(&plan, 1, told(back)).is_err(), "admitted at {back}");
    }
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
