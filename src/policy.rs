//! The decision: an entry, a request and the time give a grant or a reason.
//!
//! Pure. The order of the steps is part of the contract: it fixes which reason is given when
//! two apply. It is written once, in [`Step::ORDER`]; [`decide`] stops at the first step that
//! refuses, and [`survey`] asks them all.

use crate::entry::{Entry, OwnerEntry, Side};
use crate::realm::{MethodNeed, Rights};
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::verdict::Reason;

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Required {
    /// All of these scopes.
    Scopes(ScopeSet),
    /// More than any key has: no scope of the realm permits the request's method.
    Impossible,
}

impl Required {
    /// What `scopes` and the request's method need together.
    pub(crate) fn both(scopes: ScopeSet, method: MethodNeed) -> Self {
        match method {
            MethodNeed::Nothing => Self::Scopes(scopes),
            MethodNeed::Scope(scope) => Self::Scopes(scopes | scope),
            MethodNeed::Refused => Self::Impossible,
        }
    }
}

/// What is known of a key at the moment of a decision.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub entry: &'a Entry,
    pub side: Option<&'a Side>,
    /// The key's owner; needed if any owner is suspended or the rights are not the key's own.
    pub owner: Option<&'a OwnerEntry>,
    pub rights: Rights,
}

impl Facts<'_> {
    /// What the key may do: its scopes, its owner's direct scopes, or what both have.
    pub(crate) fn scopes(&self) -> ScopeSet {
        let direct = || self.owner.map_or(ScopeSet::empty(), |owner| owner.direct);
        match self.rights {
            Rights::Key => self.entry.scopes,
            Rights::Owner => direct(),
            Rights::Both => self.entry.scopes & direct(),
        }
    }
}

/// One check of a decision, after the token was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Revoked,
    Suspended,
    OwnerSuspended,
    NotYetValid,
    Expired,
    Idle,
    Network,
    Scope,
}

impl Step {
    /// The steps in the order in which they decide.
    pub(crate) const ORDER: [Self; 8] = [
        Self::Revoked,
        Self::Suspended,
        Self::OwnerSuspended,
        Self::NotYetValid,
        Self::Expired,
        Self::Idle,
        Self::Network,
        Self::Scope,
    ];

    /// The step's stable name: that of the reason it gives.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::OwnerSuspended => "owner_suspended",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Idle => "idle",
            Self::Network => "network",
            Self::Scope => "scope",
        }
    }

    #[inline(always)]
    fn refuses(self, facts: &Facts<'_>, required: Required, now: Timestamp) -> Option<Reason> {
        use crate::entry::State;
        let entry = facts.entry;
        match self {
            Self::Revoked => (entry.state == State::Revoked).then_some(Reason::Revoked),
            Self::Suspended => (entry.state == State::Suspended).then_some(Reason::Suspended),
            Self::OwnerSuspended => {
                facts.owner.is_some_and(|o| o.suspended).then_some(Reason::OwnerSuspended)
            }
            Self::NotYetValid => {
                facts.side.is_some_and(|s| now < s.start).then_some(Reason::NotYetValid)
            }
            Self::Expired => {
                let over = entry.end != Timestamp::NEVER && now >= entry.end;
                (over || entry.expired).then_some(Reason::Expired)
            }
            Self::Idle => {
                let over = |s: &Side| s.idle_at != Timestamp::NEVER && now >= s.idle_at;
                let idle = facts.side.is_some_and(|s| s.idle || over(s));
                idle.then_some(Reason::Idle)
            }
            Self::Network => facts.side.is_some_and(|s| s.outside).then_some(Reason::Network),
            Self::Scope => {
                let present = facts.scopes();
                // A key that acts with its owner's rights is of no use while there are none.
                let inherits = !matches!(facts.rights, Rights::Key);
                let none = inherits && facts.owner.is_none_or(|o| o.direct.is_empty());
                let (enough, required) = match required {
                    Required::Scopes(required) => (present.contains(required), required),
                    Required::Impossible => (false, ScopeSet::empty()),
                };
                (none || !enough).then_some(Reason::Scope { required, present })
            }
        }
    }
}

/// What the key may do, or the first reason why it may not.
#[inline(always)]
pub(crate) fn decide(
    facts: &Facts<'_>,
    required: Required,
    now: Timestamp,
) -> Result<ScopeSet, Reason> {
    for step in Step::ORDER {
        if let Some(reason) = step.refuses(facts, required, now) {
            return Err(reason);
        }
    }
    Ok(facts.scopes())
}

/// Every step with the reason it gives, if it refuses.
pub(crate) fn survey(
    facts: &Facts<'_>,
    required: Required,
    now: Timestamp,
) -> [(Step, Option<Reason>); 8] {
    Step::ORDER.map(|step| (step, step.refuses(facts, required, now)))
}

#[cfg(test)]
mod tests;
