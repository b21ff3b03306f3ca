//! The audit trail in few words: whether its chain holds, and who did what in the period.

use std::time::Duration;

use keycask::{AuditCheck, AuditEntry, AuditFilter, Event, Result, Store, Timestamp};

use super::PAGE;
use super::count::{Names, Parts};
use super::file::damage;
use super::rows::{self, Rows};

/// Parts of the period that are counted apart.
const PARTS: usize = 13;

/// What is counted by parts of the period.
pub(super) const LIVES: [&str; 3] = ["issued", "rotated", "revoked"];

/// Events that can be.
pub(super) const EVENTS: usize = Event::ALL.len();

/// What was found of the trail.
pub(super) struct Trail {
    /// Where the trail begins and ends; or what is wrong with it.
    pub(super) chain: Result<AuditCheck, String>,
    /// Entries of the period, by event and by actor.
    pub(super) entries: u64,
    pub(super) events: [u64; EVENTS],
    pub(super) actors: Names<EVENTS>,
    pub(super) lives: Parts<3>,
    /// The last entries, the last one first.
    pub(super) last: Rows,
    /// What was found in the use of keys, and tokens that were shown again, in the period.
    pub(super) patterns: Rows,
    pub(super) revealed: Rows,
}

impl Trail {
    /// Looks at all of the trail.
    pub(super) fn look(
        store: &Store,
        now: Timestamp,
        since: Timestamp,
        most: usize,
    ) -> Result<Self> {
        const LAST: &[&str] =
            &["number", "at", "actor", "event", "realm", "key", "owner", "reason"];
        const FOUND: &[&str] = &["key", "realm", "owner", "pattern", "times", "told"];
        const REVEALED: &[&str] = &["key", "realm", "owner", "actor", "reason", "at"];
        // Rounded up, so that the last part does not end before now.
        let part = now.since(since) / u32::try_from(PARTS).unwrap_or(1) + Duration::from_millis(1);
        let mut trail = Self {
            chain: damage(store.check_audit())?,
            entries: 0,
            events: [0; EVENTS],
            actors: Names::new(),
            lives: Parts::new(since, part, PARTS),
            last: Rows::new(LAST, most),
            patterns: Rows::new(FOUND, most),
            revealed: Rows::new(REVEALED, most),
        };
        let Ok(chain) = trail.chain.clone() else { return Ok(trail) };
        let filter = AuditFilter::new().from(since);
        let mut after = 0;
        loop {
            let page = store.find_audit(&filter, after, PAGE)?;
            page.entries.iter().for_each(|entry| trail.take(entry));
            after = page.reached;
            if !page.more {
                break;
            }
        }
        let before = chain.last.saturating_sub(most as u64);
        let mut last = store.audit(before, most)?;
        last.reverse();
        last.iter().for_each(|entry| trail.last.add(|| row(entry)));
        trail.last.total = chain.entries;
        Ok(trail)
    }

    fn take(&mut self, entry: &AuditEntry) {
        self.entries = self.entries.saturating_add(1);
        let event = Event::ALL.iter().position(|event| *event == entry.event).unwrap_or(EVENTS);
        if let Some(count) = self.events.get_mut(event) {
            *count = count.saturating_add(1);
        }
        self.actors.add(&entry.actor, event);
        let life = match entry.event {
            Event::KeyIssued | Event::KeyImported | Event::KeyReissued => Some(0),
            Event::KeyRotated => Some(1),
            Event::KeyRevoked => Some(2),
            _ => None,
        };
        if let Some(life) = life {
            self.lives.add(entry.at, life);
        }
        let subject = || {
            let key = entry.key.map(|key| key.to_string()).unwrap_or_default();
            let realm = entry.realm.clone().unwrap_or_default();
            vec![key, realm, entry.owner.clone().unwrap_or_default()]
        };
        let fact = |name: &str| match entry.after.get(name) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        match entry.event {
            Event::PatternFound => self.patterns.add(|| {
                let facts = [fact("pattern"), fact("count"), rows::minute(entry.at)];
                subject().into_iter().chain(facts).collect()
            }),
            Event::KeyRevealed => self.revealed.add(|| {
                let by = [entry.actor.clone(), entry.reason.clone(), rows::minute(entry.at)];
                subject().into_iter().chain(by).collect()
            }),
            _ => {}
        }
    }
}

fn row(entry: &AuditEntry) -> Vec<String> {
    vec![
        entry.number.to_string(),
        rows::minute(entry.at),
        entry.actor.clone(),
        entry.event.name().to_owned(),
        entry.realm.clone().unwrap_or_default(),
        entry.key.map(|key| key.to_string()).unwrap_or_default(),
        entry.owner.clone().unwrap_or_default(),
        entry.reason.clone(),
    ]
}
