//! What a realm allows over the life of a key.

use std::time::Duration;

use super::plan::Plan;
use super::source::{Field, Section};
use crate::error::Result;
use crate::span::parse_span;

const DAY: u64 = 86_400;

/// The shortest span for which a key may stay unused: uses are told to the minute, and a crash
/// loses those of the last minutes.
pub const IDLE_LEAST: Duration = Duration::from_secs(3600);

/// What the rates of a plan are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Buckets {
    /// Each lineage of keys has its own.
    Lineage,
    /// An owner's keys share them.
    Owner,
}

/// The policy of a realm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The plan of an owner that was given none.
    pub default_plan: Option<String>,
    /// How long a key lives if its issuer does not say; `None` is for ever. Default: as long as
    /// it can.
    pub default_life: Option<Duration>,
    /// How long a key can live at most; `None` is for ever. Default: for ever.
    pub longest_life: Option<Duration>,
    /// How long a rotated key lives on if its rotation does not say. Default: not at all.
    pub default_grace: Duration,
    /// The longest grace that a rotation can ask for. Default: 30 days.
    pub longest_grace: Duration,
    /// The age at which rotation is advised. Advice only.
    pub rotate_after: Option<Duration>,
    /// Whether a key can be suspended. Default: yes.
    pub suspend: bool,
    /// Whether outsiders are told that a key has expired. Default: no.
    pub tell_expired: bool,
    /// What rates are counted by. Default: lineage.
    pub buckets: Buckets,
    /// Whether the time of a key's last use is kept. Default: no.
    pub usage: bool,
    /// How long a key may stay unused, from [`IDLE_LEAST`] on, if it has no span of its own;
    /// `None` is for ever. Default: for ever. The time of a key's last use is kept then.
    pub idle: Option<Duration>,
    /// How long expired and revoked keys stay before a sweep may take them. Default: 90 days.
    pub retain: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            default_plan: None,
            default_life: None,
            longest_life: None,
            default_grace: Duration::ZERO,
            longest_grace: Duration::from_secs(30 * DAY),
            rotate_after: None,
            suspend: true,
            tell_expired: false,
            buckets: Buckets::Lineage,
            usage: false,
            idle: None,
            retain: Duration::from_secs(90 * DAY),
        }
    }
}

impl Policy {
    /// Whether it is kept of all keys when they were last used: usage is, or they have an idle
    /// span.
    #[must_use]
    pub const fn keeps_use(&self) -> bool {
        self.usage || self.idle.is_some()
    }

    /// Reads the policy of a profile that has `plans`.
    pub(super) fn read(root: &mut Section<'_>, plans: &[Plan]) -> Result<Self> {
        let mut policy = Self::default();
        let Some(mut section) = root.section("policy")? else { return Ok(policy) };
        if let Some(field) = section.field("default_plan") {
            let name = field.text()?;
            if !plans.iter().any(|plan| plan.name == name) {
                return Err(field.error(format!("the profile has no plan {name:?}")));
            }
            policy.default_plan = Some(name.to_owned());
        }
        policy.longest_life = section.field("longest_life").map_or(Ok(None), |f| life(&f))?;
        policy.default_life = match section.field("default_life") {
            Some(field) => {
                let life = life(&field)?;
                let capped = policy.longest_life.is_some_and(|most| life.is_none_or(|l| l > most));
                if capped {
                    return Err(field.error("longer than longest_life"));
                }
                life
            }
            // Without a word of its own, the default is as long as is allowed.
            None => policy.longest_life,
        };
        let longest = section.field("longest_grace").map(|f| span(&f)).transpose()?;
        policy.longest_grace = longest.unwrap_or(policy.longest_grace);
        if let Some(field) = section.field("default_grace") {
            policy.default_grace = span(&field)?;
            if policy.default_grace > policy.longest_grace {
                return Err(field.error("longer than longest_grace"));
            }
        }
        policy.rotate_after = section.field("rotate_after").map(|f| some_span(&f)).transpose()?;
        flag(&mut section, "suspend", &mut policy.suspend)?;
        flag(&mut section, "tell_expired", &mut policy.tell_expired)?;
        flag(&mut section, "usage", &mut policy.usage)?;
        if let Some(field) = section.field("buckets") {
            policy.buckets = match field.text()? {
                "lineage" => Buckets::Lineage,
                "owner" => Buckets::Owner,
                other => return Err(field.error(format!("want lineage or owner, not {other:?}"))),
            };
        }
        policy.idle = section.field("idle").map_or(Ok(None), |f| idle(&f))?;
        if let Some(field) = section.field("retain") {
            policy.retain = span(&field)?;
        }
        section.close()?;
        Ok(policy)
    }
}

fn flag(section: &mut Section<'_>, name: &'static str, value: &mut bool) -> Result<()> {
    if let Some(field) = section.field(name) {
        *value = field.flag()?;
    }
    Ok(())
}

fn span(field: &Field<'_>) -> Result<Duration> {
    let span = parse_span(field.text()?).map_err(|error| field.error(error.message()))?;
    if span.subsec_nanos() % 1_000_000 != 0 {
        return Err(field.error("finer than a millisecond"));
    }
    Ok(span)
}

fn some_span(field: &Field<'_>) -> Result<Duration> {
    match span(field)? {
        Duration::ZERO => Err(field.error("want more than nothing")),
        span => Ok(span),
    }
}

fn life(field: &Field<'_>) -> Result<Option<Duration>> {
    if field.text()? == "never" { Ok(None) } else { some_span(field).map(Some) }
}

fn idle(field: &Field<'_>) -> Result<Option<Duration>> {
    match life(field)? {
        Some(span) if span < IDLE_LEAST => Err(field.error("less than 1h")),
        span => Ok(span),
    }
}
