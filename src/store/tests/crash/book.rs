//! A plain model of a store: what was acknowledged, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use super::journey::{Done, Journey, Wanted};
use crate::entry::State;
use crate::key_id::KeyId;
use crate::time::Timestamp;

pub(super) const SCOPES: [&str; 2] = ["read", "write"];
/// `live` acts by its own scopes, `shown` too and can be revealed, `robot` by its owner's.
pub(super) const KINDS: [&str; 3] = ["live", "shown", "robot"];
const SHOWN: usize = 1;
const ROBOT: usize = 2;
/// How long what is over is kept, in milliseconds.
const RETAIN: i64 = 3_600_000;

/// Profiles of one realm: as it is, one in which who may write may read, and one that
/// reveals nothing.
pub(super) fn profile(number: usize) -> String {
    let (implies, reveal) = (
        if number == 1 { "implies = [\"read\"]" } else { "" },
        if number == 2 { "" } else { "reveal = true" },
    );
    format!(
        r#"
realm = "acme"
[[kind]]
name = "live"
prefix = "acme_live_"
body = 32
[[kind]]
name = "shown"
prefix = "acme_shown_"
body = 32
{reveal}
[[kind]]
name = "robot"
prefix = "acme_robot_"
body = 32
rights = "owner"
[[scope]]
name = "read"
[[scope]]
name = "write"
{implies}
[[plan]]
name = "few"
active = 3
[policy]
usage = true
retain = "1h"
"#
    )
}

pub(super) const PROFILES: usize = 3;

/// A set of scopes by place in [`SCOPES`].
pub(super) type Scopes = [bool; 2];

pub(super) fn names(scopes: Scopes) -> impl Iterator<Item = &'static str> {
    SCOPES.into_iter().zip(scopes).filter_map(|(name, has)| has.then_some(name))
}

/// An owner as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    pub plan: Option<&'static str>,
    pub suspended: bool,
    pub direct: Scopes,
}

/// A key as it should be.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub id: KeyId,
    pub token: String,
    pub kind: usize,
    pub owner: usize,
    pub state: State,
    pub scopes: Scopes,
    pub start: Timestamp,
    pub end: Timestamp,
    pub changed: Timestamp,
    pub name: String,
    pub predecessor: Option<usize>,
    pub successor: Option<KeyId>,
    pub sealed: bool,
    pub swept: bool,
    /// The last use that a flush has acknowledged.
    pub flushed: Option<Timestamp>,
    /// The last use that was noted.
    pub noted: Option<Timestamp>,
}

/// The sealing key of a new store, by number.
pub(super) const SEALING: u8 = 7;

/// A store as it should be.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub profile: Option<usize>,
    pub owners: BTreeMap<usize, Owner>,
    /// In the order in which they were issued; those that were swept too.
    pub keys: Vec<Key>,
    /// Entries of the audit trail, with those that were taken out.
    pub entries: u64,
    /// How many of them were.
    pub cut: u64,
    /// What was asked for under an operation id, and the keys that it made.
    pub operations: Vec<(Box<Journey>, Vec<usize>)>,
    /// The sealing key that sealed copies are under, by number.
    pub sealing: u8,
    /// Whether the store was restored, and nobody has confirmed that.
    pub restored: bool,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            profile: None,
            owners: BTreeMap::new(),
            keys: Vec::new(),
            entries: 0,
            cut: 0,
            operations: Vec::new(),
            sealing: SEALING,
            restored: false,
        }
    }
}

impl Key {
    fn over(&self) -> Timestamp {
        if self.state == State::Revoked { self.end.min(self.changed) } else { self.end }
    }

    fn revoke(&mut self, now: Timestamp) {
        (self.state, self.changed, self.sealed) = (State::Revoked, now, false);
    }
}

impl Book {
    /// The keys that are there.
    pub(super) fn present(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|key| !key.swept)
    }

    /// Why a request that needs `scope` is refused for this key; `None` if it is granted.
    pub(super) fn refusal(&self, key: &Key, scope: usize, now: Timestamp) -> Option<&'static str> {
        let owner = &self.owners[&key.owner];
        let direct = if key.kind == ROBOT { owner.direct } else { key.scopes };
        let implied = self.profile == Some(1) && direct[1];
        match key.state {
            _ if key.swept => Some("unknown"),
            State::Revoked => Some("revoked"),
            State::Suspended => Some("suspended"),
            State::Active if owner.suspended => Some("owner_suspended"),
            State::Active if now >= key.end => Some("expired"),
            State::Active if direct[scope] || implied => None,
            State::Active => Some("scope"),
        }
    }

    /// Takes over a journey that was done, and gives how many entries it made.
    pub(super) fn apply(&mut self, journey: &Journey, done: &Done, now: Timestamp) -> u64 {
        let before = self.entries;
        match (journey, done) {
            (Journey::Apply(profile), _) => {
                let changed = self.profile.replace(*profile) != Some(*profile);
                self.entries += u64::from(changed);
                if *profile == 2 {
                    self.keys.iter_mut().for_each(|key| key.sealed = false);
                }
            }
            (Journey::SetOwner { owner, suspended, direct, plan }, _) => {
                let old = self.owners.get(owner).cloned();
                let mut new = old.clone().unwrap_or_default();
                new.suspended = suspended.unwrap_or(new.suspended);
                new.direct = direct.unwrap_or(new.direct);
                new.plan = plan.or(new.plan);
                self.entries += u64::from(old.as_ref() != Some(&new));
                self.owners.insert(*owner, new);
            }
            (Journey::Issue(wanted), Done::Issued(issued)) => {
                self.issue(std::slice::from_ref(wanted), issued, now);
            }
            (Journey::IssueMany(wanted), Done::Issued(issued)) => self.issue(wanted, issued, now),
            (Journey::Rotate { key, grace }, Done::Issued(issued)) => {
                self.entries += 1;
                let [(id, token)] = issued.as_slice() else { panic!("{issued:?}") };
                self.rotate(*key, *grace, *id, token, now);
            }
            (Journey::Suspend(key) | Journey::Resume(key), _) => {
                let suspends = matches!(journey, Journey::Suspend(_));
                let state = if suspends { State::Suspended } else { State::Active };
                let key = &mut self.keys[*key];
                if key.state != state {
                    self.entries += 1;
                    (key.state, key.changed) = (state, now);
                }
            }
            (Journey::Revoke(key), _) => {
                let key = &mut self.keys[*key];
                if key.state != State::Revoked {
                    self.entries += 1;
                    key.revoke(now);
                }
            }
            (Journey::EndMany(owner), Done::Ended(ended)) => {
                let lives = |key: &&mut Key| {
                    !key.swept && key.owner == *owner && key.state != State::Revoked
                };
                let ending: Vec<_> = self.keys.iter_mut().filter(lives).collect();
                assert_eq!(*ended, ending.len() as u64, "keys ended");
                self.entries += *ended;
                ending.into_iter().for_each(|key| key.revoke(now));
            }
            (Journey::TrimAudit(kept), Done::Ended(trimmed)) => {
                let through = self.entries.saturating_sub(*kept).max(self.cut);
                assert_eq!(*trimmed, through - self.cut, "entries taken out");
                self.cut = through;
                self.entries += u64::from(*trimmed > 0);
            }
            (Journey::Update { key, scopes, end, name }, _) => {
                let key = &mut self.keys[*key];
                let old = (key.scopes, key.end, key.name.clone());
                key.scopes = scopes.unwrap_or(key.scopes);
                key.end = end.unwrap_or(key.end);
                key.name.clone_from(name);
                self.entries += u64::from(old != (key.scopes, key.end, key.name.clone()));
            }
            (Journey::Sweep(_), Done::Swept(count)) => {
                let mut kinds = BTreeSet::new();
                for number in self.ripe(now).into_iter().take(*count) {
                    (self.keys[number].swept, self.keys[number].sealed) = (true, false);
                    kinds.insert(self.keys[number].kind);
                }
                self.entries += kinds.len() as u64;
            }
            (Journey::Flush, _) => self.keys.iter_mut().for_each(|key| key.flushed = key.noted),
            (Journey::Reveal(_) | Journey::ResetClock, _) => self.entries += 1,
            (Journey::Reseal { new, .. }, _) => {
                let any = self.present().any(|key| key.sealed);
                self.entries += u64::from(any);
                self.sealing = *new;
            }
            (Journey::Confirm, _) => {
                self.entries += 1;
                self.restored = false;
            }
            (Journey::Named(number, journey), done) => {
                if let Some((_, made)) = self.operations.get(*number).cloned() {
                    self.again(*number, &made, done, now);
                } else {
                    let first = self.keys.len();
                    self.apply(journey, done, now);
                    let made = (first..self.keys.len()).collect();
                    self.operations.push((journey.clone(), made));
                }
            }
            (journey, done) => panic!("{done:?} is not what {journey:?} gives"),
        }
        self.entries - before
    }

    fn issue(&mut self, wanted: &[Wanted], issued: &[(KeyId, String)], now: Timestamp) {
        assert_eq!(wanted.len(), issued.len(), "keys issued");
        for (wanted, (id, token)) in wanted.iter().zip(issued) {
            self.entries += 1;
            self.keys.push(Key {
                id: *id,
                token: token.clone(),
                kind: wanted.kind,
                owner: wanted.owner,
                state: State::Active,
                scopes: wanted.scopes,
                start: now,
                end: wanted.end,
                changed: now,
                name: String::new(),
                predecessor: None,
                successor: None,
                sealed: self.seals(wanted.kind),
                swept: false,
                flushed: None,
                noted: None,
            });
        }
    }

    fn seals(&self, kind: usize) -> bool {
        kind == SHOWN && self.profile != Some(2)
    }

    /// An operation that was done is asked for again: keys that it made, whose tokens may be
    /// lost, are revoked and others are in their places.
    fn again(&mut self, number: usize, made: &[usize], done: &Done, now: Timestamp) {
        let (Done::Issued(issued), false) = (done, made.is_empty()) else { return };
        assert_eq!(made.len(), issued.len(), "keys issued again");
        for (lost, (id, token)) in made.iter().zip(issued) {
            self.entries += 1;
            let old = self.keys[*lost].clone();
            assert!(old.state == State::Active && old.successor.is_none(), "{} anew", old.id);
            if let Some(before) = old.predecessor {
                let successor = &mut self.keys[before].successor;
                if *successor == Some(old.id) {
                    *successor = Some(*id);
                }
            }
            self.keys[*lost].revoke(now);
            let (id, token, sealed) = (*id, token.clone(), self.seals(old.kind));
            let (flushed, noted) = (None, None);
            self.keys.push(Key { id, token, changed: now, sealed, flushed, noted, ..old });
        }
        let first = self.keys.len() - made.len();
        self.operations[number].1 = (first..self.keys.len()).collect();
    }

    /// The store that is restored from a backup.
    pub(super) fn restored(&self) -> Self {
        let mut book = self.clone();
        book.entries += 1;
        book.operations.clear();
        book.restored = true;
        book.keys.iter_mut().for_each(|key| key.noted = key.flushed);
        book
    }

    fn rotate(&mut self, at: usize, grace: i64, id: KeyId, token: &str, now: Timestamp) {
        let old = self.keys[at].clone();
        if let Some(before) = old.predecessor
            && self.keys[before].state != State::Revoked
        {
            self.keys[before].revoke(now);
        }
        let end = match old.end {
            Timestamp::NEVER => Timestamp::NEVER,
            end => now.plus(end.since(old.start)),
        };
        self.keys.push(Key {
            id,
            token: token.to_owned(),
            start: now,
            end,
            changed: now,
            predecessor: Some(at),
            successor: None,
            sealed: self.seals(old.kind),
            flushed: None,
            noted: None,
            ..old
        });
        let old = &mut self.keys[at];
        (old.successor, old.sealed) = (Some(id), false);
        match grace {
            0 => old.revoke(now),
            grace => old.end = old.end.min(Timestamp::from_ms(now.as_ms() + grace)),
        }
    }

    /// The keys that a sweep takes out at `now`, in its order.
    pub(super) fn ripe(&self, now: Timestamp) -> Vec<usize> {
        let is_ripe = |key: &Key| {
            let over = key.over();
            !key.swept && over != Timestamp::NEVER && over.as_ms() + RETAIN <= now.as_ms()
        };
        let mut ripe: Vec<usize> =
            (0..self.keys.len()).filter(|number| is_ripe(&self.keys[*number])).collect();
        ripe.sort_by_key(|number| {
            let key = &self.keys[*number];
            (key.kind, key.over(), key.id)
        });
        ripe
    }
}
