//! Show decisions to the host, and look for patterns among them.
//!
//! Both are asked for with [`Options`](crate::Options). If neither is, a verify asks one question
//! more. Neither changes a decision, waits for anybody, or takes memory; and nothing of it is in
//! the file until the host asks for that.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::{Draft, Store, trail};
use crate::actor::Actor;
use crate::audit::{AuditEntry, Event, KEYS_MAX};
use crate::decision::{Decision, Decisions, Note, Ring, Sampler};
use crate::error::Result;
use crate::ids::RealmRef;
use crate::mark::Mark;
use crate::pattern::{Book, Finding, Found, Patterns, Subject, Watch};
use crate::policy::Required;
use crate::request::Request;
use crate::scope::ScopeSet;
use crate::storage::View;
use crate::time::Timestamp;
use crate::verdict::{Denial, Grant, Refusal};

/// Decisions that were kept, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decided {
    /// The decisions. They are given once.
    pub decisions: Vec<Decision>,
    /// How many more were not kept, since this was last asked, because there was no room.
    pub lost: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Findings {
    /// One for each pattern of each key, and of each owner of whose keys several are concerned,
    /// the oldest first; 1,024 at most.
    pub findings: Vec<Finding>,
    /// How much was left out for want of room since the store was opened: findings, and
    /// decisions that nobody asked about in time.
    pub lost: u64,
}

/// What looks at the decisions of a store.
pub(super) struct Observer {
    kept: Option<(Ring, Sampler)>,
    watch: Option<Watch>,
    book: Mutex<Book>,
}

impl Observer {
    /// One for what is asked for; none if nothing is.
    pub(super) fn new(decisions: Decisions, patterns: Option<Patterns>) -> Option<Box<Self>> {
        let grants = match decisions {
            Decisions::Never => None,
            Decisions::Denials => Some(0),
            Decisions::Sample(n) => Some(n),
        };
        if grants.is_none() && patterns.is_none() {
            return None;
        }
        let seed = || RandomState::new().hash_one(0_u8);
        let kept = grants.map(|n| (Ring::new(), Sampler::new(n, seed())));
        let (watch, book) = (patterns.map(Watch::new), Mutex::default());
        Some(Box::new(Self { kept, watch, book }))
    }

    /// Looks at a grant of `now`, to a request that needed `required`, and to a key of which
    /// `mark` made that it was last used at `last`.
    #[inline(never)]
    pub(super) fn granted(
        &self,
        grant: Grant,
        request: &Request,
        required: Required,
        now: Timestamp,
        last: Option<Timestamp>,
        mark: &Mark,
    ) {
        if let Some((ring, sampler)) = &self.kept
            && sampler.draws()
        {
            let note = Note::new(Ok(&grant), grant.realm, now, request.address);
            let needed = match required {
                Required::Scopes(scopes) => scopes,
                // No grant comes of that.
                Required::Impossible => ScopeSet::empty(),
            };
            ring.put(&note.needing(needed));
        }
        // A time that the caller named says nothing of the present.
        if let Some(watch) = self.watch.as_ref().filter(|_| request.at.is_none()) {
            watch.look(Ok(&grant), grant.realm, now, request.address);
            if let Some(last) = last {
                watch.look_back(&grant, last, now, mark);
            }
        }
    }

    /// Looks at a refusal of `now`.
    pub(super) fn refused(
        &self,
        refusal: &Refusal,
        realm: RealmRef,
        request: &Request,
        now: Timestamp,
    ) {
        if let Some((ring, _)) = &self.kept {
            ring.put(&Note::new(Err(refusal), realm, now, request.address));
        }
        if let Some(watch) = self.watch.as_ref().filter(|_| request.at.is_none()) {
            watch.look(Err(refusal), realm, now, request.address);
        }
    }

    /// What was found, with what was noted since. `view` says whose keys are.
    fn book(&self, view: &View<'_>) -> MutexGuard<'_, Book> {
        let mut book = self.write();
        if let Some(watch) = &self.watch {
            // A key that is not in the view yet, or cannot be read, is watched without its owner.
            let owner_of = |key| Some(view.key(key).ok()??.owner);
            book.take(&watch.ring().take(usize::MAX), watch.patterns(), owner_of);
            book.lose(watch.ring().lost());
        }
        book
    }

    fn write(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Takes decisions that were kept, `limit` at most, the oldest first: those that
    /// [`Options::decisions`](crate::Options::decisions) chose.
    ///
    /// They wait in memory, 8,192 at most, and while half as many do no more of those that are of
    /// no key; later ones are then counted and not kept. A crash loses what waits. Ask often
    /// enough, from one thread.
    #[must_use]
    pub fn decisions(&self, limit: usize) -> Decided {
        let kept = self.observer.as_ref().and_then(|observer| observer.kept.as_ref());
        let Some((ring, _)) = kept else { return Decided { decisions: Vec::new(), lost: 0 } };
        let decisions = ring.take(limit).iter().map(|note| note.decision).collect();
        Decided { decisions, lost: ring.lost() }
    }

    /// Takes decisions that were kept, a thousand at most, and puts them into the audit trail as
    /// one entry. Gives how many there were; with none there is no entry.
    ///
    /// A trail that takes every denial grows as fast as somebody who has no key likes: call it as
    /// often as you want that to be. If the commit fails they are gone.
    ///
    /// # Errors
    ///
    /// Those of a commit.
    pub fn audit_decisions(&self, by: &Actor) -> Result<u64> {
        by.check()?;
        self.storage.confirmed()?;
        self.storage.writable()?;
        let Decided { decisions, lost } = self.decisions(KEYS_MAX);
        if decisions.is_empty() {
            return Ok(0);
        }
        let mut keys: Vec<_> = decisions.iter().filter_map(|decision| decision.key).collect();
        keys.sort_unstable();
        keys.dedup();
        self.commit(|_, _, now| {
            let mut entry = trail::entry(Event::DecisionsNoted, by, now).about_keys(&keys);
            let members: Vec<Value> = decisions.iter().map(|d| d.members().into()).collect();
            entry.after.insert("count".to_owned(), decisions.len().into());
            entry.after.insert("lost".to_owned(), lost.into());
            entry.after.insert("decisions".to_owned(), members.into());
            Ok(Draft::new(()).entry(entry))
        })?;
        Ok(u64::try_from(decisions.len()).unwrap_or(u64::MAX))
    }

    /// What was found in the use of keys since the store was opened:
    /// [`Options::patterns`](crate::Options::patterns) says what is looked for.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn findings(&self) -> Result<Findings> {
        let Some(observer) = &self.observer else {
            return Ok(Findings { findings: Vec::new(), lost: 0 });
        };
        let view = self.storage.view()?;
        let book = observer.book(&view);
        let (found, lost): (Vec<_>, _) = (book.found().cloned().collect(), book.lost());
        drop(book);
        let named = found.into_iter().map(|found| self.named(&view, found));
        Ok(Findings { findings: named.collect::<Result<_>>()?, lost })
    }

    /// Puts what was found and not told yet into the audit trail, an entry each, and so into the
    /// change feed. What goes on is told again a day later. Gives how many entries there are.
    /// Several threads may call it: each finding is told by one of them.
    ///
    /// # Errors
    ///
    /// Those of a commit: it is told with the next call then.
    pub fn tell_findings(&self, by: &Actor) -> Result<u64> {
        by.check()?;
        let Some(observer) = &self.observer else { return Ok(0) };
        let found = observer.book(&self.storage.view()?).tell();
        if found.is_empty() {
            return Ok(0);
        }
        let put = self.commit(|view, _, now| {
            let entry =
                |found: &Found| self.named(view, found.clone()).map(|named| told(&named, by, now));
            let entries: Vec<_> = found.iter().map(entry).collect::<Result<_>>()?;
            Ok(entries.into_iter().fold(Draft::new(()), Draft::entry))
        });
        put.inspect_err(|_| observer.write().untell(&found))?;
        Ok(u64::try_from(found.len()).unwrap_or(u64::MAX))
    }

    /// The finding with the names of its realm and owner, if its key is still there.
    fn named(&self, view: &View<'_>, found: Found) -> Result<Finding> {
        let Found { subject, mut finding, .. } = found;
        let owner = match subject {
            Subject::Key(key) => view.key(key)?.map(|record| record.owner),
            Subject::Owner(owner) => Some(owner),
        };
        if let Some(owner) = owner
            && let Some(record) = view.owner(owner)?
        {
            let realms = self.realms_of(view)?;
            finding.realm_name = Some(realms.get(record.realm)?.realm.name().to_owned());
            finding.owner = Some(record.id);
        }
        Ok(finding)
    }

    /// Lets who looks at decisions see a denial.
    #[cold]
    pub(super) fn show_denial(
        &self,
        observer: &Observer,
        denial: Denial,
        realm: RealmRef,
        request: &Request,
    ) {
        let now = request.at.unwrap_or_else(|| self.mark.now());
        observer.refused(&Refusal::Denied(denial), realm, request, now);
    }
}

/// The entry that tells of a finding.
fn told(finding: &Finding, by: &Actor, now: Timestamp) -> AuditEntry {
    let mut entry = trail::entry(Event::PatternFound, by, now);
    (entry.realm, entry.owner) = (finding.realm_name.clone(), finding.owner.clone());
    entry.key = finding.key;
    entry.after = trail::facts(json!({
        "pattern": finding.pattern.name(),
        "first": finding.first.to_string(),
        "last": finding.last.to_string(),
        "count": finding.count,
        "network": finding.network,
    }));
    entry
}
