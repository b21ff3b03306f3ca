//! What decides about a token: the part of a key that is kept in memory.
//!
//! An [`Entry`] is the unpacked form of one 64-byte slot. A [`Side`] holds what only some
//! keys have. Neither holds text or secrets.

use std::time::Duration;

use crate::ids::{KindRef, OwnerRef};
use crate::key_id::KeyId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The stored state of a key. Expired is not a state but a fact of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    /// Decides by its window, scopes and limits.
    Active = 0,
    /// Refused until resumed.
    Suspended = 1,
    /// Refused for good.
    Revoked = 2,
}

impl State {
    /// The state stored as `byte`, if there is one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Active),
            1 => Some(Self::Suspended),
            2 => Some(Self::Revoked),
            _ => None,
        }
    }

    /// The byte that stores the state.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The state's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

/// One key as the table in memory has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub key_id: KeyId,
    pub kind: KindRef,
    pub owner: OwnerRef,
    pub state: State,
    /// Set once by the first denial as Expired, so that a clock that steps back never
    /// revives the key.
    pub expired: bool,
    /// Rotated: a successor exists, and this key lives to the end of its grace.
    pub in_grace: bool,
    /// Granted scopes with all that they imply.
    pub scopes: ScopeSet,
    /// Exclusive; [`Timestamp::NEVER`] if the key does not expire.
    pub end: Timestamp,
    pub side: Option<SideRef>,
}

/// Where an entry's [`Side`] stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SideRef(pub u32);

/// What only some keys have: a start in the future, usage that is kept, a meter to charge,
/// networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// Inclusive; [`Timestamp::EPOCH`] if the key was valid at once.
    pub start: Timestamp,
    /// When the key was last granted, if it ever was, as far as usage is kept.
    pub last_used: Option<Timestamp>,
    /// The first key of the lineage, by which rates are kept.
    pub lineage: KeyId,
    /// From when on the key is idle, if it is not used before; [`Timestamp::NEVER`] if it may
    /// stay unused.
    pub idle_at: Timestamp,
    /// Set once by the first denial as Idle, so that a clock that steps back never revives the
    /// key.
    pub idle: bool,
    /// Whether the key has networks, and the address that was asked about is in none of them.
    pub outside: bool,
    /// The lineage's meter: of the side's own number, unless it was rotated.
    pub meter: MeterRef,
    /// Where the credits of its quota are, if it has one.
    pub lease: Option<LeaseRef>,
}

/// How precisely uses are told: one is recorded if the one recorded is at least this much
/// older. So a busy key is written once in that time and all its other verifies only read.
pub(crate) const USE_GRAIN: Duration = Duration::from_secs(60);

/// For how long a key may stay unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    /// Whole milliseconds.
    pub span: Duration,
    /// From when on it counts if no use is later.
    pub since: Timestamp,
}

impl Idle {
    /// From when on a key that was last used at `last_used` is idle. It may have been used for
    /// [`USE_GRAIN`] more, so it never is too early.
    pub(crate) fn at(self, last_used: Option<Timestamp>) -> Timestamp {
        let used = last_used.map(|at| at.plus(USE_GRAIN));
        used.map_or(self.since, |used| used.max(self.since)).plus(self.span)
    }

    /// That by which a key is idle as soon as by this one or by `other`, whenever it was last
    /// used. It may be idle sooner, if the one with the shorter span began later.
    pub(crate) fn shorter(self, other: Self) -> Self {
        let span = self.span.min(other.span);
        let unused = self.at(None).min(other.at(None));
        Self { span, since: unused.minus(span) }
    }
}

/// Which meter of the table in memory counts for a lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MeterRef(pub u32);

/// Where credits stand that were leased to a lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LeaseRef(pub u32);

/// The rights of an owner, as far as they decide about its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerEntry {
    pub suspended: bool,
    /// Scopes that the owner has directly, expanded. A key may inherit these.
    pub direct: ScopeSet,
    /// Number of the owner's plan in its realm's profile.
    pub plan: Option<u8>,
}
