//! Read the audit trail, and take out its oldest entries.

use serde_json::json;

use super::list::limited;
use super::operation::Asked;
use super::{Draft, Store, scan, trail};
use crate::actor::Actor;
use crate::audit::{AuditEntry, AuditFilter, Event};
use crate::error::Result;
use crate::record::Done;
use crate::storage::View;
use crate::time::Timestamp;

/// Most entries that one page is searched in.
const READ_MAX: usize = 10_000;

/// Most entries that one trimming takes out: all other writers wait for its commit.
const TRIM_MAX: usize = 10_000;

/// Which entries of the audit trail are to go: always the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trim {
    /// Those before the first that was asked for at this time or later.
    Before(Timestamp),
    /// Those with numbers up to this one.
    Through(u64),
    /// All but so many.
    Keep(u64),
}

/// One page of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditPage {
    /// The entries, by number.
    pub entries: Vec<AuditEntry>,
    /// The number after which to go on: every entry up to it was looked at. With no entry of a
    /// higher number it is that of the last, and a later call goes on from it all the same.
    pub reached: u64,
    /// Whether there are entries of higher numbers.
    pub more: bool,
    /// Number of the oldest entry that was not taken out. If it is over the number after which
    /// the page begins by more than one, those between are gone.
    pub first: u64,
}

/// A trail that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditCheck {
    /// Number of the oldest entry that was not taken out.
    pub first: u64,
    /// Number of the last entry; 0 if there never was one.
    pub last: u64,
    /// Entries that are in the file.
    pub entries: u64,
}

/// What a trimming did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trimmed {
    /// Entries that were taken out.
    pub entries: u64,
    /// Whether there are more to go: trim again.
    pub more: bool,
}

impl Store {
    /// Entries of the audit trail with numbers over `after`, `limit` at most.
    ///
    /// Those that were [taken out](Self::trim_audit) are left out, as their numbers tell.
    ///
    /// # Errors
    ///
    /// `Io` or `Corrupt` if the file cannot be read.
    pub fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        self.storage.view()?.audit(after, limit)
    }

    /// The entries that `filter` selects, by number, from after number `after` on, `limit` at
    /// most.
    ///
    /// A page may have fewer entries than `limit`, or none, and more to come all the same: one
    /// call reads 10,000 entries at most. Whoever keeps [`reached`](AuditPage::reached) and begins
    /// there next time is given every later entry once.
    ///
    /// # Errors
    ///
    /// `Argument` for a limit of 0 or over 1000; `Io` or `Corrupt` if the file cannot be read.
    pub fn find_audit(&self, filter: &AuditFilter, after: u64, limit: usize) -> Result<AuditPage> {
        limited(limit)?;
        let view = self.storage.view()?;
        let state = view.state()?;
        // There may be fewer entries than were known of: the file was put back, or restored.
        let mut reached = after.max(state.cut).min(state.entries);
        let mut entries = Vec::new();
        for entry in scan::entries(&view, reached).take(READ_MAX) {
            let entry = entry?;
            reached = entry.number;
            if filter.admits(&entry) {
                entries.push(entry);
            }
            if entries.len() == limit {
                break;
            }
        }
        let more = reached < state.entries;
        Ok(AuditPage { entries, reached, more, first: state.cut.saturating_add(1) })
    }

    /// Checks the audit trail alone: that no entry is missing at either end or between, altered,
    /// or in another's place.
    ///
    /// # Errors
    ///
    /// `Corrupt` or `Newer`, naming the first entry that is wrong; `Io`.
    pub fn check_audit(&self) -> Result<AuditCheck> {
        let state = self.storage.view()?.check_trail(self.report.as_ref())?;
        let (first, last) = (state.cut.saturating_add(1), state.entries);
        Ok(AuditCheck { first, last, entries: state.kept_entries() })
    }

    /// Takes the oldest entries out of the audit trail, 10,000 at most, in one commit.
    ///
    /// Nobody does so by itself: a trail is kept until this is asked for. That it was is an entry,
    /// too. Where the trail stood after the last entry that went is kept under the store's MAC, so
    /// [`check`](Self::check) goes on to find whatever is missing or altered among those that are
    /// left. Numbers stay. Entries that are to go are checked before, and a trail that was
    /// altered loses nothing.
    ///
    /// # Errors
    ///
    /// `Corrupt` if one of them is damaged or missing; those of a commit.
    pub fn trim_audit(&self, trim: Trim, by: &Actor) -> Result<Trimmed> {
        let asked = Asked::new(by, "trim_audit", || match trim {
            Trim::Before(time) => json!({ "before": time.as_ms() }),
            Trim::Through(number) => json!({ "through": number }),
            Trim::Keep(entries) => json!({ "keep": entries }),
        })?;
        self.commit(|view, _, now| {
            if let Some(done) = asked.done(view)? {
                let Done::Swept(entries, more) = done.done else { return Err(done.unlike()) };
                return Ok(Draft::new(Trimmed { entries: entries.into(), more }));
            }
            let cut = view.state()?.cut;
            let (through, more) = last_to_go(view, trim)?;
            let entries = through.saturating_sub(cut);
            let mut draft = Draft::new(Trimmed { entries, more });
            if entries > 0 {
                let mut entry = trail::entry(Event::AuditTrimmed, by, now);
                entry.before = trail::facts(json!({ "first": cut.saturating_add(1) }));
                let first = through.saturating_add(1);
                entry.after = trail::facts(json!({ "first": first, "entries": entries }));
                draft = draft.trim(through).entry(entry);
            }
            let entries = u32::try_from(entries).unwrap_or(u32::MAX);
            Ok(asked.note(draft, now, Done::Swept(entries, more)))
        })
    }
}

/// Number of the last entry that goes with this commit, and whether others are to follow it.
fn last_to_go(view: &View<'_>, trim: Trim) -> Result<(u64, bool)> {
    let state = view.state()?;
    let goes = |number: u64, at: Timestamp| match trim {
        Trim::Before(time) => at < time,
        Trim::Through(last) => number <= last,
        Trim::Keep(entries) => number <= state.entries.saturating_sub(entries),
    };
    let mut through = state.cut;
    for entry in scan::entries(view, state.cut).take(TRIM_MAX.saturating_add(1)) {
        let entry = entry?;
        if !goes(entry.number, entry.at) {
            return Ok((through, false));
        }
        if through.saturating_sub(state.cut) == TRIM_MAX as u64 {
            return Ok((through, true));
        }
        through = entry.number;
    }
    Ok((through, false))
}
