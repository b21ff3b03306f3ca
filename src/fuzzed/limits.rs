//! What holds of every run of charges, and of every refill, beside sums that are slow and exact.
//!
//! An input is lines. `window LIMIT SECONDS BURST` adds a window, at most four; `uptime` has times
//! be those of uptime, and not ones that callers name; `charge MS COST` lets time pass, or go back,
//! and charges all windows; `refill MS QUOTA` asks when a quota that was given then is refilled.

use crate::ids::OwnerRef;
use crate::limit::{Cells, Charge, Metered, Moment, Named};
use crate::quota::{Balance, Quota};
use crate::realm::Window;
use crate::time::Timestamp;
use crate::verdict::Reason;

/// No more lines are read from an input.
const LINES_MAX: usize = 64;
const WINDOWS_MAX: usize = 4;
const LIMIT_MAX: u32 = 1_000_000_000;
const LONGEST_S: u64 = 366 * 86_400;
/// Milliseconds that time passes or goes back at once.
const STEP_MAX: u64 = 1 << 32;
/// When time begins, so that it is none before the epoch that can be named.
const BEGIN: i64 = 1 << 41;

/// On which scale times are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// They may be in error: one that is a period or more before another shows that the other was.
    Named,
    /// It never steps: a time that is before another was only read earlier.
    Uptime,
}

/// Meters of one thing: charges all windows, or says how many milliseconds to wait.
type Meter = Box<dyn FnMut(&Charge<'_>) -> Result<(), u64>>;

/// What is asked: to charge what was charged nothing yet, on a scale; when a quota is refilled
/// first that was given at a time.
#[derive(Clone, Copy)]
struct Engine {
    meter: fn(Scale) -> Meter,
    refill: fn(&Quota, Timestamp) -> Timestamp,
}

/// keycask itself.
const ENGINE: Engine = Engine {
    meter: |scale| {
        let (cells, named) = (Cells::new(), Named::new());
        Box::new(move |charge| {
            let join = || Ok::<(), Reason>(());
            let charged = match scale {
                Scale::Named => named.charge(Metered::Owner(OwnerRef::new(0)), charge, join),
                Scale::Uptime => cells.charge(0, 7, || true, charge, join).unwrap(),
            };
            charged.map(drop).map_err(|reason| match reason {
                Reason::RateLimited { retry_ms, .. } => retry_ms,
                other => panic!("refused as {other:?}"),
            })
        })
    },
    refill: |quota, at| Balance::new(quota, at).due,
};

/// A charge that was asked for: when, at which cost, and whether it was let in.
#[derive(Clone, Copy)]
struct Asked {
    at: i64,
    cost: u32,
    is_in: bool,
}

/// Panics if a charge or a refill is not as it should be.
pub fn check(input: &[u8]) {
    check_with(input, ENGINE);
}

/// The same of a meter that lets everything in.
#[cfg(fuzzing)]
pub fn check_wrong(input: &[u8]) {
    check_with(input, Engine { meter: |_| Box::new(|_| Ok(())), ..ENGINE });
}

fn check_with(input: &[u8], engine: Engine) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (mut windows, mut scale): (Vec<Window>, _) = (Vec::new(), Scale::Named);
    let (mut meter, mut asked, mut now): (Option<Meter>, Vec<Asked>, _) = (None, Vec::new(), BEGIN);
    for line in input.lines().take(LINES_MAX) {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["window", limit, seconds, burst] if asked.is_empty() => {
                let (Ok(limit), Ok(seconds), Ok(burst)) =
                    (limit.parse(), seconds.parse(), burst.parse())
                else {
                    continue;
                };
                let is_one = (1..=LIMIT_MAX).contains(&limit)
                    && (1..=limit).contains(&burst)
                    && (1..=LONGEST_S).contains(&seconds);
                let period_ms = seconds.saturating_mul(1_000);
                let is_new = windows.iter().all(|window| window.period_ms != period_ms);
                if is_one && is_new && windows.len() < WINDOWS_MAX {
                    windows.push(Window { limit, period_ms, burst });
                }
            }
            ["uptime"] if asked.is_empty() => scale = Scale::Uptime,
            ["charge", ms, cost] => {
                let (Ok(ms), Ok(cost)) = (ms.parse::<i64>(), cost.parse()) else { continue };
                if ms.unsigned_abs() >= STEP_MAX {
                    continue;
                }
                now += ms;
                let moment = Moment::named(Timestamp::from_ms(now));
                let meter = meter.get_or_insert_with(|| (engine.meter)(scale));
                let said = meter(&Charge { windows: &windows, cost, moment });
                let wait = windows.iter().map(|window| wait(window, scale, &asked, now, cost));
                let wait = wait.max().unwrap_or(0);
                assert_eq!(said, if wait == 0 { Ok(()) } else { Err(wait) }, "{line:?}");
                asked.push(Asked { at: now, cost, is_in: wait == 0 });
            }
            ["refill", ms, ..] => {
                let quota: Option<Quota> =
                    line.splitn(3, ' ').nth(2).and_then(|text| text.parse().ok());
                let at = ms.parse().map(Timestamp::from_ms).ok();
                let known = Timestamp::EPOCH..=Timestamp::LAST;
                let (Some(quota), Some(at)) = (quota, at.filter(|at| known.contains(at))) else {
                    continue;
                };
                assert_eq!((engine.refill)(&quota, at), refill(&quota, at), "{line:?}");
            }
            _ => {}
        }
    }
}

/// A window's own time, which only passes: as far as a charge was let in later than all before.
#[derive(Default)]
struct Own {
    now: u64,
    /// What of the times that are told is its present; none while no time could change anything.
    latest: Option<i64>,
    /// What was let in: when, and at which cost.
    charged: Vec<(u64, u32)>,
}

impl Own {
    /// Goes by a time that is told: takes it for the present if the scale was set back, and else
    /// says how far ahead of the present it is, or how far behind.
    fn told(&mut self, window: &Window, scale: Scale, at: i64) -> (u64, u64) {
        let ahead = |from: i64, to: i64| u64::try_from(to - from).unwrap_or(0);
        let Some(latest) = self.latest else { return (0, 0) };
        if scale == Scale::Named && ahead(at, latest) >= window.period_ms {
            self.latest = Some(at);
            return (0, 0);
        }
        (ahead(latest, at), ahead(at, latest))
    }

    fn let_in(&mut self, window: &Window, ahead: u64, at: i64, cost: u32) {
        self.now += ahead;
        self.charged.push((self.now, cost));
        let (_, sum, lacks) = self.used(window, self.now);
        let latest = self.latest.map_or(at, |latest| latest.max(at));
        self.latest = (sum > 0 || lacks > 0).then_some(latest);
    }

    /// Of the window that runs at `now`, from its first charge for a period: when it ends, and what
    /// it let in. And what the bucket lacks, in parts of a permit, of which it gains `limit` a
    /// millisecond.
    fn used(&self, window: &Window, now: u64) -> (u64, u64, u128) {
        let (limit, period) = (u128::from(window.limit), u128::from(window.period_ms));
        let (mut start, mut sum, mut lacks, mut at) = (None::<u64>, 0_u64, 0_u128, 0_u64);
        for (then, cost) in self.charged.iter().copied().filter(|(_, cost)| *cost > 0) {
            if start.is_none_or(|start| then - start >= window.period_ms) {
                (start, sum) = (Some(then), 0);
            }
            sum += u64::from(cost);
            lacks = lacks.saturating_sub(u128::from(then - at) * limit) + u128::from(cost) * period;
            at = then;
        }
        let end = start.map_or(0, |start| start + window.period_ms);
        let lacks = lacks.saturating_sub(u128::from(now - at) * limit);
        (end, if now < end { sum } else { 0 }, lacks)
    }
}

/// How many milliseconds from `now` on a window does not let `cost` in; `u64::MAX` if it never
/// does. All that was asked is looked at anew.
fn wait(window: &Window, scale: Scale, asked: &[Asked], now: i64, cost: u32) -> u64 {
    let mut own = Own::default();
    for asked in asked {
        let (ahead, _) = own.told(window, scale, asked.at);
        if asked.is_in {
            own.let_in(window, ahead, asked.at, asked.cost);
        }
    }
    if cost == 0 {
        return 0;
    }
    if cost > window.burst {
        return u64::MAX;
    }
    let (ahead, behind) = own.told(window, scale, now);
    let now = own.now + ahead;
    let (end, sum, lacks) = own.used(window, now);
    let of_window = if sum + u64::from(cost) > u64::from(window.limit) { end - now } else { 0 };
    let period = u128::from(window.period_ms);
    let over =
        (lacks + u128::from(cost) * period).saturating_sub(u128::from(window.burst) * period);
    let of_bucket = u64::try_from(over.div_ceil(u128::from(window.limit))).unwrap();
    match of_window.max(of_bucket) {
        0 => 0,
        wait => wait + behind,
    }
}

/// When a quota that was given at `at` is refilled: days are counted one by one.
fn refill(quota: &Quota, at: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000;
    use crate::quota::Refill;
    match quota.refill() {
        Refill::Never => Timestamp::NEVER,
        Refill::Every(span) => at.plus(span),
        Refill::Daily => Timestamp::from_ms((at.as_ms() / DAY + 1) * DAY),
        Refill::Monthly(wanted) => {
            let (mut year, mut month, mut begin) = (1970_i64, 1_usize, 0_i64);
            loop {
                let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
                let february = if leaps { 29 } else { 28 };
                let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
                let due = (begin + i64::from(wanted).min(days) - 1) * DAY;
                if due > at.as_ms() {
                    return Timestamp::from_ms(due);
                }
                begin += days;
                (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::corpus::{is_caught, of};
    use super::*;
    use crate::limit::tests::hasty::Hasty;

    #[test]
    fn the_charges_and_refills_of_the_corpus_are_as_exact_sums_say() {
        of("limits").iter().for_each(|input| check(input));
    }

    #[test]
    fn a_planted_meter_and_calendar_are_caught() {
        let lets_one_more_in = Engine {
            meter: |scale| {
                let mut meter = (ENGINE.meter)(scale);
                Box::new(move |charge| {
                    meter(&Charge { cost: charge.cost.saturating_sub(1), ..*charge })
                })
            },
            ..ENGINE
        };
        let rounds_up = Engine {
            meter: |scale| {
                let mut meter = (ENGINE.meter)(scale);
                Box::new(move |charge| meter(charge).map_err(|wait| wait.saturating_add(1)))
            },
            ..ENGINE
        };
        let never_sets_back = Engine { meter: |_| (ENGINE.meter)(Scale::Uptime), ..ENGINE };
        let sets_uptime_back = Engine { meter: |_| (ENGINE.meter)(Scale::Named), ..ENGINE };
        let has_no_leap_days = Engine {
            refill: |quota: &Quota, at: Timestamp| {
                let due = (ENGINE.refill)(quota, at);
                let is_leap_day = due.to_string().contains("-02-29T");
                if is_leap_day { Timestamp::from_ms(due.as_ms() - 86_400_000) } else { due }
            },
            ..ENGINE
        };
        assert!(is_caught("limits", |input| check_with(input, lets_one_more_in)));
        assert!(is_caught("limits", |input| check_with(input, rounds_up)));
        assert!(is_caught("limits", |input| check_with(input, never_sets_back)));
        assert!(is_caught("limits", |input| check_with(input, sets_uptime_back)));
        assert!(is_caught("limits", |input| check_with(input, has_no_leap_days)));
    }
    /// By inputs in which time goes back, and by no others: but for that it is right.
    #[test]
    fn a_planted_meter_that_takes_each_time_for_the_present_is_caught() {
        let takes_each_for_the_present = Engine {
            meter: |_| {
                let mut meter = Hasty::default();
                Box::new(move |charge| meter.charge(charge))
            },
            ..ENGINE
        };
        let check = |input: &[u8]| check_with(input, takes_each_for_the_present);
        let goes_back = |input: &Vec<u8>| input.windows(8).any(|part| part == b"charge -");
        of("limits").iter().filter(|input| !goes_back(input)).for_each(|input| check(input));
        assert!(is_caught("limits", check));
    }
}
