//! A key as it should be.

use std::collections::BTreeSet;

use keycask::{KeyId, State};

use super::import::Way;
use super::network::Address;

/// Names of the scopes, by the places in which [`Key::scopes`] has them. Who may write may read.
pub const SCOPES: [&str; 2] = ["read", "write"];

pub struct Key {
    pub id: KeyId,
    pub token: String,
    pub owner: usize,
    pub state: State,
    /// Also its start.
    pub issued: i64,
    pub end: i64,
    /// When its state last changed.
    pub changed: i64,
    pub lineage: KeyId,
    pub predecessor: Option<usize>,
    pub rotated: bool,
    /// Granted, by place in `SCOPES`.
    pub scopes: BTreeSet<usize>,
    /// Refused as expired since the store was opened, or since it was given a later end.
    pub spent: bool,
    pub used: Option<i64>,
    /// For how long it may stay unused, and when that was said.
    pub idle: Option<(i64, i64)>,
    /// Refused as idle since the store was opened, or since it was let stay unused for longer.
    pub idled: bool,
    /// The networks from which alone it may be used, by place in `NETWORKS`.
    pub networks: Option<usize>,
    pub swept: bool,
    /// How its token is found.
    pub way: Way,
}

impl Key {
    /// An active key of a lineage of its own, with nothing special about it.
    pub fn new(id: KeyId, token: String, owner: usize, span: (i64, i64), way: Way) -> Self {
        Self {
            id,
            token,
            owner,
            state: State::Active,
            issued: span.0,
            end: span.1,
            changed: span.0,
            lineage: id,
            predecessor: None,
            rotated: false,
            scopes: BTreeSet::new(),
            spent: false,
            used: None,
            idle: None,
            idled: false,
            networks: None,
            swept: false,
            way,
        }
    }

    /// Whether its token finds nothing any more.
    pub fn is_lost(&self) -> bool {
        self.swept || self.way.is_lost
    }

    pub fn is_revoked(&self) -> bool {
        self.state == State::Revoked
    }

    /// Whether it takes a place under a cap.
    pub fn lives(&self, now: i64) -> bool {
        self.state == State::Active && now < self.end
    }

    pub fn is_in_grace(&self, now: i64) -> bool {
        !self.is_revoked() && self.rotated && now < self.end
    }

    /// When it ceases to be of use.
    pub fn over(&self) -> i64 {
        if self.is_revoked() { self.end.min(self.changed) } else { self.end }
    }

    /// The reason for which a request from `address` that needs `scope` is refused, of a key that
    /// is idle then.
    pub fn refusal(
        &self,
        suspended: bool,
        now: i64,
        idle_at: Option<i64>,
        address: &Address,
        scope: usize,
    ) -> Option<&'static str> {
        let writes = self.scopes.contains(&1);
        match self.state {
            _ if self.is_lost() => Some("unknown"),
            State::Revoked => Some("revoked"),
            State::Suspended => Some("suspended"),
            State::Active if suspended => Some("owner_suspended"),
            State::Active if self.spent || now >= self.end => Some("expired"),
            State::Active if self.idled || idle_at.is_some_and(|at| now >= at) => Some("idle"),
            State::Active if !address.is_in(self.networks) => Some("network"),
            State::Active if self.scopes.contains(&scope) || writes => None,
            State::Active => Some("scope"),
        }
    }

    /// It is revoked, unless it was.
    pub fn revoke(&mut self, now: i64) {
        if !self.is_revoked() {
            (self.state, self.changed) = (State::Revoked, now);
        }
    }
}
