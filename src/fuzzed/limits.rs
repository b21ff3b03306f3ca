//! What holds of every run of charges, and of every refill, beside sums that are slow and exact.
//!
//! An input is lines. `window LIMIT SECONDS BURST` adds a window, at most four; `charge MS COST`
//! lets time pass and charges all windows; `refill MS QUOTA` asks when a quota that was given then
//! is refilled.

use crate::limit::{Cells, Charge, Moment};
use crate::quota::{Balance, Quota};
use crate::realm::Window;
use crate::time::Timestamp;
use crate::verdict::Reason;

/// No more lines are read from an input.
const LINES_MAX: usize = 64;
const WINDOWS_MAX: usize = 4;
const LIMIT_MAX: u32 = 1_000_000_000;
const LONGEST_S: u64 = 366 * 86_400;

/// What is asked: to charge, or how many milliseconds to wait; when a quota is refilled first that
/// was given at a time.
#[derive(Clone, Copy)]
struct Engine {
    charge: fn(&Cells, &Charge<'_>) -> Result<(), u64>,
    refill: fn(&Quota, Timestamp) -> Timestamp,
}

/// keycask itself.
const ENGINE: Engine = Engine {
    charge: |cells, charge| {
        let charged = cells.charge(0, 7, || true, charge, || Ok::<(), Reason>(())).unwrap();
        charged.map(drop).map_err(|reason| match reason {
            Reason::RateLimited { retry_ms, .. } => retry_ms,
            other => panic!("refused as {other:?}"),
        })
    },
    refill: |quota, at| Balance::new(quota, at).due,
};

/// Panics if a charge or a refill is not as it should be.
pub fn check(input: &[u8]) {
    check_with(input, ENGINE);
}

fn check_with(input: &[u8], engine: Engine) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (mut windows, cells): (Vec<Window>, _) = (Vec::new(), Cells::new());
    // What was let in: when, and at which cost.
    let (mut charged, mut now): (Vec<(u64, u32)>, _) = (Vec::new(), 0_u64);
    for line in input.lines().take(LINES_MAX) {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["window", limit, seconds, burst] if charged.is_empty() => {
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
            ["charge", ms, cost] => {
                let (Ok(ms), Ok(cost)) = (ms.parse::<u32>(), cost.parse()) else { continue };
                now += u64::from(ms);
                let moment = Moment::named(Timestamp::from_ms(i64::try_from(now).unwrap()));
                let said = (engine.charge)(&cells, &Charge { windows: &windows, cost, moment });
                let wait = windows.iter().map(|window| wait(window, &charged, now, cost)).max();
                match wait.unwrap_or(0) {
                    0 => {
                        assert_eq!(said, Ok(()), "{line:?}");
                        charged.push((now, cost));
                    }
                    wait => assert_eq!(said, Err(wait), "{line:?}"),
                }
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

/// How many milliseconds from `now` on a window does not let `cost` in; `u64::MAX` if it never
/// does. All that was let in is looked at anew.
fn wait(window: &Window, charged: &[(u64, u32)], now: u64, cost: u32) -> u64 {
    let (limit, period) = (u128::from(window.limit), u128::from(window.period_ms));
    let full = u128::from(window.burst) * period;
    // The window that runs: from its first charge for a period. And what the bucket lacks, in
    // parts of a permit, of which it gains `limit` a millisecond.
    let (mut start, mut sum, mut lacks, mut at) = (None::<u64>, 0_u64, 0_u128, 0_u64);
    for (then, cost) in charged.iter().copied().filter(|(_, cost)| *cost > 0) {
        if start.is_none_or(|start| then - start >= window.period_ms) {
            (start, sum) = (Some(then), 0);
        }
        sum += u64::from(cost);
        lacks = lacks.saturating_sub(u128::from(then - at) * limit) + u128::from(cost) * period;
        at = then;
    }
    if cost == 0 {
        return 0;
    }
    if cost > window.burst {
        return u64::MAX;
    }
    let end = start.map_or(0, |start| start + window.period_ms);
    let of_window = match now < end && sum + u64::from(cost) > u64::from(window.limit) {
        true => end - now,
        false => 0,
    };
    let lacks = lacks.saturating_sub(u128::from(now - at) * limit) + u128::from(cost) * period;
    let of_bucket = lacks.saturating_sub(full).div_ceil(limit);
    of_window.max(u64::try_from(of_bucket).unwrap())
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

    #[test]
    fn the_charges_and_refills_of_the_corpus_are_as_exact_sums_say() {
        of("limits").iter().for_each(|input| check(input));
    }

    #[test]
    fn a_planted_meter_and_calendar_are_caught() {
        let lets_one_more_in = Engine {
            charge: |cells, charge| {
                let less = charge.cost.saturating_sub(1);
                (ENGINE.charge)(cells, &Charge { cost: less, ..*charge })
            },
            ..ENGINE
        };
        let rounds_up = Engine {
            charge: |cells, charge| {
                (ENGINE.charge)(cells, charge).map_err(|wait| wait.saturating_add(1))
            },
            ..ENGINE
        };
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
        assert!(is_caught("limits", |input| check_with(input, has_no_leap_days)));
    }
}
