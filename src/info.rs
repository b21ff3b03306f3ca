//! What may be shown of keys, owners and the store: never a token, never a digest.

use std::time::Duration;

use crate::digest::Scheme;
use crate::entry::State;
use crate::ids::{KindRef, OwnerRef, RealmRef};
use crate::key_id::KeyId;
use crate::network::Network;
use crate::quota::Quota;
use crate::record::Cause;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token::Token;

/// The quota of a key, and its credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyQuota {
    /// How many credits it has, and when they are refilled.
    pub quota: Quota,
    /// Credits that are left. A store that is opened read-only does not see those that the
    /// process which writes has [taken](crate::Options::lease_max) to hand out.
    pub remaining: u64,
    /// When they are refilled; [`Timestamp::NEVER`] if they are not.
    pub reset: Timestamp,
}

/// A key as it may be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The key's public name.
    pub key_id: KeyId,
    /// The realm in which it is valid.
    pub realm: RealmRef,
    /// Its kind.
    pub kind: KindRef,
    /// The kind's name in the profile.
    pub kind_name: String,
    /// The environment that the kind is for; empty if the profile names none.
    pub environment: String,
    /// The owner's id in the application.
    pub owner: String,
    /// Active, suspended or revoked.
    pub state: State,
    /// Why it is in that state.
    pub cause: Cause,
    /// Whether its window is over, whatever its state.
    pub expired: bool,
    /// Its name for people.
    pub name: String,
    /// The application's data, byte for byte.
    pub metadata: String,
    /// Names of the scopes that it was granted, in the order in which the realm got them.
    pub scopes: Vec<String>,
    /// When it was issued.
    pub issued: Timestamp,
    /// From when on it is valid.
    pub start: Timestamp,
    /// From when on it is refused; [`Timestamp::NEVER`] if it does not expire.
    pub end: Timestamp,
    /// When its state last changed.
    pub changed: Timestamp,
    /// The reason that was given for the last change of state.
    pub reason: String,
    /// The prefix of its token; empty if another system made that.
    pub prefix: String,
    /// The last four characters of its token; empty if they are not known.
    pub last_four: String,
    /// Whether another system made its token.
    pub imported: bool,
    /// The scheme of the other system's digest that it is found by until it is verified.
    pub scheme: Option<Scheme>,
    /// The first key of its lineage; its own id unless it came from a rotation.
    pub lineage: KeyId,
    /// Its place in the lineage, from 1.
    pub generation: u32,
    /// The key that it replaced.
    pub predecessor: Option<KeyId>,
    /// The key that replaced it.
    pub successor: Option<KeyId>,
    /// Whether it was rotated and lives on only for its grace.
    pub in_grace: bool,
    /// When it was last granted, where the profile keeps usage or the key may not stay unused for
    /// ever. Uses within a minute of the one shown are not told from it.
    pub last_used: Option<Timestamp>,
    /// The networks from which alone it may be used; from anywhere if there are none.
    pub networks: Vec<Network>,
    /// For how long it may stay unused; for ever if there is none.
    pub idle: Option<Duration>,
    /// From when on it is refused as Idle, if it is not used before: as long after its last use,
    /// and up to a minute more. Counted from its start, the last change of its state, or when
    /// the span was given, if that is later.
    pub idle_at: Option<Timestamp>,
    /// The quota that it shares with its lineage, if it has one.
    pub quota: Option<KeyQuota>,
    /// When the profile advises to rotate it.
    pub rotation_due: Option<Timestamp>,
}

impl KeyInfo {
    /// Prefix and last four characters, for people. Several keys may share a hint.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("{}...{}", self.prefix, self.last_four)
    }
}

/// A new key and its token.
#[derive(Debug)]
#[non_exhaustive]
pub struct Issued {
    /// The key.
    pub key: KeyInfo,
    /// The secret. It is given here and, unless the kind can be revealed, never again.
    pub token: Token,
}

/// An owner as it may be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnerInfo {
    /// The owner's number in the store.
    pub owner: OwnerRef,
    /// The realm it belongs to.
    pub realm: RealmRef,
    /// Its id in the application.
    pub id: String,
    /// Its plan; the profile's default plan if it has none of its own.
    pub plan: Option<String>,
    /// Whether all its keys are refused.
    pub suspended: bool,
    /// Names of the scopes that it has itself.
    pub direct: Vec<String>,
    /// Names of the scopes that it has through groups, which no key inherits.
    pub group: Vec<String>,
}

/// The text behind a [`Grant`](crate::Grant).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The key.
    pub key_id: KeyId,
    /// The realm's name.
    pub realm: String,
    /// The owner's id in the application.
    pub owner: String,
    /// The owner's plan.
    pub plan: Option<String>,
    /// The kind's name.
    pub kind: String,
    /// The kind's environment; empty if the profile names none.
    pub environment: String,
    /// The prefix of the key's token.
    pub prefix: String,
    /// Names of the scopes that were granted, implied ones included.
    pub scopes: Vec<String>,
    /// When the key ends.
    pub end: Timestamp,
    /// Whether the key was rotated and lives on only for its grace.
    pub in_grace: bool,
}

/// One check of a decision, as [`Store::explain`](crate::Store::explain) reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The check's stable name: that of the reason it gives.
    pub name: &'static str,
    /// Whether it passed; none if it was not reached, for want of a key to check.
    pub passed: Option<bool>,
    /// What it found, for people.
    pub detail: String,
}

/// Every check of a decision with its verdict.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The checks in the order in which they decide.
    pub checks: Vec<Check>,
    /// The key, if the token is one's.
    pub key: Option<KeyInfo>,
    /// Scopes that the request needs.
    pub required: ScopeSet,
    /// Scopes that the key may use.
    pub present: ScopeSet,
    /// Scopes that are needed and not present.
    pub missing: ScopeSet,
}

impl Explanation {
    /// The name of the first check that refuses; none if the token would be granted.
    #[must_use]
    pub fn refused_by(&self) -> Option<&'static str> {
        self.checks.iter().find(|check| check.passed == Some(false)).map(|check| check.name)
    }
}

/// Figures of an open store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The store's own id, which a copy that was restored does not share.
    pub store_id: [u8; 16],
    /// Number of the last commit.
    pub seq: u64,
    /// Keys in the file, in whatever state.
    pub keys: u64,
    /// Owners in the file.
    pub owners: u64,
    /// Realms in the file.
    pub realms: u64,
    /// Commits that the log has, the last ones.
    pub log_commits: u64,
    /// Entries of the audit trail that were not [taken out](crate::Store::trim_audit).
    pub audit_entries: u64,
    /// Number of the last entry of the audit trail: how many were ever made.
    pub audit_last: u64,
    /// Bytes of the table in memory.
    pub index_bytes: u64,
    /// How many of them are on huge pages, as far as the system tells. A table of millions of
    /// keys decides a third slower without; `madvise` or `always` in
    /// `/sys/kernel/mm/transparent_hugepage/enabled` lets it have them.
    pub index_huge_bytes: u64,
    /// Whether a pepper keys digests and seals. Without one, damage is detected but a forger
    /// who writes the file is not.
    pub peppered: bool,
    /// Whether the store was restored from a backup and takes no changes until that is
    /// [confirmed](crate::Store::confirm_restore).
    pub unconfirmed: bool,
}
