//! Plans: how many active keys an owner has, and how often they may be used.

use std::time::Duration;

use super::kind::{CAP_MAX, Kind};
use super::names;
use super::source::{Field, Section};
use crate::error::{Error, Result};
use crate::quota::Quota;
use crate::span::parse_span;

/// Most plans of a profile. A plan's number fits in a byte.
const PLANS_MAX: usize = 64;

/// Most rate windows of a plan.
pub(crate) const WINDOWS_MAX: usize = 8;

const LIMIT_MAX: u32 = 1_000_000_000;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// What the owners of a plan may have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// Unique in the realm.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// Most active keys, of all kinds together.
    pub active: Option<u32>,
    /// Most active keys of a kind, by the kind's name.
    pub kinds: Vec<(String, u32)>,
    /// The windows, all of which must admit a request; none means no limit. At most 8.
    pub rates: Vec<Window>,
    /// The quota of keys that are issued to an owner of the plan, if none is asked for.
    pub quota: Option<Quota>,
}

/// A rate window: `limit` requests in each period, no more than `burst` of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Window {
    /// Requests in a period, 1 to 1,000,000,000.
    pub limit: u32,
    /// The period in milliseconds: whole seconds, from one second to 366 days.
    pub period_ms: u64,
    /// Size of the bucket that is refilled at `limit` a period: 1 to `limit`.
    pub burst: u32,
}

impl Window {
    /// Reads `300 per 1m` or `300 per 1m, burst 50`. Without a burst it is the limit.
    fn parse(text: &str) -> Result<Self, String> {
        let want = || format!("want a rate such as \"300 per 1m, burst 50\", not {text:?}");
        let (rate, burst) = match text.split_once(',') {
            Some((rate, burst)) => {
                (rate, Some(burst.trim().strip_prefix("burst ").ok_or_else(want)?))
            }
            None => (text, None),
        };
        let (limit, period) = rate.split_once(" per ").ok_or_else(want)?;
        let limit = count(limit.trim(), "limit", LIMIT_MAX)?;
        let burst = burst.map_or(Ok(limit), |burst| count(burst.trim(), "burst", limit))?;
        let period = parse_span(period.trim()).map_err(|error| error.to_string())?;
        if !(SHORTEST..=LONGEST).contains(&period) || period.subsec_nanos() != 0 {
            return Err("the period is whole seconds from 1s to 366d".to_owned());
        }
        let period_ms = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
        Ok(Self { limit, period_ms, burst })
    }
}

fn count(text: &str, what: &str, most: u32) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| format!("the {what} is a whole number from 1 to {most}, not {text:?}"))
}

impl Plan {
    fn read(mut section: Section<'_>, kinds: &[Kind]) -> Result<Self> {
        let name = names::name(&section.required("name")?)?;
        let title = section.field("title").map(|f| names::title(&f)).transpose()?;
        let active = section.field("active").map(|f| f.number(0, CAP_MAX)).transpose()?;
        let mut caps = Vec::new();
        if let Some(table) = section.section("kinds")? {
            for (kind, field) in table.all() {
                if !kinds.iter().any(|known| known.name == kind) {
                    return Err(field.error("the profile has no kind of this name"));
                }
                caps.push((kind.to_owned(), field.number(0, CAP_MAX)?));
            }
        }
        let rates = section.field("rates").map_or(Ok(vec![]), |f| rates(&f))?;
        let quota = section.field("quota").map(|f| quota(&f)).transpose()?;
        section.close()?;
        Ok(Self { name, title, active, kinds: caps, rates, quota })
    }

    /// The plan's cap on active keys of the kind `name`.
    #[must_use]
    pub fn active_of(&self, name: &str) -> Option<u32> {
        self.kinds.iter().find(|(kind, _)| kind == name).map(|(_, cap)| *cap)
    }
}

fn quota(field: &Field<'_>) -> Result<Quota> {
    field.text()?.parse().map_err(|error: Error| field.error(error.message()))
}

fn rates(field: &Field<'_>) -> Result<Vec<Window>> {
    let mut windows: Vec<Window> = Vec::new();
    for item in field.items(WINDOWS_MAX)? {
        let window = Window::parse(item.text()?).map_err(|why| item.error(why))?;
        if windows.iter().any(|other| other.period_ms == window.period_ms) {
            return Err(item.error("two rates have this period; the lower one alone would count"));
        }
        windows.push(window);
    }
    Ok(windows)
}

/// Reads the plans of a profile that has `kinds`.
pub(super) fn read(root: &mut Section<'_>, kinds: &[Kind]) -> Result<Vec<Plan>> {
    let mut plans: Vec<Plan> = Vec::new();
    for section in root.sections("plan", PLANS_MAX)? {
        let twice = section.error("another plan has the same name");
        let plan = Plan::read(section, kinds)?;
        if plans.iter().any(|known| known.name == plan.name) {
            return Err(twice);
        }
        plans.push(plan);
    }
    Ok(plans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(limit: u32, period_ms: u64, burst: u32) -> Result<Window, String> {
        Ok(Window { limit, period_ms, burst })
    }

    #[test]
    fn a_rate_is_a_limit_a_period_and_perhaps_a_burst() {
        assert_eq!(Window::parse("300 per 1m, burst 50"), window(300, 60_000, 50));
        assert_eq!(Window::parse("5000 per 1h"), window(5000, 3_600_000, 5000));
        assert_eq!(Window::parse("1 per 1h 30m,burst 1"), window(1, 5_400_000, 1));
        assert_eq!(
            Window::parse("1000000000 per 366d"),
            window(1_000_000_000, 31_622_400_000, 1_000_000_000)
        );
    }

    #[test]
    fn a_rate_outside_its_limits_is_refused() {
        for (bad, why) in [
            ("", "want a rate"),
            ("300", "want a rate"),
            ("300/1m", "want a rate"),
            ("300 per 1m, 50", "want a rate"),
            ("300 per 1m, burst 50, burst 60", "the burst is"),
            ("0 per 1m", "the limit is a whole number from 1 to 1000000000"),
            ("+1 per 1m", "the limit is"),
            ("-1 per 1m", "the limit is"),
            ("1000000001 per 1m", "the limit is"),
            ("300 per 1m, burst 0", "the burst is"),
            ("300 per 1m, burst 301", "the burst is a whole number from 1 to 300"),
            ("300 per 999ms", "the period is"),
            ("300 per 1500ms", "the period is"),
            ("300 per 367d", "the period is"),
            ("300 per minute", "span"),
            ("300 per ", "span"),
        ] {
            let told = Window::parse(bad).unwrap_err();
            assert!(told.starts_with(why), "{bad:?}: {told}");
        }
    }
}
