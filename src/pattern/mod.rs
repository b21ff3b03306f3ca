//! Patterns in the use of a key, or of an owner's keys, that somebody should look at.
//!
//! Two halves. [`Watch`] stands in the way of verifies: fixed memory, no lock, and a note only of
//! what may be a pattern. [`Book`] makes findings of these notes when somebody asks. Neither has a
//! part in any decision, and neither outlives the process.

mod book;
mod network;
mod seen;

use std::net::IpAddr;
use std::time::Duration;

use crate::decision::{Note, Ring};
use crate::ids::{OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::mark::Mark;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::verdict::{Denial, Grant, Reason, Refusal};

use network::Near;
use seen::Seen;

pub(crate) use book::{Book, Found};

/// Something in the use of a key that somebody should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Pattern {
    /// A key that is used from other networks was granted from one that it was not used from
    /// before.
    NewNetwork = 1,
    /// A key was granted after it had not been used for long.
    LongIdle = 2,
    /// A key that was rotated is still in use shortly before its grace ends.
    LateInGrace = 3,
    /// A key was denied for scopes that it lacks, several times.
    ScopeDenials = 4,
}

impl Pattern {
    const ALL: [Self; 4] =
        [Self::NewNetwork, Self::LongIdle, Self::LateInGrace, Self::ScopeDenials];

    /// The pattern's stable name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewNetwork => "new_network",
            Self::LongIdle => "long_idle",
            Self::LateInGrace => "late_in_grace",
            Self::ScopeDenials => "scope_denials",
        }
    }

    fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|pattern| *pattern as u8 == number)
    }
}

/// From where on something is a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patterns {
    idle: Duration,
    late: Duration,
    denials: u32,
    within: Duration,
}

const HOUR: Duration = Duration::from_secs(3_600);

impl Default for Patterns {
    fn default() -> Self {
        Self::new()
    }
}

impl Patterns {
    /// A use after 30 days without one; a use in the last 6 hours of a grace; 5 denials for scopes
    /// within an hour.
    #[must_use]
    pub const fn new() -> Self {
        let idle = Duration::from_secs(30 * 24 * 3_600);
        Self { idle, late: Duration::from_secs(6 * 3_600), denials: 5, within: HOUR }
    }

    /// A use after so long without one. Last use is kept where the profile keeps usage, and so is
    /// this.
    #[must_use]
    pub const fn idle(mut self, span: Duration) -> Self {
        self.idle = span;
        self
    }

    /// A use when so little of the grace is left.
    #[must_use]
    pub const fn late(mut self, span: Duration) -> Self {
        self.late = span;
        self
    }

    /// So many denials for scopes within so long. A count of 0 is one of 1.
    #[must_use]
    pub const fn scope_denials(mut self, count: u32, within: Duration) -> Self {
        (self.denials, self.within) = (count, within);
        self
    }
}

/// What was found about one key, or about several keys of one owner taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub pattern: Pattern,
    /// The key; none if it is about its owner, whose keys are counted as if they were one.
    pub key: Option<KeyId>,
    /// The realm that decided.
    pub realm: RealmRef,
    /// The realm's name, as far as the key is still there.
    pub realm_name: Option<String>,
    /// The application's own id of the owner, likewise.
    pub owner: Option<String>,
    /// When it was first found.
    pub first: Timestamp,
    /// When it was last found.
    pub last: Timestamp,
    /// How often, since `first`: new networks, or decisions.
    pub count: u64,
    /// The network that it was last found from: /24 of IPv4, /48 of IPv6.
    pub network: Option<String>,
    /// All scopes that were missing in what was denied.
    pub missing: ScopeSet,
}

/// Whom a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Key(KeyId),
    Owner(OwnerRef),
}

/// What watches verifies.
pub(crate) struct Watch {
    patterns: Patterns,
    seen: Seen,
    ring: Ring,
}

impl Watch {
    pub(crate) fn new(patterns: Patterns) -> Self {
        Self { patterns, seen: Seen::new(), ring: Ring::new() }
    }

    pub(crate) fn ring(&self) -> &Ring {
        &self.ring
    }

    pub(crate) fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// Looks at a decision of now.
    pub(crate) fn look(
        &self,
        verdict: Result<&Grant, &Refusal>,
        realm: RealmRef,
        now: Timestamp,
        address: Option<IpAddr>,
    ) {
        let note = |pattern: Pattern| {
            self.ring.put(&Note::new(verdict, realm, now, address).with(pattern as u8));
        };
        match verdict {
            Ok(grant) => {
                let key = grant.key_id.bits();
                if let Some(near) = address.map(Near::of)
                    && self.seen.is_new(key, near.bits())
                {
                    note(Pattern::NewNetwork);
                }
                if grant.in_grace
                    && grant.end.since(now) <= self.patterns.late
                    && self.seen.is_new(key, u64::MAX)
                {
                    note(Pattern::LateInGrace);
                }
            }
            Err(Refusal::Denied(Denial { reason: Reason::Scope { .. }, key: Some(_) })) => {
                note(Pattern::ScopeDenials);
            }
            Err(_) => {}
        }
    }

    /// Looks at a use of a key, of whose last use before `mark` made that it was at `last`.
    pub(crate) fn look_back(&self, grant: &Grant, last: Timestamp, now: Timestamp, mark: &Mark) {
        let idle = self.patterns.idle;
        // The clock costs less to ask, and never says less than the mark.
        if now.since(last) >= idle && mark.since(last, now) >= idle {
            let note = Note::new(Ok(grant), grant.realm, now, None);
            self.ring.put(&note.with(Pattern::LongIdle as u8));
        }
    }
}
